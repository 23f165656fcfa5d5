"""One file (or what came in on standard input) becomes a document, a skip with its reason, or work for the PDF reader.

What it is, is decided by its content. Knows no folders.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from ingest.code import code_sections
from ingest.decode import decode, encoding_problem
from ingest.document import Document, Kind, Section, Skipped
from ingest.files import RegularFile, base_name, why
from ingest.html import LARGEST_HTML, html_sections
from ingest.inflate import Inflater
from ingest.kinds import kind_by_name
from ingest.office import IsOffice
from ingest.office_kind import OfficeForm, Unsupported, is_notebook, mail_form, packed_form
from ingest.read_log import ChangedMeanwhile, read_log
from ingest.sheet import csv_sections
from ingest.sizes import size_words
from ingest.sniff import GZIP_START, HEAD_BYTES, Binary, TextFile, is_pdf, sniff_text
from ingest.source import Limits, Source
from ingest.text import markdown_sections, text_sections
from ingest.view import AS_IT_STANDS, View
from ingest.viewing import viewed

_CHANGED = "The file changed while it was being read. Add it again when it is complete."


@dataclass(frozen=True, slots=True)
class IsPdf:
    """The source is a PDF, to be read in another process. content: its bytes when it is no file."""

    path: str
    size: int
    content: bytes | None = None


Outcome = Document | Skipped | IsPdf | IsOffice


def read_file(path: str, limits: Limits, on_bytes: Callable[[int], None], view: View = AS_IT_STANDS) -> Outcome:
    """What is in the file. on_bytes: called now and then with the bytes read so far; may raise."""
    name = base_name(path)
    for _ in range(2):
        try:
            with RegularFile(path) as file:
                return _read(Source(path, name, file, file.stat.st_size, file.stat.st_mtime_ns), limits, view, on_bytes)
        except OSError as error:
            return Skipped(path, why(error))
        except ChangedMeanwhile:
            continue
    return Document(path, kind_by_name(name) or "text", "failed", _CHANGED)


def read_bytes(
    name: str, content: bytes, limits: Limits, on_bytes: Callable[[int], None], view: View = AS_IT_STANDS
) -> Outcome:
    """What is in `content`, as if it were a file of this name that cannot be read again."""
    source = Source(name, name, io.BytesIO(content), len(content), mtime_ns=time.time_ns(), on_disk=False)
    outcome = _read(source, limits, view, on_bytes)
    if isinstance(outcome, IsOffice):
        return replace(outcome, content=content)
    return IsPdf(name, len(content), content) if isinstance(outcome, IsPdf) else outcome


def _read(source: Source, limits: Limits, view: View, on_bytes: Callable[[int], None]) -> Outcome:
    head = source.read(HEAD_BYTES)
    if not head:
        return _empty(source, "The file is empty.")
    if head.startswith(GZIP_START):
        return _read_packed(source, limits, view, on_bytes)
    if is_pdf(source.name, head):
        return IsPdf(source.path, source.size) if source.size <= limits.file_bytes else _too_large(source, limits)
    packed = packed_form(head, source.handle, source.size)
    if packed is not None:
        return _office(source, packed, limits)
    whole = len(head) < HEAD_BYTES
    found = sniff_text(source.name, head, whole=whole)
    if isinstance(found, Binary):
        return Skipped(source.path, found.reason)
    if found.kind == "mail":
        return _office(source, mail_form(source.name, head) or "mail", limits)
    if found.kind == "log" and found.encoding.line_by_line:
        return read_log(source, found.encoding, limits, packed=False, on_bytes=on_bytes)
    if source.size > limits.file_bytes:
        return _too_large(source, limits)
    content = head if whole else head + source.read(limits.file_bytes - len(head) + 1)
    if len(content) > limits.file_bytes or source.changed():
        raise ChangedMeanwhile
    document = _text(source, source.name, found, content, view, on_bytes)
    if found.kind == "code" and document.sections and is_notebook(head, content):
        return IsOffice(source.path, "notebook", source.size, source.name, otherwise=document)
    return document


def _office(source: Source, form: OfficeForm | Unsupported, limits: Limits) -> Outcome:
    if isinstance(form, Unsupported):
        return Skipped(source.path, form.reason)
    if source.size > limits.file_bytes:
        return _too_large(source, limits)
    return IsOffice(source.path, form, source.size, source.name)


def _read_packed(source: Source, limits: Limits, view: View, on_bytes: Callable[[int], None]) -> Outcome:
    name = source.name
    inner_name = name[:-3] if name.lower().endswith(".gz") else name
    source.seek(0)
    inflater = Inflater()
    head = inflater.read(source, HEAD_BYTES)
    if not head:
        if inflater.broken:
            return _failed(source, f"The compressed file is {inflater.broken}: nothing in it could be unpacked.")
        return _empty(source, "The compressed file is empty inside.")
    whole = len(head) < HEAD_BYTES
    if is_pdf(inner_name, head):
        return Skipped(source.path, "a PDF packed with gzip; unpack it and add the PDF itself")
    found = sniff_text(inner_name, head, whole=whole)
    if isinstance(found, Binary):
        return Skipped(source.path, f"packed with gzip, and inside {found.reason}")
    if found.kind == "log" and found.encoding.line_by_line:
        return read_log(source, found.encoding, limits, packed=True, on_bytes=on_bytes)
    content = head + inflater.read(source, limits.file_bytes - len(head) + 1)
    if len(content) > limits.file_bytes:
        return Skipped(source.path, f"larger than {size_words(limits.file_bytes)} when unpacked")
    if inflater.broken:
        return _failed(source, f"The compressed file is {inflater.broken}. Get a complete copy.")
    if source.changed():
        raise ChangedMeanwhile
    return _text(source, inner_name, found, content, view, on_bytes)


def _text(
    source: Source, name: str, found: TextFile, content: bytes, view: View, on_bytes: Callable[[int], None]
) -> Document:
    decoded = decode(content[found.encoding.mark :] if found.encoding.mark else content, found.encoding)
    text = decoded.text
    if not text or text.isspace():
        return _empty(source, "The file holds nothing but white space.", found.kind)
    kind, note = found.kind, None
    if kind == "html" and len(text) > LARGEST_HTML:
        kind, note = "code", "It is too large to be shown as a page; it was read as source text."
    sections = _sections(kind, name, text, lambda: on_bytes(len(content)))
    if not sections:
        return _empty(source, "The page shows no text: everything is scripts, pictures or markup.", kind)
    problem = " ".join(said for said in (note, encoding_problem(found.encoding, decoded.replaced)) if said)
    document = Document(
        source.path,
        kind,
        "ok",
        problem or None,
        sections,
        size=source.size,
        mtime_ns=source.mtime_ns,
        sha256=source.sha256(),
    )
    return viewed(document, view)


def _sections(kind: Kind, name: str, text: str, check: Callable[[], None]) -> tuple[Section, ...]:
    if kind == "markdown":
        return markdown_sections(name, text)
    if kind == "html":
        return html_sections(name, text, stop=check)
    if kind == "sheet":
        return csv_sections(name, text)
    return code_sections(name, text) if kind == "code" else text_sections(name, text)


def _too_large(source: Source, limits: Limits) -> Skipped:
    return Skipped(source.path, f"larger than {size_words(limits.file_bytes)} ({size_words(source.size)})")


def _empty(source: Source, problem: str, kind: Kind | None = None) -> Document:
    return Document(
        source.path,
        kind or kind_by_name(source.name) or "text",
        "empty",
        problem,
        size=source.size,
        mtime_ns=source.mtime_ns,
        sha256=source.sha256(),
    )


def _failed(source: Source, problem: str) -> Document:
    return Document(
        source.path,
        kind_by_name(source.name.removesuffix(".gz")) or "text",
        "failed",
        problem,
        size=source.size,
        mtime_ns=source.mtime_ns,
    )
