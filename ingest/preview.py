"""What would come in from files and folders, before any of it is read: how much, of what, and what is left out and why.

Tokens are estimated from samples of the files themselves, by whoever can count them. Knows no tokens and no window.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.leaving_out import escaped

MANY_FILES = 500
MANY_BYTES = 200_000_000
LARGEST_FILE = 256_000_000

Count = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Group:
    """Files that have something in common. name: of a folder, or ".py"; "" for none. tokens: about; never exact.

    path: of a folder, absolute; "" for an extension.
    """

    name: str
    files: int
    size: int
    tokens: int
    path: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Files or folders that would not come in, or only as one line each, and why, in a few words."""

    reason: str
    files: int
    size: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What was named, before it is read. files, size, tokens: of what would come in; tokens are about.

    folders: below each folder that was named, its own folders and the files that lie in it directly. extensions, and
    folders: the largest first. left_out: passed over. shortened: read as one line each. many_files, many_bytes: above
    these a person should be asked first. sampled: the estimate comes from samples of these very files.
    """

    paths: tuple[Path, ...]
    files: int = 0
    size: int = 0
    tokens: int = 0
    folders: tuple[Group, ...] = ()
    extensions: tuple[Group, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    shortened: tuple[LeftOut, ...] = ()
    many_files: int = MANY_FILES
    many_bytes: int = MANY_BYTES
    sampled: bool = False
    single: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Files that no pattern can name together: by folder those that lie in it directly, by "" those without ending."""

    @property
    def huge(self) -> bool:
        """Whether the person should be asked first."""
        return self.files > self.many_files or self.size > self.many_bytes

    @property
    def skipped(self) -> int:
        """How many are passed over."""
        return sum(group.files for group in self.left_out)

    @property
    def by_extension(self) -> tuple[tuple[str, int, int], ...]:
        """(".py", files, bytes), the largest share of bytes first."""
        return tuple((group.name, group.files, group.size) for group in self.extensions)

    def choose(
        self, *, folders: Iterable[str] | None = None, extensions: Iterable[str] | None = None
    ) -> tuple[str, ...]:
        """What `open_paths(..., leave_out=...)` takes so that only these come in.

        folders: by `Group.path`; extensions: by `Group.name`. None: all of them.
        """
        chosen, kept = set(folders or ()), set(extensions or ())
        patterns: list[str] = []
        for group in self.folders if folders is not None else ():
            if group.path not in chosen:
                patterns += self.single.get(group.path, (group.path,))
        for group in self.extensions if extensions is not None else ():
            if group.name not in kept:
                patterns += [f"*{_any_case(group.name)}"] if group.name else self.single.get("", ())
        return tuple(patterns)


def look(
    paths: Sequence[str | os.PathLike[str]],
    check: Callable[[], None] | None = None,
    *,
    count: Count | None = None,
    leave_out: Sequence[str] = (),
    many_files: int = MANY_FILES,
    many_bytes: int = MANY_BYTES,
    largest_file: int = LARGEST_FILE,
) -> Preview:
    """Look at everything at or below `paths`, without reading it. `check` is called now and then and may raise.

    count: tokens of a text. leave_out: patterns, see `ingest.leaving_out`. largest_file: larger ones are not read.
    Raises BadPattern.
    """
    from ingest.looking import Looking
    from ingest.tree import walk

    looking = Looking([str(Path(path).absolute()) for path in paths], check or (lambda: None), largest_file)
    walked = walk([os.fspath(path) for path in paths], check=check, leave_out=leave_out)
    for found in walked.files:
        looking.file(found)
    for skipped in walked.skipped:
        looking.passed_over(skipped.reason, skipped.path)
    for path in [*walked.ignored, *looking.ignored_by_git()]:
        looking.passed_over("ignored (.gitignore)", path)
    for path in walked.left_out:
        looking.passed_over("left out by your pattern", path)
    tokens = looking.estimate(count)
    return Preview(
        paths=tuple(Path(path) for path in paths),
        files=looking.files,
        size=looking.size,
        tokens=sum(group.tokens for group in tokens[1]),
        folders=tokens[0],
        extensions=tokens[1],
        left_out=looking.gathered(looking.left_out),
        shortened=looking.gathered(looking.shortened),
        many_files=many_files,
        many_bytes=many_bytes,
        sampled=count is not None,
        single={path: tuple(files) for path, files in looking.single.items()},
    )


def _any_case(extension: str) -> str:
    return "".join(f"[{c}{c.upper()}]" if c.isascii() and c.isalpha() else escaped(c) for c in extension)
