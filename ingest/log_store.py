"""Reads stretches of a log again, and proves that they are what was indexed.

Packed files are unpacked forward only, so where a read ended is remembered (a few places, no open files): reading all
stretches in order unpacks the file once. Safe to use from several threads.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from typing import NoReturn

from ingest.ansi import without_ansi
from ingest.decode import Encoding, decode
from ingest.errors import SourceChanged, SourceGone
from ingest.files import RegularFile, shown, why
from ingest.inflate import Unpacking, unpacking
from ingest.unpack import Layer, Packing

_REMEMBERED = 4
_SKIP = 1 << 18

_State = tuple[str, int, int, int, tuple[Layer, ...]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """The bytes [start, end) of a source's content. path: the file on disk that holds the source.

    packed: how it lies in that file, None when it is that file; offsets are those of the source's own content.
    """

    path: str
    packed: Packing | None
    start: int
    end: int
    lines: tuple[int, int]
    encoding: Encoding
    digest: bytes

    def read(self) -> str:
        """The text as it was indexed. Raises SourceChanged when it is another by now, SourceGone without the file."""
        try:
            with RegularFile(self.path) as file:
                data = content_between(file, self.packed.layers if self.packed else (), self.start, self.end)
        except OSError as error:
            raise SourceGone(f"{self._shown()} cannot be read again: {why(error)}.") from error
        if digest_of(data) != self.digest:
            self._changed()
        return without_ansi(decode(data, self.encoding).text)

    def _shown(self) -> str:
        return shown(f"{self.path}/{self.packed.inside}" if self.packed and self.packed.inside else self.path)

    def _changed(self) -> NoReturn:
        first, last = self.lines
        where = f"line {first:,} is" if first == last else f"lines {first:,} to {last:,} are"
        raise SourceChanged(
            f"{self._shown()} has changed since it was added: {where} no longer the same. Add the file again."
        )


def digest_of(data: bytes) -> bytes:
    """The first 16 bytes of the SHA-256 of `data`."""
    return hashlib.sha256(data).digest()[:16]


def content_between(file: RegularFile, layers: tuple[Layer, ...], start: int, end: int) -> bytes:
    """The bytes [start, end) of what lies behind `layers` in `file`; fewer where it ends before. Raises OSError."""
    # What lies in a packed archive as it is shares the archive's own place: one member is read after the other.
    while layers and layers[-1].method == "stored":
        start, end = start + layers[-1].start, end + layers[-1].start
        layers = layers[:-1]
    if not layers:
        file.seek(start)
        return file.read(end - start)
    state = (file.path, file.stat.st_ino, file.stat.st_size, file.stat.st_mtime_ns, layers)
    unpacked = _places.take(state, start)
    while unpacked.position < start:
        if not unpacked.read(file, min(_SKIP, start - unpacked.position)):
            return b""
    data = unpacked.read(file, end - start)
    _places.keep(state, unpacked)
    return data


class _Places:
    """Unpacking that waits where a read ended, the latest last. One that is in use is not in here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[_State, Unpacking]] = []

    def take(self, state: _State, start: int) -> Unpacking:
        """The one that waits closest before `start`, else a fresh one."""
        with self._lock:
            fitting = [entry for entry in self._waiting if entry[0] == state and entry[1].position <= start]
            if not fitting:
                return unpacking(state[-1])
            best = max(fitting, key=lambda entry: entry[1].position)
            self._waiting = [entry for entry in self._waiting if entry is not best]
            return best[1]

    def keep(self, state: _State, unpacked: Unpacking) -> None:
        """Let `unpacked` wait for the next read."""
        with self._lock:
            self._waiting = [*self._waiting, (state, unpacked)][-_REMEMBERED:]


_places = _Places()
