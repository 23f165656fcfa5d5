"""A review as JSON and back; what is no review, or a damaged one, is a sentence."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from app.core.errors import ReviewRefused
from app.core.review import review_json
from app.core.review.finding import Checked, Finding, Omitted, PassReport, Review
from app.core.review.review_json import review_from_json, review_to_json

FINDING = Finding(
    "dir/bad\udcff.py",
    3,
    4,
    "error",
    "bugs",
    "Größe",
    "Two\nlines.",
    "  x = '漢'\r\n",
    "--- a\n",
    "CWE-20",
    0.25,
    "b",
    2,
)
REVIEW = Review(
    "/home/\udcfe",
    "changes main...HEAD",
    ("bugs", "security"),
    "a model",
    "2026-03-14T12:00:00+01:00",
    (
        Checked(FINDING, "moved", "fails", "0" * 32, "Why not.", ("security, pass 2",), ""),
        Checked(replace(FINDING, confidence=None, first=-1), "unconfirmed", "none", "1" * 32),
    ),
    (PassReport(1, ("a.py", "bad\udcff"), "bugs", 100, 20, 80, 30, 1.5, 2, "It was cut off.", ("a.py:1-9",)),),
    (Omitted("big.bin", "It is too large."),),
    True,
    ("It is a shallow clone.",),
)


def test_a_review_comes_back_as_it_was() -> None:
    text = review_to_json(REVIEW)
    assert text.isascii()
    assert review_from_json(text) == REVIEW
    assert review_from_json("\ufeff" + text) == REVIEW
    plain = json.loads(text)
    assert plain["findings"][0]["path"] == FINDING.path
    assert plain["plumbline_review"] == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"plumbline_review": "x"}', "[" * 100_000, "1" * 5_000])
def test_what_is_no_review_is_a_sentence(text: str) -> None:
    with pytest.raises(ReviewRefused) as caught:
        review_from_json(text)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, part in inside for path in paths(part, (*at, key)))][0 if at else 1 :]


FIELDS = paths(json.loads(review_to_json(REVIEW)))


@pytest.mark.parametrize("wrong", [None, {"a": []}, 10**40, [[]]])
def test_a_damaged_review_is_a_sentence_or_says_nothing_false(wrong: object) -> None:
    for path in FIELDS:
        plain = json.loads(review_to_json(REVIEW))
        part = plain
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = wrong
        try:
            review = review_from_json(json.dumps(plain))
        except ReviewRefused as error:
            assert "\n" not in str(error)
        else:
            assert (wrong is None and path[-1] in ("confidence", "dismissed")) or path[-1] == "seconds"
            assert review != REVIEW or path[:2] == ("findings", 1)


def test_a_newer_or_too_large_review_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = review_to_json(REVIEW).replace('"plumbline_review": 1', '"plumbline_review": 2')
    with pytest.raises(ReviewRefused, match="newer version"):
        review_from_json(newer)
    monkeypatch.setattr("app.core.review.json_text.LARGEST", 100)
    with pytest.raises(ReviewRefused, match="larger than"):
        review_json.review_from_json(review_to_json(REVIEW))
