"""Tells what the world did wrong (a sentence for the user) from what the program did wrong (a bug for the log)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Failure:
    """One clear sentence, what to do, and a stable kind for scripts. details: what a kind has to say besides."""

    kind: str
    message: str
    hint: str
    details: Mapping[str, Any] = field(default_factory=dict)


def describe(error: BaseException) -> Failure | None:
    """The user's sentence for a known error, None for a bug."""
    from app.core.errors import CoreError
    from engine.errors import EngineError
    from ingest.errors import IngestError

    if isinstance(error, CoreError):
        return Failure(error.kind, str(error), error.hint, error.details)
    if isinstance(error, EngineError):
        return Failure(error.kind, str(error), error.hint)
    if isinstance(error, IngestError):
        return Failure("source", str(error), "")
    if isinstance(error, MemoryError):
        return Failure("memory", "There is not enough memory for this.", "Work on fewer documents at once.")
    if isinstance(error, OSError) and error.strerror:
        about = f" ({error.filename})" if error.filename else ""
        return Failure("system", f"The system refused: {error.strerror}{about}.", "")
    return None


def failure_of(error: BaseException) -> Failure:
    """The user's sentence for any error; a bug goes to the log first."""
    known = describe(error)
    if known is not None:
        return known
    from app.core.logfile import write_traceback

    where = write_traceback(error)
    return Failure("bug", f"Something went wrong in Plumbline itself ({type(error).__name__}).", f"Details: {where}.")
