"""What the program and the engine say to each other: frozen data, and how it crosses a pipe.

A frame is a header of two lengths, a JSON object, and raw bytes (token ids as 32-bit integers) that would be
slow as JSON. Knows nothing of llama.cpp, documents or processes.
"""

from __future__ import annotations

import json
import struct
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Literal

from engine.quotable import Quotable

KvType = Literal["f16", "q8_0", "q4_0"]
Flash = Literal["auto", "on", "off"]
Ending = Literal["stop", "length", "cancelled"]

_LENGTHS = struct.Struct("<IQ")
_LONGEST_HEADER = 1 << 28


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How to load a model. n_ctx: tokens. threads, gpu_layers: as llama.cpp understands them (-1: all layers).

    threads_batch: for reading, 0 for the same as `threads`. n_ubatch: tokens computed at once, 0 for n_batch; both
    are powers of two. devices: names that layers may be given to, () for all. experts_on_cpu: in so many layers, from
    the first on, the experts stay in main memory (-1: in all). rpc: servers "HOST:PORT" in networks that are trusted.
    checkpoint_bytes: what copies of window layers may take; -1: a share of what is free. flash: flash attention.
    kv_values: the type of the values where it is not that of the keys (`kv`).
    anyway: load even what by the plan does not fit the memory. state_folder: where what was read is kept for another
    day, "" for nowhere. state_quota: bytes it may take, 0 for a share of the disk. state_seconds: what takes less long
    to read is not kept. These three change nothing in answers.
    """

    path: str
    n_ctx: int
    kv: KvType = "f16"
    threads: int = 1
    gpu_layers: int = 0
    n_batch: int = 512
    vocabulary_only: bool = False
    threads_batch: int = 0
    n_ubatch: int = 0
    devices: tuple[str, ...] = ()
    experts_on_cpu: int = 0
    rpc: tuple[str, ...] = ()
    checkpoint_bytes: int = -1
    flash: Flash = "auto"
    kv_values: KvType | None = None
    anyway: bool = False
    state_folder: str = field(default="", compare=False)
    state_quota: int = field(default=0, compare=False)
    state_seconds: float = field(default=2.0, compare=False)


@dataclass(frozen=True, slots=True)
class Fact:
    """What a model file and the options lead to expect, and what llama.cpp said it has. JSON values.

    holds: whether they agree; None where one of them is not known or nothing is to be expected.
    """

    expected: str | int | float | None
    found: str | int | float | None
    holds: bool | None


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a loaded model is. size: bytes of weights. seconds: how long loading took. notice: a sentence or nothing.

    fingerprint: of all that a state of it depends on (`engine.fingerprint`); "" for a vocabulary alone. vocabulary:
    models with the same one cut any text into the same tokens; "" where that is not known. loaded_facts: by name,
    such as "context", "keys", "values", "rope base in windows" (see `engine.load_facts`); empty for a vocabulary alone.
    facts: what `fingerprint` is the digest of.
    """

    path: str
    name: str
    architecture: str
    description: str
    size: int
    n_ctx: int
    n_ctx_train: int
    n_vocab: int
    mark_style: str
    refusal: str
    has_system_role: bool
    seconds: float
    notice: str = ""
    fingerprint: str = ""
    vocabulary: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict, hash=False)
    loaded_facts: Mapping[str, Fact] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen. temperature 0 is greedy; then top_p, min_p and seed have no effect.

    Penalties look back over the answer alone. stop: strings that end the answer and are not part of it. grammar: GBNF
    with a rule `root`; schema: of JSON, instead of a grammar. logprobs: keep the tokens' log-probabilities.
    """

    temperature: float = 0.0
    top_p: float = 0.95
    seed: int = 0
    min_p: float = 0.0
    repeat_penalty: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    stop: tuple[str, ...] = ()
    grammar: str = ""
    schema: str = ""
    logprobs: bool = True


@dataclass(frozen=True, slots=True)
class Prompt:
    """All tokens of one question. The first `prefix` of them are the same for every question over these documents.

    quotable: what quotations in the answer may hold; None lets them hold anything, as does a grammar or a schema.
    boundaries: positions at which a document ends, ascending, none beyond `prefix`. keep:
    whether what is read may be kept on disk, and be taken from there. owner: letters, digits and hyphens for
    whose documents they are; what belongs to nobody else goes when `StateShelf.forget` is told.
    """

    tokens: array[int]
    prefix: int
    max_answer: int
    sampling: Sampling = field(default_factory=Sampling)
    quotable: Quotable | None = None
    boundaries: tuple[int, ...] = ()
    keep: bool = True
    owner: str = ""


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """done of total prompt tokens are in the cache; per_second is measured, seconds_left follows from it.

    restored: how many of `reused` come from disk; more than those while they are still on their way.
    """

    done: int
    total: int
    reused: int
    per_second: float
    seconds_left: float
    restored: int = 0

    @property
    def restoring(self) -> bool:
        """Whether tokens are being brought from disk just now."""
        return self.restored > self.reused


@dataclass(frozen=True, slots=True)
class Standing:
    """What the engine holds, and where it can go back to; `engine.places` works out costs from it.

    held: tokens in the cache. places: positions that can be returned to exactly, ascending. stretches: (first, last)
    between which every position can. Both are empty where the architecture cannot go back. per_second: tokens read in
    a second at `held`, 0.0 while unknown. A token at position p takes token_seconds + depth_seconds * p. copied: bytes
    of the copies that make places.
    """

    held: int
    places: tuple[int, ...]
    per_second: float
    stretches: tuple[tuple[int, int], ...] = ()
    token_seconds: float = 0.0
    depth_seconds: float = 0.0
    copied: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """What a prompt would take. to_read: tokens, exact. seconds: about; None while no speed was measured."""

    to_read: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Answer:
    """One finished (or stopped) answer, with the engine's own counters.

    reused: prompt tokens that were in the cache. decoded: prompt tokens that were read for this question.
    tokens: answer tokens. seconds: "prefill" (reading), "first_token" (from the call on), "total",
    "restore" (from disk, 0 when nothing was). logprobs: for each
    token the character of `text` with which it begins and the natural logarithm of the probability that the model gave
    it, before anything was ruled out. standing: what the engine holds afterwards. restored: how
    many of `reused` were brought from disk for this question. notices: sentences about read states on disk.
    """

    text: str
    ending: Ending
    reused: int
    decoded: int
    tokens: int
    seconds: Mapping[str, float]
    logprobs: tuple[tuple[int, float], ...] = ()
    standing: Standing | None = None
    restored: int = 0
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scored:
    """What the model makes of given continuations of one prompt (teacher forcing).

    logprobs: for each continuation the natural logarithm of the probability of each of its tokens. chosen: how many of
    its first tokens are what the model would have chosen itself (greedily), all of them for a perfect match.
    reused, decoded: prompt tokens, as in Answer; scored: tokens of continuations that were decoded.
    """

    logprobs: tuple[tuple[float, ...], ...]
    chosen: tuple[int, ...]
    reused: int
    decoded: int
    scored: int
    seconds: float
    standing: Standing | None = None


def write_frame(stream: IO[bytes], header: Mapping[str, Any], blob: bytes = b"") -> None:
    """Write one frame and flush it. Raises OSError when the other side is gone."""
    raw = json.dumps(header, ensure_ascii=True).encode("ascii")
    stream.write(_LENGTHS.pack(len(raw), len(blob)) + raw)
    if blob:
        stream.write(blob)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """The next frame, or None at the end of the stream (also when it ends inside a frame)."""
    lengths = _read_exactly(stream, _LENGTHS.size)
    if lengths is None:
        return None
    header_length, blob_length = _LENGTHS.unpack(lengths)
    if header_length > _LONGEST_HEADER:
        return None
    raw = _read_exactly(stream, header_length)
    blob = _read_exactly(stream, blob_length) if raw is not None else None
    if raw is None or blob is None:
        return None
    header: dict[str, Any] = json.loads(raw)
    return header, blob


def _read_exactly(stream: IO[bytes], count: int) -> bytes | None:
    parts: list[bytes] = []
    while count:
        part = stream.read(count)
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
