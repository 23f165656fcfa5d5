from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.reading_json import view_json, view_of
from ingest.decode import Encoding
from ingest.document import Document
from ingest.errors import IngestError, SourceChanged, SourceGone, Stopped
from ingest.log import SECTION_BYTES
from ingest.log_excerpt import Collector, LineRuns
from ingest.log_filter import check_log_view
from ingest.log_match import Matcher
from ingest.view import LEVELS, LogView, View
from tests.ingest.reading import read, read_one

SOURCES = ("crane", "dock", "gate")


def write_log(path: Path, count: int = 600) -> list[str]:
    """Records a second apart from 07:00 on, each of one to three lines; what was written, record by record."""
    chosen = random.Random(1)
    records = []
    for n in range(count):
        level = chosen.choice(LEVELS).upper()
        more = "".join(f"\tat line {n}.{k}\n" for k in range(chosen.randrange(3)))
        at = f"{7 + n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}"
        records.append(f"2026-03-14 {at},042 [main] {level} {chosen.choice(SOURCES)}x - moved ship{n}\n{more}")
    content = "".join(records).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return records


def chosen_of(path: Path, **wanted: Any) -> Document:
    return read_one(path, view=View(log=LogView(**wanted)))


def text_of(document: Document) -> str:
    return "".join(section.text for section in document.sections)


def assert_leads_back(document: Document, content: bytes) -> None:
    """Each line of each section stands in the file's line that it names."""
    lines = content.decode().split("\n")
    for section in document.sections:
        assert section.span.lines
        at = 0
        text = section.text
        for number, line in enumerate(text.removesuffix("\n").split("\n")):
            place = section.locate(at, at + max(1, len(line)), text=text).lines
            assert place
            assert place[0] == place[1]
            assert lines[place[0] - 1] == line
            if section.line_map:
                assert section.line_map[number] == place[0]
            at += len(line) + 1
        assert section.span.bytes
        start, end = section.span.bytes
        assert content.count(b"\n", 0, start) + 1 == section.span.lines[0]
        assert content[start:end].decode().removesuffix("\n").endswith(text.removesuffix("\n").split("\n")[-1])


CASES: list[tuple[dict[str, Any], Callable[[int, str], bool]]] = [
    ({"levels": ("error", "fatal")}, lambda n, r: " ERROR " in r or " FATAL " in r),
    ({"sources": ("cranex",)}, lambda n, r: " cranex " in r),
    ({"pattern": r"ship\d*7\b"}, lambda n, r: r.split("\n")[0].endswith("7")),
    ({"pattern": "at line 5"}, lambda n, r: "at line 5" in r),
    ({"pattern": r"^\tat.*\.1$"}, lambda n, r: ".1\n" in r),
    ({"since": "2026-03-14T07:05"}, lambda n, r: n >= 300),
    ({"until": "2026-03-14 07:05:00"}, lambda n, r: n < 300),
    ({"since": "2026-03-14T07:01:00.042", "until": "2026-03-14T07:02:00.042"}, lambda n, r: 60 <= n < 120),
    ({"around": "ship200$", "minutes": 0.5}, lambda n, r: 170 <= n <= 230),
    ({"around": "ship(200|220)$", "minutes": 0.5, "levels": ("info",)}, lambda n, r: 170 <= n <= 250 and "INFO" in r),
    ({"around": "ship200$", "minutes": 0.0}, lambda n, r: n == 200),
    ({"since": "2026-03-14T07:05", "sources": ("dockx", "gatex"), "pattern": "9"},
     lambda n, r: n >= 300 and "cranex" not in r and "9" in r),
]  # fmt: skip


@pytest.mark.parametrize("name", ["a.log", "a.log.gz"])
@pytest.mark.parametrize(("wanted", "passes"), CASES, ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_only_the_records_that_fit_are_read(
    tmp_path: Path, name: str, wanted: dict[str, Any], passes: Callable[[int, str], bool]
) -> None:
    records = write_log(tmp_path / name)
    fitting = [record for n, record in enumerate(records) if passes(n, record)]
    assert 0 < len(fitting) < len(records)
    document = chosen_of(tmp_path / name, **wanted)
    assert text_of(document) == "".join(fitting)
    assert document.status == "ok"
    assert document.problem
    assert document.problem.startswith(f"{len(fitting):,} of 600 record")
    assert document.view.log == LogView(**wanted)
    assert_leads_back(document, "".join(records).encode())


def test_what_was_left_out_is_said_in_words(tmp_path: Path) -> None:
    write_log(tmp_path / "a.log")
    wanted = {"since": "2026-03-14T07:00", "levels": ("notice", "error", "fatal"), "around": "ship1", "minutes": 2}
    problem = chosen_of(tmp_path / "a.log", **wanted, pattern="ship", sources=("cranex",)).problem
    assert problem
    words = (
        "since 2026-03-14T07:00, level notice, error or fatal, source cranex, holding /ship/, within 2 min of /ship1/."
    )
    assert problem.split(": ", 1)[1] == words


def test_when_nothing_fits_a_sentence_says_so(tmp_path: Path) -> None:
    write_log(tmp_path / "a.log")
    document = chosen_of(tmp_path / "a.log", pattern="submarine")
    assert (document.status, document.sections) == ("empty", ())
    assert document.problem == "None of 600 records fits (holding /submarine/). Widen the filter, or take it away."
    assert document.sha256


def test_without_a_filter_the_log_is_read_as_ever(tmp_path: Path) -> None:
    write_log(tmp_path / "a.log")
    plain = read_one(tmp_path / "a.log")
    assert chosen_of(tmp_path / "a.log", minutes=3) == Document(
        **{**{f: getattr(plain, f) for f in Document.__slots__}, "view": View(log=LogView(minutes=3))}
    )


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"pattern": "(ship"}, r"^/\(ship/ is no regular expression: .* at character 1\. Correct it"),
        ({"around": "*"}, r"^/\*/ is no regular expression: nothing to repeat at character 1\."),
        ({"pattern": "x" * 10_001}, r"^The expression is longer than 10,000 characters\."),
        ({"since": "yesterday"}, r'^"yesterday" is no moment\. Write it as 2026-03-14T09:00'),
        ({"since": "2026-03-14T09:00", "until": "2026-03-14T09:00"}, r"^Nothing lies between .* Name a later end\."),
        ({"around": "x", "minutes": float("nan")}, r"^Minutes around an event must be between"),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path: Path, wanted: dict[str, Any], sentence: str) -> None:
    with pytest.raises(IngestError, match=sentence):
        check_log_view(LogView(**wanted))
    write_log(tmp_path / "a.log", 5)
    document = chosen_of(tmp_path / "a.log", **wanted)
    assert document.status == "failed"
    assert document.problem
    with pytest.raises(IngestError, match=sentence):
        raise IngestError(document.problem)


def test_a_log_without_times_cannot_be_chosen_by_time(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("ERROR: broke\nINFO: mended\n" * 5)
    document = chosen_of(tmp_path / "a.log", since="2026-03-14")
    assert document.problem == (
        "Its records carry no time, so they cannot be chosen by time. Choose by words or level."
    )
    assert text_of(chosen_of(tmp_path / "a.log", levels=("error",))) == "ERROR: broke\n" * 5
    (tmp_path / "dmesg.log").write_text("".join(f"[{n:5d}.000001] usb 1-1: tick {n}\n" for n in range(600)))
    document = chosen_of(tmp_path / "dmesg.log", until="2026-03-14")
    assert document.problem
    assert document.problem.startswith("Its times are seconds since a start, not moments")
    assert text_of(chosen_of(tmp_path / "dmesg.log", around="tick 100$", minutes=0.1)).count("\n") == 13


def test_a_moment_without_a_zone_is_on_the_logs_own_clock_and_one_with_a_zone_is_exact(tmp_path: Path) -> None:
    lines = [
        "2026-10-25T01:30:00+02:00 INFO a\n",
        "2026-10-25T02:30:00+02:00 INFO b\n",
        "2026-10-25T02:30:00+01:00 INFO c\n",
        "2026-10-25T03:30:00+01:00 INFO d\n",
    ]
    (tmp_path / "a.log").write_text("".join(lines))

    def letters(**wanted: Any) -> str:
        return "".join(line[-1] for line in text_of(chosen_of(tmp_path / "a.log", **wanted)).split("\n") if line)

    assert letters(since="2026-10-25T02:00", until="2026-10-25T03:00") == "bc", "the hour comes twice"
    assert letters(since="2026-10-25T02:00+01:00") == "cd"
    assert letters(until="2026-10-25T01:00Z") == "ab"
    assert letters(around=" b$", minutes=30) == "b"
    assert letters(around=" b$", minutes=60) == "abc"


def test_a_moment_with_a_zone_meets_a_log_without_in_this_computers_zone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    if not hasattr(time, "tzset"):
        pytest.skip("this system's zone cannot be set")
    (tmp_path / "a.log").write_text("".join(f"2026-03-29 0{h}:30:00 INFO at {h}\n" for h in (0, 1, 3, 4)))
    try:
        monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        # 01:15 UTC is 03:15 there: the clock skips from 02:00 to 03:00.
        assert text_of(chosen_of(tmp_path / "a.log", since="2026-03-29T01:15Z")).count("\n") == 2
        assert text_of(chosen_of(tmp_path / "a.log", since="2026-03-29T00:45Z")).count("\n") == 2
        assert text_of(chosen_of(tmp_path / "a.log", since="2026-03-29T00:15Z")).count("\n") == 3
    finally:
        monkeypatch.undo()
        time.tzset()


def test_records_without_a_time_count_with_the_one_before(tmp_path: Path) -> None:
    log = "opened\n2026-03-14T07:00:00Z a\n2026-02-30T07:00:00Z odd\n2026-03-14T08:00:00Z b\n"
    (tmp_path / "a.log").write_text(log)
    assert text_of(chosen_of(tmp_path / "a.log", until="2026-03-14T07:30")) == "".join(log.splitlines(True)[1:3])


def test_an_expression_that_takes_for_ever_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.log_match.SECONDS", 0.5)
    monkeypatch.setattr(Matcher.__init__, "__kwdefaults__", {"seconds": 0.5})
    (tmp_path / "a.log").write_text(f"2026-03-14T07:00:00Z {'a' * 60}!\n" * 5)
    document = chosen_of(tmp_path / "a.log", pattern="(a|aa)+$")
    assert document.status == "failed"
    assert document.problem
    assert document.problem.startswith("/(a|aa)+$/ takes too long: over 0.5 s for a few lines. Make it simpler")
    assert not psutil.Process().children()


def test_stopping_leaves_no_process(tmp_path: Path) -> None:
    write_log(tmp_path / "a.log", 5000)
    asked = iter(range(1000))
    with pytest.raises(Stopped):
        read(tmp_path / "a.log", view=View(log=LogView(pattern="sh.p")), stop=lambda: next(asked) > 4)
    assert not psutil.Process().children()


def test_many_pieces_make_several_sections_that_stay_on_disk(tmp_path: Path) -> None:
    for name in ("a.log", "a.log.gz"):
        records = write_log(tmp_path / name, 6000)
        document = chosen_of(tmp_path / name, levels=("error", "info", "debug"))
        assert len(document.sections) > 2
        assert all(not isinstance(section.body, str) for section in document.sections)
        assert all(len(section.text.encode()) <= SECTION_BYTES for section in document.sections)
        assert_leads_back(document, "".join(records).encode())
        backwards = [section.text for section in reversed(document.sections)]
        assert "".join(reversed(backwards)) == text_of(document)
        assert document.sections[0].label.startswith("lines ")


def test_an_excerpt_of_a_log_that_changed_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    records = write_log(path)
    (section,) = chosen_of(path, levels=("error",)).sections
    kept = section.text
    path.write_text("".join(r if " ERROR " in r else r.replace("moved", "MOVED") for r in records))
    assert section.text == kept, "what is not in the excerpt may change"
    path.write_text("".join(records).replace("moved", "moveD"))
    with pytest.raises(SourceChanged, match=r"a\.log has changed since it was added: something between lines "):
        section.text  # noqa: B018
    path.unlink()
    with pytest.raises(SourceGone, match=r"a\.log cannot be read again"):
        section.text  # noqa: B018


def test_standard_input_can_be_filtered_around_too() -> None:
    content = "".join(f"2026-03-14T07:{n:02d}:00Z INFO tick {n}\n" for n in range(60)).encode()
    for stdin in (content, gzip.compress(content)):
        view = View(log=LogView(around="tick 30", minutes=2))
        (document,) = read(stdin=stdin, view=view).documents
        assert text_of(document).count("\n") == 5
        assert [section.line_map for section in document.sections] == [()]


def test_a_long_record_that_passes_is_whole_and_one_that_does_not_is_not_there(tmp_path: Path) -> None:
    long = "".join(f"\tat line {n} {'y' * 100}\n" for n in range(15_000))
    for level, name in (("ERROR", "a.log"), ("INFO", "b.log")):
        log = f"2026-03-14T07:00:00Z INFO a\n2026-03-14T07:00:01Z {level} b\n{long}2026-03-14T07:00:02Z ERROR c\n"
        (tmp_path / name).write_text(log)
        document = chosen_of(tmp_path / name, levels=("error",))
        kept = log.split("\n", 1)[1] if level == "ERROR" else log[log.rindex("2026") :]
        assert text_of(document) == kept
        assert_leads_back(document, log.encode())


def test_a_packed_log_that_is_cut_short_says_how_far_it_was_searched(tmp_path: Path) -> None:
    path = tmp_path / "a.log.gz"
    write_log(path, 6000)
    path.write_bytes(path.read_bytes()[:-2000])
    document = chosen_of(path, pattern="ship1")
    assert document.status == "repaired"
    assert document.problem
    assert "The compressed file is cut short: the text up to line" in document.problem
    assert " records: holding /ship1/." in document.problem


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=40), st.booleans())
def test_lines_of_excerpts_lead_back_whatever_is_left_out(shape: list[tuple[int, bool]], ends: bool) -> None:
    content = b""
    pieces: list[tuple[int, int, bytes]] = []
    for number, (more, kept) in enumerate(shape):
        record = b"record %d\n" % number + b"  more\n" * more
        if kept:
            pieces.append((len(content), content.count(b"\n") + 1, record))
        content += record
    if not ends and pieces and pieces[-1][0] + len(pieces[-1][2]) == len(content):
        start, line, data = pieces[-1]
        pieces[-1] = start, line, data[:-1]
        content = content[:-1]
    collector = Collector(None, None, Encoding())
    for piece in pieces:
        collector.add(*piece)
    document = Document("x", "log", "ok", sections=collector.sections())
    assert text_of(document).encode() == b"".join(data for _, _, data in pieces)
    assert_leads_back(document, content)
    for section in document.sections:
        numbers = list(section.line_map)
        assert all(a < b for a, b in pairwise(numbers))
        if isinstance(section.line_map, LineRuns):
            assert section.line_map[-1] == numbers[-1]
            assert section.line_map[1:] == tuple(numbers[1:])
            assert section.line_map == tuple(numbers)
            with pytest.raises(IndexError):
                section.line_map[len(numbers)]


def test_a_view_survives_being_kept() -> None:
    view = View(log=LogView(since="2026-03-14", levels=("error",), sources=("a",), pattern="x", around="y", minutes=1))
    assert view_of(view_json(view)) == view
