"""Why a worker process ended, in words: its signal, and what the system counted of processes ended for memory.

Reads the counters of the worker's own control group (version 2 or 1) and of the whole system, where there are any
(Linux). Knows no frames and no models.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

MemoryCause = Literal["group", "system"]

GROUPS = Path("/sys/fs/cgroup")
PROC = Path("/proc")

_CRASHES = {
    "SIGABRT": "it gave up",
    "SIGBUS": "a piece of memory or of a file was not there",
    "SIGFPE": "a wrong calculation",
    "SIGILL": "an instruction that this processor does not have",
    "SIGSEGV": "a wrong access to memory",
}


class MemoryWatch:
    """How often the system has ended processes for memory where `pid` runs, then and now."""

    def __init__(self, pid: int, *, groups: Path = GROUPS, proc: Path = PROC) -> None:
        self._pid = pid
        self._groups = groups
        self._proc = proc
        self._group_files: tuple[Path, ...] = ()
        self._before: tuple[int | None, int | None] = (None, None)
        self.note()

    def note(self) -> None:
        """Count from now on. The process is to be alive: its group is looked up anew."""
        self._group_files = tuple(self._files())
        self._before = self._count()

    def cause(self) -> MemoryCause | None:
        """Who ended a process for memory since `note`: its group's limit, the system as a whole; None: nobody known."""
        for cause, before, now in zip(("group", "system"), self._before, self._count(), strict=True):
            if before is not None and now is not None and now > before:
                return "group" if cause == "group" else "system"
        return None

    def _count(self) -> tuple[int | None, int | None]:
        counted = [n for n in map(_kills, self._group_files) if n is not None]
        return max(counted, default=None), _kills(self._proc / "vmstat")

    def _files(self) -> Iterator[Path]:
        """The files that count the kills of the process's group, as far as they can be seen from here.

        Inside a container the group's path may be one that only the host sees; then the root stands for it.
        """
        try:
            lines = (self._proc / str(self._pid) / "cgroup").read_text("utf-8").splitlines()
        except OSError:
            return
        for line in lines:
            _, controllers, path = line.split(":", 2)
            if controllers == "":
                tops, name = [self._groups, self._groups / "unified"], "memory.events"
            elif "memory" in controllers.split(","):
                tops, name = [self._groups / "memory"], "memory.oom_control"
            else:
                continue
            for top in tops:
                places = (top / path.lstrip("/") / name, top / name)
                yield from [place for place in places if place.is_file()][:1]


def _kills(file: Path) -> int | None:
    try:
        lines = file.read_text("ascii").splitlines()
    except (OSError, ValueError):
        return None
    return next((int(n) for name, _, n in (line.partition(" ") for line in lines) if name == "oom_kill"), None)


def signal_name(code: int) -> str:
    """Of a negative exit code, such as "SIGKILL"; "" for another."""
    if code >= 0:
        return ""
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def crashed(code: int) -> bool:
    """Whether the process itself went wrong, rather than being ended from outside."""
    return code >= 0 or signal_name(code) in _CRASHES


def why_ended(code: int, *, cause: MemoryCause | None = None, said: str = "") -> str:
    """An exit code in words that follow "The engine stopped". said: the last error that the process wrote."""
    name = signal_name(code)
    if name == "SIGKILL" and cause == "group":
        return "because memory ran out (the system ended it at the memory limit set for this program)"
    if name == "SIGKILL" and cause == "system":
        return "because memory ran out (the system ended it)"
    if name == "SIGKILL":
        return "because it was killed (SIGKILL), probably for memory"
    if name and not crashed(code):
        return f"because something else on this computer ended it ({name})"
    what = f"{name}: {_CRASHES[name]}" if name else f"code {code}"
    return f"in a crash ({what}): {said}" if said else f"in a crash ({what})"
