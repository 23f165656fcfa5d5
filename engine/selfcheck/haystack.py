"""One growing haystack as tokens: opening, head, then line after line, needles where they are planned.

Every piece is encoded by itself and the ids are joined, as in every prompt of the program, so counts are exact. Knows
no depths and no answers.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.selfcheck.laying import Line
from engine.selfcheck.layout import Layout, Subject

_AHEAD = 64


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a line came to stand. first, end: tokens from the prompt's beginning on. number: of the line, from 1."""

    line: Line
    first: int
    end: int
    number: int


class Haystack:
    """head: all tokens before the first line. filler: lines of text, as many as there are. planned: in order."""

    def __init__(
        self, subject: Subject, layout: Layout, head: array[int], filler: Iterator[str], planned: Sequence[Line]
    ) -> None:
        self._subject = subject
        self._layout = layout
        self._filler = filler
        self._planned = deque(planned)
        self._head = len(head)
        self._number = 1
        self._next: deque[tuple[str, array[int]]] = deque()
        self._texts: deque[str] = deque()
        self._mean = 20.0
        self.tokens = array("i", head)
        self.standing: list[Standing] = []
        self.exhausted = ""

    @property
    def lines(self) -> int:
        """How many there are."""
        return self._number - 1

    def grow(self, until: int) -> int:
        """Put lines in while they end at `until` tokens at most; the tokens there are then.

        `exhausted` says why nothing more fits although there is room: "text" or "lines".
        """
        most = self._layout.most_lines
        while not self.exhausted:
            if most is not None and self._number > most:
                self.exhausted = "lines"
                break
            line = self._due()
            tokens = self._encoded(line) if line is not None else self._filling(until)
            if line is None and tokens is not None and self._late(len(tokens)):
                line = self._planned[0]
                tokens = self._encoded(line)
            if tokens is None:
                self.exhausted = "text"
                break
            if len(self.tokens) + len(tokens) > until:
                break
            first = len(self.tokens)
            self.tokens.extend(tokens)
            if line is not None:
                self._planned.popleft()
                self.standing.append(Standing(line, first, len(self.tokens), self._number))
                self._take_back()
            else:
                self._next.popleft()
            self._number += 1
        return len(self.tokens)

    def _due(self) -> Line | None:
        if self._planned and len(self.tokens) - self._head >= self._planned[0].at:
            return self._planned[0]
        return None

    def _late(self, tokens: int) -> bool:
        """Whether the next planned line would miss its band behind a line of so many tokens, and may begin here."""
        within = self._planned[0].within if self._planned else None
        here = len(self.tokens) - self._head
        return within is not None and within[0] <= here < within[1] <= here + tokens

    def _encoded(self, line: Line) -> array[int]:
        return self._subject.encode([self._layout.line(self._number, line.text)])[0]

    def _filling(self, until: int) -> array[int] | None:
        """The next line of filler with the present number; the number makes it longer or shorter."""
        if not self._next:
            end = until
            if self._planned:
                end = min(end, self._planned[0].at + self._head)
            count = max(1, min(_AHEAD, int((end - len(self.tokens)) / self._mean)))
            while len(self._texts) < count:
                text = next(self._filler, None)
                if text is None:
                    break
                self._texts.append(text)
            texts = [self._texts.popleft() for _ in range(min(count, len(self._texts)))]
            if not texts:
                return None
            encoded = self._subject.encode([self._layout.line(self._number + i, t) for i, t in enumerate(texts)])
            self._next.extend(zip(texts, encoded, strict=True))
            self._mean = max(1.0, sum(map(len, encoded)) / len(encoded))
        return self._next[0][1]

    def _take_back(self) -> None:
        """Lines that were encoded with numbers that they no longer have."""
        self._texts.extendleft(text for text, _ in reversed(self._next))
        self._next.clear()
