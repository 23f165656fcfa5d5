"""First token of a second question over the same documents, against what decoding the question's own tokens costs.

    uv run python -m tests.benchmarks.second_question [--quick] [--tokens N] [--library] [MODEL.gguf]

Without a model: random weights of Llama 4's architecture, in which reading costs what it costs at that size. The cost
of the question's tokens is taken from llama.cpp called directly, which holds the same documents in this process. The
two take turns over several questions and the middle of each counts. With --library also `llama_cpp.Llama`, as an
application would use it: it reads the documents once more, which takes as long again.
"""

from __future__ import annotations

import argparse
import datetime
import os
import time
from array import array
from pathlib import Path
from statistics import median

from app.core.models import open_engine
from engine.backends.base import Backend
from engine.protocol import LoadOptions, Prompt
from tests.benchmarks.bare_loop import BareLoop, in_own_session
from tests.benchmarks.random_models import MEDIUM, kept
from tests.make_gguf import LANGUAGES

TOKENS = 32_000
TARGET = 1.2
QUESTIONS = tuple(
    f"{start} {rest}?"
    for rest in ("two tugs at the quay", "the departure of a ship", "the cranes that stopped")
    for start in ("Who wants", "Are there", "Does anybody decide on", "In which place are", "List all of")
)
"""No two in a row begin alike: a word in common would not have to be read again."""


def prompts(backend: Backend, tokens: int) -> list[Prompt]:
    """Questions over the same documents of about `tokens` tokens."""
    first, last = backend.frame(["user"], datetime.date(2026, 3, 14))
    text = LANGUAGES.read_text(encoding="utf-8")
    document: array[int] = array("i")
    while len(document) < tokens:
        document += backend.encode([text])[0]
    prefix = first + document[:tokens]
    ends = tuple(range(2000, len(prefix), 2000))
    return [
        Prompt(prefix + q + last, len(prefix), 4, boundaries=(*ends, len(prefix))) for q in backend.encode(QUESTIONS)
    ]


def library(model: Path, asked: list[Prompt], n_ctx: int) -> list[float]:
    """Seconds in which the high-level class evaluates each prompt, reusing what it can."""
    from llama_cpp import Llama

    llama = Llama(str(model), n_ctx=n_ctx, n_threads=1, n_threads_batch=1, n_batch=512, verbose=False)
    seconds: list[float] = []
    for prompt in asked:
        started = time.perf_counter()
        for _ in llama.generate(list(prompt.tokens), temp=0.0):
            break
        seconds.append(time.perf_counter() - started)
    llama.close()
    return seconds


def main() -> None:
    """Print seconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path)
    parser.add_argument("--quick", action="store_true", help="8,700 tokens")
    parser.add_argument("--tokens", type=int, default=TOKENS)
    parser.add_argument("--library", action="store_true", help="also llama_cpp.Llama")
    options = parser.parse_args()
    tokens = 8700 if options.quick else options.tokens
    model, n_ctx = options.model or kept("question", MEDIUM), tokens + 1024
    backend = open_engine()
    warm: list[float] = []
    raw: list[float] = []
    try:
        backend.load(LoadOptions(str(model), n_ctx, threads=1))
        asked = prompts(backend, tokens)
        prefix = asked[0].prefix
        cold = backend.ask(asked[0]).seconds["first_token"]
        with BareLoop(model, n_ctx=n_ctx, n_batch=512, threads=1) as loop:
            loop.read(asked[0].tokens[:prefix])
            for prompt in asked[1:]:
                loop.forget_from(prefix)
                raw.append(loop.read(prompt.tokens[prefix:], prefix))
                answer = backend.ask(prompt)
                assert (answer.reused, answer.decoded) == (prefix, len(prompt.tokens) - prefix)
                warm.append(answer.seconds["first_token"])
    finally:
        backend.close()
    second, alone = median(warm), median(raw)
    verdict = "met" if second <= TARGET * alone else "MISSED"
    print(f"{prefix:,} tokens of documents, {len(asked[1].tokens) - prefix} of the second question")
    print(f"first token: first question {cold:.2f} s, others {second * 1e3:.1f} ms, so {cold / second:,.0f} x sooner")
    print(f"the question's tokens in a bare loop {alone * 1e3:.1f} ms: ratio {second / alone:.3f} (target {TARGET})")
    print(f"best of each: {min(warm) * 1e3:.1f} and {min(raw) * 1e3:.1f} ms, ratio {min(warm) / min(raw):.3f}")
    if options.library:
        seconds = library(model, asked[:2], n_ctx)
        print(f"llama_cpp.Llama: first question {seconds[0]:.2f} s, second {seconds[1]:.3f} s")
    print(f"load {os.getloadavg()[0]:.1f}; {verdict}")


if __name__ == "__main__":
    in_own_session("tests.benchmarks.second_question")
    main()
