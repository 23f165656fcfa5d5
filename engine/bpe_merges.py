"""From a vocabulary's list of merges to the ranks tiktoken wants, where both give the same tokens for every text.

llama.cpp joins the listed pair that stands first in the list; tiktoken joins any two neighbours whose union is a
token, the lowest-ranked token first. The two agree if (1) all pairs that make a token stand together in the list and
(2) the last pair joined on the way to each token is a listed one. For (2) it is enough to look at each token alone:
joins are never undone, so what happens inside a stretch of text whose borders nothing has crossed is what would
happen to that stretch alone. Tokens that their own text does not lead to are found here too. Knows no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.byte_alphabet import byte_characters

_BYTES = 256
_SHIFT = 32


@dataclass(frozen=True, slots=True)
class Merges:
    """Ranks are dense: bytes first (by value), then tokens in the order they are made.

    texts[rank]: in the byte alphabet. unreachable: ranks of tokens that merging their own text does not lead to.
    never_joined: tiktoken would not join two neighbours to one of the unreachable tokens either.
    """

    texts: list[str]
    unreachable: frozenset[int]
    never_joined: bool


def analyse(lines: Sequence[str]) -> Merges | None:
    """lines: `"left right"` each, the first merge first. None: no list that ranks of tokens can stand for."""
    table = _read(lines)
    if table is None:
        return None
    unreachable: set[int] = set()
    never_joined = True
    for rank in table.not_plain():
        rest = table.merge(rank)
        if len(rest) > 1:
            unreachable.add(rank)
        if len(rest) == 2:
            never_joined = False
    return Merges(table.texts, frozenset(unreachable), never_joined)


@dataclass(slots=True)
class _Table:
    """Tokens as ranks; a pair as left << _SHIFT | right.

    result: the token each listed pair makes, in the list's order. made_from: the last pair joined on the way to each
    plain token, -1 for the others.
    """

    texts: list[str]
    ranks: dict[str, int]
    result: dict[int, int]
    made_from: list[int]

    def not_plain(self) -> list[int]:
        """The tokens for which no pair of earlier plain tokens is shown to be what merging their text leads to."""
        made_from, meet, mask = self.made_from, self._meet, (1 << _SHIFT) - 1
        for pair, rank in self.result.items():
            left, right = pair >> _SHIFT, pair & mask
            plain = left < rank > right and made_from[left] >= 0 and made_from[right] >= 0
            if plain and made_from[rank] < 0 and meet(left, right):
                made_from[rank] = pair
        return [rank for rank in range(_BYTES, len(self.texts)) if made_from[rank] < 0]

    def _meet(self, left: int, right: int) -> bool:
        """Whether the texts of two plain tokens, one behind the other, become these two with no join across the border.

        Goes back in time from the two tokens to the two bytes at the border; at each moment the neighbours there must
        not have been joined before the later of them was made.
        """
        result, made_from, mask = self.result, self.made_from, (1 << _SHIFT) - 1
        while True:
            if right >= left:
                if right < _BYTES:
                    return True
                # Of joins of the same rank the left one comes first, so the border is crossed even then.
                limit = right + 1
                right = made_from[right] >> _SHIFT
            else:
                if left < _BYTES:
                    return True
                limit = left
                left = made_from[left] & mask
            if result.get(left << _SHIFT | right, limit) < limit:
                return False

    def merge(self, rank: int) -> list[int]:
        """What merging the token's text really leads to, step by step."""
        symbols = [self.ranks[character] for character in self.texts[rank]]
        none = len(self.texts)
        while True:
            joins = [self.result.get(a << _SHIFT | b, none) for a, b in pairwise(symbols)]
            best = min(joins, default=none)
            if best == none:
                return symbols
            at = joins.index(best)
            symbols[at : at + 2] = [best]


def _read(lines: Sequence[str]) -> _Table | None:
    # A large vocabulary has half a million lines: whole lists at a time are three times as fast as one loop.
    parts = [line.partition(" ") for line in lines]
    if not all(left and right for left, _, right in parts):
        return None
    made = [left + right for left, _, right in parts]
    if not set("".join(made)) <= set(byte_characters()):
        return None
    texts = list(dict.fromkeys([*byte_characters(), *made]))
    ranks = {text: rank for rank, text in enumerate(texts)}
    get = ranks.get
    # A part that nothing makes gives a negative number: that pair never meets.
    pairs = [get(left, -1) << _SHIFT | get(right, -1) for left, _, right in parts]
    result = {pair: ranks[text] for pair, text in zip(pairs, made, strict=True) if pair >= 0}
    order = list(result.values())
    if any(before > after for before, after in pairwise(order)):
        return None
    return _Table(texts, ranks, result, [0] * _BYTES + [-1] * (len(texts) - _BYTES))
