"""Chooses questions of a self-check that are asked once more when everything is forgotten. Knows no model."""

from __future__ import annotations

from array import array

from engine.selfcheck.asking import Place, Question
from engine.selfcheck.plan import BASELINE, Plan
from engine.selfcheck.report import Trial

_SHARE = 16
"""Each is read again whole, so it may be no longer than one part in so many of the longest length."""


class Rechecker:
    """Keeps what it takes to ask again: questions at the longest length that costs little, of different tasks."""

    def __init__(self, plan: Plan) -> None:
        longest = plan.lengths[-1]
        affordable = [n for n in plan.lengths if n <= max(BASELINE, longest // _SHARE)] or [plan.lengths[0]]
        self._most = plan.recheck
        self._longest = affordable[-1]
        self._found: dict[tuple[str, int], tuple[Trial, Question, array[int], Place]] = {}
        self.same: list[bool] = []

    def note(self, trial: Trial, question: Question, prefix: array[int], place: Place) -> None:
        """A question that was asked just now."""
        key = (trial.task, trial.length)
        if self._most and trial.length <= self._longest and key not in self._found:
            self._found[key] = (trial, question, prefix[:], place)

    @property
    def reads(self) -> list[tuple[int, int]]:
        """What is still to be read for it, as `Pace.left` takes it."""
        return [(0, trial.length) for trial, *_ in self.chosen]

    @property
    def chosen(self) -> list[tuple[Trial, Question, array[int], Place]]:
        """Those to ask again: the longest first."""
        return sorted(self._found.values(), key=lambda found: -found[0].length)[: self._most]
