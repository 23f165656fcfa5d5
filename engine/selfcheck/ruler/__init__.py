"""The RULER suite: its tasks that need no data set, by name. `engine.selfcheck.ruler.scoring` scores their answers.

The two that do need one are made of a user's own questions: `engine.selfcheck.ruler.questions`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from engine.selfcheck.ruler import frequencies, needles, tracking
from engine.selfcheck.ruler.questions import Question, QuestionAnswering
from engine.selfcheck.ruler.sample import RulerTask

_TASKS: tuple[RulerTask, ...] = (*needles.TASKS, *tracking.TASKS, *frequencies.TASKS)

RULER_TASKS: Mapping[str, RulerTask] = MappingProxyType({task.name: task for task in _TASKS})
"""In the order of the published tables."""


def ruler_tasks(questions: Sequence[Question] = ()) -> Mapping[str, RulerTask]:
    """The tasks there are: with `questions`, answering these from their documents as well ("qa")."""
    if not questions:
        return RULER_TASKS
    answering = QuestionAnswering(tuple(questions))
    return {**RULER_TASKS, answering.name: answering}
