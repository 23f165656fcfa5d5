"""Asks a GGUF through llama.cpp's low-level API, greedily, many questions on one context: what evaluate.py and the
proof need.

Documents and questions go through the program's own prompt code, each piece tokenised by llama.cpp. Knows no
expected answers.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.core.marks import MARK_BRACKETS, Mark
from app.core.prompt import PromptDocument, default_system, mark_documents, question_text
from resources.pocket.rendering import STYLE

_OPENS, _CLOSES = MARK_BRACKETS
_MARK = re.compile(rf"{_OPENS}(\d+){_CLOSES}")
_BATCH = 512
_F32, _F16 = 0, 1
_NO_FLASH, _AUTO_FLASH = 0, -1


@dataclass(frozen=True, slots=True)
class Answer:
    """quotes: (quoted words, mark number) of each line of the answer that begins with a mark."""

    text: str
    quotes: tuple[tuple[str, int], ...]


class Reader:
    """A loaded model with one context. context: tokens. exact: f32 cache and no fused attention. Use it in a `with`."""

    def __init__(self, path: Path, *, context: int, threads: int = 1, exact: bool = False) -> None:
        from llama_cpp import llama_cpp as api

        self._api: Any = api
        self._quiet = api.llama_log_callback(lambda _level, _text, _data: None)
        api.llama_log_set(self._quiet, ctypes.c_void_p(0))
        api.llama_backend_init()
        loading = api.llama_model_default_params()
        # Repacked weights crash on CPUs with AMX, see engine/llama.py.
        loading.use_extra_bufts = False
        self._model = api.llama_model_load_from_file(os.fsencode(path), loading)
        if not self._model:
            raise ValueError(f"llama.cpp cannot load {path}")
        params = api.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = context, _BATCH, _BATCH
        params.n_threads = params.n_threads_batch = threads
        params.swa_full = True
        params.type_k = params.type_v = _F32 if exact else _F16
        params.flash_attn_type = _NO_FLASH if exact else _AUTO_FLASH
        self._context = api.llama_init_from_model(self._model, params)
        self._vocab = api.llama_model_get_vocab(self._model)
        self._size: int = api.llama_vocab_n_tokens(self._vocab)
        self._batch = api.llama_batch_init(_BATCH, 0, 1)
        self._held = 0

    def __enter__(self) -> Reader:
        """The reader itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Free the model."""
        self._api.llama_batch_free(self._batch)
        self._api.llama_free(self._context)
        self._api.llama_model_free(self._model)

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """llama.cpp's ids of a text."""
        raw = text.encode()
        room = (self._api.llama_token * (len(raw) + 8))()
        count = self._api.llama_tokenize(self._vocab, raw, len(raw), room, len(room), False, special)
        return list(room[:count])

    def read(self, documents: Sequence[PromptDocument]) -> tuple[int, list[Mark]]:
        """Read the system text and the documents. Returns how many tokens that is, and the marks in order."""
        template = self._piece("<|begin_of_text|>") + self._header("system") + self.tokenize(default_system(STYLE))
        ids = template + self._piece("<|eot|>") + self._header("user")
        marks: list[Mark] = []
        for marked in mark_documents(documents, STYLE):
            ids += self.tokenize(marked.text)
            marks += marked.marks
        self._api.llama_memory_clear(self._api.llama_get_memory(self._context), True)
        self._decode(ids, 0)
        self._held = len(ids)
        return len(ids), marks

    def ask(self, question: str, *, most: int = 160) -> Answer:
        """The greedy answer of at most `most` tokens; what was read stays as it was."""
        ids = self.tokenize(question_text(question)) + self._piece("<|eot|>") + self._header("assistant")
        self._decode(ids, self._held)
        raw = b""
        for position in range(self._held + len(ids), self._held + len(ids) + most):
            token = int(np.argmax(self._row()))
            if self._api.llama_vocab_is_eog(self._vocab, token):
                break
            raw += self._bytes(token)
            self._decode([token], position)
        self._api.llama_memory_seq_rm(self._api.llama_get_memory(self._context), 0, self._held, -1)
        return parse(raw.decode("utf-8", "replace"))

    def logits_after(self, ids: Sequence[int]) -> np.ndarray[Any, Any]:
        """Scores of the next token after exactly these ids. (vocabulary,), f32."""
        self._api.llama_memory_clear(self._api.llama_get_memory(self._context), True)
        self._decode(ids, 0)
        return self._row().copy()

    def _decode(self, ids: Sequence[int], position: int) -> None:
        batch = self._batch
        for start in range(0, len(ids), _BATCH):
            part = ids[start : start + _BATCH]
            batch.n_tokens = len(part)
            for i, token in enumerate(part):
                batch.token[i], batch.pos[i], batch.n_seq_id[i] = token, position + start + i, 1
                batch.seq_id[i][0] = 0
                batch.logits[i] = start + i == len(ids) - 1
            code = self._api.llama_decode(self._context, batch)
            if code:
                raise RuntimeError(f"llama_decode returned {code} at token {position + start}")

    def _row(self) -> np.ndarray[Any, Any]:
        row: np.ndarray[Any, Any] = np.ctypeslib.as_array(
            self._api.llama_get_logits_ith(self._context, -1), (self._size,)
        )
        return row

    def _piece(self, text: str) -> list[int]:
        return self.tokenize(text, special=True)

    def _header(self, role: str) -> list[int]:
        return [
            *self._piece("<|header_start|>"),
            *self.tokenize(role),
            *self._piece("<|header_end|>"),
            *self.tokenize("\n\n"),
        ]

    def _bytes(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(256)
        count = self._api.llama_token_to_piece(self._vocab, token, buffer, 256, 0, False)
        return buffer.raw[: max(0, count)]


def parse(text: str) -> Answer:
    """The quotes of an answer: what stands behind each mark, up to the next one."""
    parts = _MARK.split(text)
    quotes = [(words.strip(), int(number)) for number, words in zip(parts[1::2], parts[2::2], strict=True)]
    return Answer(text.strip(), tuple(quotes))
