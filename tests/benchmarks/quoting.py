"""What keeping quotations verbatim, and log-probabilities, cost of the speed at which answers are written.

    uv run python -m tests.benchmarks.quoting [--quick]

First the pure parts: building the index over 1 MB and 10 MB of text (in a thread, while the prompt is read), and the
cost of a token inside a quotation for a small vocabulary and one of 202,048 tokens: one that the passage goes on with
(a model that copies well), and one for which all others must be weighed (a model that would write something else at
every single token). Then what all this takes against decoding itself, in one run over random weights; `--quick`
leaves out the larger model.
"""

from __future__ import annotations

import random
import resource
import statistics
import sys
import tempfile
import time
from array import array
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from app.core.verbatim import QUOTED
from engine.byte_alphabet import byte_characters, to_characters
from engine.llama import AbortFlag, Context, Model
from engine.quotable import Quotable, quotable
from engine.quote_guard import Guard, QuoteDesk
from engine.sampler import Sampler, log_probability
from engine.suffix_array import Passages
from resources.pocket.gguf_writer import Vocabulary
from tests.make_gguf import LANGUAGES, Sizes, sample_vocabulary, write_random

LARGE = 202_048
PAGE = 3000


def words(count: int) -> list[str]:
    """Made-up words, the frequent ones short, as in any language."""
    dice = random.Random(1)
    syllables = [a + b for a in "bcdfghjklmnprstvwz" for b in ("a", "e", "i", "o", "u", "en", "er", "at", "is")]
    made = {"".join(dice.choices(syllables, k=1 + min(3, i // 200))) for i in range(3 * count)}
    return sorted(made, key=lambda word: (len(word), word))[:count]


def text_of(size: int, vocabulary: list[str]) -> list[tuple[str, str]]:
    """Pages of together `size` bytes, words as frequent as Zipf has it."""
    generator = np.random.default_rng(2)
    weights = 1 / np.arange(1, len(vocabulary) + 1)
    chosen = generator.choice(len(vocabulary), size // 4, p=weights / weights.sum())
    pages: list[tuple[str, str]] = []
    line: list[str] = []
    done = length = 0
    for number, index in enumerate(chosen):
        word = vocabulary[index] + (".\n" if number % 17 == 16 else " ")
        line.append(word)
        length += len(word)
        if length >= PAGE:
            pages.append((f"S1 p.{len(pages) + 1}", "".join(line)))
            done, length, line = done + length, 0, []
        if done >= size:
            break
    return pages


def pieces_of(size: int, vocabulary: list[str]) -> list[bytes]:
    """Every byte, then words with and without a space in front, whole and in parts, and signs with quotation marks."""
    signs = [a + '"' + b for a in ("", ".", ",", " ", "(", "!") for b in ("", ",", ".", ")", " ", "\n")]
    parts = [space + word[:n] for word in vocabulary for n in (len(word), 2, 4, 6) for space in (" ", "")]
    joined = dict.fromkeys([*signs, *parts])
    pieces = [bytes([b]) for b in range(256)] + [p.encode() for p in joined if len(p) > 1]
    return [*pieces[: size - 1], *(f"<{n}>".encode() for n in range(size - 1 - len(pieces))), b""]


def guard_cost(pages: list[tuple[str, str]], pieces: list[bytes]) -> tuple[float, float, float, float]:
    """Seconds: building, a token that goes on, the first mask of a quotation, a mask inside one (medians)."""
    data = quotable(pages, QUOTED)
    assert data is not None
    desk = QuoteDesk(len(pieces), pieces.__getitem__, (len(pieces) - 1).__eq__, lambda: False)
    started = time.perf_counter()
    opened = desk.open(data.header(), data.text)
    assert opened is not None
    opened.accept(34, b'"')
    opened.mask()
    built = time.perf_counter() - started
    ids = {piece: i for i, piece in enumerate(pieces)}
    dice = random.Random(3)
    follow: list[float] = []
    for _ in range(40):
        guard = _quoting(desk, data)
        page = dice.choice(pages)[1]
        first = page.index("\n") + 1
        for word in page[first:].split(" ")[:12]:
            for piece in (word.encode(), b" "):
                tokens = [ids[piece]] if piece in ids else [ids[bytes([b])] for b in piece]
                for token in tokens:
                    at = time.perf_counter()
                    guard.accept(token, pieces[token])
                    follow.append(time.perf_counter() - at)
    generator = np.random.default_rng(4)
    first_mask: list[float] = []
    later: list[float] = []
    for _ in range(12):
        guard = _quoting(desk, data)
        for number in range(12):
            at = time.perf_counter()
            mask = guard.mask()
            (first_mask if number == 0 else later).append(time.perf_counter() - at)
            mask[-1] = False
            token = int(np.where(mask, generator.random(len(pieces)), -1).argmax())
            guard.accept(token, pieces[token])
            if guard.may_end():
                break
    return built, statistics.median(follow), max(later), statistics.fmean(later)


def _quoting(desk: QuoteDesk, data: Quotable) -> Guard:
    guard = _outside(desk, data)
    guard.accept(34, b'"')
    return guard


def padded(size: int) -> Vocabulary:
    """The sample vocabulary with made-up tokens to fill it."""
    plain = sample_vocabulary()
    known = set(plain.tokens)
    extra = [t for w in words(size // 2) for t in (to_characters(f" {w}".encode()), w) if t not in known]
    extra = extra[: size - len(plain.tokens)]
    extra += [byte_characters()[32] + f"{n}x" for n in range(size - len(plain.tokens) - len(extra))]
    return replace(plain, tokens=[*plain.tokens, *extra], kinds=[*plain.kinds, *[1] * len(extra)])


def shares(path: Path, answer: int) -> tuple[float, dict[str, float]]:
    """Seconds that decoding a token takes, and in proportion to it what is done besides (medians of one run).

    Random weights never go on as a passage does, so inside a quotation each token is weighed against all: the worst.
    """
    text = LANGUAGES.read_text(encoding="utf-8")
    data = quotable([(f"S1 p.{i}", part) for i, part in enumerate(text.split("\n\n"))], QUOTED)
    assert data is not None
    abort = AbortFlag()
    model = Model(path, abort=abort, log=lambda _: None, on_progress=lambda _: None)
    context = Context(model, n_ctx=2048, n_batch=512, kv="f16", threads=1, abort=abort)
    desk = QuoteDesk(model.n_vocab, model.piece, model.ends_answer, abort.is_set)
    guard = desk.open(data.header(), data.text)
    assert guard is not None
    prompt = array("i", model.tokenize(text, special=False)[:500])
    context.decode(prompt, 0, want_logits=True)
    inside = _quoting(desk, data)
    inside.mask()
    names = ("choosing", "log-probability", "guard", "", "guard inside a quotation", "decode")
    spent: dict[str, list[float]] = {name: [] for name in names}
    sampler = Sampler(model)
    position = len(prompt)
    for _ in range(answer):
        started = time.perf_counter()
        logits = context.logits_view(model.n_vocab)
        token = sampler.choose(logits)
        chosen = time.perf_counter()
        log_probability(logits, token)
        known = time.perf_counter()
        if guard.accept(token, model.piece(token)) is None:
            guard = _outside(desk, data)
        guarded = time.perf_counter()
        if inside.may_end():
            inside = _quoting(desk, data)
        kept = time.perf_counter()
        if inside.accept(token, model.piece(token)) is None:
            other = sampler.choose(logits, inside.mask())
            if not model.ends_answer(other):
                inside.accept(other, model.piece(other))
        weighed = time.perf_counter()
        context.decode(array("i", [token]), position, want_logits=True)
        position += 1
        ended = time.perf_counter()
        marks = (started, chosen, known, guarded, kept, weighed, ended)
        for name, (before, after) in zip(names, pairwise(marks), strict=True):
            spent[name].append(after - before)
    sampler.close()
    desk.close()
    context.close()
    model.close()
    medians = {name: statistics.median(seconds) for name, seconds in spent.items() if name}
    decode = medians.pop("decode")
    return decode, {name: seconds / decode for name, seconds in medians.items()}


def _outside(desk: QuoteDesk, data: Quotable) -> Guard:
    guard = desk.open(data.header(), data.text)
    assert guard is not None
    return guard


def main() -> None:
    """Print seconds and ratios."""
    quick = "--quick" in sys.argv
    vocabulary = words(30_000)
    for size in (1, 10):
        pages = text_of(size * 1_000_000, vocabulary)
        raw = b"\xff".join(text.encode() for _, text in pages)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        Passages(raw)
        seconds = time.perf_counter() - started
        more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(f"{size:>2} MB of text: index in {seconds:.2f} s, at most {more:.0f} MB more memory")
        for tokens in (4096, LARGE):
            built, follow, longest, mask = guard_cost(pages, pieces_of(tokens, vocabulary))
            print(
                f"  {tokens:>7,} tokens: ready in {built:.2f} s; a token that goes on {follow * 1e6:.0f} µs, "
                f"weighing all {mask * 1e3:.2f} ms (at most {longest * 1e3:.1f} ms)"
            )
    logits = np.random.default_rng(5).standard_normal(LARGE).astype(np.float32)
    started = time.perf_counter()
    for token in range(200):
        log_probability(logits, token)
    print(f"log-probability over {LARGE:,} logits: {(time.perf_counter() - started) / 200 * 1e6:.0f} µs")
    with tempfile.TemporaryDirectory() as folder:
        sizes = Sizes(layers=8, width=256, heads=4, kv_heads=2, feed_forward=512)
        models = {"1,024": write_random(Path(folder) / "small.gguf", sizes=sizes)}
        if not quick:
            sizes = Sizes(layers=4, width=512, heads=8, kv_heads=2, feed_forward=1024)
            models[f"{LARGE:,}"] = write_random(
                Path(folder) / "large.gguf", sizes=sizes, vocabulary=padded(LARGE), file_type="q8_0"
            )
        for name, model in models.items():
            decode, parts = shares(model, 100 if quick else 400)
            said = ", ".join(f"{part} {ratio:.2%}" for part, ratio in parts.items())
            print(f"random weights, {name} tokens: {decode * 1e3:.2f} ms to decode one; against that {said}")


if __name__ == "__main__":
    main()
