"""The tasks of the self-check by name, each its own module with a `TASK`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.selfcheck.task import Task
from engine.selfcheck.tasks import (
    absent,
    count,
    latent,
    multikey,
    multiquery,
    multivalue,
    order,
    single,
    uuid,
    variable,
)

_TASKS: tuple[Task, ...] = (
    single.TASK,
    multikey.TASK,
    uuid.TASK,
    multivalue.TASK,
    multiquery.TASK,
    absent.TASK,
    variable.TASK,
    count.TASK,
    latent.TASK,
    order.TASK,
)

TASKS: Mapping[str, Task] = MappingProxyType({task.name: task for task in _TASKS})
"""In the order in which they are shown."""
