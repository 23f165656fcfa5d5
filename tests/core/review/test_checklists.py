"""Checklists: those that come with the program, people's own, and files that are none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.core.errors import ChecklistRefused
from app.core.review.checklists import BUNDLED, DEFAULT, choose, load_checklists, own_folder, read_checklist
from app.core.review.prompting import checklist_text
from app.core.review.schema import finding_schema

NAMES = ["api", "bugs", "concurrency", "error-handling", "performance", "security", "style", "tests"]


def test_those_that_come_with_the_program() -> None:
    found, problems = load_checklists([BUNDLED])
    assert (sorted(found), problems) == (NAMES, ())
    ids = [item.id for checklist in found.values() for item in checklist.items]
    assert len(ids) == len(set(ids)), "an id is a category, and says in which checklist it stands"
    for checklist in found.values():
        assert 5 <= len(checklist.items) <= 12
        assert checklist.title and checklist.about.endswith(".")
        assert len(checklist_text(checklist, 8)) < 3_000
        finding_schema(["a.py"], categories=[item.id for item in checklist.items])
        for item in checklist.items:
            assert re.fullmatch(r"[a-z]+(-[a-z]+)*", item.id)
            assert item.look.endswith(".") and len(item.look) < 200
    assert all(item.cwe for name in ("security", "concurrency") for item in found[name].items)
    assert [one.name for one in choose(DEFAULT)] == list(DEFAULT)


def test_own_ones_stand_beside_them_or_in_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUMBLINE_DATA", str(tmp_path))
    own_folder().mkdir()
    (own_folder() / "house.md").write_text(
        "# House rules\n\nWhat we agreed on.\n\n- **No print** (CWE-532): Nothing is printed,\n  not even for a test.\n"
        "* Dates are ISO 8601.\n\nThe end.\n"
    )
    (own_folder() / "bugs.toml").write_text('title = "Ours"\n[[items]]\nid = "x"\nlook = "X."\n')
    (own_folder() / "broken.toml").write_text("title = ")
    (own_folder() / "notes.txt").write_text("no checklist")
    found, problems = load_checklists()
    assert set(found) == {*NAMES, "house"}
    assert found["bugs"].title == "Ours"
    house = found["house"]
    assert (house.title, house.about) == ("House rules", "What we agreed on.")
    assert [(item.id, item.look, item.cwe) for item in house.items] == [
        ("no-print", "Nothing is printed, not even for a test.", "CWE-532"),
        ("dates-are-iso-8601", "Dates are ISO 8601.", ""),
    ]
    (problem,) = problems
    assert "broken.toml" in problem
    with pytest.raises(ChecklistRefused, match="no TOML"):
        choose(["broken"])
    assert choose([str(own_folder() / "house.md"), "style"])[0] == house


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.toml", b"[[items]]\nid = 'x'\n", "does not say what to look for"),
        ("a.toml", b"items = 3\n", "its items is no list"),
        ("a.toml", b"items = [3]\n", "an item is no table"),
        ("a.toml", b"title = 'x'\n", "nothing to look for"),
        ("a.toml", b"[[items]]\nlook = 'x'\ncwe = '79'\n", "no CWE"),
        ("a.toml", b"[[items]]\nlook = 'x'\n[[items]]\nlook = 'x'\n", "twice"),
        ("a.toml", b"[[items]]\nlook = 'x'\n\xff", "UTF-8"),
        ("a.md", b"words\n", "nothing to look for"),
        ("a.md", b"- x\n" * 40_000, "too long"),
        ("a.md", b"".join(b"- rule number %d\n" % n for n in range(99)), "over 60"),
    ],
)
def test_files_that_are_none_are_one_sentence(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ChecklistRefused, match=said) as refused:
        read_checklist(tmp_path / name)
    assert "\n" not in str(refused.value) and name in str(refused.value)


def test_a_name_that_nobody_knows() -> None:
    with pytest.raises(ChecklistRefused, match="no checklist bug") as refused:
        choose(["bug"])
    assert "bugs" in refused.value.hint
    with pytest.raises(ChecklistRefused, match="no longer there"):
        choose(["./nothing.toml"])
