"""What one worker read, another goes on from, with the answers that come when everything is read for them."""

from __future__ import annotations

import os
import signal
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.backends.local import LocalBackend
from engine.protocol import Answer, KvType, Prompt, ReadProgress
from engine.state_file import PART_SUFFIX, SUFFIX
from tests.engine.asking import loaded, tokens_of
from tests.make_gguf import Architecture, Sizes, write_random

SIZES = Sizes(layers=4, width=64, heads=2, kv_heads=1, feed_forward=32, window=256)
CONTEXT = 12_288
CHUNK = 8192
SHORT = 1100
ARCHITECTURES: tuple[Architecture, ...] = ("llama4", "llama", "gemma2")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One small model of each kind of attention."""
    folder = tmp_path_factory.mktemp("restore")
    return {name: write_random(folder / f"{name}.gguf", architecture=name, sizes=SIZES) for name in ARCHITECTURES}


@contextmanager
def keeping(model: Path, folder: Path, **options: Any) -> Iterator[LocalBackend]:
    """A backend that keeps everything from 1,024 tokens on."""
    chosen = {"n_ctx": CONTEXT, "state_folder": str(folder), "state_seconds": 0.0, **options}
    with loaded(model, **chosen) as backend:
        yield backend


def prompt(backend: LocalBackend, length: int, question: int, *, seed: int = 1) -> Prompt:
    """`length` tokens of documents and a question of `question` tokens."""
    vocabulary = backend.info.n_vocab
    return Prompt(tokens_of(length, seed, vocabulary) + tokens_of(question, question, vocabulary), length, 12)


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}"))


def read_and_leave(model: Path, folder: Path, length: int, question: int, **options: Any) -> None:
    """Ask once, so that what was read is on disk."""
    with keeping(model, folder, **options) as backend:
        backend.ask(prompt(backend, length, question))
        assert backend.keep() == ()
    assert len(files(folder)) == 1


def cold(model: Path, length: int, *questions: int, kv: KvType = "f16") -> list[Answer]:
    """The answers when everything is read for each alone, in a worker that keeps nothing."""
    answers = []
    with loaded(model, n_ctx=CONTEXT, kv=kv) as backend:
        for question in questions:
            answers.append(backend.ask(prompt(backend, length, question)))
            backend.ask(Prompt(array("i", [301, 302]), 1, 0))
            assert answers[-1].reused == 0
    return answers


@pytest.mark.parametrize(("name", "kv"), [("llama4", "f16"), ("gemma2", "q8_0")])
def test_a_new_worker_goes_on_from_the_disk(models: dict[str, Path], tmp_path: Path, name: str, kv: KvType) -> None:
    with keeping(models[name], tmp_path, kv=kv) as backend:
        first = backend.ask(prompt(backend, SHORT, 300))
        assert (first.restored, first.reused, first.notices) == (0, 0, ())
        assert backend.keep() == ()
        assert backend.pid is not None
        os.kill(backend.pid, signal.SIGKILL)
        psutil.Process(backend.pid).wait(10)
    seen: list[ReadProgress] = []
    with keeping(models[name], tmp_path, kv=kv) as backend:
        assert backend.cost(prompt(backend, SHORT, 40)).to_read == 40
        second = backend.ask(prompt(backend, SHORT, 40), on_progress=seen.append)
        third = backend.ask(prompt(backend, SHORT, 50))
    assert (second.restored, second.reused, second.decoded) == (SHORT, SHORT, 40)
    assert seen[0].restoring and seen[0].restored == SHORT
    assert not any(progress.restoring for progress in seen[1:])
    assert (third.restored, third.reused) == (0, SHORT), "it is in the cache already"
    alone = cold(models[name], SHORT, 40, 50, kv=kv)
    assert [second.text, third.text] == [answer.text for answer in alone]
    assert second.text != third.text, "questions must matter for this to prove anything"


def test_what_is_read_in_private_is_not_kept(models: dict[str, Path], tmp_path: Path) -> None:
    with keeping(models["llama"], tmp_path) as backend:
        question = prompt(backend, SHORT, 30)
        backend.ask(replace(question, keep=False))
        assert backend.keep() == ()
        assert files(tmp_path) == []
        backend.ask(question)
        assert backend.keep() == ()
        assert len(files(tmp_path)) == 1
        backend.ask(prompt(backend, SHORT, 30, seed=2))
        assert backend.ask(replace(question, keep=False)).restored == 0


def test_it_is_written_when_nobody_asks(models: dict[str, Path], tmp_path: Path) -> None:
    with keeping(models["llama"], tmp_path) as backend:
        backend.ask(prompt(backend, SHORT, 30))
        written = psutil.Process(backend.pid)
        for _ in range(2000):
            if files(tmp_path):
                break
            psutil.wait_procs([written], timeout=0.01)
        assert len(files(tmp_path)) == 1
        assert files(tmp_path)[0].stat().st_mode & 0o777 == 0o600
        assert tmp_path.joinpath("machine-key").stat().st_mode & 0o777 == 0o600


def test_being_killed_while_writing_leaves_no_half_file(models: dict[str, Path], tmp_path: Path) -> None:
    with keeping(models["llama"], tmp_path) as backend:
        backend.ask(prompt(backend, SHORT, 30))
        assert backend.pid is not None
        worker = psutil.Process(backend.pid)
        while not list(tmp_path.glob(f"*{PART_SUFFIX}")) and not files(tmp_path):
            pass
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
    for path in files(tmp_path):
        path.unlink()
    left = list(tmp_path.glob(f"*{PART_SUFFIX}"))
    with keeping(models["llama"], tmp_path) as backend:
        assert backend.ask(prompt(backend, SHORT, 40)).restored == 0
        assert backend.keep() == ()
    assert len(files(tmp_path)) == 1
    assert not any(path.exists() for path in left)
