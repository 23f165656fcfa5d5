"""Runs the program as people do: a process of its own, with its own data directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 240
NO_SCREEN = {"QT_QPA_PLATFORM": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""}
"""Without a screen the program does in the terminal what it would do in its window."""


@dataclass(frozen=True)
class Ran:
    """What a finished process left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The error of a command that failed."""
        assert self.code in (1, 2), (self.out, self.err)
        error: dict[str, Any] = self.json["error"]
        assert set(error) >= {"kind", "message", "hint"}
        assert "\n" not in error["message"]
        assert error["message"][-1] in ".!?”)", error["message"]
        return error


@dataclass(frozen=True)
class Program:
    """main.py with a data directory."""

    data: Path
    model: str = ""

    @property
    def settings(self) -> dict[str, str]:
        """What the program finds in its environment."""
        return {"PLUMBLINE_DATA": str(self.data), "PLUMBLINE_MODEL": self.model, **NO_SCREEN}

    def __call__(self, *arguments: object, stdin: bytes = b"", code: int | None = 0, **environment: str) -> Ran:
        """Run to the end; the exit code must be `code` unless that is None. No traceback may ever be seen."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "main.py"), *map(str, arguments)],
            input=stdin,
            capture_output=True,
            env={**os.environ, **self.settings, **environment},
            timeout=SECONDS,
            check=False,
        )
        ran = Ran(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))
        assert "Traceback" not in ran.err + ran.out, ran.err
        assert code is None or ran.code == code, (ran.code, ran.out[-3000:], ran.err[-3000:])
        return ran
