"""How many tokens a text has, remembered by its content and the vocabulary, so that nothing unchanged is counted twice.

Knows no documents and no models: texts come in, numbers come out, and what is not known is asked of a backend.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from app.core.kept_aside import KeptAside
from app.core.paths import data_dir
from engine.backends.base import Backend

FILE_NAME = "counts.db"
MOST_COUNTS = 2_000_000
"""Some 60 MB; half of them go when there are more."""

_SCHEMA = "CREATE TABLE IF NOT EXISTS counts (text BLOB PRIMARY KEY, tokens INTEGER NOT NULL) WITHOUT ROWID;"
_WORTH_KEEPING = 200
"""Characters: a shorter text is counted as fast as it is looked up."""
_LOOKED_UP_AT_ONCE = 500


class CountCache:
    """Counts in the file at `path`; by default beside the sessions."""

    def __init__(self, path: Path | None = None) -> None:
        self._kept = KeptAside(path or data_dir() / FILE_NAME, _SCHEMA)

    def count(self, backend: Backend, texts: Sequence[str], *, stop: Callable[[], bool] | None = None) -> list[int]:
        """Tokens of each text, as `backend.count` gives them. Raises what it raises."""
        vocabulary = backend.info.vocabulary
        if not vocabulary:
            return backend.count(texts, stop=stop)
        seed = vocabulary.encode()
        keys = [_key(seed, text) if len(text) >= _WORTH_KEEPING else None for text in texts]
        wanted = [key for key in keys if key is not None]
        known: dict[bytes, int] = {}
        if wanted:
            known = self._kept.use(lambda connection: _find(connection, wanted), known)
        missing = [i for i, key in enumerate(keys) if key is None or key not in known]
        counts = [known.get(key, 0) if key is not None else 0 for key in keys]
        for i, tokens in zip(missing, backend.count([texts[i] for i in missing], stop=stop), strict=True):
            counts[i] = tokens
        fresh = [(key, counts[i]) for i in missing if (key := keys[i]) is not None]
        if fresh:
            self._kept.use(lambda connection: _put(connection, fresh), None)
        return counts

    def close(self) -> None:
        """Close the file, and let half of the counts go when there are too many."""
        self._kept.close(_tidy)


def _key(seed: bytes, text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=seed[:64]).digest()


def _find(connection: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for i in range(0, len(keys), _LOOKED_UP_AT_ONCE):
        some = keys[i : i + _LOOKED_UP_AT_ONCE]
        marks = ", ".join("?" * len(some))
        found.update(connection.execute(f"SELECT text, tokens FROM counts WHERE text IN ({marks})", some).fetchall())
    return found


def _put(connection: sqlite3.Connection, counts: Sequence[tuple[bytes, int]]) -> None:
    connection.executemany("INSERT OR REPLACE INTO counts VALUES (?, ?)", counts)


def _tidy(connection: sqlite3.Connection) -> None:
    (rows,) = connection.execute("SELECT count(*) FROM counts").fetchone()
    if rows > MOST_COUNTS:
        # Keys are digests, so the lower half of them is a fair half.
        connection.execute("DELETE FROM counts WHERE text < x'80'")
