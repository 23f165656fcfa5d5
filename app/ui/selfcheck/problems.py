"""Why there is no result, or why the one that is shown proves less than it seems. Knows no widget."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from app.core.failures import Failure
from app.services.desk import Desk
from app.ui import words
from engine.selfcheck.plan import BASELINE
from engine.selfcheck.report import Report
from engine.selfcheck.verdicts import failed_preconditions


@dataclass(frozen=True, slots=True)
class Problem:
    """tone: "bad" or "warn". other_model: whether another model, or another way of loading it, is the remedy."""

    title: str
    sentence: str
    tone: str = "warn"
    other_model: bool = False


def problem_of(desk: Desk, report: Report | None) -> Problem | None:
    """What has to be said above everything else, None where all is well. report: what is shown."""
    if desk.checker.phase != "idle":
        return None
    return _of_model(desk) or _of_check(desk) or (_of_report(desk, report) if report is not None else None)


def stale_because(desk: Desk, report: Report) -> tuple[str, ...]:
    """What is not as it was when this was measured."""
    known = desk.verification
    return known.stale_because if report is known.report else ()


def _of_model(desk: Desk) -> Problem | None:
    if desk.settings is None:
        sentence = _tr("Choose one; the bundled reader will do to see what a check shows.")
        return Problem(_tr("A self-check needs a model"), sentence, other_model=True)
    if desk.model_failure is not None:
        return Problem(_tr("The model cannot be used"), _said(desk.model_failure), "bad", other_model=True)
    context = desk.around.budget.context if desk.around is not None else BASELINE
    if context < BASELINE:
        sentence = _tr("A self-check needs {0} tokens, and the model is loaded with {1}.")
        told = sentence.format(words.count(BASELINE), words.count(context))
        return Problem(_tr("The context is too small"), told, other_model=True)
    return None


def _of_check(desk: Desk) -> Problem | None:
    failure = desk.checker.failure
    return Problem(_tr("The check could not go on"), _said(failure), "bad") if failure is not None else None


def _of_report(desk: Desk, report: Report) -> Problem | None:
    failed = failed_preconditions(report)
    if failed:
        sentence = _tr("What was measured proves nothing, because this did not hold: {0}.")
        return Problem(_tr("The check itself did not run as it should"), sentence.format(", ".join(failed)), "bad")
    stale = stale_because(desk, report)
    if stale:
        sentence = _tr("It was measured with {0}. Run it again to know.")
        return Problem(_tr("This is not how the model runs now"), sentence.format(_and(stale)))
    if report.ended != "done":
        why = _tr("Its time was over.") if report.ended == "time" else _tr("It was stopped.")
        rest = _tr("What was not asked is shown as not tested; beginning again asks only that.")
        return Problem(_tr("This check was not finished"), f"{why} {rest}")
    return None


def _and(parts: tuple[str, ...]) -> str:
    if len(parts) == 1:
        return parts[0]
    return _tr("{0} and {1}").format(", ".join(parts[:-1]), parts[-1])


def _said(failure: Failure) -> str:
    return f"{failure.message} {failure.hint}".strip()


def _tr(text: str) -> str:
    return QCoreApplication.translate("selfcheck", text)
