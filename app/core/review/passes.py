"""Shares what is reviewed out among passes: as many files as fit, in their order, counted exactly.

All passes begin with the same words (an outline of the whole, what changed), and each is read once however many
checklists follow it. Knows no engine: it is told how to count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.core.errors import ScopeRefused
from app.core.review.code_lines import code_lines
from app.core.review.finding import Omitted
from app.core.review.outlining import outlined
from app.core.review.prompting import file_text, numbered, outline_text, signatures_text
from app.core.review.scope import Lines, Scope
from app.core.review.surroundings import best_cut, borders, changed_symbols, surroundings

Count = Callable[[Sequence[str]], list[int]]

LEAST_ROOM = 256
"""Tokens of code that a pass must have room for."""

OUTLINE_SHARE, MOST_OUTLINE = 8, 8_000
"""The outline takes at most one part in so many of the room, and at most so many tokens; as much again what changed."""

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Part:
    """A file, or stretches of one, as a pass shows it. shown: its lines. of: lines of the file."""

    path: str
    shown: Lines
    of: int
    tokens: int

    @property
    def name(self) -> str:
        """The path, with the lines where it is not the whole file: "a.py", "a.py:1-90"."""
        if self.shown == ((1, self.of),):
            return self.path
        return f"{self.path}:{','.join(f'{first}-{last}' for first, last in self.shown)}"


@dataclass(frozen=True, slots=True)
class Pass:
    """What is read at once. number: from 1."""

    number: int
    parts: tuple[Part, ...]

    @property
    def tokens(self) -> int:
        """Of its files."""
        return sum(part.tokens for part in self.parts)

    @property
    def paths(self) -> tuple[str, ...]:
        """Its files, each once."""
        return tuple(dict.fromkeys(part.path for part in self.parts))


@dataclass(frozen=True, slots=True)
class Passes:
    """common: what every pass begins with, of so many tokens. omitted: files that no pass can show."""

    common: str
    common_tokens: int
    passes: tuple[Pass, ...]
    omitted: tuple[Omitted, ...] = ()


def plan_passes(
    scope: Scope, room: int, count: Count, *, on_progress: Callable[[int, int], None] | None = None
) -> Passes:
    """The passes over `scope`, each with at most `room` tokens of common words and files.

    count: tokens of each text by itself. on_progress: files counted, of files in all. A file that is too long for a
    pass is cut where its definitions begin. Raises ScopeRefused where not even a little code fits, and what `count`
    raises.
    """
    packing = _Packing(scope, count)
    wanted = packing.parts(on_progress)
    # The files themselves are the best outline of themselves.
    if room >= LEAST_ROOM and sum(part.tokens for part in wanted) <= room and not scope.others and not scope.changed:
        passes = packing.packed(wanted, room)
        if len(passes) <= 1 and not packing.omitted:
            return Passes("", 0, passes)
        packing.omitted.clear()
    common = _common(scope, min(room // OUTLINE_SHARE, MOST_OUTLINE), count)
    (taken,) = count([common]) if common else (0,)
    if room - taken < LEAST_ROOM:
        raise ScopeRefused(
            f"The context has room for {max(0, room - taken):,} tokens of code beside the checklist and the answer.",
            hint="Give more context with --ctx, or a shorter answer.",
        )
    passes = packing.packed(wanted, room - taken)
    if not passes:
        raise ScopeRefused(
            f"Nothing fits into a pass. {packing.omitted[0].reason}", hint="Give more context with --ctx."
        )
    return Passes(common, taken, passes, tuple(packing.omitted))


def _common(scope: Scope, budget: int, count: Count) -> str:
    outline = outline_text(outlined(scope, budget, lambda text: count([text])[0]))
    signatures: list[tuple[str, Sequence[tuple[int, str]]]] = []
    if scope.changed:
        left = budget
        for path in scope.texts:
            one = (path, changed_symbols(path, scope.texts[path], scope.changed.get(path, ())))
            tokens = count([signatures_text([one])])[0] if one[1] else 0
            if tokens > left:
                break
            if one[1]:
                signatures.append(one)
            left -= tokens
    return outline + signatures_text(signatures)


class _Packing:
    """Files into passes. What was cut for one packing is cut anew for the next."""

    def __init__(self, scope: Scope, count: Count) -> None:
        self._scope = scope
        self._count = count
        self.omitted: list[Omitted] = []

    def parts(self, on_progress: Callable[[int, int], None] | None) -> list[Part]:
        """Each file as it would be shown where there is room."""
        found: list[Part] = []
        paths = list(self._scope.texts)
        for start in range(0, len(paths), _BATCH):
            if on_progress is not None:
                on_progress(start, len(paths))
            batch = paths[start : start + _BATCH]
            shown = [self._shown(path) for path in batch]
            tokens = self._count([file_text(self._scope, p, s) for p, s in zip(batch, shown, strict=True)])
            for path, lines, taken in zip(batch, shown, tokens, strict=True):
                found.append(Part(path, lines, len(code_lines(self._scope.texts[path])), taken))
        return found

    def packed(self, wanted: Sequence[Part], room: int) -> tuple[Pass, ...]:
        """In order; a file moves on to the next pass as a whole, and only what is too long for any is cut."""
        passes: list[list[Part]] = [[]]
        left = room
        for whole in wanted:
            for part in [whole] if whole.tokens <= room else self._cut(whole, room, left):
                if part.tokens > left:
                    passes.append([])
                    left = room
                passes[-1].append(part)
                left -= part.tokens
        return tuple(Pass(number, tuple(parts)) for number, parts in enumerate(filter(None, passes), 1))

    def _shown(self, path: str) -> Lines:
        text = self._scope.texts[path]
        if path not in self._scope.changed:
            return self._scope.known.get(path) or ((1, len(code_lines(text))),)
        return surroundings(path, text, self._scope.changed[path], self._scope.known.get(path, ()))

    def _cut(self, whole: Part, room: int, left: int) -> list[Part]:
        """The file in parts of at most `room` tokens, the first of at most `left` where that is half of it."""
        places = borders(whole.path, self._scope.texts[whole.path])
        lines = [number for first, last in whole.shown for number in range(first, last + 1)]
        texts = code_lines(self._scope.texts[whole.path])
        each = self._count([numbered(number, texts[number - 1]) for number in lines])
        parts: list[Part] = []
        at, size = 0, left if left * 2 >= room else room
        while at < len(lines):
            part = self._first_part(whole, lines[at:], each[at:], size, places)
            if part is None and size < room:
                size = room
                continue
            if part is None:
                reason = f"Line {lines[at]:,} alone is too long for a pass of {room:,} tokens."
                self.omitted.append(Omitted(whole.path, reason))
                return []
            parts.append(part)
            at += sum(last - first + 1 for first, last in part.shown)
            size = room
        return parts

    def _first_part(
        self, whole: Part, lines: Sequence[int], each: Sequence[int], size: int, places: Sequence[set[int]]
    ) -> Part | None:
        """As many of `lines` as fit, up to a good place to cut; None when not even one does."""
        taken, tokens = 0, 0
        while taken < len(lines) and tokens + each[taken] <= size:
            tokens += each[taken]
            taken += 1
        while taken:
            end = taken
            if taken < len(lines):
                cut = best_cut(places, lines[0], lines[taken - 1] + 1)
                end = max(1, sum(1 for number in lines[:taken] if number < cut))
            shown = _stretches(lines[:end])
            # Headings and marks of what is left out are counted only here.
            exact = self._count([file_text(self._scope, whole.path, shown)])[0]
            if exact <= size:
                return Part(whole.path, shown, whole.of, exact)
            taken = min(end, taken - 1) if end < taken else taken * 9 // 10
        return None


def _stretches(lines: Sequence[int]) -> Lines:
    found: list[tuple[int, int]] = []
    for number in lines:
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(found)
