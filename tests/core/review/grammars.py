"""Asks llama.cpp itself whether the grammar that it makes of a schema takes a text, token by token."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from engine.llama import AbortFlag, Model, schema_grammar
from engine.sampler import Sampler


class Grammars:
    """Grammars over one vocabulary."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def taken(self, text: str, schema: Mapping[str, Any]) -> str | None:
        """None where the grammar takes `text` whole and may end there; else how far it came."""
        with closing(Sampler(self._model, grammar=schema_grammar(json.dumps(schema)))) as sampler:
            came = b""
            for token in self._model.tokenize(text, special=False):
                if not sampler._follows_grammar(token):
                    return came.decode("utf-8", "replace")
                sampler.accept(token)
                came += self._model.piece(token)
            return None if sampler._follows_grammar(self._model.eos) else text

    def text(self, tokens: Iterable[int]) -> str:
        """What tokens say; control tokens say nothing."""
        return b"".join(self._model.piece(token) for token in tokens).decode("utf-8", "replace")

    def starts(self, text: str) -> list[int]:
        """The character of `text` with which each of its tokens begins, as the engine counts them."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        at, starts = 0, []
        for token in self._model.tokenize(text, special=False):
            starts.append(at)
            at += len(decoder.decode(self._model.piece(token)))
        return starts


@contextmanager
def grammars(path: Path) -> Iterator[Grammars]:
    """Of the vocabulary of the model at `path`."""
    model = Model(path, abort=AbortFlag(), log=lambda _: None, on_progress=lambda _: None, vocabulary_only=True)
    with closing(model):
        yield Grammars(model)
