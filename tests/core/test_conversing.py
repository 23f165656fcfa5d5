"""A model kept at hand over changing sources: what is loaded and read once is not loaded and read again."""

from __future__ import annotations

import contextlib
import datetime
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from app.core import conversing
from app.core.answering import Settings
from app.core.assemble import Turn
from app.core.choices import OverBudget
from app.core.conversing import Conversing, Told
from app.core.exchanges import answered, turns_of
from app.core.model_choice import KV_TYPES
from app.core.models import DEFAULT_CONTEXT, context_for
from app.core.sent import sent_parts
from app.core.workspace import Workspace
from engine.backends.local import LocalBackend
from engine.errors import EngineStopped
from engine.gguf_file import read_gguf
from engine.memory_plan import SHARE_OF_FREE, Request, plan
from engine.model_shape import shape_of
from engine.protocol import ReadProgress, Sampling
from ingest.open_path import open_paths
from tests.engine.asking import COMMAND

Q = "Who is the lessor?"


@pytest.fixture
def backend() -> Iterator[LocalBackend]:
    """An engine."""
    backend = LocalBackend(COMMAND)
    yield backend
    backend.close()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Three notes."""
    for name, words in (
        ("a", "The lessor is Halloran Steel. "),
        ("b", "The rent is 4,250 euros. "),
        ("c", "The end. "),
    ):
        (tmp_path / f"{name}.txt").write_text(words * 20)
    return Workspace().add(open_paths([tmp_path]).documents)


class Heard:
    """What was told."""

    def __init__(self) -> None:
        self.loads: list[float] = []
        self.read: list[ReadProgress] = []
        self.told = Told(self.loads.append, lambda _: None, self.read.append, lambda _: None)


def settings(model: Path, **changes: object) -> Settings:
    """Six tokens of answer over a small context."""
    base = Settings(model, datetime.date(2026, 3, 14), n_ctx=2048, threads=1, max_answer=6, sampling=Sampling())
    return replace(base, **changes)  # type: ignore[arg-type]


def test_weights_are_loaded_once_and_sources_read_once(
    backend: LocalBackend, workspace: Workspace, tiny_llama4: Path
) -> None:
    conversing, heard = Conversing(backend), Heard()
    chosen = settings(tiny_llama4)
    first, _ = conversing.ask(workspace, chosen, Q, (), heard.told)
    pid, loads = backend.pid, len(heard.loads)
    second, _ = conversing.ask(workspace, chosen, "And the rent?", (), heard.told)
    assert first.counters is not None
    assert second.counters is not None
    assert (first.counters.reused, second.counters.reused) == (0, second.counters.prefix + 1) or (
        second.counters.reused >= second.counters.prefix
    )
    without = workspace.set_included(["S3"], False)
    third, _ = conversing.ask(without, chosen, Q, (), heard.told)
    assert third.counters is not None
    assert third.counters.reused > 0, "the sources before the one left out stay read"
    assert (backend.pid, len(heard.loads)) == (pid, loads), "nothing was loaded again"


def test_counts_add_up_to_what_the_engine_reads(backend: LocalBackend, workspace: Workspace, tiny_llama4: Path) -> None:
    conversing, heard = Conversing(backend), Heard()
    chosen = settings(tiny_llama4)
    around = conversing.around(chosen, (), Q)
    tokens = {e.key: conversing.count(e, chosen, stop=lambda: False).of(e) for e in workspace.entries}
    assert conversing.count_in_order(workspace, chosen, stop=lambda: False) == tokens
    reply, _ = conversing.ask(workspace, chosen, Q, (), heard.told)
    assert reply.counters is not None
    assert reply.counters.prefix == around.budget.system + sum(tokens.values())
    assert reply.counters.question == around.budget.conversation


def test_a_smaller_context_is_refused_without_loading(
    backend: LocalBackend, workspace: Workspace, tiny_llama4: Path
) -> None:
    conversing, heard = Conversing(backend), Heard()
    conversing.ask(workspace, settings(tiny_llama4), Q, (), heard.told)
    loads = len(heard.loads)
    with pytest.raises(OverBudget):
        conversing.ask(workspace, settings(tiny_llama4, n_ctx=256), Q, (), heard.told)
    assert len(heard.loads) == loads


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP], ids=str)
def test_an_engine_that_ends_is_started_again_and_the_question_asked_once_more(
    workspace: Workspace, tiny_llama4: Path, number: signal.Signals
) -> None:
    backend = LocalBackend(COMMAND, patience_s=2.0)
    conversing, heard = Conversing(backend), Heard()
    chosen = settings(tiny_llama4, max_answer=400)
    try:
        cold, _ = conversing.ask(workspace, chosen, Q, (), heard.told)
        said: list[str] = []
        pids: list[int] = []

        def hit(_: str) -> None:
            if not pids and backend.pid is not None:
                pids.append(backend.pid)
                os.kill(backend.pid, number)

        told = replace(heard.told, text=hit, again=said.append)
        loads = len(heard.loads)
        reply, _ = conversing.ask(workspace, chosen, Q, (), told)
        assert reply.text == cold.text
        assert reply.counters is not None and reply.counters.reused == 0
        assert len(said) == 1 and "asked once more" in said[0], said
        assert heard.loads[loads:][-1] == 1.0, "how far loading is must be said"
        assert not psutil.pid_exists(pids[0])
    finally:
        backend.close()


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_question_that_ends_the_engine_twice_is_given_up(
    backend: LocalBackend, workspace: Workspace, tiny_llama4: Path
) -> None:
    conversing, heard = Conversing(backend), Heard()
    said: list[str] = []

    def kill(_: str) -> None:
        assert backend.pid is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(backend.pid, signal.SIGKILL)

    told = replace(heard.told, text=kill, again=said.append)
    # An answer of a few tokens would be over before it can be killed.
    with pytest.raises(EngineStopped, match="probably for memory"):
        conversing.ask(workspace, settings(tiny_llama4, max_answer=800), Q, (), told)
    assert len(said) == 1
    reply, reader = conversing.ask(workspace, settings(tiny_llama4), Q, (), heard.told)
    assert reply.ending in ("stop", "length")
    exchange = answered(reply, entries=reader.entries, documents=reader.documents, message=None, model={})
    assert exchange.state == "done"
    assert turns_of([exchange]) == ([Turn(Q, reply.text)] if reply.text else [])


def test_what_is_sent_is_what_is_read(workspace: Workspace) -> None:
    parts = dict(sent_parts(workspace, style="header", system=None, turns=[Turn("a?", "b")], question=Q))
    assert list(parts) == [
        "System prompt",
        "S1 a.txt",
        "S2 b.txt",
        "S3 c.txt",
        "Question 1",
        "Answer 1",
        "The question",
    ]
    assert "[S1 L1]" in parts["S1 a.txt"]
    assert "Halloran Steel" in parts["S1 a.txt"]
    assert parts["The question"] == Q


def test_an_automatic_context_is_that_of_the_cache_that_is_chosen(
    backend: LocalBackend, tiny_llama4: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gguf = read_gguf(tiny_llama4)
    most = min(gguf.context_length, DEFAULT_CONTEXT)
    # Just too little for the whole context in f16: packed values leave room for more of it.
    free = int(plan(shape_of(gguf), Request(most)).total / SHARE_OF_FREE) - 1
    monkeypatch.setattr(conversing, "free_memory", lambda: free)
    keeping = Conversing(backend)
    contexts = {kv: keeping.around(settings(tiny_llama4, n_ctx=None, kv=kv), (), Q).budget.context for kv in KV_TYPES}
    assert contexts == {kv: context_for(gguf, kv=kv, free=free) for kv in KV_TYPES}
    assert contexts["f16"] < contexts["q8_0"]
