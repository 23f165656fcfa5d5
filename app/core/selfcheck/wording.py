"""How figures of a self-check are said. Knows no drawing and no languages but this one."""

from __future__ import annotations

from engine.selfcheck.report import Cell

KINDS = {"smoke": "a first sign only", "retrieval": "retrieval", "reasoning": "reasoning"}
"""What the kind of a task is called."""

TASKS = {
    "single": "One needle",
    "multikey": "A needle among look-alikes",
    "uuid": "Every line a needle",
    "multivalue": "All values of one key",
    "multiquery": "Several keys at once",
    "variable": "A chain of assignments",
    "count": "The most frequent words",
    "latent": "Needle and question share no word",
    "order": "The i-th of equal requests",
    "absent": "What is not there",
}
"""What each task is, in words."""

SIGNS = {"pass": "✓", "fail": "✗", "undecided": "?", "untested": "–"}
"""A verdict without its colour."""

ENDED = {
    "time": "The time was over before everything was decided; what was not asked is untested.",
    "cancelled": "It was stopped before everything was decided; what was not asked is untested.",
}
"""What is said of a check that was not done."""

STATES = {
    "pass": "passed",
    "fail": "failed",
    "undecided": "not decided by so few",
    "untested": "not tested",
}


def task_words(task: str) -> str:
    """Such as "multikey: a needle among look-alikes"."""
    words = TASKS.get(task, "")
    return f"{task}: {words[0].lower()}{words[1:]}" if words else task


def percent(share: float) -> str:
    """Such as "97 %"; only all is 100 and only none is 0."""
    rounded = round(share * 100)
    if share < 1:
        rounded = min(rounded, 99)
    if share > 0:
        rounded = max(rounded, 1)
    return f"{rounded} %"


def interval_words(low: float, high: float) -> str:
    """Such as "between 15 and 52 %"."""
    return f"between {low * 100:.0f} and {high * 100:.0f} %"


def cell_words(cell: Cell) -> str:
    """All that a cell says, in one line."""
    depth = "needles all over" if cell.depth is None else f"depth {cell.depth} %"
    where = f"{cell.task}, {cell.length:,} tokens, {depth}"
    if not cell.n:
        return f"{where}: {STATES['untested']}"
    return (
        f"{where}: {cell.passed:,} of {cell.n:,} found, {STATES[cell.state]}; "
        f"the true share lies {interval_words(cell.low, cell.high)} (95 % confidence)"
    )


def took_words(seconds: float) -> str:
    """Such as "took 41 min"."""
    return f"took {seconds / 60:,.0f} min" if seconds >= 90 else f"took {seconds:,.0f} s"
