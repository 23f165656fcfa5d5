"""Whether a file can be reviewed, and its text line for line as it stands; else why not, in a sentence.

Line ends stay what they are, so that a suggested change fits the file. Knows no folders and no Git.
"""

from __future__ import annotations

import re

from ingest.decode import REPLACEMENT
from ingest.document import Kind
from ingest.files import base_name
from ingest.office_kind import is_notebook
from ingest.sizes import size_words
from ingest.sniff import HEAD_BYTES, Binary, is_pdf, sniff_text
from ingest.summaries import summary, vendored

LARGEST = 2_000_000
"""Bytes of a file that is reviewed. What a person wrote is smaller; a model would read a hundred pages of tables."""

_LFS = b"version https://git-lfs.github.com/spec/"
_OTHERS: dict[Kind, str] = {
    "log": "a log",
    "sheet": "a table of values",
    "mail": "a mail",
    "pdf": "a PDF",
    "document": "a document",
    "slides": "a presentation",
}
_CONFLICT = re.compile(r"^<<<<<<< .*?^=======\r?$.*?^>>>>>>> ", re.MULTILINE | re.DOTALL)


class NotReviewed(Exception):
    """A file cannot be reviewed; the text is a sentence."""


def reviewable_text(path: str, content: bytes) -> str:
    """The text of the file at `path` (within what is reviewed). Raises NotReviewed.

    Lone surrogates and NUL become U+FFFD, so that it can be encoded as UTF-8.
    """
    if not content.strip():
        raise NotReviewed("It is empty.")
    if len(content) > LARGEST:
        raise too_large(len(content))
    name, head = base_name(path), content[:HEAD_BYTES]
    if content.startswith(_LFS):
        raise NotReviewed("It is kept with Git LFS and not in the repository.")
    if is_pdf(name, head):
        raise NotReviewed("It is a PDF, not source code.")
    found = sniff_text(name, head, whole=len(head) == len(content))
    if isinstance(found, Binary):
        raise NotReviewed(f"It is {found.reason}.")
    if found.kind == "diff":
        raise NotReviewed("It is a patch, which is reviewed by itself.")
    if found.kind in _OTHERS:
        raise NotReviewed(f"It is {_OTHERS[found.kind]}, not source code.")
    if found.kind == "code" and is_notebook(head, content):
        raise NotReviewed("It is a notebook, whose lines are not its cells'; export it as a script.")
    text = content[found.encoding.mark :].decode(found.encoding.name, "replace").replace("\0", REPLACEMENT)
    check_written(path, text)
    return text


def check_written(path: str, text: str) -> None:
    """Raises NotReviewed for text that nobody wrote, or others did."""
    folder = vendored(path)
    if folder:
        raise NotReviewed(f"It is others' work, in {folder}.")
    reason = summary(path, text)
    if reason:
        raise NotReviewed(f"Nobody reads it: it is {_with_article(reason)}.")


def too_large(size: int) -> NotReviewed:
    """The refusal of a file of so many bytes."""
    return NotReviewed(f"It has {size_words(size)}; files over {size_words(LARGEST)} are not reviewed.")


def in_conflict(text: str) -> bool:
    """Whether a merge left its marks in the file."""
    return "<<<<<<< " in text and _CONFLICT.search(text) is not None


def _with_article(reason: str) -> str:
    return reason if reason in ("minified", "generated") else f"a {reason}"
