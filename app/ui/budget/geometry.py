"""Where each part of the budget lies on the bar, as numbers. Knows no Qt and no colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from app.core.ledger import Spending

Kind = Literal["system", "source", "small", "conversation", "free", "answer"]

GAP = 1.5
SMALLEST = 3.0
"""Pixels: sources that would be narrower stand together as one segment."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of the bar, [left, right) in pixels. keys: its sources (several for "small"). index: of the colour."""

    kind: Kind
    left: float
    right: float
    tokens: int
    keys: tuple[str, ...] = ()
    name: str = ""
    index: int = 0

    @property
    def width(self) -> float:
        """Pixels."""
        return self.right - self.left


@dataclass(frozen=True, slots=True)
class Layout:
    """All of the bar. scale: pixels per token. limit: where the context ends, None unless it is over."""

    segments: tuple[Segment, ...]
    scale: float
    limit: float | None

    def at(self, x: float) -> int | None:
        """The number of the segment under `x`."""
        return next((i for i, s in enumerate(self.segments) if s.left <= x < s.right + GAP), None)


def lay_out(spending: Spending, width: float) -> Layout:
    """The segments in prompt order; when the budget is over the bar shows all that was asked for, and its limit."""
    budget = spending.budget
    total = max(budget.context, budget.prompt + budget.answer, 1)
    scale = width / total
    segments: list[Segment] = []
    at = 0.0
    for kind, tokens, keys, name, index in _parts(spending, scale):
        if tokens <= 0:
            continue
        right = at + tokens * scale
        segments.append(Segment(kind, at, max(at, right - GAP), tokens, keys, name, index))
        at = right
    limit = budget.context * scale if budget.over else None
    return Layout(tuple(segments), scale, limit)


def ticks(context: int, width: float, *, least: float = 90.0) -> list[tuple[float, str]]:
    """Positions and labels of the scale: 0, the context, and round numbers between, at least `least` pixels apart."""
    step = 1024
    while context / step > max(1, width / least):
        step *= 2
    marks = [(n * width / context, f"{n // 1024}K" if n else "0") for n in range(0, context, step)]
    marks = [mark for mark in marks if mark[0] <= width - least * 0.6]
    end = f"{context // 1024}K" if context % 1024 == 0 else f"{context:,}"
    return [*marks, (width, end)]


def _parts(spending: Spending, scale: float) -> Iterator[tuple[Kind, int, tuple[str, ...], str, int]]:
    budget = spending.budget
    yield "system", budget.system, (), "", 0
    small: list[str] = []
    tokens = 0
    for share in spending.shares:
        if share.tokens is None:
            continue
        if share.tokens * scale < SMALLEST:
            small.append(share.key)
            tokens += share.tokens
            continue
        yield from _gathered(small, tokens)
        small, tokens = [], 0
        yield "source", share.tokens, (share.key,), share.name, share.index
    yield from _gathered(small, tokens)
    yield "conversation", budget.conversation, (), "", 0
    yield "free", budget.free, (), "", 0
    yield "answer", budget.answer, (), "", 0


def _gathered(keys: Sequence[str], tokens: int) -> Iterator[tuple[Kind, int, tuple[str, ...], str, int]]:
    if keys:
        yield "small", tokens, tuple(keys), "", 0
