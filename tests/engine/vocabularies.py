"""Opens a GGUF's vocabulary twice, with llama.cpp and with the engine's own tokeniser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from engine.gguf_file import read_gguf
from engine.llama import AbortFlag, Model
from engine.tokenizer import BpeTokenizer, build
from resources.pocket.gguf_writer import Vocabulary
from tests.bpe_trainer import train
from tests.make_gguf import LANGUAGES
from tests.revealing import revealing_vocabulary, write_vocabulary

Tokenize = Callable[[str], list[int]]


def llama(path: Path) -> Tokenize:
    """llama_tokenize without special tokens."""
    model = Model(
        path, abort=AbortFlag(), log=lambda _: None, on_progress=lambda _: None, vocabulary_only=True, gpu_layers=0
    )
    return lambda text: model.tokenize(text, special=False)


def own(path: Path) -> BpeTokenizer:
    """The engine's tokeniser, which must know this vocabulary."""
    tokenizer = build(read_gguf(path))
    assert tokenizer is not None
    return tokenizer


def trained(pre: str) -> Vocabulary:
    """Learnt from twelve languages, code and logs, with tokens that are always found in text."""
    return train(
        LANGUAGES.read_text(encoding="utf-8"), size=1200, pre=pre, user_defined=("<tool_call>", "</tool_call>", "call>")
    )


def all_cuts(pre: str) -> Vocabulary:
    """The trained one with every token made in several ways.

    Every way to cut a token into two others is listed, as converters from tiktoken's format do.
    """
    vocabulary = trained(pre)
    made = dict.fromkeys(left + right for left, right in vocabulary.merges)
    known = set(vocabulary.tokens)
    merges = [
        (text[:cut], text[cut:])
        for text in made
        for cut in range(1, len(text))
        if text[:cut] in known and text[cut:] in known
    ]
    return replace(vocabulary, merges=merges)


KINDS: dict[str, Callable[[str], Vocabulary]] = {
    "revealing": revealing_vocabulary,
    "trained": trained,
    "all cuts": all_cuts,
}


def write(path: Path, kind: str, pre: str) -> Path:
    """Write one of KINDS."""
    return write_vocabulary(path, KINDS[kind](pre))
