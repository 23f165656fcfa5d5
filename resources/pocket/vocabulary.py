"""The bundled model's byte-level BPE vocabulary: learnt, and turned into fast token ids for training.

Numbers from 0 to 999 (with leading zeros too), the brackets of a citation mark and a blank line are single tokens. Text
is cut before merging by the pattern that llama.cpp runs for the pre-tokenizer name "llama4". Knows nothing of the model
or the tasks' meaning.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from app.core.marks import MARK_BRACKETS
from engine.byte_alphabet import byte_characters, to_characters
from resources.pocket.corpus import read_corpus
from resources.pocket.tasks.mixture import GENERATORS

ROOT = Path(__file__).resolve().parents[2]
SIZE = 8000
SPECIAL_TOKENS = (
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|header_start|>",
    "<|header_end|>",
    "<|eom|>",
    "<|eot|>",
    "<|finetune_right_pad|>",
)
_CONTRACTIONS = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?"
PATTERN = (
    rf"[^\r\n\p{{L}}\p{{N}}]?((?=[\p{{L}}])([^a-z]))*((?=[\p{{L}}])([^A-Z]))+{_CONTRACTIONS}"
    rf"|[^\r\n\p{{L}}\p{{N}}]?((?=[\p{{L}}])([^a-z]))+((?=[\p{{L}}])([^A-Z]))*{_CONTRACTIONS}"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""What llama.cpp runs for "llama4" (its GPT-4o type), which differs from OpenAI's published pattern."""

Merge = tuple[str, str]
_NEWLINE = "Ċ"


def learn(size: int = SIZE) -> tuple[list[str], list[Merge]]:
    """Tokens (special ones last) and merges, in rank order; the same on every run of one CPython version."""
    forced = [*_number_merges(), *_mark_merges()]
    room = size - len(SPECIAL_TOKENS) - 256 - len({a + b for a, b in forced})
    trainer = trainers.BpeTrainer(vocab_size=256 + room, initial_alphabet=byte_characters(), show_progress=False)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = _pre_tokenizer()
    tokenizer.train_from_iterator(_texts(), trainer)
    learnt = [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]
    # Another way to a token that is there already is never taken, and would keep the fast counter from this model.
    known = {a + b for a, b in forced}
    # The end of a line must always be the same token, so nothing grows together with a line break.
    merges = forced + [(a, b) for a, b in learnt if a + b not in known and _NEWLINE not in a + b]
    tokens = dict.fromkeys([*byte_characters(), *(a + b for a, b in merges)])
    return [*tokens, *SPECIAL_TOKENS], merges


def load_or_learn(path: Path) -> tuple[list[str], list[Merge]]:
    """The vocabulary kept in `path`, learnt and written there first when there is none."""
    if not path.exists():
        tokens, merges = learn()
        path.write_text(json.dumps({"tokens": tokens, "merges": merges}), encoding="utf-8")
    kept = json.loads(path.read_text(encoding="utf-8"))
    return kept["tokens"], [(a, b) for a, b in kept["merges"]]


def tokenizer_of(tokens: Sequence[str], merges: Sequence[Merge]) -> Tokenizer:
    """A tokenizer whose ids are indices into `tokens`; special tokens are never recognised in text."""
    plain = {token: index for index, token in enumerate(tokens) if token not in SPECIAL_TOKENS}
    tokenizer = Tokenizer(models.BPE(vocab=plain, merges=list(merges)))
    tokenizer.pre_tokenizer = _pre_tokenizer()
    return tokenizer


def _pre_tokenizer() -> pre_tokenizers.PreTokenizer:
    split = pre_tokenizers.Split(Regex(PATTERN), behavior="isolated")
    return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def _number_merges() -> Iterator[Merge]:
    digits = "0123456789"
    rank = {a + b: index for index, (a, b) in enumerate(product(digits, repeat=2))}
    yield from product(digits, repeat=2)
    for a, b, c in product(digits, repeat=3):
        yield (a + b, c) if rank[a + b] <= rank[b + c] else (a, b + c)


def _mark_merges() -> list[Merge]:
    """A blank line and each bracket of a mark."""
    opens, closes = (to_characters(bracket.encode()) for bracket in MARK_BRACKETS)
    brackets = [pair for sign in (opens, closes) for pair in ((sign[0], sign[1]), (sign[:2], sign[2]))]
    return [(_NEWLINE, _NEWLINE), *brackets]


def _texts() -> Iterable[str]:
    chance = random.Random(1)
    corpus = read_corpus(held_out=False)
    for sentence in corpus.sentences:
        yield " " + sentence
    for _, source in chance.sample(corpus.sources, 60):
        yield source[:12_000]
    for generator, _ in GENERATORS:
        for _ in range(60):
            passage = generator(chance, 40)
            yield "\n".join(passage.lines)
            yield "\n".join(f"\nQuestion: {ask.question}" for ask in passage.asks)
    languages = (ROOT / "tests" / "data" / "languages.txt").read_text(encoding="utf-8")
    for _ in range(3):
        yield languages
