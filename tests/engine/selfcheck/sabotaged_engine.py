"""The engine's worker with one thing made wrong on purpose, for the self-check to find.

    python sabotaged_engine.py band FIRST LAST zero|noise | rope BASE | bos | context TOKENS | cut FIRST LAST

band: keys and values of these positions are overwritten in all layers as soon as they are in the cache. rope: RoPE
turns with another base than the file says. bos: the template brings a second token that begins a text. context: the
cache is smaller than asked for. cut: these positions of longer prompts are left out. Knows no self-check.
"""

from __future__ import annotations

import ctypes
import struct
import sys
from array import array
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import engine.worker  # noqa: E402
from engine.context import Reading, ReadResult  # noqa: E402
from engine.llama import Context  # noqa: E402
from engine.protocol import Prompt, ReadProgress  # noqa: E402

_HALF, _OVERRIDE_FLOAT = 2, 1


def damage_band(first: int, last: int, how: str) -> None:
    """Overwrite what lies between these positions each time it was read."""
    real = Context._decode
    chance = np.random.default_rng(1)

    def decode(self: Context, tokens: array[int], position: int, rows: int) -> int:
        code = real(self, tokens, position, rows)
        if code == 0 and position < last <= position + len(tokens):
            state = bytearray(self.state_size())
            assert self.write_state(memoryview(state)) == len(state)
            rows_found = 0
            for start, size in cells(state, first, last):
                rows_found += 1
                values = np.frombuffer(state, np.float16, size // _HALF, start)
                values[:] = 0 if how == "zero" else chance.standard_normal(len(values)) * values.std()
            assert rows_found, "nothing was damaged"
            self._api.llama_memory_clear(self._memory, True)
            assert self.read_state(memoryview(state))
        return code

    Context._decode = decode  # type: ignore[method-assign]


def cells(state: bytearray, first: int, last: int) -> Iterator[tuple[int, int]]:
    """(start, bytes) of each row of keys or values that belongs to these positions, as llama.cpp lays a sequence out.

    Of f16 caches with flash attention, where no value stands across its row.
    """
    at = 8
    while at < len(state):
        streams, count = struct.unpack_from("<II", state, at)
        assert streams == 1
        at += 8
        if not count:
            continue
        places = []
        for _ in range(count):
            position, sequences = struct.unpack_from("<iI", state, at)
            places.append(position)
            at += 8 + 4 * sequences
        crosswise, layers = struct.unpack_from("<II", state, at)
        assert not crosswise
        at += 8
        for _ in range(2 * layers):
            _, size = struct.unpack_from("<iQ", state, at)
            at += 12
            for i, position in enumerate(places):
                if first <= position < last:
                    yield at + i * size, size
            at += count * size
    assert at == len(state)


def turn_otherwise(base: float) -> None:
    """As `--override-kv` of llama.cpp's own programs does it."""
    from llama_cpp import llama_cpp as api

    overrides = (api.llama_model_kv_override * 2)()
    overrides[0].key = b"llama4.rope.freq_base"
    overrides[0].tag = _OVERRIDE_FLOAT
    overrides[0].value.val_f64 = base
    overrides[1].key = b""
    real = api.llama_model_default_params

    def params() -> Any:
        made = real()
        made.kv_overrides = ctypes.cast(overrides, type(made.kv_overrides))
        return made

    api.llama_model_default_params = params


def begin_twice() -> None:
    """A template that prints the token once more, behind the system prompt."""
    real = engine.worker.Worker._frame

    def frame(self: engine.worker.Worker, request: dict[str, Any], blob: bytes) -> tuple[dict[str, Any], bytes]:
        reply, raw = real(self, request, blob)
        assert self._model is not None
        lengths, second = list(reply["lengths"]), reply["lengths"][0] * 4
        lengths[1] += 1
        return {"lengths": lengths}, raw[:second] + array("i", [self._model.bos]).tobytes() + raw[second:]

    engine.worker.Worker._frame = frame  # type: ignore[assignment, method-assign]


def make_smaller(tokens: int) -> None:
    """Whatever is asked for."""
    real = Context.__init__

    def init(self: Context, *arguments: Any, **options: Any) -> None:
        real(self, *arguments, **options | {"n_ctx": tokens})

    Context.__init__ = init  # type: ignore[method-assign]


def leave_out(first: int, last: int) -> None:
    """Read longer prompts without what lies between these positions, as servers do that make room in silence."""
    real = Reading.read

    def read(self: Reading, prompt: Prompt, on_progress: Callable[[ReadProgress], None]) -> ReadResult:
        if len(prompt.tokens) > last:
            tokens = prompt.tokens[:first] + prompt.tokens[last:]
            prompt = replace(prompt, tokens=tokens, prefix=max(1, prompt.prefix - (last - first)))
        return real(self, prompt, on_progress)

    Reading.read = read  # type: ignore[method-assign]


def main(what: str, *arguments: str) -> None:
    """The command line."""
    if what == "band":
        damage_band(int(arguments[0]), int(arguments[1]), arguments[2])
    elif what == "rope":
        turn_otherwise(float(arguments[0]))
    elif what == "bos":
        begin_twice()
    elif what == "context":
        make_smaller(int(arguments[0]))
    elif what == "cut":
        leave_out(int(arguments[0]), int(arguments[1]))
    else:
        raise SystemExit(f"nothing known to break is called {what}")
    engine.worker.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
