"""The window as a program of its own: first start, a second start, being told to go, being killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.core.sessions import Store
from tests.running import ROOT

SECONDS = 60.0

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals as on Unix")


@contextmanager
def started(data: Path, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """The program with a window that nobody sees."""
    environment = {**os.environ, "PLUMBLINE_DATA": str(data), "PLUMBLINE_MODEL": "", "QT_QPA_PLATFORM": "offscreen"}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), *map(str, arguments)], env=environment, stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another process does; there is no signal of it here."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def names_of(data: Path) -> dict[str, int]:
    """Sessions and how many documents each holds."""
    path = data / "plumbline.db"
    if not path.exists():
        return {}
    with Store.open(path) as store:
        return {s.name: s.documents for s in store.sessions()}


def test_the_first_start_shows_the_sample_and_goes_when_told(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        until(lambda: names_of(tmp_path) == {"Sample": 5})
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == 0
        assert b"Traceback" not in errors
    assert not (tmp_path / "running.json").exists()


def test_a_second_start_hands_its_files_over(tmp_path: Path) -> None:
    (tmp_path / "first.txt").write_text("one")
    (tmp_path / "second.txt").write_text("two")
    data = tmp_path / "data"
    with started(data, tmp_path / "first.txt") as process:
        until(lambda: names_of(data) == {"first": 1})
        with started(data, tmp_path / "second.txt") as second:
            assert second.wait(SECONDS) == 0
        until(lambda: names_of(data) == {"first": 2})
        assert process.poll() is None


def test_after_a_kill_the_session_is_there_again(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("The harbour opens at seven.")
    data = tmp_path / "data"
    with started(data, tmp_path / "note.txt") as process:
        until(lambda: names_of(data) == {"note": 1} and '"session": 1' in (data / "running.json").read_text())
        process.kill()
        process.wait()
    (tmp_path / "more.txt").write_text("It closes at nine.")
    with started(data) as process:
        until(lambda: f'"pid": {process.pid}, "session": 1' in (data / "running.json").read_text())
        with started(data, tmp_path / "more.txt") as second:
            assert second.wait(SECONDS) == 0
        until(lambda: names_of(data) == {"note": 2})
