"""Counts tokens fast and exactly as llama.cpp would, with tiktoken built from a GGUF's own vocabulary.

Document text is only ever text here: `<|eot|>` in a file is encoded character by character (the few tokens a
vocabulary calls user-defined, such as `<tool_call>`, are found in any text, as llama.cpp does). `build` gives up (None)
wherever equality with llama.cpp is not known; the caller then asks llama.cpp. Knows no documents and no network.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from engine.bpe_merges import analyse
from engine.byte_alphabet import to_bytes
from engine.errors import Cancelled
from engine.gguf_file import GgufFile
from engine.judge import JUDGE_SAMPLE, differences
from engine.long_text import Part, parts
from engine.pretokenizers import PRE_TOKENIZERS, PreTokenizer

if TYPE_CHECKING:
    import tiktoken

__all__ = ["JUDGE_SAMPLE", "BpeTokenizer", "build", "differences"]

_NORMAL, _USER_DEFINED = 1, 4
_BATCH = 1 << 18
"""Characters counted between two looks at `stop`."""
_MOST_THREADS = 8

_LEFT_TO_LLAMA = frozenset(
    "<|eot_id|> <|im_end|> <|end|> <end_of_turn> <|endoftext|> <|end_of_text|> <EOT> _<EOT> [EOT] [EOS] <|eom_id|> "
    "<end_of_utterance> <|return|> <|call|> <|calls|> <|flush|> </s> <eos> <turn|> <|tool_response> [e~[ "
    "<｜end▁of▁sentence｜> <|fim_prefix|> <fim-prefix> <fim_prefix> <｜fim▁begin｜> <PRE> ▁<PRE> <|code_prefix|> "
    "<|prefix|> <|fim_suffix|> <fim-suffix> <fim_suffix> <｜fim▁hole｜> <SUF> ▁<SUF> <|code_suffix|> <|suffix|> "
    "<|fim_middle|> <fim-middle> <fim_middle> <｜fim▁end｜> <MID> ▁<MID> <|code_middle|> <|middle|> <|fim_pad|> "
    "<fim-pad> <fim_pad> <PAD> [PAD] <|fim_repo|> <|repo_name|> <fim-repo> <REPO> <reponame> <|file_sep|>".split()
)
"""Names for which llama.cpp may overrule a vocabulary's "user-defined", depending on the other tokens."""

_MADE_USER_DEFINED = frozenset({"<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"})
"""Names that llama.cpp always takes for tokens, even in document text."""

_STRIPPING_NAMES = ("phi-3", "phi3", "modern-bert")
"""Parts of model names for which llama.cpp drops spaces around special tokens."""

_POSSIBLY_ONE_PIECE = re.compile(r"\W?[^\W\d_]+|\d+|[\W_]+")


class BpeTokenizer:
    """A vocabulary ready to count. Safe to use from several threads.

    user_defined: texts that are always one token, in the order llama.cpp looks for them. ids: token id by rank.
    """

    def __init__(
        self,
        ranks: dict[bytes, int],
        ids: Sequence[int],
        *,
        pre_tokenizer: PreTokenizer,
        user_defined: Sequence[tuple[str, int]] = (),
    ) -> None:
        self._ranks = ranks
        self._ids = ids
        self._pre_tokenizer = pre_tokenizer
        self._user_defined = tuple(user_defined)
        self._encoding = _encoding(ranks, pre_tokenizer.pattern)

    def encode(self, text: str) -> list[int]:
        """Token ids of `text`, equal to llama_tokenize without special tokens."""
        ids = self._ids
        result: list[int] = []
        for part in self._split(text):
            if isinstance(part, int):
                result.append(part)
            else:
                result += [ids[rank] for rank in self._encode(part)]
        return result

    def count(self, text: str) -> int:
        """len(encode(text))"""
        return sum(1 if isinstance(part, int) else len(self._encode(part)) for part in self._split(text))

    def count_many(
        self, texts: Sequence[str], *, threads: int | None = None, stop: Callable[[], bool] | None = None
    ) -> list[int]:
        """Tokens of each text. threads: None for half of the cores. Raises Cancelled once `stop` says so."""
        workers = threads or default_threads()

        def count(batch: range) -> list[int]:
            return [self._count_unless(stop, texts[i]) for i in batch]

        batches = list(_batches(texts))
        if workers == 1 or len(batches) < 2:
            return [number for batch in batches for number in count(batch)]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(workers, thread_name_prefix="count") as pool:
            return [number for numbers in pool.map(count, batches) for number in numbers]

    def _count_unless(self, stop: Callable[[], bool] | None, text: str) -> int:
        total = 0
        for part in self._split(text):
            if stop is not None and stop():
                raise Cancelled("Counting was stopped.")
            total += 1 if isinstance(part, int) else len(self._encode(part))
        return total

    def _encode(self, part: Part) -> list[int]:
        encoding = self._one_piece if part.one_piece else self._encoding
        return encoding.encode_ordinary(part.text)

    def _split(self, text: str) -> Iterator[Part | int]:
        """Stretches of ordinary text, and the ids of user-defined tokens between them."""
        newlines_end_pieces = self._pre_tokenizer.newlines_end_pieces
        for stretch in self._without_user_defined(text) if self._user_defined else (text,):
            if isinstance(stretch, int):
                yield stretch
            else:
                yield from parts(stretch, newlines_end_pieces=newlines_end_pieces)

    def _without_user_defined(self, text: str) -> list[str | int]:
        stretches: list[str | int] = [text]
        for token, token_id in self._user_defined:
            if token in text:
                stretches = [found for stretch in stretches for found in _cut_out(stretch, token, token_id)]
        return stretches

    @cached_property
    def _one_piece(self) -> tiktoken.Encoding:
        return _encoding(self._ranks, "(?s:.+)")


def default_threads() -> int:
    """Threads to count with: the second half of the cores is often the first half's hyper-threads and gains nothing."""
    return max(1, min(_MOST_THREADS, (os.cpu_count() or 1) // 2))


def build(gguf: GgufFile) -> BpeTokenizer | None:
    """The tokeniser of a model, None where llama.cpp itself must count."""
    metadata = gguf.metadata
    pre_tokenizer = PRE_TOKENIZERS.get(str(metadata.get("tokenizer.ggml.pre")))
    tokens = _texts(metadata.get("tokenizer.ggml.tokens"))
    merges = _texts(metadata.get("tokenizer.ggml.merges"))
    if metadata["tokenizer.ggml.model"] != "gpt2" or pre_tokenizer is None or not tokens or not merges:
        return None
    kinds = metadata.get("tokenizer.ggml.token_type", (_NORMAL,) * len(tokens))
    if not isinstance(kinds, tuple) or len(kinds) < len(tokens):
        return None
    name = str(metadata.get("general.name", "")).lower()
    if any(part in name for part in _STRIPPING_NAMES):
        return None
    ids = {text: number for number, text in enumerate(tokens)}
    user_defined = [text for text, kind in zip(tokens, kinds, strict=False) if kind == _USER_DEFINED]
    doubtful = _LEFT_TO_LLAMA.intersection(user_defined) or _MADE_USER_DEFINED.intersection(ids)
    if len(ids) != len(tokens) or "" in ids or doubtful:
        return None
    ranks = _ranks(merges, ids, pre_tokenizer)
    if ranks is None:
        return None
    # As llama.cpp does it: the longest first, by bytes.
    user_defined.sort(key=lambda text: -len(text.encode("utf-8", "replace")))
    return BpeTokenizer(
        {to_bytes(text): rank for rank, text in ranks.items()},
        _by_rank(ranks, ids),
        pre_tokenizer=pre_tokenizer,
        user_defined=[(text, ids[text]) for text in user_defined],
    )


def _ranks(merges: Sequence[str], ids: dict[str, int], pre_tokenizer: PreTokenizer) -> dict[int, str] | None:
    """Text by rank for all tokens that text can lead to; None where tiktoken could come to other tokens."""
    analysed = analyse(merges)
    if analysed is None or not all(text in ids for text in analysed.texts):
        return None
    if not pre_tokenizer.ignore_merges:
        # tiktoken takes a piece that is a token as it is; llama.cpp merges it, which leads elsewhere for these.
        return {rank: text for rank, text in enumerate(analysed.texts) if rank not in analysed.unreachable}
    others = ids.keys() - set(analysed.texts)
    if not analysed.never_joined or any(_POSSIBLY_ONE_PIECE.fullmatch(text) for text in others):
        return None
    return dict(enumerate(analysed.texts))


def _by_rank(ranks: dict[int, str], ids: dict[str, int]) -> list[int]:
    result = [-1] * (max(ranks) + 1)
    for rank, text in ranks.items():
        result[rank] = ids[text]
    return result


def _encoding(ranks: dict[bytes, int], pattern: str) -> tiktoken.Encoding:
    import tiktoken

    return tiktoken.Encoding(name="gguf", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})


def _texts(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) and all(isinstance(text, str) for text in value) else ()


def _cut_out(stretch: str | int, token: str, token_id: int) -> Iterator[str | int]:
    """The pieces of `stretch` around each `token`, which its id replaces."""
    if isinstance(stretch, int):
        yield stretch
        return
    for i, piece in enumerate(stretch.split(token)):
        if i:
            yield token_id
        if piece:
            yield piece


def _batches(texts: Sequence[str]) -> Iterator[range]:
    """Consecutive texts of together about _BATCH characters."""
    begin = size = 0
    for i, text in enumerate(texts):
        size += len(text)
        if size >= _BATCH:
            yield range(begin, i + 1)
            begin, size = i + 1, 0
    if begin < len(texts):
        yield range(begin, len(texts))
