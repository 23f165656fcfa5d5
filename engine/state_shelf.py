"""The folder of read states: finds one for a prompt, takes a new one in, and keeps the whole below a quota.

Files are found by the fingerprint in their name; any number of processes may use the folder at once, as files appear
whole and disappear whole. Over the quota the one that was used longest ago goes. Empty
files beside a state name those whose documents it is of (sessions). The files hold the documents' text as
token ids, so only the user may read them. Knows no llama.cpp.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import StateDamaged, StateError
from engine.fingerprint import Fingerprint, differences
from engine.machine import machine_key
from engine.places import common
from engine.state_file import (
    PART_SUFFIX,
    SUFFIX,
    StateHead,
    StateWriter,
    StoredState,
    lock_file,
    open_state,
    read_head,
    size_of,
)

SHARE_OF_DISK = 4
"""Without a quota the states take at most one part in so many of what would be free without them."""

LARGEST_SHARE = 64 << 30
OLD_DAYS = 30.0
OWNER_SUFFIX = ".owner"
_NAMED = 16


@dataclass(frozen=True, slots=True)
class Stored:
    """One file. size: bytes. used: when it was read or written last, seconds since 1970. head: None if damaged."""

    path: Path
    size: int
    used: float
    head: StateHead | None


@dataclass(frozen=True, slots=True)
class Found:
    """A state from which a prompt gets its first `usable` tokens."""

    path: Path
    head: StateHead
    usable: int


class StateShelf:
    """The folder. quota: bytes, 0 for a share of the disk."""

    def __init__(self, folder: Path, quota: int = 0) -> None:
        self._folder = folder
        self._quota = quota
        self._told: set[str] = set()
        self._heads: dict[str, tuple[tuple[int, int], StateHead]] = {}

    def key(self) -> bytes:
        """This machine's key, and the folder made where there was none. Raises StateError."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return machine_key(self._folder)
        except OSError as error:
            raise StateError(
                f"Read documents cannot be kept in {self._folder}: {error.strerror or error}.",
                hint="Choose another data directory with PLUMBLINE_DATA.",
            ) from None

    @property
    def folder(self) -> Path:
        """Where the states lie; it need not be there."""
        return self._folder

    @property
    def quota(self) -> int:
        """Bytes that all states may take together at present."""
        if self._quota:
            return self._quota
        there = next((folder for folder in (self._folder, *self._folder.parents) if folder.is_dir()), self._folder)
        try:
            free = shutil.disk_usage(there).free
        except OSError:
            return LARGEST_SHARE
        return min((free + self.size()) // SHARE_OF_DISK, LARGEST_SHARE)

    def size(self) -> int:
        """Bytes of all states, those under way included."""
        return sum(status.st_size for _, status in self._files(SUFFIX, PART_SUFFIX))

    def stored(self) -> list[Stored]:
        """All states, the one used last first. Their heads are proven, the rest is not."""
        rows: list[Stored] = []
        key = self.key() if self._folder.is_dir() else b""
        for path, status in self._files(SUFFIX):
            head = None
            with contextlib.suppress(StateDamaged, OSError):
                head = read_head(path, key)
            rows.append(Stored(path, status.st_size, status.st_mtime, head))
        return sorted(rows, key=lambda row: row.used, reverse=True)

    def find(
        self,
        mark: Fingerprint,
        tokens: array[int],
        *,
        least: int,
        tell: Callable[[str], None],
        explain: bool = False,
    ) -> Found | None:
        """The state from which most of `tokens` can be had, at least `least`; its end is not proven yet.

        tell: is given a sentence for each file that cannot be believed, which is removed. explain: also, when there
        is none, why one that holds these tokens does not serve; each file is named once.
        """
        self._heads = {name: known for name, known in self._heads.items() if (self._folder / name).exists()}
        best: Found | None = None
        others: list[StateHead] = []
        key = self.key()
        for path, status in self._files(SUFFIX):
            mine = path.name.startswith(mark.digest[:_NAMED])
            if not mine and (not explain or path.name in self._told):
                continue
            try:
                head = self._head(path, status, key)
                if mine and head.fingerprint != mark.digest:
                    raise StateDamaged("was made for another model or with other settings, though its name denies it")
            except StateDamaged as error:
                self.reject(path, str(error), tell)
                continue
            except OSError:
                # Another process was faster in removing it.
                continue
            shared = common(head.tokens, tokens)
            if mine:
                usable = head.usable(shared)
                if usable >= max(least, 1) and (best is None or usable > best.usable):
                    best = Found(path, head, usable)
            elif shared >= max(least, min(head.prefix, len(tokens))):
                self._told.add(path.name)
                others.append(head)
        if best is None and others:
            why = ", ".join(differences(others[0].facts, mark.facts)[:3]) or "other settings"
            tell(f"What was read of these documents before was read with {why}, so they are read again.")
        return best

    def open(self, found: Found, *, stop: Callable[[], bool]) -> StoredState:
        """The state, proven, and noted as used now. Raises StateDamaged, OSError, Cancelled."""
        state = open_state(found.path, self.key(), stop=stop)
        with contextlib.suppress(OSError):
            os.utime(found.path)
        return state

    def reject(self, path: Path, why: str, tell: Callable[[str], None]) -> None:
        """Remove a file that cannot be used, and say so. why: completes "a read state on disk ..."."""
        _remove(path, 0)
        tell(f"A read state on disk {why}; it is not used and was removed.")

    def writer(self, head: StateHead) -> StateWriter:
        """Room for a new state; those used longest ago make way. Raises StateError."""
        key = self.key()
        self.sweep()
        self._make_room(size_of(head))
        return StateWriter(self._folder, head, key)

    def take_in(self, writer: StateWriter, head: StateHead, owner: str = "") -> Path:
        """Finish `writer` and give it its name; it inherits from states that it makes needless. Raises StateError."""
        name = hashlib.blake2b(head.tokens.tobytes(), digest_size=_NAMED // 2).hexdigest()
        path = self._folder / f"{head.fingerprint[:_NAMED]}-{name}{SUFFIX}"
        writer.finish(path)
        self.note_owner(path, owner)
        for older, _ in self._files(SUFFIX):
            if older != path and older.name.startswith(head.fingerprint[:_NAMED]):
                with contextlib.suppress(StateDamaged, OSError):
                    before = read_head(older, self.key())
                    if head.usable(common(before.tokens, head.tokens)) >= before.prefix:
                        for marker in _markers(older):
                            self.note_owner(path, marker.stem.rpartition(".")[2])
                        _remove(older, 0)
        self.trim()
        return path

    def note_owner(self, path: Path, owner: str) -> None:
        """The state at `path` is (also) of the documents of `owner`; "" is nobody."""
        if owner:
            # Without its mark a state stays until it is the oldest; nothing else is lost.
            with contextlib.suppress(OSError):
                path.with_name(f"{path.stem}.{owner}{OWNER_SUFFIX}").touch(mode=0o600)

    def forget(self, owner: str) -> int:
        """Remove the states that are of nobody else's documents; bytes freed."""
        freed = 0
        for marker, _ in self._files(OWNER_SUFFIX):
            stem, _, whose = marker.stem.rpartition(".")
            if whose == owner:
                with contextlib.suppress(OSError):
                    marker.unlink()
                path = marker.with_name(f"{stem}{SUFFIX}")
                if not _markers(path):
                    with contextlib.suppress(OSError):
                        freed += _remove(path, path.stat().st_size)
        return freed

    def trim(self) -> int:
        """Remove those used longest ago until the quota holds; bytes freed."""
        return self._remove_oldest(self.size() - self.quota)

    def free(self, *, everything: bool = False) -> int:
        """Remove what cannot be used any more or was not for a month, or everything; bytes freed."""
        self.sweep()
        old = time.time() - OLD_DAYS * 86_400
        freed = 0
        for row in self.stored():
            if everything or row.head is None or row.used < old:
                freed += _remove(row.path, row.size)
        return freed

    def sweep(self) -> None:
        """Remove what processes left that were killed while they wrote."""
        for path, _ in self._files(PART_SUFFIX):
            with contextlib.suppress(OSError), path.open("rb") as file:
                if lock_file(file.fileno()):
                    path.unlink()
        for marker, _ in self._files(OWNER_SUFFIX):
            if not marker.with_name(marker.stem.rpartition(".")[0] + SUFFIX).exists():
                with contextlib.suppress(OSError):
                    marker.unlink()

    def _head(self, path: Path, status: os.stat_result, key: bytes) -> StateHead:
        """The file's head, read once. Its end is looked at before it is used, and its head again."""
        stamp = (status.st_ino, status.st_size)
        known = self._heads.get(path.name)
        if known is None or known[0] != stamp:
            known = self._heads[path.name] = (stamp, read_head(path, key))
        return known[1]

    def _make_room(self, size: int) -> None:
        quota = self.quota
        if size > quota:
            raise StateError(
                f"What was read takes {size / 1e9:,.1f} GB, more than the {quota / 1e9:,.1f} GB that read documents "
                "may take on disk, so it is not kept.",
                hint="Allow more with: main.py states --quota BYTES",
            )
        self._remove_oldest(self.size() + size - quota)

    def _remove_oldest(self, excess: int) -> int:
        freed = 0
        for path, status in sorted(self._files(SUFFIX), key=lambda file: file[1].st_mtime):
            if freed >= excess:
                break
            freed += _remove(path, status.st_size)
        return freed

    def _files(self, *suffixes: str) -> Iterator[tuple[Path, os.stat_result]]:
        with contextlib.suppress(OSError):
            for path in sorted(self._folder.iterdir()):
                if path.suffix in suffixes:
                    with contextlib.suppress(OSError):
                        yield path, path.stat()


def _markers(path: Path) -> list[Path]:
    """Of those to whom the state at `path` belongs."""
    return list(path.parent.glob(f"{path.stem}.*{OWNER_SUFFIX}"))


def _remove(path: Path, size: int) -> int:
    try:
        path.unlink()
        for marker in _markers(path):
            marker.unlink(missing_ok=True)
    except OSError:
        return 0
    return size
