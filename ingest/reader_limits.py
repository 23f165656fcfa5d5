"""How long and how much of memory a process that reads one file may take. Knows no files."""

from __future__ import annotations

from dataclasses import dataclass

PAGE_SECONDS = 10.0
LARGEST_MEMORY = 4 << 30


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """page_seconds: the longest one page may take. memory: the most a reader may take, in bytes of address space."""

    page_seconds: float = PAGE_SECONDS
    memory: int = LARGEST_MEMORY


USUAL_LIMITS = ReaderLimits()
