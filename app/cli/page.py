"""`page FILE N --png OUT`: one page of a PDF as a picture, drawn in a process of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from app.cli.output import UsageError, WorkFailed, note, print_json, write_file
from app.cli.passwords import HELP as PASSWORDS_HELP
from app.cli.passwords import password_options, passwords_from

HELP = """Write page N (from 1) of a PDF as a PNG picture, for a person or a model that sees.

\b
JSON fields (stable; more may be added):
  path, page, pages   the file, the page, and how many it has
  width, height       of the picture, in pixels
  png                 where it was written
"""

_PAGE_SECONDS = 60.0
_SENTENCES = {
    "gone": "It cannot be read: {detail}.",
    "changed": "The file changed while it was being read. Try again when it is complete.",
    "no_such_page": "It has no page {page:,}; it has {detail}.",
    "broken": "Page {page:,} cannot be drawn: the PDF is damaged. Get a complete copy.",
}


@click.command(help=HELP + PASSWORDS_HELP)
@click.argument("file", metavar="FILE")
@click.argument("number", type=click.IntRange(min=1), metavar="N")
@click.option("--png", required=True, metavar="OUT", help="Where to write the picture.")
@click.option("--dpi", type=click.IntRange(10, 1200), default=150, show_default=True, help="Pixels per inch.")
@click.option("--force", is_flag=True, help="Overwrite OUT.")
@password_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    file: str,
    number: int,
    png: str,
    dpi: int,
    force: bool,
    password: tuple[str, ...],
    password_file: tuple[str, ...],
    as_json: bool,
) -> None:
    """See HELP."""
    path = Path(file).absolute()
    answer = _draw(path, number, dpi, passwords_from(password, password_file))
    drawn = answer["closed"]
    write_file(Path(png), answer["content"], force=force)
    if as_json:
        print_json({"path": file, "page": number, **drawn, "png": png})
    else:
        note(f"Page {number:,} of {drawn['pages']:,} is in {png}: {drawn['width']:,} x {drawn['height']:,} pixels.")


def _draw(path: Path, number: int, dpi: int, passwords: tuple[str, ...]) -> dict[str, Any]:
    """The answer of the process that draws pages. Raises UsageError and WorkFailed."""
    from ingest.pdf_child import PdfChild, ReaderGone

    try:
        stat = path.stat()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.", hint="Check its name.") from error
    request = {
        "path": os.fsencode(path).hex(),
        "size": stat.st_size,
        "mtime_ns": stat.st_mtime_ns,
        "sha256": None,
        "page_seconds": _PAGE_SECONDS,
        "passwords": passwords,
        "want": "png",
        "page": number - 1,
        "dpi": dpi,
    }
    child = PdfChild("ingest.pdf_pages")
    try:
        (answer,) = child.ask(request, None)
    except ReaderGone as gone:
        why = f"took longer than {_PAGE_SECONDS:g} s" if gone.hung else "took too much memory, or the file is damaged"
        raise WorkFailed(f"Page {number:,} cannot be drawn: it {why}.", hint="Try a lower --dpi.") from gone
    finally:
        child.close()
    if "closed" in answer:
        return answer
    kind, detail = answer["failed"], answer["detail"]
    if kind == "password":
        opens = "None of the given passwords opens the PDF." if passwords else "The PDF asks for a password."
        raise WorkFailed(opens, hint="Give its password with --password-file FILE.", kind="password_needed")
    if kind == "no_such_page":
        raise UsageError(_SENTENCES[kind].format(page=number, detail=detail), hint="Pages count from 1.")
    raise WorkFailed(_SENTENCES[kind].format(page=number, detail=detail), hint="", kind="nothing_read")
