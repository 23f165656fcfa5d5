"""The RULER suite: its tasks that need no data set, by name. `engine.selfcheck.ruler.scoring` scores their answers.

The two that do need one are made of a user's own questions: `engine.selfcheck.ruler.questions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.selfcheck.ruler import frequencies, needles, tracking
from engine.selfcheck.ruler.sample import RulerTask

_TASKS: tuple[RulerTask, ...] = (*needles.TASKS, *tracking.TASKS, *frequencies.TASKS)

RULER_TASKS: Mapping[str, RulerTask] = MappingProxyType({task.name: task for task in _TASKS})
"""In the order of the published tables."""
