"""What the command line prints: results on standard output, people's text and progress on standard error.

Knows no subject matter; each command brings its own fields.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any, TextIO

REPAINT_SECONDS = 0.1
REPORT_SECONDS = 5.0


class UsageError(Exception):
    """The command was called wrongly; exit code 2."""

    kind = "usage"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class WorkFailed(Exception):
    """The command was called rightly and could do nothing; exit code 1."""

    kind = "failed"

    def __init__(self, message: str, *, hint: str = "", kind: str = "failed") -> None:
        super().__init__(message)
        self.kind = kind
        self.hint = hint


def print_json(value: Any) -> None:
    """One JSON document on standard output; text that is no valid Unicode is escaped, never lost."""
    try:
        line = json.dumps(value, ensure_ascii=False, indent=2)
        sys.stdout.buffer.write(line.encode("utf-8") + b"\n")
    except UnicodeEncodeError:
        sys.stdout.buffer.write(json.dumps(value, indent=2).encode("ascii") + b"\n")
    sys.stdout.buffer.flush()


def print_text(text: str = "", *, end: str = "\n") -> None:
    """A line of the result for people, on standard output."""
    sys.stdout.buffer.write((text + end).encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()


def note(text: str) -> None:
    """A line for people on standard error."""
    sys.stderr.write(text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")
    sys.stderr.flush()


def error_json(kind: str, message: str, hint: str) -> dict[str, Any]:
    """The one shape of an error."""
    return {"error": {"kind": kind, "message": message, "hint": hint}}


@dataclass
class ProgressLine:
    """One line on standard error that is rewritten in a terminal, and said every few seconds elsewhere."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    _said: float = 0.0
    _width: int = 0
    _started: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """Show `text` as the present state, at most ten times a second."""
        now = time.monotonic()
        terminal = self.stream.isatty()
        since = now - (self._said or (self._started if not terminal else 0.0))
        if since < (REPAINT_SECONDS if terminal else REPORT_SECONDS):
            return
        self._said = now
        if terminal:
            self.stream.write("\r" + text[:119].ljust(self._width))
            self._width = len(text[:119])
        else:
            self.stream.write(text + "\n")
        self.stream.flush()

    def done(self) -> None:
        """Remove the line."""
        if self._width:
            self.stream.write("\r" + " " * self._width + "\r")
            self.stream.flush()
            self._width = 0
