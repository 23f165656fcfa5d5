"""Finds out by content what a file is: a PDF, packed, binary, or which kind of text.

Names only decide among kinds of text. Knows no files: it is given a name and the first bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.decode import Encoding, decode, detect_encoding
from ingest.diff import looks_like_diff
from ingest.document import Kind
from ingest.kinds import binary_by_magic, kind_by_name
from ingest.log_lines import looks_like_log
from ingest.office_kind import mail_form

HEAD_BYTES = 65_536

_PDF_WITHIN = 1024
_PDF_START = re.compile(rb"%PDF-\d")
_HTML_START = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_SAMPLE_CHARACTERS = 16_384


@dataclass(frozen=True, slots=True)
class TextFile:
    """The head is text: of this kind, in this encoding."""

    kind: Kind
    encoding: Encoding


@dataclass(frozen=True, slots=True)
class Binary:
    """The head is no text: why, in a few words."""

    reason: str


def is_pdf(name: str, head: bytes) -> bool:
    """Whether the file is a PDF, whatever it is called. Junk before the PDF's own start is common and harmless."""
    found = _PDF_START.search(head, 0, _PDF_WITHIN)
    if found is None:
        return False
    return not head[: found.start()].strip(b"\xef\xbb\xbf\x00 \t\r\n\f") or kind_by_name(name) == "pdf"


def sniff_text(name: str, head: bytes, *, whole: bool) -> TextFile | Binary:
    """What kind of text begins with `head` (not empty, no PDF). whole: `head` is all there is."""
    binary = binary_by_magic(head)
    if binary:
        return Binary(_misnamed(name, binary))
    encoding = detect_encoding(head, whole=whole)
    if encoding is None:
        return Binary("binary: it holds no text")
    named = kind_by_name(name)
    if named in ("code", "log", "sheet"):
        return TextFile(named, encoding)
    sample = decode(head[encoding.mark : encoding.mark + _SAMPLE_CHARACTERS], encoding).text
    # A patch may come with a message's headers.
    if named not in ("markdown", "html") and looks_like_diff(sample, named=named == "diff"):
        return TextFile("diff", encoding)
    if named not in ("markdown", "html") and mail_form(name, head):
        return TextFile("mail", encoding)
    if named != "markdown" and _HTML_START.match(sample):
        return TextFile("html", encoding)
    if named in ("markdown", "html"):
        return TextFile(named, encoding)
    if looks_like_log(sample):
        return TextFile("log", encoding)
    return TextFile("code" if sample.startswith("#!") else "text", encoding)


def _misnamed(name: str, what: str) -> str:
    if kind_by_name(name) is None:
        return f"binary: {what}"
    return f"binary: {what}, although it is named {name}"
