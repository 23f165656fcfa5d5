"""The viewer's arithmetic: rows and chunks, scrolling, pages of unknown size, words on a page, what is found."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ui.viewer.finding import find
from app.ui.viewer.page_layout import GAP, PageLayout
from app.ui.viewer.page_words import WordIndex, line_rects, text_of
from app.ui.viewer.row_scroll import RowScroll
from app.ui.viewer.syntax import code_runs, level_runs
from app.ui.viewer.text_selection import TextSelection
from app.ui.viewer.text_source import TextSource, cut
from ingest.document import Section, Span
from ingest.pdf_pages import Word

TEXTS = st.lists(st.text(alphabet="ab \n", max_size=40), min_size=1, max_size=5)


def sections(texts: list[str]) -> tuple[Section, ...]:
    return tuple(Section(f"part {i}", Span(lines=(1, text.count("\n") + 1)), text) for i, text in enumerate(texts))


@settings(deadline=None)
@given(TEXTS, st.integers(1, 12), st.integers(1, 5))
def test_rows_put_together_are_the_text_however_it_is_cut(texts: list[str], chunk: int, longest: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.ui.viewer.text_source.CHUNK", chunk)
        patch.setattr("app.ui.viewer.text_source.LONGEST_ROW", min(longest, chunk))
        chunks = cut(sections(texts))
    source = TextSource(sections(texts), chunks)
    assert source.rows == sum(chunk.rows for chunk in chunks)
    for number, text in enumerate(texts):
        for offset, character in enumerate(text):
            row, column = source.position(number, offset) or (-1, -1)
            line = source.line(row)
            assert line is not None
            assert (line + "\n")[column] == character
            assert source.number_at(row) == text.count("\n", 0, offset) + 1
    last = source.rows - 1
    whole = "".join(source.between((0, 0), (last, len(source.line(last) or ""))))
    expected = "".join(text if text.endswith("\n") else text + "\n" for text in texts)
    assert whole.rstrip("\n") == expected.rstrip("\n")


@settings(deadline=None)
@given(st.text(alphabet="abAB \n", max_size=60), st.text(alphabet="ab ", min_size=1, max_size=4), st.integers(1, 9))
def test_found_is_what_a_plain_search_finds(text: str, words: str, piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.ui.viewer.finding._PIECE", piece)
        hits = [hit for part in find(sections([text]), words) for hit in part]
    parts = words.split()
    pattern = re.compile(r"\s+".join(parts), re.IGNORECASE)
    expected = [match.span() for match in pattern.finditer(text)] if parts else []
    assert [(hit.start, hit.end) for hit in hits] == expected
    assert [hit.row for hit in hits] == [text.count("\n", 0, hit.start) for hit in hits]


@given(
    st.lists(st.integers(1, 90), min_size=1, max_size=30),
    st.lists(st.integers(-300, 300), max_size=8),
    st.integers(20, 200),
)
def test_scrolling_by_pixels_is_scrolling_over_the_sum_of_heights(
    heights: list[int], moves: list[int], view: int
) -> None:
    scroll = RowScroll(len(heights), heights.__getitem__)
    at, most = -8, max(-8, sum(heights) + 8 - view)
    for by in moves:
        scroll.move(by, view)
        at = min(max(at + by, -8), most)
        assert sum(heights[: scroll.row]) + scroll.pixels == at
    rows = dict(scroll.visible(view))
    assert all(-heights[row] < y < view for row, y in rows.items())


@given(st.lists(st.integers(1, 90), min_size=1, max_size=30), st.integers(20, 200), st.integers(0, 600))
def test_the_scroll_bar_reaches_both_ends(heights: list[int], view: int, value: int) -> None:
    scroll = RowScroll(len(heights), heights.__getitem__)
    if scroll.largest_value(view):
        scroll.go_to_value(scroll.largest_value(view), view)
        assert (scroll.row, scroll.pixels) == scroll.end(view)
    scroll.go_to_value(value, view)
    assert scroll.value() <= scroll.largest_value(view)
    scroll.go_to_value(0, view)
    assert scroll.row == 0


def test_pages_of_unknown_size_are_like_the_first_known_one() -> None:
    layout = PageLayout(5000)
    layout.set_width(400)
    layout.learn(5000, 4000, [(400.0, 300.0), (400.0, 800.0), (0.0, 0.0)])
    assert layout.page_height(4000) == 300
    assert layout.page_height(4001) == 800
    assert layout.page_height(4002) == layout.page_height(0) == 300
    assert not layout.knows(4002)
    assert layout.top(4001) - layout.top(4000) == 300 + GAP
    assert [layout.page_at(layout.top(page) + 1) for page in (0, 4000, 4999)] == [0, 4000, 4999]
    assert layout.page_at(-5) == 0
    assert layout.page_at(layout.height + 100) == 4999
    assert list(layout.visible(layout.top(4000) - 2, layout.top(4001) + 5)) == [3999, 4000, 4001]


def word(text: str, line: int, left: float = 0.0, block: int = 0) -> Word:
    return Word(text, (left, line * 10.0, left + 8, line * 10.0 + 9), block, line)


def test_words_are_told_from_text_that_was_cleaned() -> None:
    words = [
        word("The", 0),
        word("eﬃcient", 0, 10),
        word("mainte-", 0, 20),
        word("nance", 1),
        word("of", 1, 10),
        word("it.", 1, 20),
    ]
    text = "The efficient maintenance of it."
    index = WordIndex(text, words)

    def found(part: str) -> list[str]:
        at = text.index(part)
        chosen = index.words_for(at, at + len(part))
        return [words[i].text for i in chosen or ()]

    assert found("efficient") == ["eﬃcient"]
    assert found("maintenance of") == ["mainte-", "nance", "of"]
    assert found("it.") == ["it."]
    assert index.words_for(3, 4) is None
    assert line_rects(words, range(2, 5)) == [(20, 0, 28, 9), (0, 10, 18, 19)]
    assert text_of(words, range(4, 6)) == "of it."


def test_a_passage_is_found_though_the_page_has_words_that_the_text_has_not() -> None:
    words = [word("header", 0), word("same", 1), word("other", 2), word("same", 3), word("end", 4)]
    text = "other same end"
    index = WordIndex(text, words)
    assert index.words_for(6, 10) == range(3, 4)
    assert index.words_for(0, 14) == range(2, 5)
    assert WordIndex("entirely else", words).words_for(0, 8) is None


def test_code_and_levels_are_coloured_where_they_stand() -> None:
    runs = code_runs(["def f():", "    return 'x'  # why"], "a.py")
    assert runs[0][0] == (0, 3, "code_keyword")
    assert (11, 3, "code_string") in runs[1]
    assert (16, 5, "code_comment") in runs[1]
    assert code_runs(["some words"], "notes.unknown") == [[]]
    assert level_runs("06:41 WARN link") == [(6, 4, "warn")]
    assert level_runs("06:41 fatal link") == [(6, 5, "bad")]
    assert level_runs("06:41 INFO link errors") == []


def test_words_are_selected_whole_and_lines_with_their_ends() -> None:
    selection = TextSelection()
    selection.word((3, 6), "some words here")
    assert selection.ends == ((3, 5), (3, 10))
    selection.extend((5, 2))
    assert selection.in_row(3, 15) == (5, 16)
    assert selection.in_row(4, 7) == (0, 8)
    assert selection.in_row(5, 9) == (0, 2)
    assert selection.in_row(6, 9) is None
    lines = ["ab", "c"]
    selection.begin((0, 2))
    assert selection.move("right", rows=2, page=9, line=lines.__getitem__) == (1, 0)
    assert selection.move("left", rows=2, page=9, line=lines.__getitem__) == (0, 2)
    assert selection.move("page_down", rows=2, page=9, line=lines.__getitem__) == (1, 1)
    assert selection.move("start", rows=2, page=9, line=lines.__getitem__) == (0, 0)
