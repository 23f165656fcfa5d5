"""An e-book becomes sections by chapter and heading, in the order in which it is read. Runs in the child process."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

from ingest.decode import decode, detect_encoding
from ingest.html import LARGEST_HTML, html_sections
from ingest.office_parts import Part, Parts, Remarks, Unreadable, named, one_line, tidy
from ingest.office_zip import checked

_TEXTS = (".xhtml", ".html", ".htm", ".xml", ".opf", ".ncx")
_MOST_CHAPTERS_DEEP = 50
_HEAD = re.compile(r"<head\b.{0,20000}?</head\s*>", re.IGNORECASE | re.DOTALL)
_ENCRYPTION = "META-INF/encryption.xml"


def parts(content: bytes, remarks: Remarks) -> Parts:
    """The chapters of an EPUB. Raises Unreadable, and whatever the libraries raise on a damaged one."""
    import ebooklib

    file = checked(content)
    book = _open(file)
    titles = dict(_titles(book.toc, 0))
    locked = _locked(file)
    items = {item.get_id(): item for item in book.get_items()}
    missing: list[str] = []
    chapter = ""
    for entry in book.spine:
        yield None
        item = items.get(entry[0] if isinstance(entry, tuple) else entry)
        if item is None or item.get_type() not in (ebooklib.ITEM_DOCUMENT, ebooklib.ITEM_NAVIGATION):
            continue
        if any(path.endswith(item.get_name()) for path in locked):
            raise Unreadable("The e-book is locked to a device or an account (DRM), so its text cannot be read.")
        raw = item.content or b""
        if not raw.strip():
            missing.append(item.get_name())
            continue
        chapter = titles.get(posixpath.normpath(item.get_name()), chapter)
        yield from _chapter(raw, chapter, remarks.name)
    if missing:
        remarks.said.append(f"Chapters that the e-book names are empty or not there: {named(missing)}.")


def _chapter(raw: bytes, chapter: str, name: str) -> Iterator[Part]:
    encoding = detect_encoding(raw, whole=True)
    if encoding is None:
        return
    text = decode(raw[encoding.mark :], encoding).text
    if len(text) > LARGEST_HTML:
        raise Unreadable("A chapter is larger than any page should be: the e-book was not read.")
    # The title in its head is the table of contents' business.
    for section in html_sections(chapter or name, _HEAD.sub("", text, count=1)):
        heading = one_line(section.label)
        path = " > ".join(dict.fromkeys(title for title in (chapter, heading) if title and title != name))
        yield Part(heading or chapter or name, tidy(section.text), part=path)


def _open(file: Any) -> Any:
    from ebooklib import epub

    class Reader(epub.EpubReader):  # type: ignore[misc]
        """Reads no pictures, and goes on where a table of contents or a chapter is broken."""

        def read_file(self, name: str) -> bytes:
            wanted = name.lower().endswith(_TEXTS)
            try:
                content: bytes = super().read_file(name) if wanted or name.startswith("META-INF/") else b""
            except KeyError:
                if name in ("META-INF/container.xml", self.opf_file):
                    raise
                return b""
            return content

        def _load_metadata(self) -> None:
            _tolerant(super()._load_metadata)

        def _load_guide(self) -> None:
            _tolerant(super()._load_guide)

        def _parse_ncx(self, data: bytes) -> None:
            _tolerant(lambda: super(Reader, self)._parse_ncx(data))

        def _parse_nav(self, data: bytes, base_path: str, navtype: str = "toc") -> None:
            _tolerant(lambda: super(Reader, self)._parse_nav(data, base_path, navtype))

    return Reader(file, {"ignore_ncx": False}).load()


def _tolerant(work: Any) -> None:
    # Titles are a help; a book without them can still be read.
    try:
        work()
    except MemoryError:
        raise
    except Exception:
        return


def _titles(toc: object, depth: int) -> Iterator[tuple[str, str]]:
    """Each file that the table of contents names, with the first title that leads there."""
    found: dict[str, str] = {}
    for title, href in _entries(toc, depth):
        path = posixpath.normpath(unquote(href.partition("#")[0])) if href else ""
        if path and title and path not in found:
            found[path] = title
            yield path, title


def _entries(toc: object, depth: int) -> Iterator[tuple[str, str]]:
    if depth > _MOST_CHAPTERS_DEEP:
        return
    for entry in toc if isinstance(toc, Iterable) else (toc,):
        own, inner = entry if isinstance(entry, tuple) and len(entry) == 2 else (entry, ())
        yield one_line(getattr(own, "title", "") or ""), getattr(own, "href", "") or ""
        if inner:
            yield from _entries(inner, depth + 1)


def _locked(file: Any) -> list[str]:
    """The files inside that are encrypted; fonts often are, without harm."""
    import zipfile

    from lxml import etree

    with zipfile.ZipFile(file) as packed:
        if _ENCRYPTION not in packed.namelist():
            return []
        root = etree.fromstring(packed.read(_ENCRYPTION), etree.XMLParser(resolve_entities=False, recover=True))
    found = [e.get("URI", "") for e in root.iter("{http://www.w3.org/2001/04/xmlenc#}CipherReference")]
    return [unquote(path) for path in found if path.lower().endswith(_TEXTS)]
