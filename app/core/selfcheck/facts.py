"""What a self-check's result depends on, and what llama.cpp says that it loaded. Knows no trials and no files."""

from __future__ import annotations

from typing import Any

from engine.fingerprint import Fingerprint
from engine.machine import machine_identity
from engine.protocol import ModelInfo
from engine.selfcheck.plan import SUITE
from engine.selfcheck.report import Precondition

_NOT_COUNTED = frozenset({"n_batch", "n_ubatch"})
"""How reading is cut into batches moves results by rounding only, and measuring speed changes it."""

_FIRST_TOKEN = "first token"


def check_fingerprint(info: ModelInfo) -> Fingerprint:
    """Of a model as it is loaded: two with the same can be expected to find the same."""
    facts: dict[str, Any] = {name: value for name, value in info.facts.items() if name not in _NOT_COUNTED}
    if not facts:
        # What runs the model tells nothing of itself, so its name has to do.
        facts = {"model": f"{info.name} {info.size}", "context": info.n_ctx}
    # Read states belong to a machine's key, results only to the machine.
    facts["machine"] = machine_identity(b"")
    if "experts_on_cpu" in facts:
        # How many there are may follow from what is free today.
        facts["experts_on_cpu"] = facts["experts_on_cpu"] != 0
    return Fingerprint.of({**facts, "suite": SUITE, "marks": info.mark_style})


def first_token(info: ModelInfo) -> int | None:
    """The token that begins a text, -1 where the model has none, None where nobody says."""
    fact = info.loaded_facts.get(_FIRST_TOKEN)
    if fact is None:
        return None
    if fact.expected is None:
        return -1
    return fact.found if isinstance(fact.found, int) else None


def loaded_conditions(info: ModelInfo) -> tuple[Precondition, ...]:
    """What was asked for and what llama.cpp logged while it loaded the model."""
    return tuple(
        Precondition(f"loaded: {name}", fact.holds, _said(fact.expected), _said(fact.found))
        for name, fact in info.loaded_facts.items()
        # Nothing was asked for, so nothing can be wrong; the fingerprint tells of it.
        if fact.expected is not None or fact.holds is not None
    )


def _said(value: object) -> str:
    if value is None:
        return "not said"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6f}".rstrip("0").rstrip(".")
