"""The tasks of the self-check by name, each its own module with a `TASK`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.selfcheck.task import Task
from engine.selfcheck.tasks import absent, multikey, single, uuid

TASKS: Mapping[str, Task] = MappingProxyType(
    {module.TASK.name: module.TASK for module in (single, multikey, uuid, absent)}
)
"""In the order in which they are shown."""
