"""Task "single": one key, one value, nothing that could be taken for it.

It stays green while real use fails, so it says only that something works at all, and never counts towards a verified
length.
"""

from __future__ import annotations

from engine.selfcheck.tasks.keyed import Keyed

TASK = Keyed(name="single", kind="smoke", whats=("visitor number", "guest number", "parking number"), decoys=0)
