"""What the review says in place of a list: how to begin, what went wrong, that nothing was found."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

from app.core.failures import Failure
from app.core.review.finding import Review
from app.ui.review import words
from app.ui.review.states import Act, StatePage

_OF_THE_SCOPE = ("review_scope", "checklist", "source", "system")
"""Kinds of failures that another model would not help against."""

Run = Callable[[], object]


def _tr(text: str) -> str:
    return QCoreApplication.translate("review", text)


def say_start(state: StatePage, *, review: Run | None, model: Run) -> None:
    """What a review is, and the way to one. review: None where there is no model; model: chooses one."""
    no_model = Act(_tr("Choose a model…"), model, primary=True)
    state.say(
        "bug",
        _tr("Review code against checklists"),
        _tr(
            "The model reads the code whole, looks for what the checklists name, and gives findings tied to lines. "
            "The code that each one quotes is checked: what does not stand there is listed as unconfirmed."
        ),
        [Act(_tr("Review…"), review, primary=True) if review is not None else no_model],
        remark=_tr(
            "Or drop a folder, a patch or an archive here. Nothing is changed in your files: a suggestion can be "
            "copied or saved as a patch."
        ),
    )


def say_failure(state: StatePage, failure: Failure, *, again: Run, other: Run, model: Run) -> None:
    """What went wrong, and what may help: something else to review, or another model."""
    ways = [Act(_tr("Try again"), again, primary=True)]
    if failure.kind in _OF_THE_SCOPE:
        ways.append(Act(_tr("Review something else…"), other))
    else:
        ways.append(Act(_tr("Choose another model…"), model))
    sentence = f"{failure.message} {failure.hint}".strip()
    state.say("warning", _tr("The review could not be done"), sentence, ways, tone="bad")


def say_nothing_found(state: StatePage, review: Review, *, other: Run) -> None:
    """That the model found nothing, which is no verdict; the less so where not all of it was asked."""
    lists = ", ".join(map(words.kind, review.checklists))
    ways = [Act(_tr("Review for something else…"), other)]
    if review.cancelled or any(one.problem for one in review.passes):
        sentence = _tr("Not all of {0} was reviewed for {1}; in what was, the model found nothing.")
        state.say("history", _tr("Nothing found so far"), sentence.format(review.what, lists), ways, tone="text2")
        return
    sentence = _tr(
        "The model found nothing in {0} that these checklists name: {1}. That does not show that there is nothing: "
        "another checklist or a larger model may find more."
    )
    state.say("saved", _tr("Nothing found"), sentence.format(review.what, lists), ways, tone="ok")
