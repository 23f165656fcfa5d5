"""Running headers and footers are told from body text that looks like them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ingest.running_lines import Block, PageBlocks, running_lines

HEIGHT = 842.0
LINE = 14.0

Lines = Sequence[tuple[float, str]]


def page(*lines: tuple[float, str], body: Sequence[str] = ()) -> PageBlocks:
    """Lines at their tops, then paragraphs of three lines each from 90 points on."""
    blocks = [Block(top, top + LINE * (text.count("\n") + 1), text) for top, text in lines]
    at = 90.0
    for text in body:
        blocks.append(Block(at, at + LINE * (text.count("\n") + 1), text))
        at = blocks[-1].bottom + 8
    return PageBlocks(HEIGHT, blocks)


def paragraphs(number: int) -> list[str]:
    return [f"Paragraph {part} of page {'abcdefghij'[number % 10]}\nof some\nlines" for part in "klmnopq"]


def found(pages: Sequence[PageBlocks]) -> list[list[str]]:
    return [
        sorted(sheet.blocks[number].text for number in numbers)
        for sheet, numbers in zip(pages, running_lines(pages), strict=True)
    ]


def document(count: int, lines: Callable[[int], Lines]) -> list[PageBlocks]:
    return [page(*lines(n), body=paragraphs(n)) for n in range(count)]


def test_the_same_line_and_page_numbers_on_every_page() -> None:
    pages = document(12, lambda n: [(40, "Annual report of the harbour"), (800, f"{n + 1}")])
    assert found(pages) == [[f"{n + 1}", "Annual report of the harbour"] for n in range(12)]


def test_numbers_within_a_line_are_masked() -> None:
    pages = document(5, lambda n: [(800, f"Page {n + 7} of 11")])
    assert found(pages) == [[f"Page {n + 7} of 11"] for n in range(5)]


def test_left_and_right_pages_take_turns() -> None:
    pages = document(9, lambda n: [(40, f"{n}   The harbour" if n % 2 else f"Chapter One   {n}"), (55, "Draft")])
    assert found(pages) == [sorted([pages[n].blocks[0].text, "Draft"]) for n in range(9)]


def test_a_chapter_s_header_is_found_on_the_pages_of_that_chapter() -> None:
    pages = document(40, lambda n: [(40, f"Chapter {'one two three four'.split()[n // 10]}")])
    assert found(pages) == [[sheet.blocks[0].text] for sheet in pages]


def test_roman_numerals_count_pages_too() -> None:
    pages = document(6, lambda n: [(800, "iii iv v vi vii viii".split()[n])])
    assert all(len(lines) == 1 for lines in found(pages))


def test_a_title_page_may_go_without() -> None:
    pages = document(8, lambda n: [(40, "Running")] if n else [])
    assert found(pages) == [[]] + [["Running"]] * 7


def test_short_documents_are_left_alone() -> None:
    assert found(document(2, lambda n: [(40, "The same")])) == [[], []]


def test_a_title_that_comes_twice_or_now_and_then_stays() -> None:
    twice = document(10, lambda n: [(40, "Minutes of the meeting")] if n in (0, 5) else [])
    assert found(twice) == [[]] * 10
    scattered = document(40, lambda n: [(40, "Notes")] if n % 9 == 0 else [])
    assert found(scattered) == [[]] * 40


def test_a_large_heading_on_every_page_stays() -> None:
    pages = [PageBlocks(HEIGHT, [Block(40, 70, "Invoice"), *page(body=paragraphs(n)).blocks]) for n in range(8)]
    assert found(pages) == [[]] * 8


def test_the_row_that_names_a_table_s_columns_stays_also_below_a_header() -> None:
    def sheet(number: int, header: Lines) -> PageBlocks:
        rows = [(60 + 20.0 * r, f"Vessel {'abc'[r % 3]}{number} {'xyz'[number % 3]}") for r in range(1, 30)]
        return page(*header, (60.0, "Vessel Berth Fee"), *rows)

    bare = [sheet(n, []) for n in range(8)]
    assert found(bare) == [[]] * 8
    below = [sheet(n, [(20.0, "Harbour office")]) for n in range(8)]
    assert found(below) == [["Harbour office"]] * 8


def test_figures_at_the_foot_of_a_full_table_stay() -> None:
    pages = [
        page(*[(700 + 20.0 * r, f"{n * 7 % 13 + r * 91}") for r in range(6)], body=paragraphs(n)) for n in range(9)
    ]
    assert found(pages) == [[]] * 9


def test_numbers_that_do_not_count_pages_stay() -> None:
    pages = document(9, lambda n: [(800, f"{n * n * 31 % 97}")])
    assert found(pages) == [[]] * 9


def test_the_first_words_of_the_body_stay_when_they_repeat() -> None:
    pages = [page(body=["Dear madam,", *paragraphs(n)]) for n in range(6)]
    assert found(pages) == [[]] * 6


def test_a_page_never_loses_all_it_has() -> None:
    pages = document(6, lambda n: [(40, "Running")])
    pages[3] = page((40, "Running"))
    assert found(pages)[3] == []
    assert found(pages)[2] == ["Running"]


def test_rows_far_apart_keep_the_row_that_names_their_columns() -> None:
    def sheet(number: int) -> PageBlocks:
        rows = [(60 + 32.0 * r, f"Vessel {'abc'[r % 3]}{number} {'xyz'[number % 3]}") for r in range(1, 20)]
        return page((60.0, "Vessel Berth Fee"), *rows)

    assert found([sheet(n) for n in range(8)]) == [[]] * 8
