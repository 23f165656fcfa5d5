"""How much RAM a new process can take: what the system says, and what control groups (containers) allow.

Knows no GPUs. Where the system has no control groups, it is what the system says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_UNLIMITED = 1 << 60
"""Version 1 writes "no limit" as a number near the largest there is."""


@dataclass(frozen=True, slots=True)
class _Names:
    limit: str
    used: str
    reclaimable: tuple[str, ...]


_SECOND = _Names("memory.max", "memory.current", ("inactive_file", "active_file"))
_FIRST = _Names("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file"))


def free_memory() -> int:
    """Bytes a new process can take without pushing others out or being ended for it."""
    import psutil

    free = int(psutil.virtual_memory().available)
    allowed = allowed_by_groups()
    return free if allowed is None else max(0, min(free, allowed))


def allowed_by_groups(root: Path = Path("/")) -> int | None:
    """Bytes that this process's control groups still allow, None without a limit. root: where /proc and /sys lie."""
    left = [room for group, names in _groups(root) if (room := _room(group, names)) is not None]
    return min(left, default=None)


def _groups(root: Path) -> Iterator[tuple[Path, _Names]]:
    """The groups that this process is in, each with those around it."""
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, inside = rest.partition(":")
        if number == "0" and not controllers:
            base, names = root / "sys/fs/cgroup", _SECOND
        elif "memory" in controllers.split(","):
            base, names = root / "sys/fs/cgroup/memory", _FIRST
        else:
            continue
        parts = [part for part in PurePosixPath(inside).parts if part not in ("/", "..")]
        for depth in range(len(parts), -1, -1):
            yield base.joinpath(*parts[:depth]), names


def _room(group: Path, names: _Names) -> int | None:
    """Bytes left in one group; file pages that the system can take back count as left."""
    limit, used = _number(group / names.limit), _number(group / names.used)
    if limit is None or used is None or limit >= _UNLIMITED:
        return None
    try:
        lines = (group / "memory.stat").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    stat = {name: value for name, _, value in (line.partition(" ") for line in lines) if value.strip().isdecimal()}
    taken_back = sum(int(stat.get(name, "0")) for name in names.reclaimable)
    return max(0, limit - max(0, used - taken_back))


def _number(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return int(text) if text.isdecimal() else None
