"""Lines as reviews count them: against the plain way of saying the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.core.review.code_lines import code_lines, lines_with, quoted_lines, without_gutter

TEXT = st.text(alphabet="ab \n\r\t", max_size=40)


@given(TEXT)
def test_lines_are_those_of_an_editor(text: str) -> None:
    lines = code_lines(text)
    assert "\n".join(lines).replace("\r", "") + "\n" * text.endswith("\n") == text.replace("\r", "") or not lines
    assert len(lines) == text.count("\n") + (not text.endswith("\n")) * bool(text)
    lines.append("changed")
    assert code_lines(text) == lines[:-1]


@given(st.text(alphabet="ab ", max_size=3), st.lists(st.text(alphabet="ab ", max_size=5), max_size=8))
def test_lines_with_a_part_are_found_in_order(part: str, lines: list[str]) -> None:
    assert list(lines_with(part, lines)) == [n for n, line in enumerate(lines) if part in line]


def test_form_feeds_end_no_line() -> None:
    assert code_lines("a\x0cb\u2028c\r\nd\re\n") == ["a\x0cb\u2028c", "d\re"]


def test_numbers_of_the_prompt_are_taken_off_all_lines_or_none() -> None:
    assert without_gutter(["   3| a", "  4|", "", "12|  b"]) == ["a", "", "", " b"]
    assert without_gutter(["   3| a", "b"]) is None
    assert quoted_lines("\n \n a \nb\t\n\n") == [" a", "b"]
