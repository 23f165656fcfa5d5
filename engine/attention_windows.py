"""Which layers of an architecture keep only a window of the context in their KV cache, as llama.cpp sets them up.

The numbers stand in the GGUF; where an architecture's loader has its own default, it stands here. An architecture that
is not listed and names a window is counted as if every layer kept the whole context: too much, never too little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Windows:
    """tokens: what a windowed layer looks back on, 0 when no layer is windowed. layers: which layers are.

    chunked: attention starts afresh at each multiple of `tokens` instead of sliding.
    """

    tokens: int
    layers: tuple[bool, ...]
    chunked: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    """every: each n-th layer sees everything, 0 when the file must list them. first: the first of n does, not the last.

    default: tokens where the file names none (0: then no layer is windowed). fixed: tokens, whatever the file names.
    """

    every: int
    first: bool = False
    default: int = 0
    fixed: int = 0


_RULES: Mapping[str, _Rule] = {
    "llama4": _Rule(4, default=8192, fixed=8192),
    "afmoe": _Rule(4),
    "cohere2": _Rule(4),
    "cohere2moe": _Rule(4, first=True),
    "exaone-moe": _Rule(4, default=128),
    "exaone4": _Rule(4, default=4096),
    "gemma2": _Rule(2, default=4096),
    "gemma3": _Rule(6),
    "gemma3n": _Rule(5),
    "gemma4": _Rule(0),
    "gpt-oss": _Rule(2),
    "laguna": _Rule(4, first=True),
    "mellum": _Rule(4),
    "mimo2": _Rule(0),
    "olmo2": _Rule(4),
    "plamo3": _Rule(8),
    "smallthinker": _Rule(4, first=True, fixed=4096),
    "step35": _Rule(0),
}

LISTED = frozenset(_RULES)
"""Architectures whose windows are counted as llama.cpp has them."""

_EXAONE4_WINDOWED = 64
"""Layers: only this size of EXAONE 4 has windows."""


def windows(architecture: str, metadata: Mapping[str, Any], layers: int) -> Windows:
    """The windows of a model of `layers` layers."""
    none = Windows(0, (False,) * layers)
    rule = _RULES.get(architecture)
    named = metadata.get(f"{architecture}.attention.sliding_window")
    if rule is None or (architecture == "exaone4" and layers != _EXAONE4_WINDOWED):
        return none
    tokens = named if isinstance(named, int) else rule.default
    if tokens < 1:
        return none
    tokens = rule.fixed or tokens
    pattern = metadata.get(f"{architecture}.attention.sliding_window_pattern")
    if isinstance(pattern, tuple) and pattern:
        listed = [bool(value) for value in pattern[:layers]]
        return Windows(tokens, tuple(listed + [False] * (layers - len(listed))), architecture == "llama4")
    every = pattern if isinstance(pattern, int) else rule.every
    if not every and pattern is None:
        return none
    windowed = tuple(not every or i % every != (0 if rule.first else every - 1) for i in range(layers))
    return Windows(tokens, windowed, architecture == "llama4") if any(windowed) else none
