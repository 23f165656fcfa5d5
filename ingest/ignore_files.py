"""`.gitignore` files, nested as Git nests them: the deepest one that has an opinion decides. Asks no Git."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

NAME = ".gitignore"


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules that hold in one folder. `folders`: (folder relative to the root, its spec), deepest first."""

    folders: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    def inside(self, folder: str, content: bytes) -> IgnoreRules:
        """With the ignore file that stands in `folder` ("" for the root)."""
        lines = [line for line in content.decode("utf-8-sig", "surrogateescape").splitlines() if _legal(line)]
        return IgnoreRules(((folder, spec_of(lines)), *self.folders))

    def ignore(self, path: str, *, is_folder: bool) -> bool:
        """Whether `path` (relative to the root, "/" between parts) is left out. A link to a folder is no folder."""
        for folder, spec in self.folders:
            relative = str(PurePosixPath(path).relative_to(folder)) if folder else path
            opinion = spec.check_file(relative + "/" if is_folder else relative).include
            if opinion is not None:
                return opinion
        return False


def spec_of(lines: Sequence[str]) -> GitIgnoreSpec:
    """The rules that `lines` of an ignore file say. Raises ValueError when one is no pattern."""
    from pathspec import GitIgnoreSpec

    with warnings.catch_warnings():
        # A legal "[[]" becomes a regular expression that Python has doubts about.
        warnings.simplefilter("ignore", FutureWarning)
        return GitIgnoreSpec.from_lines(lines)


def _legal(line: str) -> bool:
    """Whether pathspec takes the pattern; one bad line must not cost the others."""
    try:
        spec_of([line])
    except ValueError:
        return False
    return True
