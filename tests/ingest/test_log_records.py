from __future__ import annotations

import datetime
import io
import json
import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decode import Encoding
from ingest.log_fields import field_columns, fields_of
from ingest.log_formats import format_named, formats, pick_format
from ingest.log_records import LONGEST_MESSAGE, LONGEST_TOGETHER, READ_BYTES, Batch, batches
from ingest.log_time_texts import TextTimes
from ingest.log_times import NS, clock_ns, number_ns, zone_ns
from tests.ingest.test_log_formats import moment, records, split

SAMPLE_LINES = [line for f in formats() for s in f.samples for line in s.text.strip("\n").split("\n")]
SOME_LINES = st.lists(
    st.sampled_from([*SAMPLE_LINES, "", "\tat x(y)", "Caused by: z", "\x1b[31m2026-03-14 07:00:01 ERROR red\x1b[0m"])
    | st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=30),
    max_size=60,
)


def whole(found: list[Batch]) -> bytes:
    """The content as records and what goes on with them, in order."""
    content = b""
    for batch in found:
        assert batch.offset == len(content)
        assert batch.lead == (batch.starts[0] - batch.offset if batch.starts else len(batch.data))
        content += batch.data[: batch.lead]
        for start, end in zip(batch.starts, batch.ends(), strict=True):
            assert start == len(content)
            assert end > start
            content += batch.data[start - batch.offset : end - batch.offset]
    return content


@settings(deadline=None, max_examples=300)
@given(SOME_LINES, st.sampled_from(formats()), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_the_bytes_of_all_records_are_the_file(lines: list[str], log_format: object, end: str, ends: bool) -> None:
    content = (end.join(lines) + end * ends).encode()
    found = split(content, log_format)  # type: ignore[arg-type]
    assert whole(found) == content
    for batch in found:
        assert len(batch) == len(batch.times) == len(batch.levels) == len(batch.sources) == len(batch.messages)
        assert [content.count(b"\n", 0, start) + 1 for start in batch.starts] == list(batch.lines)
        shown = "".join(batch.texts()).encode()
        assert b"\x1b[31m" not in shown
        if b"\x1b" not in content and b"\0" not in content:
            assert shown == content.replace(b"\r\n", b"\n")


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=300), st.sampled_from(formats()))
def test_any_bytes_are_records(content: bytes, log_format: object) -> None:
    assert whole(split(content, log_format)) == content  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["windows-1252", "shift_jis", "cp037", "gb18030"])
def test_every_byte_is_kept_in_any_encoding(encoding: str) -> None:
    content = bytes(range(256)) * 20 + b"2026-03-14 07:00:01 INFO x\n" * 3
    found = list(batches(io.BytesIO(content), format_named("iso"), Encoding(encoding, guessed=True), mtime_ns=0))
    assert whole(found) == content


def test_records_across_the_borders_of_what_is_read_at_once() -> None:
    trace = "".join(f"\tat org.example.Crane.lift{n}(Crane.java:{n})\n" for n in range(40))
    text = "".join(
        f"2026-03-14 07:{n // 60 % 60:02d}:{n % 60:02d},{n % 1000:03d} [main] "
        + (f"ERROR c.e.Crane - broke {n}\n{trace}" if n % 7 == 0 else f"INFO c.e.Dock - moved {n}\n")
        for n in range(2000)
    )
    found = split(text, format_named("log4j"))
    assert len(found) > 5
    assert whole(found) == text.encode()
    assert all(batch.lead == 0 for batch in found)
    assert sum(map(len, found)) == 2000
    texts = [t for batch in found for t in batch.texts()]
    assert texts[7].count("\n") == 41
    assert texts[8].count("\n") == 1
    assert [level for _, level, _, _ in records(found)][:8] == ["error", *["info"] * 6, "error"]
    assert [message for *_, message in records(found)][1990] == "moved 1990"


@pytest.mark.parametrize("size", [READ_BYTES - 50, READ_BYTES, LONGEST_TOGETHER + 10, 3 * LONGEST_TOGETHER])
def test_a_line_of_any_length_is_one_record_and_its_message_is_cut(size: int) -> None:
    long = "2026-03-14 07:00:02 ERROR " + "x" * size + "\nand on\n"
    text = "2026-03-14 07:00:01 INFO a\n" + long + "2026-03-14 07:00:03 INFO b\n2026-03-14 07:00:04 INFO c\n"
    found = split(text, format_named("iso"))
    assert whole(found) == text.encode()
    assert [at for batch in found for at in batch.lines] == [1, 2, 4, 5]
    assert [level for _, level, _, _ in records(found)] == ["info", "error", "info", "info"]
    messages = [message for *_, message in records(found)]
    assert [len(message) for message in messages] == [1, min(size, LONGEST_MESSAGE), 1, 1]


def test_half_a_line_never_begins_a_record() -> None:
    line = "2026-03-14 07:00:01 INFO x "
    text = line * (4 * LONGEST_TOGETHER // len(line)) + "\n" + "2026-03-14 07:00:03 INFO b\n"
    found = split(text, format_named("iso"))
    assert [at for batch in found for at in batch.lines] == [1, 2]


@pytest.mark.parametrize("pieces", [2, pytest.param(30, marks=pytest.mark.long)])
def test_a_long_log_takes_little_memory(tmp_path: Path, pieces: int) -> None:
    path = tmp_path / "a.log"
    piece = b"".join(b"2026-03-14 07:00:%02d,042 INFO dock: moved %d\n" % (n % 60, n) for n in range(20_000))
    with path.open("wb") as log:
        for _ in range(pieces):
            log.write(piece)
    with path.open("rb") as log:
        list(batches(io.BytesIO(piece), format_named("iso"), Encoding(), mtime_ns=0))
        tracemalloc.start()
        count = sum(map(len, batches(log, format_named("iso"), Encoding(), mtime_ns=0)))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert count == 20_000 * pieces
    assert peak < 1_500_000


def test_escape_sequences_hide_nothing() -> None:
    text = "\x1b[90m2026-03-14T07:00:01Z\x1b[0m \x1b[31mERROR\x1b[0m \x1b]8;;x\x07link\x1b]8;;\x07 broke\n"
    ((time, level, _, message),) = records(split(text, format_named("iso")))
    assert (time, level, message) == (moment("2026-03-14T07:00:01Z"), "error", "link broke")
    assert pick_format(text * 4).name in ("lines", "iso", "levels")


def test_lines_before_the_first_record_are_a_record_without_a_time() -> None:
    found = split("Log opened\nby ana\n2026-03-14 07:00:01 INFO a\n", format_named("iso"))
    assert list(records(found)) == [
        (None, None, None, "Log opened"),
        (moment("2026-03-14T07:00:01"), "info", None, "a"),
    ]


def test_nul_and_broken_text_survive() -> None:
    content = b"2026-03-14 07:00:01 INFO a\0b\xff\n" * 3
    found = split(content, format_named("iso"))
    assert whole(found) == content
    assert [message for *_, message in records(found)] == ["a\ufffdb\ufffd"] * 3


# Times.


def times_of(lines: list[str], name: str, mtime: str = "2026-07-01T00:00:00") -> list[int | None]:
    return [time for time, *_ in records(split("\n".join(lines), format_named(name), mtime))]


def test_a_year_that_is_missing_goes_on_at_new_year() -> None:
    lines = [f"{day} 12:00:00 host app: x" for day in ("Nov 30", "Dec 31", "Jan  1", "Dec 31", "Jan  2", "Feb 28")]
    found = times_of(lines, "syslog", mtime="2026-03-01T00:00:00")
    days = ("2025-11-30", "2025-12-31", "2026-01-01", "2025-12-31", "2026-01-02", "2026-02-28")
    assert found == [moment(f"{day}T12:00:00") for day in days], "one that is late does not turn the year back"


@pytest.mark.parametrize(
    ("mtime", "day", "year"),
    [
        ("2026-07-01T00:00:00", "Jun 30", 2026),
        ("2026-07-01T00:00:00", "Jul  2", 2026),
        ("2026-07-01T00:00:00", "Jul  3", 2025),
        ("2025-12-31T23:59:00", "Jan  1", 2026),
        ("2026-07-01T00:00:00", "Feb 29", 2024),
    ],
)
def test_a_year_that_is_missing_is_the_latest_not_after_the_file(mtime: str, day: str, year: int) -> None:
    (found,) = times_of([f"{day} 07:00:01 host app: x"], "syslog", mtime)
    assert found is not None
    assert datetime.datetime.fromtimestamp(found // NS, datetime.UTC).year == year


def test_a_year_that_is_missing_over_many_batches() -> None:
    start = datetime.date(2025, 10, 1)
    lines = []
    for day in range(150):
        date = start + datetime.timedelta(days=day)
        lines += [
            f"{date:%b} {date.day:2d} {h:02d}:{m:02d}:00 host app: tick" for h in range(24) for m in range(0, 60, 5)
        ]
    found = [time for time in times_of(lines, "syslog", "2026-03-01T00:00:00") if time is not None]
    assert len(found) == len(lines)
    assert all(b - a == 300 * NS for a, b in pairwise(found))


def test_clocks_that_change_with_the_season_go_on_where_zones_are_named() -> None:
    autumn = ["2026-10-25T02:59:59+02:00 a", "2026-10-25T02:00:00+01:00 b", "2026-10-25T02:30:00+01:00 c"]
    found = times_of(autumn, "iso")
    assert found == [moment(f"2026-10-25T{at}Z") for at in ("00:59:59", "01:00:00", "01:30:00")]
    spring = ["2026-03-29T01:59:59+0100 a", "2026-03-29T03:00:00+0200 b"]
    assert times_of(spring, "iso") == [moment("2026-03-29T00:59:59Z"), moment("2026-03-29T01:00:00Z")]


def test_without_zones_the_hour_that_comes_twice_and_the_one_that_never_comes_are_the_logs_own() -> None:
    found = times_of(["2026-10-25 02:59:59 a", "2026-10-25 02:00:00 b", "2026-03-29 02:30:00 c"], "iso")
    assert found == [moment(f"2026-{at}") for at in ("10-25T02:59:59", "10-25T02:00:00", "03-29T02:30:00")]


def test_clock_times_go_on_after_midnight() -> None:
    lines = ["23:59:58 a", "23:59:59 b", "00:00:01 c", "23:59:59 late", "00:00:02 d"]
    found = times_of(lines, "clock", mtime="2026-03-15T00:00:02")
    days = ("14T23:59:58", "14T23:59:59", "15T00:00:01", "14T23:59:59", "15T00:00:02")
    assert found == [moment(f"2026-03-{day}") for day in days]


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("1773471601", "2026-03-14T07:00:01"),
        ("1773471601.25", "2026-03-14T07:00:01.25"),
        ("1773471601042", "2026-03-14T07:00:01.042"),
        ("1773471601000042", "2026-03-14T07:00:01.000042"),
        ("1773471601000000042", "2026-03-14T07:00:01.000000042"),
        ("2026-03-14 07:00:01,5", "2026-03-14T07:00:01.5"),
        ("20260314T070001Z", "2026-03-14T07:00:01"),
        ("14/Mar/2026:08:00:01 +0100", "2026-03-14T07:00:01"),
        ("Sat, 14 Mar 2026 07:00:01 GMT", "2026-03-14T07:00:01"),
    ],
)
def test_times_in_fields_in_all_their_ways(text: str, iso: str) -> None:
    assert TextTimes().of_texts([text]) == [moment(iso)]


@pytest.mark.parametrize("text", ["", "soon", "2026-13-14T07:00:01", "2026-02-30 07:00:01", "9" * 40, "25:61:61"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert TextTimes().of_texts([text]) == [None]


def test_parts_of_times() -> None:
    assert [clock_ns(t) for t in ("12:00:00 AM", "12:00:00 PM", "1:02:03 pm", "23:59:60", "24:00:00x")] == [
        0, 43_200 * NS, 46_923 * NS, 86_400 * NS, None,
    ]  # fmt: skip
    assert [zone_ns(z) for z in ("Z", "+0530", "-03:00", "CEST", "XYZ")] == [
        0, 19_800 * NS, -10_800 * NS, 7_200 * NS, None,
    ]  # fmt: skip
    assert number_ns("9" * 20) is None


SOME_OBJECTS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "timestamp": st.sampled_from(["2026-03-14T07:00:01Z", "", "soon"]) | st.integers(0, 10**13),
            "ts": st.floats(0, 1e9),
            "level": st.sampled_from(["info", "ERROR", "", 30, None]),
            "log": st.fixed_dictionaries({"level": st.sampled_from(["warn", "x"])}) | st.just("inside\n"),
            "logger": st.sampled_from(["crane", ""]),
            "message": st.sampled_from(["ERROR broke", "level=warn x\n", "plain", ""]),
        },
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=200)
@given(SOME_OBJECTS)
def test_objects_read_together_say_what_each_says_alone(objects: list[dict[str, object]]) -> None:
    texts = [json.dumps(value) + "\n" for value in objects]
    for name in ("json", "docker-json"):
        alone = [fields_of(format_named(name), text) for text in texts]
        assert list(zip(*field_columns(format_named(name), texts), strict=True)) == [tuple(f) for f in alone]
