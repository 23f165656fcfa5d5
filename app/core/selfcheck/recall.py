"""What was found at each length with its interval, all tasks of a class together, and where that lies in a chart.

Columns stand under those of the heat map. Knows no Qt and no SVG; sizes are in pixels.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from app.core.selfcheck.heat_map import GAP, LABELS, Label
from app.core.selfcheck.wording import interval_words, percent
from engine.selfcheck.report import Report, Trial
from engine.selfcheck.statistics import clustered_interval
from engine.selfcheck.verdicts import tokens_in_words

CHART = 170.0
_TOP, _BOTTOM = 26.0, 24.0
_APART = 7.0
"""Points of two classes at one length stand so far from its middle."""


@dataclass(frozen=True, slots=True)
class Recall:
    """One class at one length. low, high: the 95 % interval, over whole haystacks where there are several."""

    kind: str
    length: int
    n: int
    passed: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """What was found, 0 to 1."""
        return self.passed / self.n

    @property
    def words(self) -> str:
        """All of it in one line."""
        return (
            f"{self.kind}, {self.length:,} tokens: {percent(self.share)} found ({self.passed:,} of {self.n:,}), "
            f"{interval_words(self.low, self.high)} with 95 % confidence"
        )


@dataclass(frozen=True, slots=True)
class Point:
    """A share in the chart. y, top, bottom: of the share and of its interval's ends."""

    x: float
    y: float
    top: float
    bottom: float
    recall: Recall


@dataclass(frozen=True, slots=True)
class Chart:
    """lines: heights of the grid. paths: the points of each class from left to right."""

    width: float
    height: float
    lines: tuple[float, ...]
    labels: tuple[Label, ...]
    paths: tuple[tuple[Point, ...], ...]


def recall_by_length(report: Report) -> list[Recall]:
    """By class and length, in the report's order; nothing for what was not tested."""
    trials: dict[tuple[str, int], list[Trial]] = defaultdict(list)
    for trial in report.trials:
        trials[report.classes.get(trial.task, ""), trial.length].append(trial)
    found = []
    for kind in dict.fromkeys(report.classes.values()):
        for length in report.lengths:
            if mine := trials[kind, length]:
                seeds: dict[int, list[bool]] = defaultdict(list)
                for trial in mine:
                    seeds[trial.seed].append(trial.passed)
                low, high = clustered_interval(list(seeds.values()), seed=length)
                found.append(Recall(kind, length, len(mine), sum(t.passed for t in mine), low, high))
    return found


def recall_chart(report: Report, width: float, *, top: float = 0.0, height: float = CHART) -> Chart:
    """The chart, its upper edge at `top`."""
    lengths = sorted(report.lengths)
    column = (width - LABELS) / max(1, len(lengths))
    found = recall_by_length(report)
    kinds = list(dict.fromkeys(recall.kind for recall in found))

    def y_of(share: float) -> float:
        return top + _TOP + (1 - share) * (height - _TOP - _BOTTOM)

    labels = [Label(LABELS - 10, y_of(share) + 4, percent(share), "axis", "end") for share in (1.0, 0.8, 0.5, 0.0)]
    for index, length in enumerate(lengths):
        x = LABELS + index * column + (column - GAP) / 2
        labels.append(Label(x, top + height - 6, tokens_in_words(length), "axis", size=min(12.0, column / 4.2)))
    paths = []
    for number, kind in enumerate(kinds):
        shift = (number - (len(kinds) - 1) / 2) * 2 * _APART
        paths.append(
            tuple(
                Point(
                    LABELS + lengths.index(recall.length) * column + (column - GAP) / 2 + shift,
                    y_of(recall.share),
                    y_of(recall.high),
                    y_of(recall.low),
                    recall,
                )
                for recall in found
                if recall.kind == kind
            )
        )
    grid = tuple(y_of(share) for share in (1.0, 0.8, 0.5, 0.0))
    return Chart(width, height, grid, tuple(labels), tuple(paths))
