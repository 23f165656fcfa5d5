"""`--diff A...B`, and what commands that read sources say about archives and patches."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from app.cli.output import UsageError

HELP = """
\b
Packed files (gzip, bzip2, xz, Zstandard) are read as what is in them. Archives
(zip, tar, packed or not, and one level of archives in them) give a document
for each file in them: its path goes on behind the archive's, which is in
"archive"; bytes and sizes are those of the unpacked file. Such a path may be
named, too: a.zip/src/main.py. A set of rotated logs (app.log, app.log.1,
app.log.2.gz, app.log-20260314.xz) comes oldest first.
Patches: a section for each file they change, its name in "part", the patch's
own lines in "lines". With --diff A...B each PATH is a Git repository, and what
is read is what changed in B since it left A (A..B: between the two).
"""


def diff_option(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the option; with it, the command gets `paths` that name differences in place of repositories."""

    @wraps(command)
    def with_diff(**given: Any) -> None:
        revisions = given.pop("diff")
        if revisions is not None:
            given["paths"] = differences(given["paths"], revisions)
        command(**given)

    return click.option(
        "--diff", metavar="A...B", help="Read what changed between two revisions of the Git repository at each PATH."
    )(with_diff)


def differences(paths: tuple[str, ...], revisions: str) -> tuple[str, ...]:
    """The paths that name the difference in each repository. Raises UsageError for what can be none."""
    from ingest.git_diff import diff_path

    if "-" in paths:
        raise UsageError("Standard input is no repository.", hint="Pipe the patch itself, without --diff.")
    if not revisions.strip():
        raise UsageError("--diff names no revisions.", hint="Write it as --diff main...HEAD.")
    return tuple(diff_path(path, revisions) if path else path for path in paths)
