"""Shorthand of the tests that run the real engine in its child process."""

from __future__ import annotations

import datetime
import sys
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.backends.local import LocalBackend
from engine.protocol import LoadOptions, Prompt

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, str(ROOT / "main.py"), "--engine"]
DATE = datetime.date(2026, 3, 14)


@contextmanager
def loaded(path: Path, *, n_ctx: int = 4096, **options: object) -> Iterator[LocalBackend]:
    """A backend with the model at `path`, one thread."""
    backend = LocalBackend(COMMAND)
    try:
        backend.load(LoadOptions(str(path), n_ctx, threads=1, **options))  # type: ignore[arg-type]
        yield backend
    finally:
        backend.close()


def prompt_of(backend: LocalBackend, text: str, question: str, *, answer: int = 16) -> Prompt:
    """`text` as the part that stays the same, behind the template's opening."""
    first, last = backend.frame(["user"], DATE)
    document, asked = backend.encode([text, question])
    prefix = first + document
    return Prompt(prefix + asked + last, len(prefix), answer)


def tokens_of(count: int, seed: int, vocabulary: int) -> array[int]:
    """Arbitrary ordinary token ids."""
    value = seed
    ids: array[int] = array("i")
    for _ in range(count):
        value = (value * 1_103_515_245 + 12_345) % (1 << 31)
        ids.append(300 + value // 7 % (vocabulary - 300))
    return ids
