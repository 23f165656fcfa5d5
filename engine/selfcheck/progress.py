"""How far a self-check is. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Phase = Literal["measuring", "reading", "asking", "rechecking", "done"]


@dataclass(frozen=True, slots=True)
class CheckProgress:
    """done, total: questions; total is about, since asking stops where something is decided. read, to_read: tokens
    of the haystack that is being read. seconds_left: about; None while no speed is known. length, task: what is asked
    just now, 0 and "" for nothing. haystack: from 1, how many were begun.
    """

    phase: Phase
    done: int = 0
    total: int = 0
    read: int = 0
    to_read: int = 0
    seconds: float = 0.0
    seconds_left: float | None = None
    length: int = 0
    task: str = ""
    haystack: int = 0
