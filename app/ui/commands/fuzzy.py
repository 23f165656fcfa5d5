"""How well a few typed letters fit a title. Knows no Qt and no commands.

All letters have to come in the title in their order. Letters that follow each other and letters at the start of words
count most; of all ways to find them the best is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

_LETTER, _CONSECUTIVE, _WORD_START, _FIRST = 1.0, 4.0, 5.0, 2.0
_SKIPPED = 0.05


@dataclass(frozen=True, slots=True)
class Match:
    """score: higher fits better. positions: where in the text the letters stand, ascending."""

    score: float
    positions: tuple[int, ...]


def match(query: str, text: str) -> Match | None:
    """The best way to find the letters of `query` (spaces do not count) in `text`; None when they are not all there."""
    letters = [letter for letter in _folded(query) if not letter.isspace()]
    if not letters:
        return Match(0.0, ())
    folded = _folded(text)
    # best[i]: the best match of the letters so far whose last one stands at i.
    best: list[Match | None] = [None] * len(folded)
    for number, letter in enumerate(letters):
        row: list[Match | None] = [None] * len(folded)
        before: Match | None = None
        for i, character in enumerate(folded):
            if character == letter:
                if number == 0:
                    row[i] = Match(_worth(folded, i) - _SKIPPED * i, (i,))
                else:
                    candidates = []
                    if before is not None:
                        candidates.append(_extended(before, i, _worth(folded, i)))
                    previous = best[i - 1] if i else None
                    if previous is not None:
                        candidates.append(_extended(previous, i, _worth(folded, i) + _CONSECUTIVE))
                    row[i] = max(candidates, key=lambda found: found.score, default=None)
            here = best[i]
            if here is not None and (before is None or here.score >= before.score):
                before = here
        best = row
    return max((found for found in best if found is not None), key=lambda found: found.score, default=None)


def _extended(found: Match, i: int, worth: float) -> Match:
    return Match(found.score + worth - _SKIPPED * (i - found.positions[-1] - 1), (*found.positions, i))


def _worth(text: str, i: int) -> float:
    if i == 0:
        return _LETTER + _WORD_START + _FIRST
    return _LETTER + (_WORD_START if text[i].isalnum() and not text[i - 1].isalnum() else 0.0)


def _folded(text: str) -> str:
    """Lower case, letter by letter, so that positions stay those of `text`."""
    return "".join(lower if len(lower := character.lower()) == 1 else character for character in text)
