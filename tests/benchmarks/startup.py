"""Seconds from Enter to the end of small commands, against starting Python itself.

    uv run python -m tests.benchmarks.startup

The raw measure in the same run: `python -c pass` and `python -c "import click"`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.make_gguf import write_random
from tests.running import ROOT

ROUNDS = 7


def seconds(command: Sequence[str], environment: dict[str, str]) -> float:
    """The best of ROUNDS runs, after one that warms the disk's cache."""
    best = float("inf")
    for _ in range(ROUNDS + 1):
        started = time.perf_counter()
        subprocess.run(command, env=environment, capture_output=True, check=True)
        best = min(best, time.perf_counter() - started)
    return best


def main() -> None:
    """Print a line for each command."""
    with tempfile.TemporaryDirectory() as folder:
        note = Path(folder) / "note.txt"
        note.write_text("The crane stopped at nine.\n")
        model = write_random(Path(folder) / "model.gguf")
        environment = {**os.environ, "PLUMBLINE_DATA": folder, "PLUMBLINE_MODEL": str(model)}
        main_py = [sys.executable, str(ROOT / "main.py")]
        bare = seconds([sys.executable, "-c", "pass"], environment)
        click = seconds([sys.executable, "-c", "import click"], environment)
        print(f"python -c pass {bare:.3f} s, import click {click:.3f} s")
        for arguments in (
            ["--help"],
            ["sessions", "list"],
            ["ingest", str(note)],
            ["tokens", str(note)],
            ["ask", str(note), "-q", "When?", "--mode", "evidence", "--no-save"],
            ["ask", str(note), "-q", "When?", "--max-answer", "1", "--threads", "1", "--no-save"],
        ):
            took = seconds([*main_py, *arguments], environment)
            shown = " ".join(a for a in arguments if a not in (str(note), "--no-save", "--threads", "1"))
            print(f"{shown:42} {took:.3f} s  ratio to bare Python {took / bare:5.1f}, to click {took / click:5.1f}")


if __name__ == "__main__":
    main()
