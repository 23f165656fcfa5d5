"""What the command line prints: results on standard output, people's text and progress on standard error.

Knows no subject matter; each command brings its own fields.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from app.core.failures import Failure

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


def print_line(value: Any) -> None:
    """One JSON document on a line of its own, on standard output."""
    try:
        line = json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        line = json.dumps(value).encode("ascii")
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def print_text(text: str = "", *, end: str = "\n") -> None:
    """A line of the result for people, on standard output."""
    sys.stdout.buffer.write((text + end).encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()


def note(text: str) -> None:
    """A line for people on standard error."""
    sys.stderr.write(text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")
    sys.stderr.flush()


def write_file(path: Path, content: bytes, *, force: bool) -> None:
    """Write a file; a half of it, on a full disk, is not left lying. Raises UsageError, OSError."""
    try:
        file = path.open("wb" if force else "xb")
    except FileExistsError:
        raise UsageError(f"{path} is there already.", hint="Name another file, or add --force.") from None
    try:
        with file:
            file.write(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def error_json(kind: str, message: str, hint: str, details: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The one shape of an error; details: what a kind has to say besides."""
    return {"error": {"kind": kind, "message": message, "hint": hint, **(details or {})}}


def error_fields(failure: Failure) -> dict[str, Any]:
    """What stands in the "error" field for a known failure; choices are told as options of the command."""
    fields: dict[str, Any] = error_json(failure.kind, failure.message, hint_for(failure), failure.details)["error"]
    return fields


def hint_for(failure: Failure) -> str:
    """What to do, in the command line's own words."""
    choices = [f"{c['text']} ({_option(c)})" for c in failure.details.get("choices", ())]
    return "Choose one: " + "; or ".join(choices) + "." if choices else failure.hint


def _option(choice: Mapping[str, Any]) -> str:
    match choice["kind"]:
        case "context":
            return f"--ctx {choice['value']}"
        case "answer":
            return f"--max-answer {choice['value']}"
        case "leave_out":
            return " ".join(f"--leave-out {key}" for key in choice["keys"])
        case "pages":
            return f"--pages 1-{choice['value']}"
        case _:
            return "--mode evidence"


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
