"""An archive is read member by member: each becomes what it would have become as a file, and nothing is ever written.

Members of archives in archives are read, no deeper. Logs stay where they are and are unpacked again when they are
prompted. Bounded in members, in bytes that are unpacked, in their ratio to the archive, and in text that is held.
Knows no PDFs: those go on to their reader with their bytes.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ingest.document import Document, Skipped
from ingest.files import RegularFile, base_name, why
from ingest.inflate import HARMLESS, MOST_TIMES, Forward, unpacking
from ingest.member import MemberFile
from ingest.read_file import IsArchive, Outcome, read_source
from ingest.read_log import ChangedMeanwhile
from ingest.sizes import size_words
from ingest.source import Limits, Source
from ingest.tar_members import TarDamaged, TarMember, members
from ingest.unpack import Layer
from ingest.view import View
from ingest.zip_directory import METHODS, ZipDamaged, ZipEntry, content_start, entries, overlapping, why_not_read

MOST_MEMBERS = 50_000
DEEPEST = 2
LARGEST_NESTED = 64_000_000
LONGEST_NAME = 4096

_LEFT_OUT = frozenset({".git", ".hg", ".svn", ".jj", ".bzr", "__MACOSX"})
_STEP = 1 << 22


@dataclass(frozen=True, slots=True)
class Member:
    """What came of one member. path: the archive's, and behind it the member's name. size: bytes.

    archive, mtime_ns: the file on disk that holds it, None where there is none, and when that was changed.
    """

    path: str
    size: int
    outcome: Outcome
    archive: str | None
    mtime_ns: int


def read_archive(
    archive: IsArchive,
    limits: Limits,
    *,
    view_of: Callable[[str], View],
    on_bytes: Callable[[str, int], None],
    wanted: tuple[str, ...] = (),
) -> Iterator[Member | Skipped]:
    """Everything in the archive, in its order; of members with the same name the last one counts.

    view_of: how to read the member at a path. on_bytes: called with a member's path and the bytes of the archive that
    were read so far; may raise. wanted: paths in the archive; only what lies there or below them is read.
    """
    path = archive.path
    try:
        if archive.content is not None:
            yield from _begin(archive, io.BytesIO(archive.content), 0, limits, view_of, on_bytes, wanted)
        else:
            with RegularFile(path) as file:
                mtime = file.stat.st_mtime_ns
                archive = replace(archive, size=file.stat.st_size)
                yield from _begin(archive, file, mtime, limits, view_of, on_bytes, wanted)
    except OSError as error:
        yield Skipped(path, why(error))
    except ChangedMeanwhile:
        yield Skipped(path, "the archive changed while it was being read; add it again when it is complete")


def _begin(
    archive: IsArchive,
    handle: RegularFile | io.BytesIO,
    mtime_ns: int,
    limits: Limits,
    view_of: Callable[[str], View],
    on_bytes: Callable[[str, int], None],
    wanted: tuple[str, ...],
) -> Iterator[Member | Skipped]:
    on_disk = archive.content is None
    source = Source(archive.path, base_name(archive.path), handle, archive.size, mtime_ns, on_disk)
    reading = _Reading(source, limits, view_of, on_bytes, wanted)
    try:
        yield from reading.archive(source, archive, depth=1)
    except _Enough as enough:
        yield Skipped(archive.path, str(enough))


class _Enough(Exception):
    """A limit was reached; the text says which, and what was left out."""


class _Reading:
    """One archive with all that is in it."""

    def __init__(
        self,
        source: Source,
        limits: Limits,
        view_of: Callable[[str], View],
        on_bytes: Callable[[str, int], None],
        wanted: tuple[str, ...],
    ) -> None:
        self._source = source
        self._limits = limits
        self._view_of = view_of
        self._on_bytes = on_bytes
        self._wanted = frozenset(wanted)
        self._on_the_way = frozenset(above for path in wanted for above in _above(path))
        self._members = 0
        self._unpacked = 0
        self._held = 0
        self._remarks = 0
        self._seen: Counter[str] = Counter()

    def archive(self, source: Source, archive: IsArchive, depth: int) -> Iterator[Member | Skipped]:
        """Everything in `source`, which is itself the archive or lies in it."""
        before = len(self._seen), self._remarks
        reader = self._zip if archive.form == "zip" else self._tar
        method = archive.method
        yield from reader(source, (Layer(method),) if method else (), depth)
        if (len(self._seen), self._remarks) == before and not self._wanted:
            yield Skipped(source.path, "an archive without any files")

    def _zip(self, source: Source, packed: tuple[Layer, ...], depth: int) -> Iterator[Member | Skipped]:
        handle = source.handle
        listed, damaged, cut = self._listed(source)
        if damaged and not listed:
            yield self._remark(source.path, "a ZIP archive that is damaged or cut short; get a complete copy")
            return
        twice_used = overlapping(listed)
        last = {_clean(entry.name): entry for entry in listed}
        for entry in listed:
            path = self._path(source.path, entry.name)
            if path is None or entry.is_folder:
                continue
            reason = why_not_read(entry) or (
                "it overlaps another member, as in a bomb" if entry.at in twice_used else None
            )
            if last[_clean(entry.name)] is not entry:
                reason = "its name is in the archive more than once; the last one was taken"
            if reason:
                yield self._skipped(path, reason)
                continue
            try:
                method = METHODS[entry.method]
                layer = Layer(method, content_start(handle, entry), entry.size if method == "stored" else None)
            except ZipDamaged:
                yield self._skipped(path, "the archive is damaged: the member does not lie where its list says")
                continue
            content = Forward(unpacking((layer,)), handle)
            file = MemberFile(content, entry.size, crc=entry.crc, file=self._file())
            yield from self._member(path, file, (*source.layers, layer), depth)
        if damaged:
            yield self._remark(
                source.path, "the archive's list is damaged; what it named in front of the damage was read"
            )
        if cut:
            raise _Enough(f"it holds more than {MOST_MEMBERS:,} files; those behind them were left out")

    def _listed(self, source: Source) -> tuple[list[ZipEntry], bool, bool]:
        """Members, whether the list is damaged behind them, and whether there are more than are read."""
        listed: list[ZipEntry] = []
        try:
            for entry in entries(source.handle, source.size):
                if len(listed) == MOST_MEMBERS:
                    return listed, False, True
                listed.append(entry)
        except ZipDamaged:
            return listed, True, False
        return listed, False, False

    def _tar(self, source: Source, packed: tuple[Layer, ...], depth: int) -> Iterator[Member | Skipped]:
        unpacked = unpacking(packed or (Layer("stored"),))
        stream = Forward(unpacked, source.handle, lambda: self._tell(source.path))
        last = source.path
        try:
            for member in members(stream):
                path = self._path(source.path, member.name)
                if path is None or member.is_folder:
                    continue
                last = path
                if member.reason:
                    yield self._skipped(path, member.reason)
                    continue
                file = MemberFile(stream, member.size, file=self._file())
                layers = (*source.layers, *packed, Layer("stored", member.start, member.size))
                yield from self._tar_member(path, member, file, layers, depth)
        except TarDamaged:
            if stream.broken is None:
                yield self._remark(
                    source.path, f"a tar archive that is damaged or cut short{_behind(source.path, last)}"
                )
        if not packed and unpacked.position > source.size:
            yield self._remark(source.path, f"the archive is cut short{_behind(source.path, last)}")
        if stream.broken:
            yield self._remark(source.path, f"the packed archive is {stream.broken}{_behind(source.path, last)}")
        elif source.short:
            yield self._remark(source.path, f"in its archive it is {source.short}{_behind(source.path, last)}")

    def _tar_member(
        self, path: str, member: TarMember, file: MemberFile, layers: tuple[Layer, ...], depth: int
    ) -> Iterator[Member | Skipped]:
        if self._seen[path] == 2:
            yield self._remark(path, "its name is in the archive more than once; the last one was taken")
        yield from self._member(path, file, layers, depth)

    def _member(self, path: str, file: MemberFile, layers: tuple[Layer, ...], depth: int) -> Iterator[Member | Skipped]:
        self._count(path)
        self._tell(path)
        whole = self._source
        source = Source(
            path,
            base_name(path),
            file,
            file.size,
            whole.mtime_ns,
            whole.on_disk,
            archive=whole.path if whole.on_disk else None,
            layers=layers,
        )
        try:
            outcome = read_source(source, self._limits, lambda _: self._tell(path), self._view_of(path))
            if isinstance(outcome, IsArchive):
                yield from self._nested(source, outcome, depth)
                return
            if not isinstance(outcome, Document | Skipped):
                outcome = self._with_content(source, outcome)
        except OSError as error:
            outcome = Skipped(path, why(error))
        finally:
            self._unpacked += file.done
        if isinstance(outcome, Document):
            self._held += sum(len(s.body) for s in outcome.sections if isinstance(s.body, str))
            outcome = replace(outcome, archive=source.archive)
        if self._wants(path):
            yield self._came(path, file.size, outcome)

    def _with_content(self, source: Source, outcome: Outcome) -> Outcome:
        """What another process is to read, with its bytes."""
        assert not isinstance(outcome, Document | Skipped)
        source.seek(0)
        content = b"".join(iter(lambda: source.read(_STEP), b""))
        if source.short:
            return Skipped(source.path, f"in the archive it is {source.short}")
        return replace(outcome, content=content)

    def _nested(self, source: Source, archive: IsArchive, depth: int) -> Iterator[Member | Skipped]:
        if depth == DEEPEST:
            yield self._skipped(source.path, "an archive within an archive within an archive; unpack it and add that")
            return
        if archive.form == "tar":
            source.seek(0)
            yield from self.archive(source, archive, depth + 1)
            return
        # The list stands at the end, so all of it has to be there first.
        if source.size > LARGEST_NESTED:
            too_large = f"a ZIP archive within an archive, larger than {size_words(LARGEST_NESTED)}"
            yield self._skipped(source.path, f"{too_large}; unpack it and add that")
            return
        source.seek(0)
        content = b"".join(iter(lambda: source.read(_STEP), b""))
        if source.short:
            yield self._skipped(source.path, f"in the archive it is {source.short}")
            return
        inner = replace(source, handle=io.BytesIO(content))
        # Only now can its members be seen: an office document is no archive.
        outcome = read_source(inner, self._limits, lambda _: self._tell(source.path), self._view_of(source.path))
        if isinstance(outcome, IsArchive):
            yield from self.archive(inner, outcome, depth + 1)
        elif isinstance(outcome, Document | Skipped):
            yield self._came(source.path, source.size, outcome)
        else:
            yield self._came(source.path, source.size, replace(outcome, content=content))

    def _path(self, archive: str, name: str) -> str | None:
        """Where a member of this name is shown to lie; None where nobody wants it."""
        clean = _clean(name)
        parts = clean.split("/")
        if not clean or not _LEFT_OUT.isdisjoint(parts):
            return None
        if len(clean) > LONGEST_NAME:
            clean = clean[:LONGEST_NAME]
        path = f"{archive}/{clean}"
        if not self._wants(path) and path not in self._on_the_way:
            return None
        self._seen[path] += 1
        return path

    def _wants(self, path: str) -> bool:
        return not self._wanted or path in self._wanted or not self._wanted.isdisjoint(_above(path))

    def _remark(self, path: str, reason: str) -> Skipped:
        """What is said beside a member's own outcome, or of an archive as a whole."""
        self._remarks += 1
        return Skipped(path, reason)

    def _skipped(self, path: str, reason: str) -> Member:
        return self._came(path, 0, Skipped(path, reason))

    def _came(self, path: str, size: int, outcome: Outcome) -> Member:
        whole = self._source
        return Member(path, size, outcome, whole.path if whole.on_disk else None, whole.mtime_ns)

    def _count(self, path: str) -> None:
        """One more member. Raises _Enough when it is one too many, or what was unpacked until here is too much."""
        self._members += 1
        behind = f"what stands in it from {path[len(self._source.path) + 1 :]!r} on was left out"
        if self._members > MOST_MEMBERS:
            raise _Enough(f"it holds more than {MOST_MEMBERS:,} files; {behind}")
        if self._unpacked > self._limits.log_bytes:
            raise _Enough(f"it unpacks to more than {size_words(self._limits.log_bytes)}; {behind}")
        if self._unpacked > HARMLESS and self._unpacked > MOST_TIMES * self._source.size:
            raise _Enough(f"a bomb, or as good as one: it unpacks to over {MOST_TIMES} times its size; {behind}")
        if self._held > 2 * self._limits.file_bytes:
            raise _Enough(f"it holds more than {size_words(2 * self._limits.file_bytes)} of text; {behind}")

    def _tell(self, path: str) -> None:
        handle = self._source.handle
        self._on_bytes(path, handle.position if isinstance(handle, RegularFile) else 0)

    def _file(self) -> RegularFile | None:
        return self._source.handle if isinstance(self._source.handle, RegularFile) else None


def _clean(name: str) -> str:
    """The member's name without what changes nothing in it: "./a//b" is "a/b". "..", which would, stays."""
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def _above(path: str) -> list[str]:
    """The paths that `path` lies below."""
    return [path[:at] for at, character in enumerate(path) if character == "/" and at]


def _behind(archive: str, last: str) -> str:
    return f" behind {last[len(archive) + 1 :]!r}" if last != archive else ""
