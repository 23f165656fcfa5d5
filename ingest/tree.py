"""Walks folders: which files are to be read, in a stable order, and what was passed over and why.

Inside a Git work tree Git is asked, elsewhere ignore files are followed. Links are never followed out of the folder and
never into another folder. Knows nothing of what is in the files, except in ignore files.
"""

# Paths stay strings here: an object for each file of a large tree would cost as much as reading it.

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.archive_form import may_be_archive
from ingest.document import Skipped
from ingest.files import RegularFile, why, why_not_regular
from ingest.git_diff import split_diff_path
from ingest.git_files import git_files
from ingest.ignore_files import NAME as IGNORE_FILE
from ingest.ignore_files import IgnoreRules
from ingest.leaving_out import LeftOut
from ingest.rotation import in_order, together

_REPOSITORIES = frozenset({".git", ".hg", ".svn", ".jj", ".bzr"})
_NO_NAMES = frozenset({"", ".", ".."})
_LARGEST_IGNORE_FILE = 1 << 20
_HEAD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read. path: as the user would name it. real: without links, the same for the same file. size: bytes.

    linked: it was found through a link that has a name of its own. inside: `path` is that of an archive, and only what
    lies in it at these paths, or below them, is meant; all of it when there are none. difference: `path` is no
    file, but stands for the difference of two revisions (see `ingest.git_diff`).
    """

    path: str
    real: str
    size: int
    linked: bool = False
    inside: tuple[str, ...] = ()
    difference: bool = False


@dataclass(slots=True)
class Walked:
    """What walking found, in order.

    ignored: files and folders that ignore files outside of Git work trees leave out. left_out: those that the caller's
    patterns leave out; of a folder, only itself. repositories: those of their own inside of what was named, read as
    well.
    """

    files: list[Found] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    repositories: list[str] = field(default_factory=list)


def walk(paths: Sequence[str], *, check: Callable[[], None] | None = None, leave_out: Sequence[str] = ()) -> Walked:
    """All files at or below `paths`, each real file once. `check` is called now and then and may raise.

    leave_out: patterns for what lies below each path, see `ingest.leaving_out`. Raises BadPattern.
    """
    walked = Walked()
    for path in paths:
        # Not abspath: it would take "link/.." for the folder that the link stands in.
        _Walk(walked, check or _nothing, leave_out).root(str(Path(path).absolute()))
    walked = _once(walked)
    return _gathered(walked) if len(paths) > 1 else walked


def _gathered(walked: Walked) -> Walked:
    """With each set of rotated logs in order, although its files were named one by one."""
    by_path = {found.path: found for found in walked.files}
    return replace(walked, files=[by_path[path] for path in together(list(by_path), os.sep)])


def _nothing() -> None:
    pass


def _once(walked: Walked) -> Walked:
    seen: dict[str, int] = {}
    files: list[Found] = []
    # A file found under its own name wins over a link to it.
    own = {found.real for found in walked.files if not found.linked}
    for found in walked.files:
        if found.linked and found.real in own:
            continue
        at = seen.setdefault(found.real, len(files))
        if at == len(files):
            files.append(found)
        elif files[at].inside:
            # An archive is read once for all that is wanted of it.
            both = (*files[at].inside, *found.inside) if found.inside else ()
            files[at] = replace(files[at], inside=tuple(dict.fromkeys(both)))
    skipped = list(dict.fromkeys(walked.skipped))
    repositories = list(dict.fromkeys(walked.repositories))
    return Walked(files, skipped, walked.ignored, list(dict.fromkeys(walked.left_out)), repositories)


class _Walk:
    """One path that the user named."""

    def __init__(self, walked: Walked, check: Callable[[], None], leave_out: Sequence[str]) -> None:
        self._walked = walked
        self._check = check
        self._patterns = leave_out
        self._left_out: LeftOut | None = None
        self._root = ""
        self._real_root = ""
        self._base = ""
        self._real_base = ""
        self._files: list[Found] = []
        self._plain: dict[str, bool] = {}

    def root(self, path: str) -> None:
        """Find everything at or below `path`, which may itself be a link."""
        try:
            status = os.stat(path)
        except OSError as error:
            below = archive_above(path) or difference(path)
            if below:
                self._walked.files.append(below)
            else:
                self._skip(path, "there is no such file or folder" if not os.path.lexists(path) else why(error))
            return
        real = os.path.realpath(path)
        is_folder = stat.S_ISDIR(status.st_mode)
        if self._patterns:
            self._left_out = LeftOut(path if is_folder else os.path.dirname(path), self._patterns)
            if not is_folder and self._left_out(os.path.basename(path)):
                self._walked.left_out.append(path)
                return
        if is_folder:
            self._root, self._real_root = path, real
            self._base, self._real_base = os.path.join(path, ""), os.path.join(real, "")
            self._folder("")
            by_path = {found.path: found for found in self._files}
            self._walked.files.extend(by_path[path] for path in in_order(list(by_path), os.sep))
            return
        reason = why_not_regular(status.st_mode)
        if reason:
            self._skip(path, reason)
        else:
            self._walked.files.append(Found(path, real, status.st_size, linked=os.path.islink(path)))

    def _folder(self, inside: str) -> None:
        """A folder below the root, relative to it; "" for the root itself."""
        folder = os.path.join(self._root, inside) if inside else self._root
        listed = git_files(os.path.realpath(folder))
        if listed is None:
            self._by_hand(inside)
            return
        for name in listed.closed:
            self._skip(os.path.join(folder, name), "the folder cannot be opened: reading it is not permitted")
        for name in listed.files:
            self._check()
            self._git_entry(f"{inside}/{name}" if inside else name)

    def _git_entry(self, relative: str) -> None:
        name = relative.rstrip("/")
        parts = name.split("/")
        # A damaged or hostile index may name anything, its own folder too.
        if not _NO_NAMES.isdisjoint(parts) or not _REPOSITORIES.isdisjoint(parts):
            return
        path = f"{self._base}{name}" if os.sep == "/" else os.path.join(self._root, *parts)
        try:
            status = os.lstat(path)
        except OSError as error:
            self._skip(path, why(error))
            return
        is_folder = stat.S_ISDIR(status.st_mode)
        if self._left_out is not None and self._left_out(name, is_folder=is_folder):
            self._walked.left_out.append(path)
        elif self._goes_through_link(parts):
            self._skip(path, "it lies behind a link to a folder")
        elif is_folder:
            # A repository inside this one: Git lists only its name.
            self._repository(path, name)
        else:
            self._entry(path, name, status)

    def _repository(self, path: str, inside: str) -> None:
        """A folder that is, or should be, a repository of its own: nested, or a submodule."""
        try:
            entries = os.listdir(path)
        except OSError as error:
            self._skip(path, f"the folder cannot be opened: {why(error)}")
            return
        if not entries:
            self._skip(path, "a submodule that is not checked out (`git submodule update --init` fetches it)")
            return
        if ".git" in entries:
            self._walked.repositories.append(path)
        self._folder(inside)

    def _goes_through_link(self, parts: list[str]) -> bool:
        """Whether a folder that Git knows has meanwhile become a link, perhaps out of the root."""
        folder = "/".join(parts[:-1])
        if not folder:
            return False
        if folder not in self._plain:
            self._plain[folder] = os.path.realpath(os.path.join(self._root, folder)) == os.path.join(
                self._real_root, folder
            )
        return not self._plain[folder]

    def _by_hand(self, inside: str) -> None:
        waiting: list[tuple[str, IgnoreRules]] = [(inside, IgnoreRules())]
        while waiting:
            self._check()
            folder, rules = waiting.pop()
            path = os.path.join(self._root, folder) if folder else self._root
            try:
                with os.scandir(path) as entries:
                    listed = list(entries)
            except OSError as error:
                self._skip(path, f"the folder cannot be opened: {why(error)}")
                continue
            if any(entry.name == ".git" for entry in listed):
                if folder != inside:
                    self._repository(path, folder)
                    continue
                # What Git itself would follow, were it here, with less weight than the ignore files.
                rules = self._with_ignore_file(rules, folder, os.path.join(path, ".git", "info", "exclude"))
            if any(entry.name == IGNORE_FILE for entry in listed):
                rules = self._with_ignore_file(rules, folder, os.path.join(path, IGNORE_FILE))
            for entry in listed:
                name = f"{folder}/{entry.name}" if folder else entry.name
                is_folder = _is_folder(entry)
                if is_folder and entry.name in _REPOSITORIES:
                    continue
                if rules.ignore(name, is_folder=is_folder):
                    self._walked.ignored.append(entry.path)
                elif self._left_out is not None and self._left_out(name, is_folder=is_folder):
                    self._walked.left_out.append(entry.path)
                elif is_folder:
                    waiting.append((name, rules))
                else:
                    self._scanned(entry, name)

    def _scanned(self, entry: os.DirEntry[str], name: str) -> None:
        try:
            self._entry(entry.path, name, entry.stat(follow_symlinks=False))
        except OSError as error:
            self._skip(entry.path, why(error))

    def _with_ignore_file(self, rules: IgnoreRules, folder: str, path: str) -> IgnoreRules:
        try:
            with RegularFile(path) as file:
                return rules.inside(folder, file.read(_LARGEST_IGNORE_FILE))
        except OSError:
            return rules

    def _entry(self, path: str, relative: str, status: os.stat_result) -> None:
        """A file, a link or something stranger below the root."""
        reason = why_not_regular(status.st_mode)
        if reason:
            self._skip(path, reason)
        elif stat.S_ISLNK(status.st_mode):
            self._link(path)
        else:
            self._files.append(Found(path, f"{self._real_base}{relative}", status.st_size))

    def _link(self, path: str) -> None:
        real = os.path.realpath(path)
        try:
            status = os.stat(path)
        except OSError as error:
            leads_nowhere = isinstance(error, FileNotFoundError)
            self._skip(path, "it is a link that leads nowhere" if leads_nowhere else why(error))
            return
        if os.path.commonpath([real, self._real_root]) != self._real_root:
            self._skip(path, "it is a link that leads out of the folder")
        elif stat.S_ISDIR(status.st_mode):
            self._skip(path, "it is a link to a folder, which is read where it lies")
        else:
            reason = why_not_regular(status.st_mode)
            if reason:
                self._skip(path, reason)
            else:
                self._files.append(Found(path, real, status.st_size, linked=True))

    def _skip(self, path: str, reason: str) -> None:
        self._walked.skipped.append(Skipped(path, reason))


def archive_above(path: str) -> Found | None:
    """The archive, by its first bytes, that `path` (absolute) goes on behind as if it were a folder, if any."""
    above = os.path.dirname(path)
    while above != os.path.dirname(above):
        try:
            status = os.stat(above)
        except OSError:
            above = os.path.dirname(above)
            continue
        if not stat.S_ISREG(status.st_mode) or not _may_be_archive(above):
            return None
        return Found(above, os.path.realpath(above), status.st_size, inside=(path,))
    return None


def difference(path: str) -> Found | None:
    """What `path` stands for when it names the difference of two revisions of a repository."""
    named = split_diff_path(path)
    return Found(path, path, 0, difference=True) if named and os.path.isdir(named[0]) else None


def _may_be_archive(path: str) -> bool:
    try:
        with RegularFile(path) as file:
            return may_be_archive(file.read(_HEAD_BYTES))
    except OSError:
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False
