"""Quotes of all common kinds are found with the marks beside them; apostrophes are no quotes."""

from __future__ import annotations

import pytest

from app.core.quotes import numbered_marks, quoted_with_marks


@pytest.mark.parametrize(
    "answer",
    [
        'It says "the brake holds" [S3 p.12].',
        "It says “the brake holds” [S3 p.12].",
        "Es heißt „the brake holds“ [S3 p.12].",
        "Il dit « the brake holds » [S3 p.12].",
        "Er sagt »the brake holds« [S3 p.12].",
        "‹the brake holds› [S3 p.12]",
        "「the brake holds」[S3 p.12]",
        "『the brake holds』 [S3 p.12]",
        "It says 'the brake holds' [S3 p.12].",
        "It's said: ‘the brake holds’ [S3 p.12].",
        "`the brake holds` [S3 p.12]",
        '[S3 p.12]: "the brake holds"',
        "> the brake holds [S3 p.12]",
        '> "the brake holds" [S3 p.12]',
        'It says "the brake holds." [S3 p.12]'.replace("holds.", "holds"),
        'It says "the brake holds", [S3 p.12]',
        'It says "the brake holds" (S3 p.12).',
        'It says **"the brake holds"** [S3 p.12].',
    ],
)
def test_quote_and_mark_belong_together(answer: str) -> None:
    (quote,), alone = quoted_with_marks(answer)
    assert quote.text == "the brake holds"
    assert [mark.names for mark in quote.marks] == [("S3 p.12",)]
    assert not alone


def test_a_block_quote_is_one_quote() -> None:
    (quote,), _ = quoted_with_marks("He said:\n\n> the brake\n> holds [S3 p.12]\n\nAnd so on.")
    assert quote.text == "the brake\nholds"


def test_several_marks_stand_beside_one_quote() -> None:
    (quote,), alone = quoted_with_marks('"the brake holds" [S3 p.12; S4 L7][S5].')
    assert [mark.names for mark in quote.marks] == [("S3 p.12", "S4 L7"), ("S5",)]
    assert not alone


def test_marks_without_words_stand_alone() -> None:
    quotes, alone = quoted_with_marks("The brake holds [S3 p.12].")
    assert not quotes
    assert [mark.names for mark in alone] == [("S3 p.12",)]


@pytest.mark.parametrize(
    "answer", ["The operator's licence isn't lost.", "C'est l'équipage qui n'a qu'à attendre.", "5' 6\""]
)
def test_apostrophes_open_nothing(answer: str) -> None:
    assert quoted_with_marks(answer) == ([], [])


def test_offsets_lead_to_the_words() -> None:
    answer = 'First “ one ” [S1], then "two words" [S2].'
    quotes, _ = quoted_with_marks(answer)
    assert [answer[q.start : q.end] for q in quotes] == ["one", "two words"] == [q.text for q in quotes]


def test_numbered_marks_come_in_order() -> None:
    marks = numbered_marks("a ‹1› b ‹2, 3› c ‹x› d‹4› e [5]")
    assert [mark.names for mark in marks] == [("1",), ("2", "3"), ("4",)]
