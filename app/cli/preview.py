"""`--preview` and `--leave-out` of `ingest`: what would come in, before anything is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import click

from app.cli.output import ProgressLine, UsageError, note, print_json, print_text
from app.cli.sources import roots_of
from app.core.workspace import shown_path
from ingest.sizes import size_words

if TYPE_CHECKING:
    from ingest.preview import Group, LeftOut, Preview

HELP = """
\b
--preview reads nothing: it says what would come in, by folder and by ending,
and what would not, and why. Its JSON instead of the one above:
  files, size, tokens  of what would come in; tokens are about, estimated
             from samples counted with the model (sampled: false: without)
  huge       whether it is more than the settings many_files, many_bytes
  folders    [{name, path, files, size, tokens}], the largest first
  extensions [{name, files, size, tokens}]
  left_out   [{reason, files, size, examples}]; shortened: likewise, what is
             read as one line each
--leave-out PATTERN, as a line of a .gitignore, below each path; may be
repeated.
"""

_SHOWN = 12

F = TypeVar("F", bound=Callable[..., Any])


def preview_options(command: F) -> F:
    """Give `command` the parameters `preview` (bool) and `leave_out` (strings)."""
    wanted = click.option("--preview", is_flag=True, help="Only say what would come in; read nothing.")
    patterns = click.option("--leave-out", multiple=True, metavar="PATTERN", help="Leave out what fits; see above.")
    return wanted(patterns(command))


def print_preview(paths: Sequence[str], *, model: str | None, leave_out: Sequence[str], as_json: bool) -> None:
    """Look at `paths` and print what would come in. Raises UsageError, BadPattern."""
    from app.cli.counting import vocabulary
    from app.core.settings import load
    from ingest.preview import look

    if not paths or "" in paths or "-" in paths:
        raise UsageError("A preview needs files or folders.", hint="Name at least one; standard input has none.")
    preferences = load().preferences
    line = ProgressLine()
    with vocabulary(model) as backend:
        found = look(
            roots_of(paths),
            lambda: line.say("Looking at files"),
            count=None if backend is None else lambda text: backend.count([text])[0],
            leave_out=leave_out,
            many_files=preferences.many_files,
            many_bytes=preferences.many_bytes,
        )
    line.done()
    if as_json:
        print_json(_preview_json(found))
        return
    print_text(f"{found.files:,} files, {size_words(found.size)}, about {found.tokens:,} tokens")
    for title, groups in (("By folder", found.folders), ("By ending", found.extensions)):
        print_text(title)
        for group in groups[:_SHOWN]:
            print_text(
                f"  {group.files:>8,}  {size_words(group.size):>10}  {group.tokens:>12,}  {group.name or '(none)'}"
            )
        _say_more(len(groups))
    for title, parts in (("Left out", found.left_out), ("Left to one line each", found.shortened)):
        if parts:
            print_text(title)
        for part in parts[:_SHOWN]:
            print_text(f"  {part.files:>8,}  {part.reason}, such as {shown_path(part.examples[0])}")
        _say_more(len(parts))
    if found.huge:
        note("That is a lot. --leave-out PATTERN leaves some of it out.")


def _say_more(groups: int) -> None:
    if groups > _SHOWN:
        print_text(f"            and {groups - _SHOWN:,} more")


def _preview_json(found: Preview) -> dict[str, Any]:
    return {
        "files": found.files,
        "size": found.size,
        "tokens": found.tokens,
        "sampled": found.sampled,
        "huge": found.huge,
        "folders": [{**_group_json(group), "path": shown_path(group.path)} for group in found.folders],
        "extensions": [_group_json(group) for group in found.extensions],
        "left_out": [_part_json(part) for part in found.left_out],
        "shortened": [_part_json(part) for part in found.shortened],
    }


def _group_json(group: Group) -> dict[str, Any]:
    return {name: value for name, value in asdict(group).items() if name != "path"}


def _part_json(part: LeftOut) -> dict[str, Any]:
    return {**asdict(part), "examples": [shown_path(example) for example in part.examples]}
