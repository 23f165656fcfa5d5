"""A chip stands behind the words that were checked, wherever they stand in the answer."""

from __future__ import annotations

from app.core.answer_text import anchor, with_chips
from app.core.records import StoredCitation
from ingest.document import Span


def exact(number: int, quote: str, place: tuple[int, int] | None) -> StoredCitation:
    start, end = place or (None, None)
    return StoredCitation(
        number, quote, "exact", "S1 p.1", "S1", 0, 0, 9, Span(page=1), answer_start=start, answer_end=end
    )


def test_words_in_a_block_quote_have_their_chip_beside_them() -> None:
    answer = "As it says:\n\n> Ships pay\n> a fee. [S1 p.1]\n\nNothing more."
    quoted = (answer.index("> Ships"), answer.index(" [S1"))
    chipped = with_chips(answer, [exact(1, "Ships pay\na fee.", quoted)])
    assert chipped.text == f"As it says:\n\n> Ships pay\n> a fee. {anchor(0)}\n\nNothing more."


def test_the_same_words_twice_have_a_chip_each() -> None:
    answer = '"a fee" [S1 p.1] and again "a fee" [S1 p.1]'
    places = [(at, at + 5) for at in (answer.index("a fee"), answer.rindex("a fee"))]
    chipped = with_chips(answer, [exact(n, "a fee", place) for n, place in enumerate(places, 1)])
    assert chipped.text == f'"a fee" {anchor(0)} and again "a fee" {anchor(1)}'


def test_a_place_outside_the_answer_is_not_believed() -> None:
    chipped = with_chips('It says "a fee".', [exact(1, "a fee", (500, 505))])
    assert chipped.text.startswith(f'It says "a fee {anchor(0)}')


def test_a_mark_in_front_gives_way_to_a_chip_behind() -> None:
    answer = "‹1› The crane stopped. ‹12› It was early."
    first = StoredCitation(
        1, "The crane stopped.", "exact", "1", "S1", 0, 0, 9, Span(page=1), answer_start=4, answer_end=22
    )
    second = StoredCitation(
        2, "It was early.", "exact", "12", "S1", 0, 0, 9, Span(page=2), answer_start=28, answer_end=41
    )
    chipped = with_chips(answer, [first, second])
    assert chipped.text == f"The crane stopped. {anchor(0)} It was early. {anchor(1)}"
    assert [chip.label for chip in chipped.chips] == ["S1 p.1", "S1 p.2"]
