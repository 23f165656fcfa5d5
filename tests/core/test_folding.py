"""Folding keeps what a reader would call the same words, leads back to the source, and spares numbers."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.folding import fold

SAME = [
    ("Harbour  Office\n opens", "harbour office opens"),
    ("o\ufb03ce \ufb01nds", "office finds"),
    ("exam-\nple", "example"),
    ("exam\u00ad\nple", "example"),
    ("exam\u00adple", "example"),
    ("well-known", "wellknown"),
    ("“yes” – ‘no’", "\"yes\" - 'no'"),
    ("«Où»", '"Où"'),
    ("caf\u00e9", "cafe\u0301"),
    ("ＡＢＣ", "abc"),
    ("Straße", "STRASSE"),
    ("كـــتاب", "كتاب"),
    ("\ufedb\ufe98\ufe8e\ufe8f", "كتاب"),
    ("한국", unicodedata.normalize("NFD", "한국")),
    ("น้ำ", unicodedata.normalize("NFKC", "น้ำ")),
    ("tiếng Việt", unicodedata.normalize("NFD", "tiếng Việt")),
    ("a \u200b b", "a b"),
    ("10–20 and −5", "10-20 and -5"),
]
DIFFERENT = [
    ("10²", "102"),
    ("①", "1"),
    ("½", "1/2"),
    ("-5", "5"),
    ("10-20", "1020"),
    ("A-1", "A1"),
    ("cafe", "café"),
    ("não", "nao"),
    ("1,000", "1000"),
    ("yes.", "yes"),
    ("كَتَبَ", "كتب"),
    ("का", "की"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_words_fold_alike(one: str, other: str) -> None:
    assert fold(one).text == fold(other).text


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_differs_stays_different(one: str, other: str) -> None:
    assert fold(one).text != fold(other).text


@given(st.text(max_size=200))
def test_every_folded_character_leads_back(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert list(folded.starts) == sorted(folded.starts)
    assert all(0 <= a < b <= len(text) for a, b in zip(folded.starts, folded.ends, strict=True))


@given(st.text(max_size=120))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = fold(text).text
    assert fold(fold(once).text).text == fold(once).text


@given(st.text(alphabet="0123456789-+.,% ", max_size=40))
def test_numbers_are_left_alone(text: str) -> None:
    assert fold(text).text.replace(" ", "") == text.replace(" ", "")


def test_a_match_is_the_source_words() -> None:
    source = "The o\ufb03ce\nexam-\n  ple OPENS."
    folded = fold(source)
    at = folded.text.index("office example")
    assert source[slice(*folded.source(at, at + len("office example")))] == "o\ufb03ce\nexam-\n  ple"
