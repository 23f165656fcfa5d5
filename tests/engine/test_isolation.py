"""The worker dies, hangs or is stopped: the program knows at once and why, and the next answer is right."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from array import array
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from engine.backends.child import Child
from engine.backends.ending import MemoryWatch, why_ended
from engine.backends.local import LocalBackend
from engine.backends.patience import AFTER_CANCEL_S
from engine.errors import Cancelled, EngineError, EngineHung, EngineStopped
from engine.protocol import LoadOptions, Prompt
from tests.engine.asking import COMMAND, loaded, prompt_of, tokens_of

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")

GROUPS_V1 = Path("/sys/fs/cgroup/memory")


def pid_of(backend: LocalBackend) -> int:
    assert backend.pid is not None
    return backend.pid


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGKILL, "SIGKILL), probably for memory"),
        (signal.SIGSEGV, "in a crash (SIGSEGV: a wrong access to memory)"),
        (signal.SIGABRT, "in a crash (SIGABRT: it gave up)"),
        (signal.SIGTERM, "something else on this computer ended it (SIGTERM)"),
    ],
)
def test_how_it_died_is_said_and_the_next_answer_is_right(tiny_llama: Path, number: signal.Signals, words: str) -> None:
    with loaded(tiny_llama) as backend:
        prompt = prompt_of(backend, "words " * 100, "what?", answer=300)
        before = backend.ask(prompt).text
        pid = pid_of(backend)
        with pytest.raises(EngineStopped) as caught:
            backend.ask(prompt, on_text=lambda _: os.kill(pid, number))
        assert words in str(caught.value)
        assert "ask again" in caught.value.hint
        assert ("--ctx" in caught.value.hint) == (number == signal.SIGKILL)
        assert not psutil.pid_exists(pid)
        assert backend.ask(prompt).text == before


def test_that_an_idle_worker_died_is_known_at_once(tiny_llama4: Path) -> None:
    with loaded(tiny_llama4) as backend:
        assert backend.ended is None
        os.kill(pid_of(backend), signal.SIGSEGV)
        until = time.monotonic() + 1.0
        while (ended := backend.ended) is None and time.monotonic() < until:
            time.sleep(0.01)
        assert ended is not None
        assert "SIGSEGV" in str(ended)
        shares: list[float] = []
        backend.revive(on_progress=shares.append)
        assert shares[-1] == 1.0
        assert backend.ended is None
        assert backend.ask(prompt_of(backend, "words", "what?")).tokens


def test_reviving_leaves_a_living_worker_alone(tiny_llama4: Path) -> None:
    with loaded(tiny_llama4) as backend:
        pid = backend.pid
        backend.revive()
        assert backend.pid == pid


def test_a_worker_that_hangs_is_ended_and_the_next_call_starts_another(tiny_llama: Path) -> None:
    backend = LocalBackend(COMMAND, patience_s=2.0)
    try:
        backend.load(LoadOptions(str(tiny_llama), 4096))
        prompt = prompt_of(backend, "words " * 100, "what?", answer=300)
        before = backend.ask(prompt).text
        pid = pid_of(backend)
        with pytest.raises(EngineHung, match="no sign of life for 2 seconds") as caught:
            backend.ask(prompt, on_text=lambda _: os.kill(pid, signal.SIGSTOP))
        assert "PLUMBLINE_PATIENCE" in caught.value.hint
        assert not psutil.pid_exists(pid)
        assert backend.ask(prompt).text == before
    finally:
        backend.close()


def test_a_large_prompt_to_a_worker_that_hangs_keeps_nobody_waiting(tiny_llama: Path) -> None:
    backend = LocalBackend(COMMAND, patience_s=1.0)
    try:
        backend.load(LoadOptions(str(tiny_llama), 4096))
        os.kill(pid_of(backend), signal.SIGSTOP)
        # Far more than a pipe holds.
        tokens = array("i", [400]) * 2_000_000
        with pytest.raises(EngineHung):
            backend.ask(Prompt(tokens, len(tokens), 1))
    finally:
        backend.close()


def test_who_stops_a_worker_that_hangs_waits_for_seconds_not_for_its_patience(
    tiny_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.backends.patience.AFTER_CANCEL_S", 1.0)
    with loaded(tiny_llama) as backend:
        prompt = prompt_of(backend, "words " * 100, "what?", answer=500)
        pid = pid_of(backend)

        def hang(_: str) -> None:
            os.kill(pid, signal.SIGSTOP)
            threading.Thread(target=backend.cancel).start()

        with pytest.raises(Cancelled):
            backend.ask(prompt, on_text=hang)
        assert not psutil.pid_exists(pid)
        assert backend.ask(prompt).tokens
    assert AFTER_CANCEL_S >= 5.0, "a slow machine must have time to stop"


def test_a_worker_that_hangs_is_closed_all_the_same(tiny_llama: Path) -> None:
    with loaded(tiny_llama) as backend:
        pid = pid_of(backend)
        os.kill(pid, signal.SIGSTOP)
    assert not psutil.pid_exists(pid)


def test_cancels_at_random_moments_leave_a_context_that_answers_right(tiny_llama4: Path) -> None:
    dice = random.Random(5)
    with loaded(tiny_llama4, n_ctx=8192) as backend:
        vocabulary = backend.info.n_vocab
        prefix = tokens_of(3000, 1, vocabulary)
        questions = [Prompt(prefix + tokens_of(9, seed, vocabulary), 3000, 24) for seed in (2, 3, 4)]
        expected = [backend.ask(q).text for q in questions]
        other = Prompt(tokens_of(2500, 7, vocabulary), 2490, 24)
        cancelled = 0
        for round_number in range(12):
            timer = threading.Timer(dice.uniform(0.0, 0.3), backend.cancel)
            timer.start()
            try:
                cancelled += backend.ask(other if round_number % 2 else questions[0]).ending == "cancelled"
            except Cancelled:
                cancelled += 1
            timer.join()
            assert backend.ask(questions[round_number % 3]).text == expected[round_number % 3]
        assert cancelled >= 2


# What the system tells.


def script(code: str) -> list[str]:
    """A worker that is not ours."""
    return [sys.executable, "-c", code]


@pytest.fixture
def child() -> Iterator[list[Child]]:
    """Children that are closed at the end."""
    children: list[Child] = []
    yield children
    for each in children:
        each.close()


def test_what_the_library_wrote_last_stands_in_the_sentence(child: list[Child], tmp_path: Path) -> None:
    code = (
        "import os, sys; sys.stderr.write('load: all is well\\nggml.c:17: GGML_ASSERT(a == b) failed\\nbye\\n');"
        "sys.stderr.flush(); os.abort()"
    )
    with (tmp_path / "engine.log").open("wb", buffering=0) as log:
        child.append(Child(script(code), log))
        child[0].send({"do": "x"}, b"")
        with pytest.raises(EngineStopped, match=r"SIGABRT: it gave up\): ggml.c:17: GGML_ASSERT\(a == b\) failed\."):
            child[0].receive(None)
    assert (tmp_path / "engine.log").read_text().endswith("failed\nbye\n")


def test_an_end_is_known_though_a_grandchild_holds_the_pipes(child: list[Child]) -> None:
    code = "import os, subprocess, sys; subprocess.Popen(['sleep', '30']); os._exit(3)"
    child.append(Child(script(code), None))
    child[0].send({"do": "x"}, b"")
    started = time.monotonic()
    with pytest.raises(EngineStopped, match="code 3"):
        child[0].receive(None)
    assert time.monotonic() - started < 20, "the grandchild lives for 30 seconds"


def test_a_worker_that_computes_is_not_taken_for_hung(child: list[Child]) -> None:
    """Three times the patience without a frame, but at work; then a frame; then asleep."""
    code = """
import sys, time
sys.path.insert(0, '.')
from engine.protocol import read_frame, write_frame
request, _ = read_frame(sys.stdin.buffer)
end = time.monotonic() + 3
while time.monotonic() < end: pass
write_frame(sys.stdout.buffer, {"id": request["id"], "event": "done"})
time.sleep(60)
"""
    child.append(Child(script(code), None, patience_s=1.0))
    child[0].send({"do": "x"}, b"")
    assert child[0].receive(None)[0]["event"] == "done"
    with pytest.raises(EngineHung):
        child[0].receive(None)


def test_without_a_patience_nobody_is_ended(child: list[Child]) -> None:
    child.append(Child(script("import time; time.sleep(60)"), None, patience_s=0))
    child[0].send({"do": "x"}, b"")
    with pytest.raises(TimeoutError):
        child[0].receive(2.0)
    assert child[0].ended is None


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("0::/user/app", "user/app/memory.events"),
        ("0::/seen/by/the/host/only", "memory.events"),
        ("0::/user/app", "unified/user/app/memory.events"),
        ("4:cpu,memory:/box", "memory/box/memory.oom_control"),
        ("4:memory:/seen/by/the/host/only", "memory/memory.oom_control"),
    ],
)
def test_the_groups_own_count_tells_that_memory_ran_out(tmp_path: Path, line: str, file: str) -> None:
    proc, groups = tmp_path / "proc", tmp_path / "cgroup"
    write(proc / "9" / "cgroup", f"7:pids:/x\n{line}\n")
    write(proc / "vmstat", "nr_free 7\noom_kill 1\n")
    write(groups / file, "low 0\noom 3\noom_kill 2\n")
    watch = MemoryWatch(9, groups=groups, proc=proc)
    assert watch.cause() is None
    write(proc / "vmstat", "oom_kill 2\n")
    assert watch.cause() == "system"
    write(groups / file, "oom_kill 3\n")
    assert watch.cause() == "group"
    watch.note()
    assert watch.cause() is None


def test_where_nothing_can_be_read_nothing_is_claimed(tmp_path: Path) -> None:
    watch = MemoryWatch(9, groups=tmp_path, proc=tmp_path)
    assert watch.cause() is None
    assert why_ended(-9) == "because it was killed (SIGKILL), probably for memory"
    assert "memory ran out" in why_ended(-9, cause="group")
    assert "memory" not in why_ended(-15, cause="system")
    assert why_ended(1, said="KeyError: 3") == "in a crash (code 1): KeyError: 3"


@pytest.fixture
def small_group() -> Iterator[Path]:
    """A control group in which little memory may be taken."""
    group = GROUPS_V1 / f"plumbline-test-{os.getpid()}"
    try:
        group.mkdir()
    except OSError:
        pytest.skip("no control group can be made here")
    try:
        (group / "memory.limit_in_bytes").write_text(str(400 << 20))
    except OSError:
        group.rmdir()
        pytest.skip("no limit can be set here")
    yield group
    group.rmdir()


def test_a_real_memory_limit_is_named(child: list[Child], small_group: Path) -> None:
    code = f"""
import os, sys
open({str(small_group / "cgroup.procs")!r}, "w").write(str(os.getpid()))
sys.path.insert(0, '.')
from engine.protocol import read_frame, write_frame
write_frame(sys.stdout.buffer, {{"id": 1, "event": "ready"}})
while True:
    request, _ = read_frame(sys.stdin.buffer)
    if request["do"] == "grow":
        held = bytearray(os.urandom(1 << 20)) * 1000
"""
    child.append(Child(script(code), None))
    child[0].send({"do": "wait"}, b"")
    child[0].receive(30.0)
    child[0].send({"do": "grow"}, b"")
    with pytest.raises(EngineStopped, match="at the memory limit set for this program") as caught:
        child[0].receive(60.0)
    assert "--ctx" in caught.value.hint


def test_an_error_that_llama_cpp_logs_reaches_the_sentence(tiny_llama4: Path) -> None:
    with loaded(tiny_llama4) as backend:
        with pytest.raises(EngineError, match=r"llama.cpp said: .*invalid token"):
            backend.ask(Prompt(array("i", [10**8]), 1, 1))
        assert backend.ask(prompt_of(backend, "words", "what?")).tokens


def test_the_log_holds_what_llama_cpp_says(tmp_path: Path, tiny_llama4: Path) -> None:
    with (tmp_path / "engine.log").open("ab", buffering=0) as log:
        backend = LocalBackend(COMMAND, log=log)
        backend.load(LoadOptions(str(tiny_llama4), 1024, threads=1))
        backend.close()
    assert "llama_context" in (tmp_path / "engine.log").read_text()


def test_no_thread_of_an_ended_worker_stays(tiny_llama4: Path) -> None:
    before = {t.name for t in threading.enumerate()}
    with loaded(tiny_llama4) as backend:
        os.kill(pid_of(backend), signal.SIGKILL)
        with pytest.raises(EngineStopped):
            backend.ask(prompt_of(backend, "words", "what?"))
    assert {t.name for t in threading.enumerate()} <= before
