"""A map of source files: what is used most comes first, what fits is known exactly, what is left out is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.document import Document, Secret, Section
from ingest.repo_map import MAP_PATH, rank, repo_map
from tests.ingest.reading import read
from tests.ingest.test_outline import CODE, ROOT
from tests.ingest.test_outline_view import assert_honest


def words(section: Section) -> int:
    return len(section.text.split()) + 2


def total(document: Document) -> int:
    return sum(words(section) for section in document.sections)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """`Berth` and `moor_ship` are used by all, `helper_of_one` by one, `nobody_calls` by none."""
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "berth.py").write_text(
        '"""Berths."""\n\nimport os\n\n\nclass Berth:\n    """Where a ship lies."""\n\n'
        "    def moor_ship(self, ship):\n        # Moor.\n        return ship\n\n    def get(self):\n        return 1\n"
    )
    (tmp_path / "util.py").write_text(
        "def helper_of_one(x):\n    a = x\n    b = a\n    return b\n\n\n"
        "def nobody_calls(x):\n    a = x\n    b = a\n    return b\n\n\ndef fit(x):\n    a = x\n    return a\n"
    )
    for number in range(6):
        (tmp_path / f"use{number}.py").write_text(
            f"from core.berth import Berth\n\n\ndef using_{number}(get):\n"
            "    get = path = fit = 1\n    return Berth().moor_ship(get)\n"
        )
    (tmp_path / "use0.py").write_text("import util\n\n\ndef using_0():\n    return util.helper_of_one(1)\n")
    (tmp_path / "notes.md").write_text("# Berth\n\nnobody_calls nobody_calls\n")
    return tmp_path


def test_files_and_symbols_that_others_use_come_first(tree: Path) -> None:
    ranked = rank(read(tree).documents)
    assert [r.path for r in ranked[:2]] == ["core/berth.py", "util.py"]
    assert [s.name for s, _ in ranked[0].symbols] == ["Berth", "moor_ship"]
    # A plain word says nothing: neither the method `get` nor the name `fit`, which nobody calls.
    assert [s.name for s, _ in ranked[1].symbols] == ["helper_of_one"]
    assert ranked[0].score > ranked[1].score > ranked[2].score == 0


def test_a_map_holds_lines_of_the_files_with_their_places(tree: Path) -> None:
    document = repo_map(read(tree).documents, words, 200)
    assert (document.path, document.kind, document.status, document.problem) == (MAP_PATH, "code", "ok", None)
    first, second, rest = document.sections
    assert first.text == (
        '… 5 lines\nclass Berth:\n    """Where a ship lies."""\n\n    def moor_ship(self, ship):\n        … 5 lines\n'
    )
    assert (first.label, first.span.part) == ("core/berth.py", "core/berth.py")
    at = first.text.index("def moor_ship")
    found = first.locate(at, at + 5)
    assert (found.part, found.lines) == ("core/berth.py", (9, 9))
    assert second.text == "def helper_of_one(x):\n    … 14 lines\n"
    assert rest.text == "… 6 more files\n"
    for section in (first, second):
        assert_honest(section, (tree / section.label).read_text().splitlines())


@settings(max_examples=12)
@given(st.integers(0, 3000))
def test_no_budget_is_ever_exceeded(budget: int) -> None:
    document = repo_map(HERE, words, budget)
    assert total(document) <= budget
    assert bool(document.sections) == (document.problem is None) == (document.status == "ok")


HERE = read(ROOT / "ingest").documents[:30]


def test_more_room_holds_more_and_no_room_is_wasted() -> None:
    totals = [total(repo_map(HERE, words, budget)) for budget in (50, 200, 800)]
    assert totals == sorted(set(totals))
    everything = repo_map(HERE, words, 10**9)
    all_of_it = total(everything)
    assert total(repo_map(HERE, words, all_of_it)) == all_of_it
    assert total(repo_map(HERE, words, all_of_it - 1)) < all_of_it


def test_what_cannot_be_mapped_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words")
    document = repo_map(read(tmp_path).documents, words, 100)
    assert (document.status, document.problem) == ("empty", "There is no source file to map.")
    assert repo_map([], words, 100).problem == "There is no source file to map."
    assert repo_map(HERE, words, 3).problem == "Nothing of these files fits into so few tokens."


def test_secrets_go_where_their_words_go(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import os\nimport re\n\nTOKEN_OF_ALL = 'abcdef'\n\n\ndef other():\n    return 1\n")
    (tmp_path / "b.py").write_text("TOKEN_OF_ALL\n")
    first, second = read(tmp_path).documents
    at = first.sections[0].text.index("abcdef")
    found = repo_map([replace(first, secrets=(Secret("key", 0, at, at + 6),)), second], words, 100)
    (secret,) = found.secrets
    assert found.sections[secret.section].text[secret.start : secret.end] == "abcdef"


def test_every_language_is_mapped_together() -> None:
    document = repo_map(read(CODE).documents, words, 10**9)
    assert document.sections
    for section in document.sections:
        if section.span.part:
            assert_honest(section, (CODE / section.label).read_text().removesuffix("\n").split("\n"))


def test_the_files_that_this_program_imports_most_come_first() -> None:
    ranked = rank(read(ROOT / "ingest", ROOT / "app" / "core").documents)
    assert ranked[0].path == "ingest/document.py"
    assert {s.name for s, _ in ranked[0].symbols[:4]} >= {"Document", "Section", "Span"}
