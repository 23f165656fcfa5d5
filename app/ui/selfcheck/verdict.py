"""The sentences under the verdict: what was verified, where it ends, when and by how many questions.

Knows no widget.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from app.core.selfcheck.wording import percent
from app.ui import words
from engine.selfcheck.comparing import compare, compared_in_words
from engine.selfcheck.report import Report
from engine.selfcheck.verdicts import cells, failed_preconditions, tokens_in_words, verdict, verified


def explained(report: Report) -> str:
    """All of it in some sentences."""
    parts = [] if failed_preconditions(report) else [verdict(report), _beyond(report)]
    return " ".join(part for part in (*parts, _measured(report)) if part)


def compared(reports: Sequence[Report]) -> list[str]:
    """What each other cache changed against the first, over all questions that were asked with both."""
    return [compared_in_words(reports[0], other) for other in compare(reports)] if reports else []


def _beyond(report: Report) -> str:
    """What was found at the first length at which finding failed, and where least."""
    reached = verified(report).retrieval
    if reached is None:
        return ""
    found = [c for c in cells(report) if c.n and c.length > reached and report.classes[c.task] == "retrieval"]
    first = min((cell.length for cell in found if cell.state == "fail"), default=None)
    if first is None:
        return ""
    there = [cell for cell in found if cell.length == first]
    passed, n = sum(cell.passed for cell in there), sum(cell.n for cell in there)
    depths: dict[int, tuple[int, int]] = {}
    for cell in there:
        if cell.depth is not None:
            hits, asked = depths.get(cell.depth, (0, 0))
            depths[cell.depth] = hits + cell.passed, asked + cell.n
    sentence = _tr("At {0} {1} was found over all its tasks").format(tokens_in_words(first), percent(passed / n))
    if len(depths) > 1:
        worst = min(depths, key=lambda depth: depths[depth][0] / depths[depth][1])
        sentence += _tr(", least at depth {0} %").format(worst)
    return f"{sentence}."


def _measured(report: Report) -> str:
    asked = words.count(len(report.trials))
    try:
        when = words.day(datetime.datetime.fromisoformat(report.started))
    except ValueError:
        return _tr("Measured on this computer with {0} questions.").format(asked)
    return _tr("Measured on this computer, {0}, with {1} questions.").format(when, asked)


def _tr(text: str) -> str:
    return QCoreApplication.translate("selfcheck", text)
