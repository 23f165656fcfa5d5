"""Folded logs: every record is counted once, what is whole is word for word, and everything leads back to its line."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import re
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ingest.log_fold as log_fold
from ingest.decode import Encoding
from ingest.document import Section
from ingest.errors import SourceChanged
from ingest.log import SECTION_BYTES
from ingest.log_excerpt import Collector, Excerpt
from ingest.log_fold import Folded, Folder
from ingest.log_fold_text import FoldedText, counts_sentence, fold_sections
from ingest.log_formats import pick_format
from ingest.log_records import Batch, batches
from ingest.log_unfold import MOST_RECORDS, records_of, unfolded_sections
from ingest.open_path import open_paths
from ingest.view import LogView, View
from tests.ingest.labelled_logs import SETS, labelled
from tests.ingest.reading import read_one

UTF8 = Encoding()
_FOLDED_LINE = re.compile(r"#(\d+) ×([\d,]+)( more)? ")


def records(content: bytes) -> Iterator[tuple[Batch, Sequence[int] | None]]:
    """The batches of a log, as they are folded."""
    log_format = pick_format(content[:65_536].decode(errors="replace"))
    return ((batch, None) for batch in batches(io.BytesIO(content), log_format, UTF8, mtime_ns=0))


def fold(content: bytes) -> Folded:
    folder = Folder()
    for batch, indexes in records(content):
        folder.add(batch, indexes)
    return folder.folded()


def lines_of(sections: Sequence[Section]) -> list[tuple[str, int]]:
    """Every line of the sections, with the log's line that it leads to."""
    result: list[tuple[str, int]] = []
    for section in sections:
        lines = section.text.removesuffix("\n").split("\n")
        assert len(lines) == len(section.line_map)
        result += zip(lines, section.line_map, strict=True)
    return result


def body(content: bytes) -> list[tuple[str, int]]:
    """The lines of a folded log behind its heading."""
    folded = fold(content)
    heading = 2 if any(template.folded for template in folded.templates) else 1
    return lines_of(fold_sections(folded, UTF8))[heading:]


def log(count: int, *, seed: int = 1, errors: int = 0) -> bytes:
    """Records of all made-up sets, with errors of three lines among them and a few records that come once."""
    chosen = random.Random(seed)
    messages = [message for name in SETS for message in labelled(name, count // 3 + 1, seed)[0]]
    chosen.shuffle(messages)
    parts = [
        f"2026-03-14T07:{n // 60 % 60:02d}:{n % 60:02d} INFO quay: {text}\n" for n, text in enumerate(messages[:count])
    ]
    for n in range(errors):
        parts.insert(
            chosen.randrange(len(parts)),
            f"2026-03-14T07:00:00 ERROR crane: jam {n} of {chosen.randrange(99)}\n  at step {n}\n  at main\n",
        )
    parts.insert(len(parts) // 2, "2026-03-14T07:30:00 INFO quay: the harbour master retires today\n")
    return "".join(parts).encode()


def test_a_template_is_one_line_that_says_how_often_and_when() -> None:
    content = "".join(
        f"2026-03-14T07:00:{n:02d} INFO quay: ship {name} moored at berth {n}\n"
        for n, name in enumerate(("Aurora", "Borealis", "Castor", "Dione", "Europa"))
    ).encode()
    folded = fold(content)
    (section,) = fold_sections(folded, UTF8)
    heading, legend, line = section.text.splitlines()
    assert heading == ("Folded log: 5 records, 2026-03-14 07:00:00–07:00:04. 5 records folded into 1 line, 0 whole.")
    assert legend.startswith("A line that begins with # is a template:")
    assert line == "#1 ×5 07:00:00–07:00:04 INFO quay: ship <Aurora|Borealis|Castor|…> moored at berth <0|1|2|…>"
    assert section.line_map == (1, 1, 1)
    assert section.label == "folded, from line 1"


def test_errors_stand_whole_with_all_their_lines_where_they_belong() -> None:
    info = [f"2026-03-14 07:00:0{n} INFO belt: box {n} passed\n" for n in range(4)]
    error = "2026-03-14 07:00:02 ERROR belt: stuck\nTraceback:\n  line 7\n"
    fatal = "2026-03-14 07:00:05 FATAL belt: torn\n"
    late = [f"2026-03-14 07:00:0{n} INFO belt: motor {n} off\n" for n in range(6, 9)]
    content = "".join([*info[:2], error, *info[2:], fatal, *late]).encode()
    lines = body(content)
    assert [number for _, number in lines] == [1, 3, 4, 5, 8, 9]
    assert lines[0][0].startswith("#1 ×4 ")
    assert [text for text, _ in lines[1:5]] == [*error.splitlines(), fatal.rstrip()]
    assert lines[5][0].startswith("#4 ×3 ")


def test_the_rare_stand_whole_and_the_common_do_not() -> None:
    content = "".join(
        f"2026-03-14 07:00:00 INFO a: {text}\n" for text in ["x 1", "once", "x 2", "twice 1", "x 3", "twice 22"]
    ).encode()
    assert body(content) == [
        ("#1 ×3 07:00:00 INFO a: x <1|3|…>", 1),
        ("2026-03-14 07:00:00 INFO a: once", 2),
        ("2026-03-14 07:00:00 INFO a: twice 1", 4),
        ("2026-03-14 07:00:00 INFO a: twice 22", 6),
    ]


def test_fatal_records_are_never_folded_and_all_stand_in_order() -> None:
    parts = ["INFO a: tick 1", "FATAL b: burst", "INFO a: gone 1", "INFO c: left", "FATAL b: burst", "INFO a: gone 2"]
    parts += ["FATAL b: burst", "INFO a: tick 2", "INFO a: tick 3"]
    content = "".join(f"2026-03-14 07:00:00 {text}\n" for text in parts).encode()
    assert [number for _, number in body(content)] == [1, 2, 3, 4, 5, 6, 7]


def test_times_are_those_of_the_lines() -> None:
    content = "".join(f"2026-03-14T07:00:0{n}+02:00 INFO a: tick {n}\n" for n in range(4)).encode()
    assert body(content)[0][0].startswith("#1 ×4 07:00:00–07:00:03 INFO a: tick ")


def test_what_turns_out_common_makes_room_for_the_rare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_fold, "TOGETHER", 1)
    monkeypatch.setattr(log_fold, "RARE_BYTES", 150)
    folder = Folder()
    texts = [f"{word} {n}" for word in ("north", "east", "south", "west", "up", "down") for n in range(3)]
    for n, text in enumerate([*texts, "never again"]):
        content = f"2026-03-14 07:00:00 INFO a: {text}\n".encode()
        for batch, _ in records(content):
            folder.add(replace(batch, line=n + 1, lines=[n + 1]))
    assert [len(template.whole) for template in folder.folded().templates] == [0] * 6 + [1]


class _Watched(list[str]):
    """A list of which it can be known whether it is still held."""


def test_a_batch_is_not_held_for_long_because_of_one_record() -> None:
    folder = Folder()
    watched: list[weakref.ref[_Watched]] = []
    for _ in range(3 * log_fold.MOST_BATCHES):
        (batch, _), *_ = records(b"2026-03-14 07:00:00 ERROR a: jam\n2026-03-14 07:00:00 INFO a: fine\n")
        messages = _Watched(batch.messages)
        watched.append(weakref.ref(messages))
        folder.add(replace(batch, messages=messages))
        del batch, messages
    assert sum(left() is not None for left in watched) <= log_fold.MOST_BATCHES
    assert folder.folded().records == 6 * log_fold.MOST_BATCHES


@pytest.mark.parametrize("count", [0, 1, 30, 3_000])
def test_counts_add_up_to_all_records(count: int) -> None:
    content = log(count, errors=count // 10)
    folded = fold(content)
    starts = [start for batch, _ in records(content) for start in batch.starts]
    assert sum(template.count for template in folded.templates) == folded.records == len(starts)
    in_lines = [_FOLDED_LINE.match(text) for text, _ in body(content)]
    whole = sum(len(template.whole) for template in folded.templates)
    assert sum(int(found[2].replace(",", "")) for found in in_lines if found) + whole == len(starts)
    assert len({raw.start for template in folded.templates for raw in template.whole}) == whole


def assert_leads_back(content: bytes, lines: Sequence[tuple[str, int]]) -> None:
    """What is whole stands word for word in its line; the shape of a folded line is that of its line."""
    in_file = content.decode().split("\n")
    for text, number in lines:
        if _FOLDED_LINE.match(text):
            shape = re.split(r"<[^<>]*>", text.partition(": ")[2])
            assert in_file[number - 1].endswith(shape[-1])
            assert all(part in in_file[number - 1] for part in shape)
        else:
            assert text == in_file[number - 1]


def test_every_line_leads_back_to_the_log() -> None:
    content = log(2_000, errors=40)
    lines = body(content)
    assert sum(text.startswith("  at main") for text, _ in lines) == 40
    assert_leads_back(content, lines)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["INFO", "WARN", "ERROR", "FATAL", "DEBUG"]),
            st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp", "Cs")), max_size=20)
            | st.sampled_from(["took 1 ms", "took 22 ms", "blk_1 blk_2", "<*>", "<...>", "a <b|c> d"]),
            st.lists(st.sampled_from(["  at x", "\tat y", "caused by z"]), max_size=2),
        ),
        min_size=3,
        max_size=40,
    )
)
def test_any_log_is_counted_exactly_and_found_again(made: list[tuple[str, str, list[str]]]) -> None:
    content = "".join(
        "\n".join([f"2026-03-14 07:00:{n:02d} {level} unit: {text}", *more]) + "\n"
        for n, (level, text, more) in enumerate(made)
    ).encode()
    folded = fold(content)
    assert folded.records == len(made)
    found = records_of(folded, range(1, len(folded.templates) + 1), records(content))
    assert {number: one.count for number, one in found.items()} == {t.number: t.count for t in folded.templates}
    ranges = sorted(one for each in found.values() for one in each.ranges())
    assert b"".join(content[start:end] for start, end in ranges) == content
    assert [t.number for t in folded.templates] == list(range(1, len(folded.templates) + 1))
    assert [t.start for t in folded.templates] == sorted(found[t.number].ranges()[0][0] for t in folded.templates)
    whole = [text for text, _ in body(content) if not _FOLDED_LINE.match(text)]
    in_file = content.decode().split("\n")
    assert all(text in in_file for text in whole)


def test_numbers_are_the_same_each_time() -> None:
    content = log(1_500, errors=20)
    assert fold(content) == fold(content)


def test_records_of_a_template_are_found_again(tmp_path: object) -> None:
    content = log(3_000, errors=30)
    folded = fold(content)
    wanted = [t.number for t in folded.templates if t.count > 40][:3]
    sections = list(unfolded_sections(folded, [*wanted, 999], records(content), lambda: Collector(None, None, UTF8)))
    by_number = {number: [s for s in sections if s.label.startswith(f"template #{number},")] for number in wanted}
    for number, some in by_number.items():
        template = folded.templates[number - 1]
        lines = lines_of(some)
        assert len(lines) == template.count + template.further_lines
        assert lines[0][1] == template.line
        assert_leads_back(content, lines)
    assert sum(map(len, by_number.values())) == len(sections)


def test_of_a_long_template_the_first_are_shown_and_the_rest_counted() -> None:
    count = MOST_RECORDS + 500
    content = "".join(f"2026-03-14 07:00:00 INFO a: beat {n}\n" for n in range(count)).encode()
    folded = fold(content)
    (found,) = records_of(folded, [1], records(content)).values()
    assert (found.count, found.left) == (MOST_RECORDS, 500)
    *sections, last = unfolded_sections(folded, [1], records(content), lambda: Collector(None, None, UTF8))
    assert sum(section.text.count("\n") for section in sections) == MOST_RECORDS
    assert last.text == (
        f"The first {MOST_RECORDS:,} records of template #1 are shown; 500 more are not. "
        "Choose a time range to see others."
    )
    assert last.line_map == (MOST_RECORDS,)


def test_of_too_many_errors_the_first_are_whole_and_some_of_each_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_fold, "WHOLE_BYTES", 1_000)
    many = [f"2026-03-14 07:00:00 ERROR a: step {n} failed\n" for n in range(100)]
    late = [f"2026-03-14 07:01:00 ERROR b: gate {n} burns\n" for n in range(50)]
    content = "".join(many + late).encode()
    folded = fold(content)
    first, second = folded.templates
    assert (first.count, second.count) == (100, 50)
    assert len(second.whole) == log_fold.WHOLE_EACH
    assert 20 < len(first.whole) < 30
    lines = body(content)
    assert lines[len(first.whole)][0].startswith(f"#1 ×{100 - len(first.whole)} more ")
    assert lines[-1][0].startswith("#2 ×47 more ")
    assert sum(len(raw.data) for t in folded.templates for raw in t.whole) <= 2_000


def test_only_the_records_that_were_chosen_are_folded() -> None:
    content = log(300, errors=10)
    folder = Folder()
    chosen = 0
    for batch, _ in records(content):
        indexes = range(0, len(batch), 3)
        chosen += len(indexes)
        folder.add(batch, indexes)
    folded = folder.folded()
    assert folded.records == chosen
    again = ((batch, range(0, len(batch), 3)) for batch, _ in records(content))
    found = records_of(folded, range(1, len(folded.templates) + 1), again)
    assert sum(one.count for one in found.values()) == chosen


def test_a_long_folded_log_is_in_several_sections() -> None:
    chosen = random.Random(3)
    words = ["".join(chosen.choices("abcdefghijklmnopqrstuvwxyz", k=8)) for _ in range(4_000)]
    content = "".join(
        f"2026-03-14 07:00:00 INFO a: {' '.join(chosen.choices(words, k=6))}\n" for _ in range(3_000)
    ).encode()
    sections = fold_sections(fold(content), UTF8)
    assert len(sections) > 2
    assert all(len(section.text) < SECTION_BYTES + 20_000 for section in sections)
    bodies = [section.body for section in sections]
    assert all(isinstance(each, FoldedText) for each in bodies)
    numbers = [t.number for each in bodies if isinstance(each, FoldedText) for t in each.templates]
    assert sorted(set(numbers)) == list(range(1, 3_001))


def test_a_record_that_is_endless_is_cut_where_that_is_said() -> None:
    content = b"2026-03-14 07:00:00 ERROR a: " + b"x" * 200_000 + b"\n2026-03-14 07:00:01 INFO a: fine\n" * 1
    lines = body(content)
    assert len(lines[0][0]) == log_fold.RECORD_BYTES
    assert lines[1] == ("(… this record goes on)", 1)
    assert lines[2] == ("2026-03-14 07:00:01 INFO a: fine", 2)


def test_a_log_without_times_or_levels_is_folded_too() -> None:
    content = b"alpha 1\nalpha 2\nalpha 3\nbeta\n"
    assert body(content) == [("#1 ×3 alpha <1|3|…>", 1), ("beta", 4)]


FOLDED = View(log=LogView(fold=True))


@pytest.mark.parametrize("name", ["a.log", "a.log.gz"])
def test_a_log_file_is_read_folded(tmp_path: Path, name: str) -> None:
    content = log(2_000, errors=20)
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    document = read_one(path, view=FOLDED)
    assert (document.kind, document.status, document.view) == ("log", "ok", FOLDED)
    assert document.problem == counts_sentence(fold(content))
    assert document.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert lines_of(document.sections) == lines_of(fold_sections(fold(content), UTF8))
    heading, legend, *lines = lines_of(document.sections)
    assert heading[1] == legend[1] == 1
    assert_leads_back(content, lines)


@pytest.mark.parametrize("name", ["a.log", "a.log.gz"])
def test_templates_of_a_file_are_unfolded_behind_it_and_stay_in_it(tmp_path: Path, name: str) -> None:
    content = log(6_000)
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    wanted = max(fold(content).templates, key=lambda template: template.count)
    view = View(log=LogView(fold=True, unfold=(wanted.number,)))
    folded = read_one(path, view=FOLDED).sections
    sections = read_one(path, view=view).sections[len(folded) :]
    lines = lines_of(sections)
    assert len(lines) == wanted.count
    assert_leads_back(content, lines)
    assert all(isinstance(section.body, Excerpt) for section in sections)
    path.write_bytes(
        gzip.compress(b"2026 other\n" * 60_000) if name.endswith("gz") else content.replace(b"INFO", b"WARN")
    )
    with pytest.raises(SourceChanged, match="has changed since it was added"):
        _ = [section.text for section in sections]


def test_what_is_typed_in_is_folded_and_unfolded(tmp_path: Path) -> None:
    content = log(500)
    wanted = max(fold(content).templates, key=lambda template: template.count)
    view = View(log=LogView(fold=True, unfold=(wanted.number,)))
    (document,) = open_paths([], stdin=content, view=view).documents
    lines = lines_of([section for section in document.sections if section.label.startswith("template #")])
    assert len(lines) == wanted.count
    assert_leads_back(content, lines)


def test_a_filtered_log_is_folded_and_says_what_was_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    content = log(600, errors=30)
    path.write_bytes(content)
    document = read_one(path, view=View(log=LogView(fold=True, levels=("error",))))
    assert document.problem == "30 of 631 records: level error. 0 records folded into 0 lines, 30 whole."
    assert document.sections[0].text.splitlines()[1] == "30 of 631 records: level error."
    assert_leads_back(content, lines_of(document.sections)[2:])
    nothing = read_one(path, view=View(log=LogView(fold=True, pattern="no such thing")))
    assert not nothing.sections
    assert nothing.problem
    assert "None of 631 records fits" in nothing.problem


def test_a_log_of_blank_lines_stays_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b" \n\n\t\n")
    assert read_one(path, view=FOLDED).status == "empty"


def test_further_lines_of_folded_records_are_counted() -> None:
    content = "".join(f"2026-03-14 07:00:00 INFO a: tick {n}\n  more\n  still\n" for n in range(3)).encode()
    assert body(content) == [("#1 ×3 07:00:00 INFO a: tick <0|2|…> (+ 6 further lines)", 1)]
