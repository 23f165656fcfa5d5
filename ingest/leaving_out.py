"""Patterns that leave files out, as lines of a `.gitignore` are read; or the absolute path of a folder or file.

Knows no files: it is asked about paths.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

from ingest.errors import IngestError
from ingest.ignore_files import spec_of

_SPECIAL = "\\*?[]!# "


class BadPattern(IngestError):
    """A pattern that says nothing."""


class LeftOut:
    """What patterns leave out below one folder (absolute) that is read. Raises BadPattern."""

    def __init__(self, root: str, patterns: Sequence[str]) -> None:
        lines: list[str] = []
        inside = root.rstrip(os.sep) + os.sep
        for pattern in patterns:
            if pattern.startswith(inside) or pattern.rstrip(os.sep) == root:
                lines.append("/" + escaped(pattern[len(inside) :].replace(os.sep, "/")))
            else:
                lines.append(pattern)
            try:
                spec_of(lines[-1:])
            except ValueError as error:
                raise BadPattern(f"{pattern} is no pattern: {error}. Write it as in a .gitignore file.") from error
        self._spec: GitIgnoreSpec | None = spec_of(lines) if lines else None

    def __bool__(self) -> bool:
        """Whether anything may be left out."""
        return self._spec is not None

    def __call__(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether `path` (relative to the folder, "/" between parts) is left out, with all it holds."""
        return self._spec is not None and self._spec.match_file(f"{path}/" if is_folder else path)


def escaped(path: str) -> str:
    """The pattern that fits `path` and nothing else."""
    return "".join(f"\\{c}" if c in _SPECIAL else c for c in path)
