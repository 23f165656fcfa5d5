"""Task "multikey": one value is asked for among many whose keys differ from its own in a single word."""

from __future__ import annotations

from engine.selfcheck.tasks.keyed import Keyed

TASK = Keyed(name="multikey", kind="retrieval", whats=("locker code", "door code", "alarm code", "bank code"), decoys=6)
