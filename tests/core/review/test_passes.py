"""Files are shared out among passes: nothing twice, nothing lost, none over the room, cut where definitions begin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import ScopeRefused
from app.core.review.code_lines import code_lines
from app.core.review.passes import Passes, plan_passes
from app.core.review.prompting import file_text
from app.core.review.scope import Scope
from ingest.outline import _CHILD
from tests.core.review.repositories import module

LINE = re.compile(r"^(\d+)\| (.*)$", re.MULTILINE)


@pytest.fixture(scope="module", autouse=True)
def no_child_stays() -> Iterator[None]:
    yield
    _CHILD.close()


def count(texts: Sequence[str]) -> list[int]:
    """A token for each character: as exact as any."""
    return [len(text) for text in texts]


def scope_of(**texts: str) -> Scope:
    return Scope("/r", f"{len(texts)} files", {name.replace("_py", ".py"): text for name, text in texts.items()})


def assert_all_is_shown(scope: Scope, planned: Passes, room: int) -> None:
    """Each line of each file once, in order and with its own number; no pass over the room."""
    seen: dict[str, list[tuple[int, str]]] = {}
    assert [one.number for one in planned.passes] == list(range(1, len(planned.passes) + 1))
    for one in planned.passes:
        texts = [file_text(scope, part.path, part.shown) for part in one.parts]
        assert [part.tokens for part in one.parts] == count(texts)
        assert one.tokens + planned.common_tokens <= room
        for part, text in zip(one.parts, texts, strict=True):
            seen.setdefault(part.path, []).extend((int(n), line) for n, line in LINE.findall(text))
    omitted = {one.path for one in planned.omitted}
    assert list(seen) == [path for path in scope.texts if path not in omitted]
    for path, lines in seen.items():
        assert lines == list(enumerate(code_lines(scope.texts[path]), 1))


def test_what_fits_is_one_pass_without_an_outline() -> None:
    scope = scope_of(a_py=module(1), b_py=module(2))
    planned = plan_passes(scope, 100_000, count)
    assert (planned.common, len(planned.passes)) == ("", 1)
    assert [part.name for part in planned.passes[0].parts] == ["a.py", "b.py"]
    assert_all_is_shown(scope, planned, 100_000)


def test_files_move_on_as_a_whole_and_keep_their_order() -> None:
    scope = Scope("/r", "40 files", {f"m{n:02}.py": module(n) for n in range(40)})
    room = 4_000
    planned = plan_passes(scope, room, count)
    assert len(planned.passes) > 5
    assert planned.common.startswith("Outline of the whole")
    assert planned.common_tokens == len(planned.common) <= room // 8 + 200
    assert all(part.shown == ((1, part.of),) for one in planned.passes for part in one.parts)
    assert [part.path for one in planned.passes for part in one.parts] == list(scope.texts)
    assert_all_is_shown(scope, planned, room)
    again = plan_passes(scope, room, count)
    assert again == planned


def test_a_file_that_is_too_long_is_cut_where_definitions_begin() -> None:
    scope = scope_of(a_py=module(1), long_py=module(2, functions=60), z_py=module(3))
    room = 3_000
    planned = plan_passes(scope, room, count)
    assert_all_is_shown(scope, planned, room)
    parts = [part for one in planned.passes for part in one.parts if part.path == "long.py"]
    assert len(parts) > 3
    lines = code_lines(scope.texts["long.py"])
    for part in parts[1:]:
        assert lines[part.shown[0][0] - 1].startswith("def ")
        assert part.name == f"long.py:{part.shown[0][0]}-{part.shown[0][1]}"
        assert "of " in file_text(scope, part.path, part.shown).split("\n")[0]


def test_a_line_that_no_pass_can_show_is_named() -> None:
    scope = scope_of(a_py=module(1), wide_py="x = '" + "y" * 1_900 + "'\nz = 1\n")
    planned = plan_passes(scope, 1_500, count)
    (omitted,) = planned.omitted
    assert omitted.path == "wide.py"
    assert "Line 1 alone is too long" in omitted.reason
    assert {part.path for one in planned.passes for part in one.parts} == {"a.py"}
    with pytest.raises(ScopeRefused, match="Line 1 alone"):
        plan_passes(scope_of(wide_py=scope.texts["wide.py"]), 1_500, count)


def test_too_little_room_is_said() -> None:
    with pytest.raises(ScopeRefused, match="room for 100 tokens"):
        plan_passes(scope_of(a_py=module(1)), 100, count)
    with pytest.raises(ScopeRefused, match="room for 0 tokens"):
        plan_passes(scope_of(a_py=module(1)), -5, count)


def test_changes_come_with_their_surroundings_and_an_outline_of_the_rest() -> None:
    text = module(1, functions=60)
    lines = code_lines(text)
    at = next(n for n, line in enumerate(lines, 1) if "_1_30(" in line) + 3
    scope = Scope(
        "/r",
        "changes",
        {"a.py": text},
        {"a.py": ((at, at),)},
        {"a.py": ((at - 1, ("was = 1",)),)},
        others={"b.py": module(2)},
    )
    planned = plan_passes(scope, 50_000, count)
    (part,) = planned.passes[0].parts
    ((first, last),) = part.shown
    assert 10 < last - first < 40
    assert lines[at - 4].startswith("def ") and first <= at - 3
    shown = file_text(scope, "a.py", part.shown)
    assert f"; changed: {at}" in shown.replace(", changed", "; changed")
    assert f"-| was = 1\n{at}| {lines[at - 1]}\n" in shown
    assert f"… {first - 1:,} lines" in shown and f"… {len(lines) - last:,} lines" in shown
    assert "Definitions that changed:\na.py\n" in planned.common
    assert f"\n{at - 3}| {lines[at - 4]}" in planned.common


def test_an_outline_says_what_others_use(tmp_path: Path) -> None:
    shared = 'def weigh_parcel(parcel):\n    """Weigh it."""\n' + "    x = 1\n" * 40 + "    return x\n"
    users = {
        f"use{n}.py": f"from shared import weigh_parcel\n\n\ndef f{n}(p):\n    return weigh_parcel(p)\n"
        for n in range(9)
    }
    scope = Scope("/r", "changes", users, dict.fromkeys(users, ((1, 1),)), others={"shared.py": shared})
    planned = plan_passes(scope, 20_000, count)
    assert "shared.py\ndef weigh_parcel(parcel):" in planned.common


def test_a_patch_without_its_file_shows_its_hunks_alone() -> None:
    text = "\n" * 99 + "a = 1\nb = 2\n"
    scope = Scope("/r", "patch", {"a.py": text}, {"a.py": ((101, 101),)}, known={"a.py": ((100, 101),)})
    planned = plan_passes(scope, 5_000, count)
    shown = file_text(scope, "a.py", planned.passes[0].parts[0].shown)
    assert LINE.findall(shown) == [("100", "a = 1"), ("101", "b = 2")]
    assert "of the others nothing is known" in shown


LINES = ["", "x = 1", "def f():", "    return 1", "# " + "long " * 20]
FILES = st.lists(st.lists(st.sampled_from(LINES), min_size=1), min_size=1, max_size=6)


@settings(max_examples=40)
@given(FILES, st.integers(1_200, 6_000))
def test_nothing_is_lost_whatever_the_files(files: list[list[str]], room: int) -> None:
    scope = Scope("/r", "files", {f"f{n}.txt": "\n".join(lines) + "\n" for n, lines in enumerate(files)})
    assert_all_is_shown(scope, plan_passes(scope, room, count), room)
