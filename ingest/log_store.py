"""Reads stretches of a log again, and proves that they are what was indexed.

Packed files are unpacked forward only, so where a read ended is remembered (a few places, no open files): reading all
stretches in order unpacks the file once. Safe to use from several threads.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from typing import NoReturn

from ingest.decode import Encoding, decode
from ingest.errors import SourceChanged, SourceGone
from ingest.files import RegularFile, shown, why
from ingest.inflate import Inflater

_REMEMBERED = 4
_SKIP = 1 << 18

_FileState = tuple[str, int, int, int]


@dataclass(frozen=True, slots=True)
class Stretch:
    """The bytes [start, end) of a file's content. packed: gzip; offsets are those of the unpacked content."""

    path: str
    packed: bool
    start: int
    end: int
    lines: tuple[int, int]
    encoding: Encoding
    digest: bytes

    def read(self) -> str:
        """The text as it was indexed. Raises SourceChanged when it is another by now, SourceGone without the file."""
        try:
            with RegularFile(self.path) as file:
                data = _unpack(file, self.start, self.end) if self.packed else _copy(file, self.start, self.end)
        except OSError as error:
            raise SourceGone(f"{shown(self.path)} cannot be read again: {why(error)}.") from error
        if digest_of(data) != self.digest:
            self._changed()
        return decode(data, self.encoding).text

    def _changed(self) -> NoReturn:
        first, last = self.lines
        where = f"line {first:,} is" if first == last else f"lines {first:,} to {last:,} are"
        raise SourceChanged(
            f"{shown(self.path)} has changed since it was added: {where} no longer the same. Add the file again."
        )


def digest_of(data: bytes) -> bytes:
    """The first 16 bytes of the SHA-256 of `data`."""
    return hashlib.sha256(data).digest()[:16]


def _copy(file: RegularFile, start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(end - start)


def _unpack(file: RegularFile, start: int, end: int) -> bytes:
    state = (file.path, file.stat.st_ino, file.stat.st_size, file.stat.st_mtime_ns)
    inflater = _places.take(state, start)
    while inflater.position < start:
        if not inflater.read(file, min(_SKIP, start - inflater.position)):
            return b""
    data = inflater.read(file, end - start)
    _places.keep(state, inflater)
    return data


class _Places:
    """Inflaters that wait where a read ended, the latest last. One that is in use is not in here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[_FileState, Inflater]] = []

    def take(self, state: _FileState, start: int) -> Inflater:
        """The one that waits closest before `start`, else a fresh one."""
        with self._lock:
            fitting = [entry for entry in self._waiting if entry[0] == state and entry[1].position <= start]
            if not fitting:
                return Inflater()
            best = max(fitting, key=lambda entry: entry[1].position)
            self._waiting = [entry for entry in self._waiting if entry is not best]
            return best[1]

    def keep(self, state: _FileState, inflater: Inflater) -> None:
        """Let `inflater` wait for the next read."""
        with self._lock:
            self._waiting = [*self._waiting, (state, inflater)][-_REMEMBERED:]


_places = _Places()
