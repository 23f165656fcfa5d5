"""How prompts and lists of tokens cross the pipe: what one side writes the other reads, so both are here.

Knows no process and no model.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import asdict
from itertools import accumulate, pairwise
from typing import Any

from engine.protocol import Prompt, Sampling

_SIZE = array("i").itemsize


def pack(parts: Sequence[Sequence[int]]) -> bytes:
    """Token ids, one part behind the other. Their lengths go in the header."""
    flat: array[int] = array("i")
    for part in parts:
        flat.extend(part)
    return flat.tobytes()


def unpack(lengths: Sequence[int], blob: bytes) -> list[array[int]]:
    """What `pack` packed. Anything behind it is left alone."""
    ends = list(accumulate(lengths, initial=0))
    return [array("i", blob[start * _SIZE : end * _SIZE]) for start, end in pairwise(ends)]


def prompt_request(do: str, prompt: Prompt) -> dict[str, Any]:
    """The header of a request about `prompt`, whose tokens begin the blob; what may be quoted is not in it."""
    return {
        "do": do,
        "prefix": prompt.prefix,
        "max_answer": prompt.max_answer,
        "sampling": asdict(prompt.sampling),
        "token_bytes": len(prompt.tokens) * _SIZE,
        "boundaries": prompt.boundaries,
        "keep": prompt.keep,
        "owner": prompt.owner,
    }


def prompt_of(request: dict[str, Any], blob: bytes) -> tuple[Prompt, bytes]:
    """What `prompt_request` described, and what lies behind its tokens in the blob."""
    end = request["token_bytes"]
    prompt = Prompt(
        array("i", blob[:end]),
        request["prefix"],
        request["max_answer"],
        Sampling(**request["sampling"]),
        boundaries=tuple(request["boundaries"]),
        keep=request["keep"],
        owner=request["owner"],
    )
    return prompt, blob[end:]
