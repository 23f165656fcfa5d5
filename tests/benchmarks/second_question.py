"""First token of the second question over the same documents, against the first and against a cold engine.

    uv run python -m tests.benchmarks.second_question [MODEL.gguf] [tokens]

Without a model: random weights of Llama 4's architecture, in which reading costs what it costs at that size. The raw
library in the same run: `llama_cpp.Llama` as an application would use it, which evaluates the same two prompts.
"""

from __future__ import annotations

import datetime
import sys
import tempfile
import time
from array import array
from pathlib import Path
from typing import Any

from app.core.models import open_engine
from engine.protocol import LoadOptions, Prompt
from tests.make_gguf import LANGUAGES, Sizes, write_random

TOKENS = 8700
QUESTIONS = ("Which vessels need two tugs?", "Who decides on a departure?")


def prompts(backend: Any, tokens: int) -> list[Prompt]:
    """Two questions over the same documents of about `tokens` tokens."""
    first, last = backend.frame(["user"], datetime.date(2026, 3, 14))
    text = LANGUAGES.read_text(encoding="utf-8")
    document: array[int] = array("i")
    while len(document) < tokens:
        document += backend.encode([text])[0]
    prefix = first + document[:tokens]
    return [Prompt(prefix + q + last, len(prefix), 4) for q in backend.encode(QUESTIONS)]


def ours(model: Path, tokens: int) -> tuple[float, float, float, list[Prompt]]:
    """Seconds to the first token: the first question, the second, and the second on a cold engine."""
    options = LoadOptions(str(model), tokens + 1024, threads=1)
    backend = open_engine()
    backend.load(options)
    asked = prompts(backend, tokens)
    first, second = (backend.ask(prompt).seconds["first_token"] for prompt in asked)
    backend.close()
    backend.load(options)
    cold = backend.ask(asked[1]).seconds["first_token"]
    backend.close()
    return first, second, cold, asked


def raw(model: Path, asked: list[Prompt], n_ctx: int) -> list[float]:
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
    tokens = int(sys.argv[2]) if len(sys.argv) > 2 else TOKENS
    with tempfile.TemporaryDirectory() as folder:
        sizes = Sizes(layers=8, width=256, heads=4, kv_heads=2, feed_forward=512)
        named = Path(sys.argv[1]) if len(sys.argv) > 1 else None
        model = named or write_random(Path(folder) / "random.gguf", sizes=sizes)
        first, second, cold, asked = ours(model, tokens)
        library = raw(model, asked, tokens + 1024)
    print(f"{len(asked[1].tokens):,} prompt tokens, {len(asked[1].tokens) - asked[1].prefix} of them the question")
    print(f"first token: first question {first:.2f} s, second {second:.3f} s, the second alone {cold:.2f} s")
    print(f"llama_cpp.Llama: first question {library[0]:.2f} s, second {library[1]:.3f} s")
    print(f"ratio second / cold {second / cold:.4f}; second / llama_cpp.Llama's second {second / library[1]:.3f}")


if __name__ == "__main__":
    main()
