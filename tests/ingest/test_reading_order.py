"""The order of blocks, judged on pages laid out as papers, tables, forms and magazines are."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from ingest.document import Rect
from ingest.reading_order import reading_order

LEFT, RIGHT = 50.0, 550.0


def column(left: float, right: float, top: float, heights: Sequence[float], gap: float = 8.0) -> list[Rect]:
    """Blocks of these heights under each other."""
    boxes: list[Rect] = []
    for height in heights:
        boxes.append((left, top, right, top + height))
        top += height + gap
    return boxes


def read(page: Sequence[Rect], in_file: Sequence[Rect], *, right_to_left: bool = False) -> list[int]:
    """How the blocks of `page`, named by their right order, come out when the file holds them as `in_file`."""
    order = reading_order(in_file, right_to_left=right_to_left)
    assert sorted(order) == list(range(len(in_file)))
    return [page.index(in_file[n]) for n in order]


def rows_first(*parts: Sequence[Rect]) -> list[Rect]:
    """As a program holds a page that writes it line by line from the top, whatever stands beside what."""
    return sorted((box for part in parts for box in part), key=lambda box: (box[1], box[0]))


def test_a_paper_with_a_title_a_figure_and_a_footnote_across_both_columns() -> None:
    title = [(100.0, 40.0, 500.0, 60.0), (150.0, 66.0, 450.0, 80.0)]
    above = column(LEFT, 290, 100, [80, 40, 60]), column(310, RIGHT, 104, [50, 90, 37])
    figure = [(60.0, 330.0, 540.0, 350.0)]
    below = column(LEFT, 290, 370, [100, 70, 50]), column(310, RIGHT, 371, [40, 40, 30, 60])
    foot = [(280.0, 760.0, 320.0, 772.0)]
    page = [*title, *above[0], *above[1], *figure, *below[0], *below[1], *foot]
    assert read(page, rows_first(page)) == list(range(len(page)))
    assert read(page, page) == list(range(len(page)))
    assert read(page, [*foot, *figure, *title, *above[1], *below[1], *above[0], *below[0]]) == list(range(len(page)))


def test_lines_held_one_by_one_across_two_columns() -> None:
    left, right = column(LEFT, 290, 100, [11] * 20, 3), column(310, RIGHT, 100, [11] * 20, 3)
    page = [*left, *right]
    assert read(page, rows_first(page)) == list(range(40))


def test_lines_of_two_columns_in_turn() -> None:
    left, right = column(LEFT, 290, 100, [11] * 20, 19), column(310, RIGHT, 112, [11] * 20, 19)
    page = [*left, *right]
    assert read(page, rows_first(page)) == list(range(40))


def test_three_columns() -> None:
    chosen = random.Random(1)
    parts = [
        column(left, left + 150, 80 + at, [chosen.randrange(20, 70) for _ in range(9)])
        for at, left in ((0, 50), (5, 225), (3, 400))
    ]
    page = [box for part in parts for box in part]
    assert read(page, rows_first(page)) == list(range(len(page)))
    assert read(page, [*parts[0], *parts[2], *parts[1]]) == list(range(len(page)))


def test_columns_of_scripts_that_run_from_the_right() -> None:
    title = [(100.0, 40.0, 500.0, 60.0)]
    right, left = column(310, RIGHT, 100, [80, 40, 60]), column(LEFT, 290, 104, [50, 90, 37])
    page = [*title, *right, *left]
    for in_file in (page, rows_first(page), [*title, *left, *right]):
        assert read(page, in_file, right_to_left=True) == list(range(len(page)))


def test_a_table_stays_row_by_row() -> None:
    chosen = random.Random(2)
    for columns in (2, 3, 5):
        width = 500 / columns
        cells = [
            (50 + c * width, 100.0 + r * 20, 50 + c * width + chosen.uniform(0.2, 0.8) * width, 112.0 + r * 20)
            for r in range(15)
            for c in range(columns)
        ]
        page = [(50.0, 50.0, 550.0, 90.0), *cells, (50.0, 420.0, 550.0, 500.0)]
        assert read(page, page) == list(range(len(page)))


def test_a_table_of_long_cells_stays_row_by_row() -> None:
    chosen = random.Random(3)
    cells: list[Rect] = []
    top = 100.0
    for _ in range(8):
        heights = [chosen.choice([12, 24, 36, 48]) for _ in range(2)]
        cells += [(50, top, 290, top + heights[0]), (310, top, 550, top + heights[1])]
        top += max(heights) + 6
    assert read(cells, cells) == list(range(16))


def test_numbers_beside_equations_and_labels_beside_values_stay_where_they_are() -> None:
    equations = [
        box
        for n in range(6)
        for box in ((50.0, 60 + n * 90.0, 550.0, 120 + n * 90.0), (200.0, 125 + n * 90.0, 400.0, 140 + n * 90.0),
                    (530.0, 125 + n * 90.0, 550.0, 140 + n * 90.0))
    ]  # fmt: skip
    assert read(equations, equations) == list(range(18))
    form = [
        box for n in range(12) for box in ((50.0, 60 + n * 30.0, 120.0, 72 + n * 30.0),
                                           (130.0, 60 + n * 30.0, 550.0, 72 + n * 30.0))
    ]  # fmt: skip
    assert read(form, form) == list(range(24))


def test_columns_around_an_equation_with_its_number() -> None:
    left = [(50.0, 100.0, 290.0, 200.0), (90.0, 210.0, 220.0, 225.0), (270.0, 210.0, 290.0, 225.0),
            (50.0, 235.0, 290.0, 400.0)]  # fmt: skip
    page = [*left, *column(310, 550, 97, [90, 60, 120])]
    assert read(page, rows_first(page)) == list(range(len(page)))


@given(
    st.lists(
        st.tuples(st.floats(0, 90), st.floats(200, 500), st.floats(5, 60), st.floats(0, 20)), min_size=1, max_size=25
    ),
    st.randoms(use_true_random=False),
)
def test_a_page_of_one_column_keeps_the_order_of_the_file(
    blocks: list[tuple[float, float, float, float]], chosen: random.Random
) -> None:
    page: list[Rect] = []
    top = 40.0
    for left, width, height, gap in blocks:
        page.append((left, top, left + width, top + height))
        top += height + gap
    if chosen.random() < 0.5:
        chosen.shuffle(page)
    assert list(reading_order(page)) == list(range(len(page)))


@given(st.lists(st.tuples(*[st.floats(-100, 1000)] * 4), max_size=30), st.booleans())
def test_any_rectangles_are_each_read_once(boxes: list[Rect], right_to_left: bool) -> None:
    assert sorted(reading_order(boxes, right_to_left=right_to_left)) == list(range(len(boxes)))
