"""Killing the program at any moment loses nothing that the store had taken.

The program hands an answer over at most a second after it was written, so a second is all that can be lost.
"""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from app.core.sessions import Store
from tests.core.session_writer import SECTIONS, answer_text

ROOT = Path(__file__).parents[2]
SEED = 20_261
LONGEST_LIFE_SECONDS = 1.5

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")


def run_and_kill(path: Path, seed: int, life: float) -> list[dict[str, Any]]:
    """What the child said before it was killed, `life` seconds after it had opened the store."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.core.session_writer", str(path), str(seed)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    first = child.stdout.readline()
    time.sleep(life)
    child.send_signal(signal.SIGKILL)
    rest, errors = child.communicate()
    assert errors == ""
    assert child.returncode == -signal.SIGKILL
    # The last line may have been cut by the kill.
    lines = [first, *rest.splitlines(keepends=True)]
    return [json.loads(line) for line in lines if line.endswith("\n")]


def check(path: Path) -> None:
    plain = sqlite3.connect(path)
    assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert plain.execute("PRAGMA foreign_key_check").fetchall() == []
    for index in ("text_index", "message_index"):
        plain.execute(f"INSERT INTO {index} ({index}) VALUES ('integrity-check')")
    plain.close()


def kill_repeatedly(path: Path, times: int) -> None:
    moments = random.Random(SEED)
    cut_off = 0
    for seed in range(times):
        said = run_and_kill(path, seed, moments.uniform(0.0, LONGEST_LIFE_SECONDS))
        check(path)
        with Store.open(path) as store:
            if len(said) == 1:
                continue
            record = store.load(store.find("killed"))
            documents = [s["count"] for s in said if s.get("stage") == "documents"]
            assert len(record.workspace.entries) >= max(documents, default=0)
            assert all(len(entry.document.sections) == SECTIONS for entry in record.workspace.entries)
            texts = {m.id: m for m in record.messages}
            for line in said:
                if "message" in line:
                    assert len(texts[line["message"]].text) >= line["saved"]
                if line.get("finished"):
                    assert texts[line["message"]].finished
                    assert len(texts[line["message"]].citations) == 1
            for number in {line["message"] for line in said if "message" in line}:
                assert answer_text(seed).startswith(texts[number].text)
                cut_off += not texts[number].finished
    assert cut_off > times // 4, "too few kills fell into an answer to show anything"


def test_ten_kills(tmp_path: Path) -> None:
    kill_repeatedly(tmp_path / "s.db", 10)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_hundred_kills(tmp_path: Path) -> None:
    kill_repeatedly(tmp_path / "s.db", 100)
