"""How many of this machine's processor cores this process may use: affinity and the quota of control groups counted.

Knows no load: what other programs take meanwhile is not seen.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath


def usable_cores() -> int:
    """Physical cores: hyper-threads only wait for each other in llama.cpp's loops. At least 1."""
    import psutil

    return max(1, min(psutil.cpu_count(logical=False) or usable_threads(), usable_threads()))


def usable_threads(root: Path = Path("/")) -> int:
    """Threads that can run at once, at least 1. root: where /proc and /sys lie."""
    counts = [os.cpu_count() or 1]
    if hasattr(os, "sched_getaffinity"):
        counts.append(len(os.sched_getaffinity(0)))
    quota = cpu_quota(root)
    if quota is not None:
        counts.append(int(quota))
    return max(1, min(counts))


def cpu_quota(root: Path = Path("/")) -> float | None:
    """Cores' worth of time that this process's control groups (containers) allow it, None without a limit."""
    return min(_quotas(root), default=None)


def _quotas(root: Path) -> Iterator[float]:
    """Of the groups that this process is in and of those around them, versions 1 and 2."""
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, inside = rest.partition(":")
        unified = number == "0" and not controllers
        if not unified and "cpu" not in controllers.split(","):
            continue
        base = root / "sys/fs/cgroup" / ("" if unified else "cpu")
        parts = [part for part in PurePosixPath(inside).parts if part not in ("/", "..")]
        for depth in range(len(parts) + 1):
            group = base.joinpath(*parts[:depth])
            if unified:
                quota, _, period = _text(group / "cpu.max").partition(" ")
            else:
                quota, period = _text(group / "cpu.cfs_quota_us"), _text(group / "cpu.cfs_period_us")
            if quota.isdecimal() and period.isdecimal() and int(quota) and int(period):
                yield int(quota) / int(period)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
