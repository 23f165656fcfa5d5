"""Documents with less of their text: what is left stands in the file, and what is left out is said."""

from __future__ import annotations

import random
import re
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.document import Document, Secret, Section, Span
from ingest.outline_view import HEADLINE_LINES, LONGEST_LINE, SMALL_LINES, abridge
from ingest.view import View
from ingest.viewing import viewed
from tests.ingest.pdfs import write_pdf
from tests.ingest.reading import read_one
from tests.ingest.test_outline import CODE, SAMPLES, mutated, sample

OUTLINE, NAME = View(detail="outline"), View(detail="name")
GAP = re.compile(r"\s*… (\d[\d,]*) lines?\Z")
CUT = re.compile(r"… [\d,]+ characters?\Z")


def assert_honest(section: Section, lines: list[str], first: int = 1) -> None:
    """Every line stands in the file where line_map says, or says how many lines it stands for; all are there."""
    shown = section.text.removesuffix("\n").split("\n")
    assert len(section.line_map) == len(shown)
    expected = first
    for line, number in zip(shown, section.line_map, strict=True):
        assert number == expected
        gap = GAP.match(line)
        if gap and line != lines[number - 1]:
            expected += int(gap.group(1).replace(",", ""))
            continue
        there = lines[number - 1]
        assert line == there or (CUT.search(line) and there.startswith(line[:LONGEST_LINE]))
        expected += 1
    assert expected == first + len(lines) - (first - 1)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_line_stands_in_the_file_or_says_what_it_stands_for(name: str) -> None:
    document = read_one(CODE / name, view=OUTLINE)
    (section,) = document.sections
    assert (document.view, document.status, document.problem) == (OUTLINE, "ok", None)
    assert_honest(section, sample(name).removesuffix("\n").split("\n"))
    assert "…" in section.text
    assert len(section.text) < len(sample(name))
    for at, line in enumerate(section.text.split("\n")[:-1]):
        start = sum(len(before) + 1 for before in section.text.split("\n")[:at])
        assert section.locate(start, start + len(line)).lines == (section.line_map[at],) * 2


@settings(max_examples=60)
@given(st.sampled_from(SAMPLES), st.randoms(use_true_random=False), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_of_mutated_source_too(name: str, chosen: random.Random, end: str, mark: bool) -> None:
    text = mutated(sample(name), chosen)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes((("\ufeff" if mark else "") + text.replace("\n", end)).encode())
        whole = read_one(path)
        document = viewed(whole, OUTLINE)
    if whole.kind == "code" and whole.sections and document.sections != whole.sections:
        assert_honest(document.sections[0], whole.sections[0].text.removesuffix("\n").split("\n"))


def test_signatures_decorators_and_documentation_are_kept_and_bodies_are_not() -> None:
    text = read_one(CODE / "harbour.py", view=OUTLINE).sections[0].text
    for kept in (
        '"""Berths of a harbour, and who lies at them."""',
        "@dataclass(\n    frozen=True,\n)\nclass Berth(Generic[T]):",
        "    @property\n    def free(self) -> bool:\n",
        '        """Whether nobody lies here."""\n',
        "        lines: int = 2,\n    ) -> T:\n",
        "        … 2 lines\n",
    ):
        assert kept in text
    for left_out in ("return self.length > 0", "import functools", '"spring"', "NotImplementedError"):
        assert left_out not in text


def test_markdown_becomes_its_headings(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("before\n\nall\n\n# One\n\nwords\nwords\nwords\n\nTwo\nlines\n---\n\nwords\n\nwords\n\n\n")
    whole, document = read_one(path), read_one(path, view=OUTLINE)
    assert [s.label for s in document.sections] == [s.label for s in whole.sections] == ["a.md", "One", "Two lines"]
    assert [s.text for s in document.sections] == [
        "… 4 lines\n",
        "# One\n… 5 lines\n",
        "Two\nlines\n---\n… 6 lines\n",
    ]
    assert [s.line_map for s in document.sections] == [(1,), (5, 6), (11, 12, 13, 14)]


def test_what_has_no_outline_is_whole_when_small_and_its_first_lines_when_not(tmp_path: Path) -> None:
    small, large, prose = tmp_path / "small.toml", tmp_path / "large.toml", tmp_path / "prose.txt"
    small.write_text("a = 1\nb = 2\n")
    large.write_text("".join(f"a{n} = {n}\n" for n in range(SMALL_LINES + 1)))
    prose.write_text("x" * 5000 + "\nsecond line\n")
    document = read_one(small, view=OUTLINE)
    assert (document.sections[0].text, document.problem) == (
        "a = 1\nb = 2\n",
        "It has no outline and is given whole.",
    )
    document = read_one(large, view=OUTLINE)
    assert document.problem == "It has no outline. Only its first 10 lines are given."
    assert document.sections[0].text.count("\n") == HEADLINE_LINES + 1
    assert document.sections[0].text.endswith("a9 = 9\n… 31 lines\n")
    assert_honest(document.sections[0], large.read_text().splitlines())
    document = read_one(prose, view=OUTLINE)
    assert document.sections[0].text == "x" * LONGEST_LINE + "… 4,600 characters\nsecond line\n"


def test_code_that_defines_nothing_is_treated_so_too(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text("import a\n")
    assert read_one(path, view=OUTLINE).sections[0].text == "import a\n"
    path.write_text("print(1)\n" * 100)
    assert read_one(path, view=OUTLINE).sections[0].text == "print(1)\n" * 10 + "… 90 lines\n"


def test_a_file_too_large_for_an_outline_says_so(tmp_path: Path) -> None:
    path = tmp_path / "generated.py"
    path.write_text("def f(): ...\n" * 100_000)
    document = read_one(path, view=OUTLINE)
    assert document.problem == ("It has no outline: it is larger than 1 MB. Only its first 10 lines are given.")
    assert document.sections[0].text.endswith("… 99,990 lines\n")


def test_other_kinds_stay_whole_and_say_so() -> None:
    sections = (Section("Sheet 1", Span(lines=(1, 2), part="Sheet 1"), "a\nb\n"),)
    document = Document("/a.xlsx", "sheet", "ok", "Read in part.", sections)
    shown = viewed(document, OUTLINE)
    assert shown.sections == sections
    assert shown.problem == "Read in part. It has no outline and is given whole."
    empty = Document("/a.py", "code", "empty", "The file is empty.")
    assert viewed(empty, OUTLINE) == replace(empty, view=OUTLINE)
    assert viewed(empty, NAME) == replace(empty, view=NAME)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.py", "x = 1\ny = 2\n", "a.py · Python · 2 lines · 12 bytes\n"),
        ("a.yaml", "a: b\n", "a.yaml · YAML · 1 line · 5 bytes\n"),
        ("Makefile", "all:\n\ttrue\n", "Makefile · Makefile · 2 lines · 11 bytes\n"),
        ("run", "#!/bin/sh\ntrue\n", "run · Bash · 2 lines · 15 bytes\n"),
        ("a.md", "# One\n\n# Two\n", "a.md · Markdown · 3 lines · 13 bytes\n"),
        ("a.txt", "words", "a.txt · plain text · 1 line · 5 bytes\n"),
        ("a\nb.txt", "words", "a b.txt · plain text · 1 line · 5 bytes\n"),
    ],
)
def test_a_name_is_one_line(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    document = read_one(tmp_path / name, view=NAME)
    (section,) = document.sections
    assert section.text == words
    assert section.line_map == (1,)
    assert section.locate(0, 3).lines == (1, 1)


def test_names_of_what_has_pages_or_parts(tmp_path: Path) -> None:
    document = viewed(read_one(write_pdf(tmp_path / "a.pdf", ["one", "two"])), NAME)
    (section,) = document.sections
    assert re.fullmatch(r"a\.pdf · PDF · 2 pages · [\d.]+ kB\n", section.text)
    assert section.locate(0, 3).page == 1
    sheets = tuple(Section(p, Span(lines=(1, 2), part=p), "a\nb\n") for p in ("One", "Two"))
    (section,) = viewed(Document("/a.xlsx", "sheet", "ok", sections=sheets, size=9), NAME).sections
    assert section.text == "a.xlsx · sheet · 2 parts · 9 bytes\n"


def test_short_gaps_are_filled_and_blank_lines_are_no_loss() -> None:
    text = "keep\none\nkeep\n\n\nkeep\n" + "x" * 100 + "\nkeep\n    two\nthree\n\n\n\n"
    shown, _ = abridge(Section("a", Span(lines=(1, 13)), text), {0, 2, 5, 7})
    assert shown.text == "keep\none\nkeep\n\n\nkeep\n… 1 line\nkeep\n    … 5 lines\n"
    assert shown.line_map == (1, 2, 3, 4, 5, 6, 7, 8, 9)
    assert_honest(shown, text.removesuffix("\n").split("\n"))


def test_secrets_go_where_their_words_go() -> None:
    text = "left out\nleft out\nkey = 'abc'\nleft out\nBEGIN\nMIDDLE\nEND\n"
    start = text.index("abc")
    long = Secret("private key", 0, text.index("BEGIN"), text.index("END") + 3)
    section = Section("a", Span(lines=(1, 7)), text)
    shown, secrets = abridge(section, {2, 4}, [Secret("key", 0, start, start + 3), long])
    assert shown.text == "… 2 lines\nkey = 'abc'\nleft out\nBEGIN\n… 2 lines\n"
    assert [shown.text[s.start : s.end] for s in secrets] == ["abc", "BEGIN"]
    assert [s.kind for s in secrets] == ["key", "private key"]


def test_an_outline_goes_on_from_where_a_text_already_leads() -> None:
    section = Section("a", Span(lines=(10, 90)), "one\ntwo\nthree\nfour\n", line_map=(10, 30, 50, 90))
    shown, _ = abridge(section, {0, 3})
    assert (shown.text, shown.line_map) == ("one\n… 2 lines\nfour\n", (10, 30, 90))
