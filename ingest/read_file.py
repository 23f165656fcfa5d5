"""One file (or what came in on standard input) becomes a document, a skip with its reason, or work for the PDF reader.

What it is, is decided by its content. Knows no folders.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from ingest.archive_form import ArchiveForm, archive_form
from ingest.code import code_sections
from ingest.decode import decode, encoding_problem
from ingest.document import Document, Kind, Section, Skipped
from ingest.files import RegularFile, base_name, why
from ingest.html import LARGEST_HTML, html_sections
from ingest.inflate import Inflater
from ingest.kinds import kind_by_name
from ingest.office import IsOffice
from ingest.office_kind import OfficeForm, Unsupported, is_notebook, mail_form, packed_form
from ingest.read_log import UNPACK_IT, ChangedMeanwhile, bomb_problem, read_log
from ingest.sarif import looks_like_sarif, read_sarif
from ingest.sizes import size_words
from ingest.sniff import HEAD_BYTES, Binary, TextFile, is_pdf, sniff_text
from ingest.source import Limits, Source
from ingest.tar_members import is_tar
from ingest.text import markdown_sections, text_sections
from ingest.unpack import METHOD_NAMES, Method, name_inside, packed_by
from ingest.view import AS_IT_STANDS, View
from ingest.viewing import viewed
from ingest.zip_directory import ZIP_STARTS

_STEP = 1 << 22
_CHANGED = "The file changed while it was being read. Add it again when it is complete."


@dataclass(frozen=True, slots=True)
class IsPdf:
    """The source is a PDF, to be read in another process. content: its bytes when it is no file."""

    path: str
    size: int
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class IsArchive:
    """The source is an archive, to be read member by member. content: its bytes when it is no file.

    method: how the archive as a whole is packed, None when it is not.
    """

    path: str
    size: int
    form: ArchiveForm
    method: Method | None = None
    content: bytes | None = None


Outcome = Document | Skipped | IsPdf | IsArchive | IsOffice


def read_file(path: str, limits: Limits, on_bytes: Callable[[int], None], view: View = AS_IT_STANDS) -> Outcome:
    """What is in the file. on_bytes: called now and then with the bytes read so far; may raise."""
    name = base_name(path)
    for _ in range(2):
        try:
            with RegularFile(path) as file:
                source = Source(path, name, file, file.stat.st_size, file.stat.st_mtime_ns)
                return read_source(source, limits, on_bytes, view)
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
    outcome = read_source(source, limits, on_bytes, view)
    return replace(outcome, content=content) if isinstance(outcome, IsPdf | IsArchive | IsOffice) else outcome


def read_source(source: Source, limits: Limits, on_bytes: Callable[[int], None], view: View = AS_IT_STANDS) -> Outcome:
    """What is in an opened source, read from its beginning. Raises ChangedMeanwhile, OSError."""
    head = source.read(HEAD_BYTES)
    if not head:
        return _empty(source, "The file is empty.")
    method = packed_by(head)
    if method:
        return _read_packed(source, method, limits, view, on_bytes)
    # What is read forward inside an archive is looked at once more when it is in memory.
    seekable = isinstance(source.handle, RegularFile | io.BytesIO)
    packed = packed_form(head, source.handle, source.size) if seekable else None
    if packed is not None:
        return _office(source, packed, limits)
    form = archive_form(source, head)
    if form:
        return IsArchive(source.path, source.size, form)
    if is_pdf(source.name, head):
        return IsPdf(source.path, source.size) if source.size <= limits.file_bytes else _too_large(source, limits)
    whole = len(head) < HEAD_BYTES
    found = sniff_text(source.name, head, whole=whole)
    if isinstance(found, Binary):
        return Skipped(source.path, found.reason)
    if found.kind == "mail":
        return _office(source, mail_form(source.name, head) or "mail", limits)
    if found.kind == "log" and found.encoding.line_by_line:
        return read_log(source, found.encoding, limits, packed=None, on_bytes=on_bytes, view=view)
    if source.size > limits.file_bytes:
        return _too_large(source, limits)
    rest = b"" if whole else source.read(limits.file_bytes - len(head) + 1)
    if source.short:
        return _failed(source, f"{source.shortage}. {UNPACK_IT if source.bomb else 'Get a complete copy.'}")
    content = head + rest if rest else head
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


def _read_packed(
    source: Source, method: Method, limits: Limits, view: View, on_bytes: Callable[[int], None]
) -> Outcome:
    inner_name = name_inside(source.name)
    source.seek(0)
    inflater = Inflater(method)
    head = inflater.read(source, HEAD_BYTES)
    if not head:
        broken = inflater.broken or source.short
        if broken:
            return _failed(source, f"The compressed file is {broken}: nothing in it could be unpacked.")
        return _empty(source, "The compressed file is empty inside.")
    whole = len(head) < HEAD_BYTES
    if is_pdf(inner_name, head):
        return Skipped(source.path, f"a PDF packed with {METHOD_NAMES[method]}; unpack it and add the PDF itself")
    if is_tar(head):
        return IsArchive(source.path, source.size, "tar", method)
    if packed_by(head) or head.startswith(ZIP_STARTS):
        return Skipped(source.path, "packed more than once; unpack it and add what is inside")
    found = sniff_text(inner_name, head, whole=whole)
    if isinstance(found, Binary):
        return Skipped(source.path, f"packed with {METHOD_NAMES[method]}, and inside {found.reason}")
    if found.kind == "log" and found.encoding.line_by_line:
        return read_log(source, found.encoding, limits, packed=method, on_bytes=on_bytes, view=view)
    pieces, size = [head], len(head)
    while size <= limits.file_bytes and (piece := inflater.read(source, _STEP)):
        on_bytes(min(source.size, size))
        pieces.append(piece)
        size += len(piece)
    if size > limits.file_bytes:
        return Skipped(source.path, f"larger than {size_words(limits.file_bytes)} when unpacked")
    if inflater.bomb or source.bomb:
        return _failed(source, bomb_problem(inflater.broken or source.short))
    broken = inflater.broken or source.short
    if broken:
        return _failed(source, f"The compressed file is {broken}. Get a complete copy.")
    content = b"".join(pieces)
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
    # A message in a packed file is read as it stands.
    kind: Kind = "text" if found.kind == "mail" else found.kind
    note: str | None = None
    if kind == "html" and len(text) > LARGEST_HTML:
        kind, note = "code", "It is too large to be shown as a page; it was read as source text."
    sections: tuple[Section, ...] = ()
    if kind == "diff":
        from ingest.diff import read_diff

        reading = read_diff(text)
        sections, note = reading.sections, reading.problem
        kind = "text" if note else kind
    elif kind in ("text", "code") and looks_like_sarif(name, text):
        results = read_sarif(text)
        sections, note = results.sections, results.problem
        kind = "text" if sections else kind
    sections = sections or _sections(kind, name, text, lambda: on_bytes(len(content)))
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
        archive=source.archive,
    )
    return viewed(document, view)


def _sections(kind: Kind, name: str, text: str, check: Callable[[], None]) -> tuple[Section, ...]:
    if kind == "markdown":
        return markdown_sections(name, text)
    if kind == "html":
        return html_sections(name, text, stop=check)
    if kind == "sheet":
        from ingest.sheet import csv_sections

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
        archive=source.archive,
    )


def _failed(source: Source, problem: str) -> Document:
    return Document(
        source.path,
        kind_by_name(name_inside(source.name)) or "text",
        "failed",
        problem,
        size=source.size,
        mtime_ns=source.mtime_ns,
        archive=source.archive,
    )
