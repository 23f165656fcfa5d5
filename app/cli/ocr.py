"""`--ocr` and `--ocr-language`, which every command takes that reads PDFs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from app.cli.output import UsageError, WorkFailed
from ingest.recognition import Recognition, default_language, find_tessdata, how_to_install, locale_of, not_installed

HELP = """
\b
Scans: with --ocr, pages of PDFs that are pictures without text are read by
Tesseract's recognition, which needs its language data installed. Such text is
not in the file word for word: its spans carry "recognised": true, the
document's status is recognised, and its problem names the pages.
"""

F = TypeVar("F", bound=Callable[..., Any])


def ocr_options(command: F) -> F:
    """Give `command` the parameters `ocr` (bool) and `ocr_language` (string or None)."""
    wanted = click.option("--ocr", is_flag=True, help="Recognise the text of pages that are pictures.")
    language = click.option(
        "--ocr-language",
        metavar="LANG",
        help='Its language, such as deu or "eng+deu"; implies --ocr (default: the locale\'s, else eng).',
    )
    return wanted(language(command))


def recognition_from(ocr: bool, language: str | None) -> Recognition | None:
    """How to recognise text, None when it is not wanted.

    Raises WorkFailed when there is no language data, UsageError when a language is not installed.
    """
    if not ocr and language is None:
        return None
    found = find_tessdata()
    if found is None:
        raise WorkFailed(how_to_install(), hint="Or read on without --ocr.", kind="no_tessdata")
    asked = default_language(locale_of(), found.languages) if language is None else language
    recognition = found.recognition(asked)
    if recognition is None:
        raise UsageError(not_installed(asked, found.languages), hint="Name one of them, or install its data.")
    return recognition
