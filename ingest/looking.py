"""Looks at files from outside and by their first bytes: how each would be read, and how many tokens that may be.

The work of `ingest.preview.look`. Knows no tokens: it is given who counts them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ingest.decode import decode, detect_encoding
from ingest.files import RegularFile, base_name, shown, why
from ingest.git_files import git_ignored
from ingest.kinds import kind_by_name
from ingest.preview import Count, Group, LeftOut
from ingest.sizes import size_words
from ingest.sniff import HEAD_BYTES, Binary, TextFile, is_pdf, sniff_text
from ingest.summaries import summary, vendored
from ingest.tree import Found
from ingest.unpack import packed_by

_HEAD_BYTES = 4096
_MOST_HEADS = 50_000
_SAMPLES, _SAMPLE_BYTES = 3, 16_384
_SECONDS_TO_SAMPLE = 0.5
_EXAMPLES = 3
_TOKENS_OF_A_LINE = 25

_BYTES_PER_TOKEN = {"code": 3.4, "log": 2.6, "markdown": 4.1, "text": 4.3, "html": 6.0, "sheet": 2.5, "mail": 4.0}
_BYTES_PER_TOKEN_INSIDE = {"pdf": 60.0, "zip": 25.0, "packed": 0.4}
"""Of what has to be unpacked: rough, since how much text is in there shows only when it is read."""


@dataclass(slots=True)
class _Share:
    """What has come together of one group."""

    files: int = 0
    size: int = 0
    tokens: float = 0.0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Kind:
    """Files of one extension that are read in one way, and some of them to sample."""

    extension: str
    way: str
    files: list[tuple[str, int]] = field(default_factory=list)


class Looking:
    """One call of `look`."""

    def __init__(self, roots: list[str], check: Callable[[], None], largest_file: int) -> None:
        self.files = self.size = 0
        self.left_out: dict[str, _Share] = {}
        self.shortened: dict[str, _Share] = {}
        self.single: dict[str, list[str]] = {}
        self._roots = roots
        self._check = check
        self._largest_file = largest_file
        self._kinds: dict[tuple[str, str], _Kind] = {}
        self._folders: dict[str, str] = {}
        self._heads = 0

    def file(self, found: Found) -> None:
        """Sort one file in."""
        self._check()
        name = base_name(found.path)
        extension = _extension(name)
        folder, relative = self._folder(found.path)
        outside = vendored(relative)
        if outside:
            self._add(self.shortened, f"{outside}, others' work", found.path, found.size)
        way = "line" if outside else self._way(found, name)
        if way:
            self.files += 1
            self.size += found.size
            self._kinds.setdefault((extension, way), _Kind(extension, way)).files.append((found.path, found.size))
            self._folders[found.path] = folder
            if not extension:
                self.single.setdefault("", []).append(found.path)

    def passed_over(self, reason: str, path: str, size: int = 0) -> None:
        """Sort in what would not come in."""
        self._add(self.left_out, reason, path, size)

    def ignored_by_git(self) -> list[str]:
        """Files and folders below what was named that Git ignores."""
        return [f"{root}{os.sep}{name}" for root in self._roots for name in git_ignored(os.path.realpath(root))]

    def estimate(self, count: Count | None) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
        """The folders and the extensions, with their tokens."""
        until = time.monotonic() + _SECONDS_TO_SAMPLE
        folders: dict[str, _Share] = {}
        extensions: dict[str, _Share] = {}
        for kind in sorted(self._kinds.values(), key=lambda kind: -sum(size for _, size in kind.files)):
            self._check()
            may_sample = count is not None and time.monotonic() < until
            ratio = self._bytes_per_token(kind, count if may_sample else None)
            for path, size in kind.files:
                tokens = _TOKENS_OF_A_LINE if kind.way == "line" else size / ratio
                for share in (
                    folders.setdefault(self._folders[path], _Share()),
                    extensions.setdefault(kind.extension, _Share()),
                ):
                    share.files += 1
                    share.size += size
                    share.tokens += tokens
        return self._groups(folders), _grouped((name, "", share) for name, share in extensions.items())

    def gathered(self, shares: Mapping[str, _Share]) -> tuple[LeftOut, ...]:
        """What has come together, the most files first."""
        groups = [LeftOut(reason, s.files, s.size, tuple(s.examples)) for reason, s in shares.items()]
        return tuple(sorted(groups, key=lambda group: (-group.files, group.reason)))

    def _groups(self, folders: Mapping[str, _Share]) -> tuple[Group, ...]:
        named = ((self._shown(path), path, share) for path, share in folders.items())
        return _grouped(named)

    def _shown(self, path: str) -> str:
        root = next((r for r in self._roots if path == r or path.startswith(r + os.sep)), None)
        within = path[root.rfind(os.sep) + 1 :] if root else path
        return within if within.isascii() else shown(within)

    def _folder(self, path: str) -> tuple[str, str]:
        """The folder that a file is shown under, absolute, and the file's place below what was named."""
        root = max((r for r in self._roots if path.startswith(r + os.sep)), key=len, default="")
        relative = path[len(root) + 1 :] if root else base_name(path)
        first, slash, _ = relative.partition(os.sep)
        if root and slash:
            return f"{root}{os.sep}{first}", relative.replace(os.sep, "/")
        folder = root or path[: path.rfind(os.sep)]
        self.single.setdefault(folder, []).append(path)
        return folder, relative

    def _way(self, found: Found, name: str) -> str:
        """How a file is read: a kind, "line", "zip" ...; "" when it is not."""
        if self._heads >= _MOST_HEADS:
            return kind_by_name(name) or "text"
        self._heads += 1
        try:
            with RegularFile(found.path) as file:
                head = file.read(_HEAD_BYTES)
                found_kind = sniff_text(name, head, whole=len(head) < _HEAD_BYTES) if head else None
                if isinstance(found_kind, TextFile) and found_kind.encoding.guessed and found.size > _HEAD_BYTES:
                    # As much as reading it will look at: a guess from little is soon wrong.
                    head += file.read(HEAD_BYTES - _HEAD_BYTES)
                    found_kind = sniff_text(name, head, whole=len(head) < HEAD_BYTES)
        except OSError as error:
            self.passed_over(why(error), found.path, found.size)
            return ""
        if is_pdf(name, head):
            way = "pdf"
        elif packed_by(head):
            return "packed"
        elif head.startswith(b"PK\x03\x04"):
            way = "zip"
        else:
            if isinstance(found_kind, Binary):
                self.passed_over(_in_few_words(found_kind.reason), found.path, found.size)
                return ""
            way = found_kind.kind if found_kind else "text"
            reason = summary(found.path, head.decode("utf-8", "replace")) if way in ("code", "text") else None
            if reason:
                self._add(self.shortened, reason, found.path, found.size)
                return "line"
        if found.size > self._largest_file and way != "log":
            self.passed_over(f"larger than {size_words(self._largest_file)}", found.path, found.size)
            return ""
        return way

    def _bytes_per_token(self, kind: _Kind, count: Count | None) -> float:
        usual = _BYTES_PER_TOKEN_INSIDE.get(kind.way) or _BYTES_PER_TOKEN.get(kind.way, 4.0)
        if count is None or kind.way in _BYTES_PER_TOKEN_INSIDE or kind.way == "line":
            return usual
        step = max(1, len(kind.files) // _SAMPLES)
        read = tokens = 0
        for path, _ in kind.files[::step][:_SAMPLES]:
            head = _sample(path)
            encoding = detect_encoding(head, whole=False) if head else None
            if encoding is not None:
                text = decode(head[encoding.mark :], encoding).text
                read += len(head)
                tokens += count(text)
        return read / tokens if tokens else usual

    def _add(self, shares: dict[str, _Share], reason: str, path: str, size: int) -> None:
        share = shares.setdefault(reason, _Share())
        share.files += 1
        share.size += size
        if len(share.examples) < _EXAMPLES:
            share.examples.append(path)


def _sample(path: str) -> bytes:
    try:
        with RegularFile(path) as file:
            return file.read(_SAMPLE_BYTES)
    except OSError:
        return b""


def _in_few_words(reason: str) -> str:
    """A reason without the name of the file it was given for, so that like comes to like."""
    return reason.partition(", although")[0]


def _grouped(shares: Iterable[tuple[str, str, _Share]]) -> tuple[Group, ...]:
    groups = [Group(name, s.files, s.size, round(s.tokens), path) for name, path, s in shares]
    return tuple(sorted(groups, key=lambda group: (-group.size, group.name)))


def _extension(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    return f".{extension.lower()}" if dot and stem and extension else ""
