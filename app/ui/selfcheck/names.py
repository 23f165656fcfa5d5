"""What the parts of a self-check are called in the window. Knows no widget."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from app.core.selfcheck.wording import SIGNS, STATES, TASKS
from engine.selfcheck.report import Cell, Level
from engine.selfcheck.statistics import State
from engine.selfcheck.verdicts import tokens_in_words

_KINDS = {"smoke": "first sign of life", "retrieval": "finding", "reasoning": "putting together"}
_LEVELS: Mapping[Level, str] = {
    "quick": "Quick",
    "standard": "Standard",
    "thorough": "Thorough",
    "classic": "One needle",
    "ruler": "RULER",
}
_TONES: Mapping[State, str] = {"pass": "ok", "fail": "bad", "undecided": "warn", "untested": "second"}


def task_name(task: str) -> str:
    """Such as "Numbers among look-alikes"; a task that has no name here is called what it is."""
    return _tr(TASKS[task]) if task in TASKS else task


def kind_name(kind: str) -> str:
    """Such as "finding" for retrieval."""
    return _tr(_KINDS.get(kind, kind))


def level_name(level: Level) -> str:
    """Such as "Standard"."""
    return _tr(_LEVELS[level])


def state_sign(state: State) -> str:
    """One character."""
    return SIGNS[state]


def state_tone(state: State) -> str:
    """The tone of the style sheet that goes with it."""
    return _TONES[state]


def state_name(state: State) -> str:
    """Such as "passed"."""
    return _tr(STATES[state])


def cell_title(cell: Cell) -> str:
    """Where a cell stands: "128K, depth 50 %"."""
    length = tokens_in_words(cell.length)
    if cell.depth is None:
        return _tr("{0}, all over the text").format(length)
    return _tr("{0}, depth {1} %").format(length, cell.depth)


def found_sentence(cell: Cell) -> str:
    """How many were found, and what that decides, with its sign."""
    if not cell.n:
        return f"{state_sign(cell.state)} {state_name(cell.state)}"
    found = _tr("{0} of {1} found").format(f"{cell.passed:,}", f"{cell.n:,}")
    return f"{state_sign(cell.state)} {found} · {state_name(cell.state)}"


def interval_sentence(cell: Cell) -> str:
    """What so many trials prove."""
    if not cell.n:
        return _tr("Nothing was asked here, so nothing is known.")
    low, high = round(cell.low * 100), round(cell.high * 100)
    trials = _tr("1 trial") if cell.n == 1 else _tr("{0} trials").format(f"{cell.n:,}")
    return _tr("With {0} the true share lies between {1} and {2} % (95 % confidence).").format(trials, low, high)


def _tr(text: str) -> str:
    return QCoreApplication.translate("selfcheck", text)
