"""What the engine read of a session's documents, kept on disk: whether, where, and how much of it.

Only for sessions that are saved, and only while the user wants it. Knows no window and no command line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.core.paths import states_dir
from engine.state_shelf import StateShelf


@dataclass(frozen=True, slots=True)
class KeepRead:
    """Where read states lie. quota: bytes, 0 for a share of the disk. owner: whose documents are read.

    seconds: what takes less long to read is not kept.
    """

    folder: Path
    quota: int = 0
    owner: str = ""
    seconds: float = 2.0


def keep_read(session: int | None) -> KeepRead | None:
    """How to keep what is read for this session; None when it is not saved or the user wants nothing kept."""
    return kept_for(str(session)) if session is not None and wants_read_kept() else None


def kept_for(owner: str) -> KeepRead:
    """How to keep what is read for `owner`, as far as the user has settled it."""
    from app.core.settings import load

    wanted = load().preferences
    return KeepRead(states_dir(), wanted.read_quota, owner, wanted.read_seconds)


def open_shelf() -> StateShelf:
    """All that is kept, under the user's quota."""
    from app.core.settings import load

    return StateShelf(states_dir(), load().preferences.read_quota)


def wants_read_kept() -> bool:
    """Whether what is read for sessions may stay on disk beside them."""
    from app.core.settings import load

    return load().preferences.keep_read


def forget_session(session: int, paths: Sequence[str]) -> int:
    """Remove what was read for this session alone; bytes freed. Its documents are read again if it comes back.

    paths: of its documents that no other session holds (`Store.only_in`).
    """
    forget_documents(paths)
    return StateShelf(states_dir()).forget(str(session))


def forget_documents(paths: Sequence[str] | None) -> None:
    """Remove what readers found in these files, None: in any."""
    from app.core.read_cache import ReadCache

    cache = ReadCache()
    cache.forget(paths)
    cache.close()
