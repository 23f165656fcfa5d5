"""Opening files without being fooled: regular files only, read to their end, noticed when they change meanwhile.

Knows nothing of what is in a file.
"""

# Paths stay strings here: an object for each file of a large tree would cost as much as reading it.

from __future__ import annotations

import errno
import os
import stat
from types import TracebackType

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_STEP = 1 << 20
_WORDS = {
    errno.ENOENT: "it is no longer there",
    errno.ENOTDIR: "it is no longer there",
    errno.EACCES: "reading it is not permitted",
    errno.EPERM: "reading it is not permitted",
    errno.ELOOP: "it is a link that leads back to itself",
    errno.ENAMETOOLONG: "its path is too long for the system",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open",
    errno.EIO: "the disk reported an error",
    errno.ESTALE: "its drive is no longer connected",
}
_TYPES = (
    (stat.S_ISFIFO, "a named pipe, not a file"),
    (stat.S_ISSOCK, "a socket, not a file"),
    (stat.S_ISCHR, "a device, not a file"),
    (stat.S_ISBLK, "a device, not a file"),
    (stat.S_ISDIR, "a folder, not a file"),
)


def shown(path: str) -> str:
    """`path` as valid Unicode: bytes that are no text appear as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def base_name(path: str) -> str:
    """The last part of `path`, as valid Unicode."""
    name = path[path.rfind(os.sep) + 1 :]
    return name if name.isascii() else shown(name)


def why(error: OSError) -> str:
    """A few words that say why the system refused."""
    known = _WORDS.get(error.errno or 0)
    return known or f"the system refused: {error.strerror or error}"


def why_not_regular(mode: int) -> str | None:
    """What a file with this st_mode is, when it is no regular file and no link."""
    if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
        return None
    return next((what for test, what in _TYPES if test(mode)), "not a regular file")


class RegularFile:
    """An open regular file, read forward. Raises OSError, also for what is no regular file."""

    __slots__ = ("_at", "_fd", "path", "stat")

    def __init__(self, path: str) -> None:
        # O_NONBLOCK: should a named pipe have taken the file's place since it was looked at, opening must not hang.
        self._fd = os.open(path, _FLAGS)
        self._at = 0
        self.path = path
        self.stat = os.fstat(self._fd)
        reason = why_not_regular(self.stat.st_mode)
        if reason:
            os.close(self._fd)
            raise OSError(errno.EINVAL, reason, path)

    def __enter__(self) -> RegularFile:
        """Itself; leaving closes the file."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the file."""
        os.close(self._fd)

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; fewer only at the end of the file."""
        data = os.read(self._fd, min(size, _STEP))
        self._at += len(data)
        # At the size it was opened with: asking the system once more whether there is more costs as much as the read.
        if len(data) == size or not data or self._at == self.stat.st_size:
            return data
        parts = [data]
        left = size - len(data)
        while left > 0:
            data = os.read(self._fd, min(left, _STEP))
            if not data:
                break
            parts.append(data)
            left -= len(data)
            self._at += len(data)
        return b"".join(parts)

    def seek(self, offset: int) -> None:
        """Read from byte `offset` next."""
        if offset != self._at:
            self._at = os.lseek(self._fd, offset, os.SEEK_SET)

    @property
    def position(self) -> int:
        """The byte that is read next."""
        return self._at

    def changed(self) -> bool:
        """Whether size or time of change are no longer those at the opening."""
        now = os.fstat(self._fd)
        return now.st_size != self.stat.st_size or now.st_mtime_ns != self.stat.st_mtime_ns

    def size_now(self) -> int:
        """Bytes in the file at this moment."""
        return os.fstat(self._fd).st_size
