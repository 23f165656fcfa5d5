"""Documents that took long to read, kept in SQLite, so that a file that did not change is not read a second time.

Found by path, by what the file looks like from outside and by how it was to be read; a new version of the readers finds
nothing of the old one. Files that needed a password are not kept. Texts that lie in their files (logs) need no keeping.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.kept_aside import KeptAside
from app.core.paths import data_dir
from app.core.read_states import wants_read_kept
from app.core.reading_json import view_json
from ingest.document import Document, Kind
from ingest.known import FileState, readers, settled, state_of
from ingest.recognition import Recognition
from ingest.view import View

if TYPE_CHECKING:
    from app.core.workspace import Workspace

FILE_NAME = "read.db"
MOST_BYTES = 500_000_000
"""Of packed documents; those not used for longest go first."""

SLOW: frozenset[Kind] = frozenset({"pdf", "document", "slides", "sheet", "mail"})
"""Kinds that take longer to read than to fetch from here."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    path BLOB NOT NULL,
    how TEXT NOT NULL,
    state TEXT NOT NULL,
    used REAL NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (path, how)
);
"""


class ReadCache:
    """Documents in the file at `path`; by default beside the sessions. Safe to use from several threads."""

    def __init__(self, path: Path | None = None, *, keeping: bool = True) -> None:
        """keeping: whether anything is added; only what is read for a session that is saved should be."""
        self._keeping = keeping
        self._kept = KeptAside(path or data_dir() / FILE_NAME, _SCHEMA)
        self._lock = threading.Lock()
        self._paths: set[bytes] | None = None

    def find(self, path: str, view: View, recognise: Recognition | None) -> Document | None:
        """See ingest.known.Known."""
        key = os.fsencode(path)
        if key not in self._known_paths():
            return None
        state = state_of(path)
        if state is None:
            return None
        body = self._kept.use(lambda connection: _fetch(connection, key, _how(view, recognise), _text(state)), None)
        return None if body is None else _unpacked(body)

    def keep(self, document: Document, view: View, recognise: Recognition | None) -> None:
        """See ingest.known.Known."""
        if (
            not self._keeping
            or document.kind not in SLOW
            or document.status not in ("ok", "recognised")
            or document.archive is not None
        ):
            return
        if not all(isinstance(section.body, str) for section in document.sections):
            return
        state = state_of(document.path)
        if state is None or (state.size, state.mtime_ns) != (document.size, document.mtime_ns):
            return
        if not settled(state, time.time_ns()):
            return
        key = os.fsencode(document.path)
        from app.core.export_json import document_fields

        body = zlib.compress(json.dumps(document_fields(document)).encode("ascii"), 1)
        self._known_paths().add(key)
        self._kept.use(lambda connection: _put(connection, key, _how(view, recognise), _text(state), body), None)

    def forget(self, paths: Sequence[str] | None = None) -> None:
        """Remove what was read of these files; of all, when None."""
        keys = None if paths is None else [os.fsencode(path) for path in paths]
        self._kept.look(lambda connection: _forget(connection, keys), None)
        with self._lock:
            self._paths = None

    def close(self) -> None:
        """Close the file, and let go what was not used for longest when it is too much."""
        self._kept.close(_tidy)

    def _known_paths(self) -> set[bytes]:
        with self._lock:
            if self._paths is None:
                nothing: set[bytes] = set()
                self._paths = self._kept.look(_paths, nothing)
            return self._paths


class KnownSources:
    """What the sources of a session hold, then what a cache holds. `workspace` may be set anew at any time."""

    def __init__(self, cache: ReadCache) -> None:
        self._cache = cache
        self._by_path: dict[str, Document] = {}
        self._without_password: set[str] = set()

    def use(self, workspace: Workspace) -> None:
        """The sources that are open now."""
        self._by_path = {entry.document.path: entry.document for entry in workspace.entries}

    def find(self, path: str, view: View, recognise: Recognition | None) -> Document | None:
        """See ingest.known.Known. A source that is open is given as the very same document, so its counts hold."""
        document = self._by_path.get(path)
        # A PDF of an earlier run may need its password again, to show its pages.
        open_to_all = document is not None and (document.kind != "pdf" or path in self._without_password)
        if document is not None and open_to_all and recognise is None and _is_whole(document, view):
            state = state_of(path)
            if state is not None and (state.size, state.mtime_ns) == (document.size, document.mtime_ns):
                return document
        return self._cache.find(path, view, recognise)

    def keep(self, document: Document, view: View, recognise: Recognition | None) -> None:
        """See ingest.known.Known."""
        self._without_password.add(document.path)
        if wants_read_kept():
            self._cache.keep(document, view, recognise)


def _is_whole(document: Document, view: View) -> bool:
    return document.status == "ok" and document.view == view


def _how(view: View, recognise: Recognition | None) -> str:
    way = {"view": view_json(view), "recognise": asdict(recognise) if recognise else None, "readers": readers()}
    return json.dumps(way, sort_keys=True, default=str)


def _text(state: FileState) -> str:
    return json.dumps(asdict(state), sort_keys=True)


def _paths(connection: sqlite3.Connection) -> set[bytes]:
    return {path for (path,) in connection.execute("SELECT path FROM documents")}


def _fetch(connection: sqlite3.Connection, path: bytes, how: str, state: str) -> bytes | None:
    row = connection.execute(
        "SELECT body FROM documents WHERE path = ? AND how = ? AND state = ?", (path, how, state)
    ).fetchone()
    if row is None:
        return None
    connection.execute("UPDATE documents SET used = ? WHERE path = ? AND how = ?", (time.time(), path, how))
    body: bytes = row[0]
    return body


def _put(connection: sqlite3.Connection, path: bytes, how: str, state: str, body: bytes) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO documents (path, how, state, used, body) VALUES (?, ?, ?, ?, ?)",
        (path, how, state, time.time(), body),
    )


def _unpacked(body: bytes) -> Document | None:
    from app.core.import_json import document_of
    from app.core.json_fields import Fields, NotAsItShouldBe

    try:
        return document_of(Fields.of(json.loads(zlib.decompress(body)), "document"), "")
    except (ValueError, zlib.error, NotAsItShouldBe):
        return None


def _forget(connection: sqlite3.Connection, paths: Sequence[bytes] | None) -> None:
    # What is removed is not to be found in the file's free pages.
    connection.execute("PRAGMA secure_delete = ON")
    if paths is None:
        connection.execute("DELETE FROM documents")
    else:
        connection.executemany("DELETE FROM documents WHERE path = ?", [(path,) for path in paths])


def _tidy(connection: sqlite3.Connection) -> None:
    (size,) = connection.execute("SELECT coalesce(sum(length(body)), 0) FROM documents").fetchone()
    if size <= MOST_BYTES:
        return
    rows = connection.execute("SELECT path, how, length(body) FROM documents ORDER BY used").fetchall()
    for path, how, length in rows:
        connection.execute("DELETE FROM documents WHERE path = ? AND how = ?", (path, how))
        size -= length
        if size <= MOST_BYTES // 2:
            return
