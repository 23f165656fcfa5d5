"""Answers as a model gives them, for tests: the text and a log-probability for every few characters of it."""

from __future__ import annotations

import json
from typing import Any

FINDING: dict[str, Any] = {
    "path": "a.py",
    "first": 3,
    "last": 4,
    "quote": ["    if left == 0:", "        return total"],
    "severity": "warning",
    "category": "bugs",
    "cwe": "CWE-193",
    "title": "The last item is left out",
    "explanation": "The loop ends one item early.",
    "suggestion": [],
}


def finding(**fields: Any) -> dict[str, Any]:
    """A finding's fields as the schema has them, with some of them others."""
    return {**FINDING, **fields}


def answer(*findings: dict[str, Any], ascii_only: bool = False) -> str:
    """What a model writes under the schema."""
    return json.dumps({"findings": list(findings)}, ensure_ascii=ascii_only)


def logprobs(text: str, *, step: int = 3, value: float = -0.1) -> list[tuple[int, float]]:
    """As of tokens of `step` characters that are equally sure."""
    return [(start, value) for start in range(0, len(text), step)]
