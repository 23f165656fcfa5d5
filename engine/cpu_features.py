"""Which types of weights llama.cpp copies into another order for this computer's CPU when it loads them.

Copies lie in memory of the process instead of pages of the file. Knows Linux's list of features; elsewhere it goes by
the kind of processor.
"""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path

_X86 = frozenset({"q4_0", "q4_k", "iq4_nl", "mxfp4"})
_WIDE_X86 = frozenset({"q2_k"})
_ARM = frozenset({"q4_0", "q4_k", "q5_k", "q6_k", "iq4_nl", "mxfp4", "q8_0"})


@cache
def repacked_kinds() -> frozenset[str]:
    """ggml's names of those types; none where the program leaves it out because of AMX."""
    machine = platform.machine().lower()
    if machine in ("arm64", "aarch64"):
        return _ARM
    if machine not in ("x86_64", "amd64"):
        return frozenset()
    return of_features(_features())


def of_features(features: frozenset[str] | None) -> frozenset[str]:
    """The same from the names in /proc/cpuinfo; None: not known, taken for a usual computer."""
    if features is None:
        return _X86
    if "amx_tile" in features or "avx2" not in features:
        return frozenset()
    return _X86 | _WIDE_X86 if "avx512f" in features else _X86


def _features() -> frozenset[str] | None:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    line = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return frozenset(line.partition(":")[2].split())
