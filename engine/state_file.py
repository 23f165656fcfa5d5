"""One file that holds what a model has read: written whole or not at all, never believed without proof.

    fixed part   magic, version, lengths, total size, seal of the head
    head         JSON (fingerprint, model, blobs), then the token ids as 32-bit integers
    blobs        llama.cpp's own data, each beginning at a multiple of the page size
    seal         over the seal of the head and a digest of each piece of the rest

Seals are BLAKE2b under this machine's key: any changed byte and any file from another machine is found before llama.cpp
sees it. (CRC-32 was measured at four times the speed of one thread, but says nothing about where a file comes from;
pieces are therefore digested on several threads.) Blobs are written and read through the page cache by mapping, so no
second copy of them stands in memory. Knows no llama.cpp, no quota and no prompts.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import mmap
import os
import struct
import tempfile
import threading
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from engine.errors import Cancelled, StateDamaged, StateError
from engine.places import deepest
from engine.protocol import Standing

SUFFIX = ".state"
PART_SUFFIX = ".part"
PIECE = 4 << 20

_MAGIC, _VERSION = b"PLUMREAD", 1
_FIXED = struct.Struct("<8sIIQQ")
_SEAL = 32
_ALIGN = 4096
_LONGEST_JSON = 16 << 20
_MOST_TOKENS = 1 << 28
_ZEROS = bytes(1 << 20)
_THREADS = 4
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Blob:
    """Some of llama.cpp's data: what is held, or a copy that makes the positions `first` to `last` reachable."""

    first: int
    last: int
    size: int


@dataclass(frozen=True, slots=True)
class StateHead:
    """What a file says of itself. tokens: all that were held, `prefix` of them the documents'.

    facts: what `fingerprint` is the digest of. made: seconds since 1970. places, stretches: where it can be returned
    to besides its end, as in `Standing`. blobs: the whole first, then copies of window layers.
    """

    fingerprint: str
    facts: Mapping[str, Any]
    model: str
    made: float
    tokens: array[int]
    prefix: int
    places: tuple[int, ...]
    stretches: tuple[tuple[int, int], ...]
    blobs: tuple[Blob, ...]

    def usable(self, shared: int) -> int:
        """How many tokens a prompt gets from here that has the first `shared` tokens in common with it."""
        return deepest(Standing(len(self.tokens), self.places, 0.0, self.stretches), shared)

    def packed(self) -> bytes:
        """As it stands in the file, behind the fixed part."""
        plain = {name: value for name, value in asdict(self).items() if name != "tokens"}
        return json.dumps(plain, ensure_ascii=True).encode("ascii")


class StateWriter:
    """A file under way. Fill `blobs`, then `finish`; or `drop` it. Nobody sees it before it is whole."""

    def __init__(self, folder: Path, head: StateHead, key: bytes) -> None:
        """Reserve the room. Raises StateError when the disk has none."""
        raw, tokens = head.packed(), head.tokens.tobytes()
        starts, end = _layout(_FIXED.size + _SEAL + len(raw) + len(tokens), head.blobs)
        self.size = end + _SEAL
        self._key = key
        self._path: Path | None = None
        try:
            handle, name = tempfile.mkstemp(suffix=PART_SUFFIX, dir=folder)
        except OSError as error:
            raise _refused(error) from None
        self._handle, self._path = handle, Path(name)
        try:
            lock_file(handle)
            _reserve(handle, self.size)
            self._map = mmap.mmap(handle, self.size)
        except OSError as error:
            os.close(handle)
            self._unlink()
            raise _refused(error) from None
        fixed = _FIXED.pack(_MAGIC, _VERSION, len(raw), len(head.tokens), self.size)
        self._head_seal = _digest(key, fixed + raw + tokens)
        begin = fixed + self._head_seal + raw + tokens
        self._map[: len(begin)] = begin
        self._first = len(begin)
        view = memoryview(self._map)
        self.blobs = [view[at : at + blob.size] for at, blob in zip(starts, head.blobs, strict=True)]
        self._view = view

    def finish(self, target: Path) -> None:
        """Seal it, bring it to the disk and give it its name. Raises StateError; then nothing is left."""
        try:
            end = self.size - _SEAL
            pieces = [
                _digest(self._key, self._view[at : min(at + PIECE, end)]) for at in range(self._first, end, PIECE)
            ]
            self._map[end:] = _digest(self._key, self._head_seal + b"".join(pieces))
            self._release()
            self._map.flush()
            os.fsync(self._handle)
            assert self._path is not None
            self._path.replace(target)
            self._path = None
            _sync_folder(target.parent)
        except OSError as error:
            raise _refused(error) from None
        finally:
            self.drop()

    def drop(self) -> None:
        """Leave nothing behind of a file that is not finished; nothing otherwise."""
        self._release()
        if not self._map.closed:
            self._map.close()
            os.close(self._handle)
        self._unlink()

    def _release(self) -> None:
        for view in (*self.blobs, self._view):
            view.release()

    def _unlink(self) -> None:
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink()
            self._path = None


class StoredState:
    """A proven file, mapped. Use it in a `with` block; `blobs` are writable views that change nothing on disk."""

    def __init__(self, handle: int, head: StateHead, first: int, size: int) -> None:
        self.head = head
        self._map = mmap.mmap(handle, size, access=mmap.ACCESS_COPY)
        self._view = memoryview(self._map)
        starts, _ = _layout(first, head.blobs)
        self.blobs = [self._view[at : at + blob.size] for at, blob in zip(starts, head.blobs, strict=True)]

    def __enter__(self) -> StoredState:
        """The state itself; leaving the block unmaps it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Unmap."""
        for view in (*self.blobs, self._view):
            view.release()
        self._map.close()


def size_of(head: StateHead) -> int:
    """Bytes of the file that `head` begins."""
    start = _FIXED.size + _SEAL + len(head.packed()) + 4 * len(head.tokens)
    return _layout(start, head.blobs)[1] + _SEAL


def read_head(path: Path, key: bytes) -> StateHead:
    """What the file at `path` says of itself, with the head's seal checked. Raises StateDamaged, OSError."""
    with path.open("rb") as file:
        return _read_head(file.fileno(), key)[0]


def open_state(path: Path, key: bytes, *, stop: Callable[[], bool] = lambda: False) -> StoredState:
    """The file at `path`, every byte of it proven. Raises StateDamaged, OSError, Cancelled when `stop` says so."""
    with path.open("rb") as file:
        handle = file.fileno()
        head, head_seal, end_of_head, size = _read_head(handle, key)
        _, end = _layout(end_of_head, head.blobs)
        pieces = _digest_pieces(handle, key, end_of_head, end, stop)
        if not hmac.compare_digest(_read(handle, end, _SEAL), _digest(key, head_seal + b"".join(pieces))):
            raise StateDamaged("is damaged")
        return StoredState(handle, head, end_of_head, size)


def lock_file(handle: int) -> bool:
    """Mark the open file as somebody's, until it is closed or its process ends. False when it is marked already.

    Always true where the system has no such marks; there an open file cannot be removed either.
    """
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _read_head(handle: int, key: bytes) -> tuple[StateHead, bytes, int, int]:
    """The head, its seal, where it ends, and the size of the file."""
    size = os.fstat(handle).st_size
    start = _FIXED.size + _SEAL
    fixed = _read(handle, 0, start)
    if len(fixed) < start:
        raise StateDamaged("is cut short")
    magic, version, length, count, total = _FIXED.unpack(fixed[: _FIXED.size])
    if magic != _MAGIC or version != _VERSION or length > _LONGEST_JSON or count > _MOST_TOKENS:
        raise StateDamaged("is damaged")
    seal = fixed[_FIXED.size :]
    rest = _read(handle, start, length + 4 * count)
    if not hmac.compare_digest(seal, _digest(key, fixed[: _FIXED.size] + rest)):
        raise StateDamaged("is damaged, or was made on another computer")
    # From here on it is what this program wrote.
    if size != total:
        raise StateDamaged("is cut short")
    plain = json.loads(rest[:length])
    tokens: array[int] = array("i")
    tokens.frombytes(rest[length:])
    plain["blobs"] = tuple(Blob(**blob) for blob in plain["blobs"])
    plain["places"] = tuple(plain["places"])
    plain["stretches"] = tuple((first, last) for first, last in plain["stretches"])
    return StateHead(tokens=tokens, **plain), seal, start + length + 4 * count, size


def _layout(start: int, blobs: Sequence[Blob]) -> tuple[list[int], int]:
    """Where each blob begins when the head ends at `start`, and where the last ends."""
    starts: list[int] = []
    for blob in blobs:
        start = -(-start // _ALIGN) * _ALIGN
        starts.append(start)
        start += blob.size
    return starts, start


def _digest(key: bytes, data: bytes | memoryview) -> bytes:
    return hashlib.blake2b(data, key=key, digest_size=_SEAL).digest()


def _digest_pieces(handle: int, key: bytes, start: int, end: int, stop: Callable[[], bool]) -> list[bytes]:
    """Digests of the pieces of [start, end), read and worked out on several threads."""
    from concurrent.futures import ThreadPoolExecutor

    places = range(start, end, PIECE)
    count = max(1, min(_THREADS, os.cpu_count() or 1, len(places)))
    digests = [b""] * len(places)

    def work(number: int) -> None:
        # A buffer for each thread, as fresh memory costs more than reading into it.
        buffer = memoryview(bytearray(PIECE))
        for i in range(number, len(places), count):
            if stop():
                raise Cancelled("Stopped.")
            part = buffer[: min(PIECE, end - places[i])]
            if _read_into(handle, places[i], part) < len(part):
                raise StateDamaged("is cut short")
            digests[i] = _digest(key, part)

    with ThreadPoolExecutor(count, thread_name_prefix="prove") as pool:
        for done in [pool.submit(work, number) for number in range(count)]:
            done.result()
    return digests


def _read(handle: int, offset: int, size: int) -> bytes:
    size = max(0, min(size, os.fstat(handle).st_size - offset))
    buffer = bytearray(size)
    return bytes(buffer[: _read_into(handle, offset, memoryview(buffer))])


def _read_into(handle: int, offset: int, buffer: memoryview) -> int:
    """Fill `buffer` from `offset` on; how much there was."""
    done = 0
    while done < len(buffer):
        if hasattr(os, "preadv"):
            got = os.preadv(handle, [buffer[done:]], offset + done)
        else:
            with _one_at_a_time:
                os.lseek(handle, offset + done, os.SEEK_SET)
                read = os.read(handle, len(buffer) - done)
            got = len(read)
            buffer[done : done + got] = read
        if not got:
            break
        done += got
    return done


def _reserve(handle: int, size: int) -> None:
    """Take the room on the disk now: a full disk found while writing to mapped memory would end the process."""
    import errno

    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(handle, 0, size)
            return
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
                raise
    while size:
        size -= os.write(handle, _ZEROS[:size])


def _sync_folder(folder: Path) -> None:
    # Only some systems can open a folder.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _refused(error: OSError) -> StateError:
    import errno

    full = error.errno in (errno.ENOSPC, errno.EDQUOT if hasattr(errno, "EDQUOT") else errno.ENOSPC)
    why = "the disk is full" if full else error.strerror or str(error)
    return StateError(
        f"What was read could not be kept on disk: {why}.",
        hint="Free some of it (main.py states free --all), or keep no read documents.",
    )
