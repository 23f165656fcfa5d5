"""The RULER suite: its tasks that need no data set, by name. `engine.selfcheck.ruler.scoring` scores their answers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.selfcheck.ruler import needles
from engine.selfcheck.ruler.sample import RulerTask

RULER_TASKS: Mapping[str, RulerTask] = MappingProxyType({task.name: task for task in needles.TASKS})
"""In the order of the published tables."""
