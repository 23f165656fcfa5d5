"""A vocabulary's tokens by their bytes, and which of them continue a text that is being matched.

The trie is the sorted list of the tokens' bytes: a node is a stretch of it, a child is found by halving, and 200,000
tokens take a few megabytes. Knows no model and no quotation marks.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from engine.suffix_array import SEPARATOR, Matches

_FEW_WORDS = 4
_FEW_PLACES = 8


class TokenTrie:
    """pieces: the bytes that each token adds, by token id; tokens that add none are in no answer of the trie."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        ids = sorted((i for i, piece in enumerate(pieces) if piece), key=pieces.__getitem__)
        self.pieces = pieces
        self._ids = ids
        self._words = [pieces[i] for i in ids]
        self._longest = max(map(len, self._words), default=0)
        self._containing: dict[int, list[int]] = {}

    def find(self, piece: bytes) -> int | None:
        """The first token that is just `piece`."""
        at = bisect_left(self._words, piece)
        return self._ids[at] if at < len(self._words) and self._words[at] == piece else None

    def equal(self, piece: bytes) -> list[int]:
        """All tokens that are just `piece`."""
        first = bisect_left(self._words, piece)
        return self._ids[first : bisect_right(self._words, piece, first)]

    def under(self, beginning: bytes) -> list[int]:
        """The tokens that begin with `beginning`."""
        return self._ids[slice(*self._stretch(beginning, 0, len(self._words)))]

    def containing(self, byte: int) -> list[int]:
        """The tokens in which `byte` stands; looked for once."""
        if byte not in self._containing:
            self._containing[byte] = [i for i in self._ids if byte in self.pieces[i]]
        return self._containing[byte]

    def spell(self, text: bytes) -> list[int] | None:
        """Tokens that together are `text`, the longest first; None when bytes are missing in the vocabulary."""
        tokens: list[int] = []
        while text:
            for size in range(min(len(text), self._longest), 0, -1):
                token = self.find(text[:size])
                if token is not None:
                    tokens.append(token)
                    text = text[size:]
                    break
            else:
                return None
        return tokens

    def continuing(self, matches: Matches, *, behind: bytes = b"") -> list[int]:
        """The tokens whose bytes behind their beginning `behind` continue `matches`, each once."""
        found: list[int] = []
        first, past = self._stretch(behind, 0, len(self._words))
        while first < past and len(self._words[first]) == len(behind):
            first += 1
        self._descend(matches, first, past, len(behind), found)
        return [self._ids[at] for at in found]

    def _descend(self, matches: Matches, first: int, past: int, size: int, found: list[int]) -> None:
        """Words [first, past) share `size` bytes, which `matches` has behind it."""
        words = self._words
        while first < past and len(words[first]) == size:
            found.append(first)
            first += 1
        if past - first <= _FEW_WORDS:
            found += [at for at in range(first, past) if matches.narrow(words[at][size:])]
            return
        if len(matches) <= _FEW_PLACES:
            self._along(matches, first, past, size, found)
            return
        while first < past:
            beginning = words[first][: size + 1]
            end = self._end(beginning, first, past)
            narrower = matches.narrow(beginning[-1:])
            if narrower is not None:
                self._descend(narrower, first, end, size + 1, found)
            first = end

    def _along(self, matches: Matches, first: int, past: int, size: int, found: list[int]) -> None:
        """The same for few places: follow the text of each."""
        words, text = self._words, matches.passages.text
        prefix = words[first][:size]
        windows = {text[at + matches.depth : at + matches.depth + self._longest] for at in matches.starts()}
        reached: set[int] = set()
        for window in windows:
            low, high, length = first, past, size
            line = prefix + window
            while low < high and length < len(line) and line[length] != SEPARATOR:
                length += 1
                low, high = self._stretch(line[:length], low, high)
                at = low
                while at < high and len(words[at]) == length:
                    reached.add(at)
                    at += 1
        found += sorted(reached)

    def _stretch(self, beginning: bytes, first: int, past: int) -> tuple[int, int]:
        low = bisect_left(self._words, beginning, first, past)
        return low, self._end(beginning, low, past)

    def _end(self, beginning: bytes, first: int, past: int) -> int:
        """Behind the last word that begins with `beginning`."""
        stem = beginning.rstrip(b"\xff")
        if not stem:
            return past
        return bisect_left(self._words, stem[:-1] + bytes([stem[-1] + 1]), first, past)
