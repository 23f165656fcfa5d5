"""A Word document becomes sections by heading: text with lists and tables as Markdown, notes and comments behind it.

Insertions under review are in, deletions and hidden text are out, as the document would read once they are accepted.
Headers, footers and pictures are left out. A list's numbers stand as Word shows them. Runs in the child process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingest.office_numbering import Numbering, W
from ingest.office_parts import Part, Parts, Remarks, one_line, table_lines, tidy
from ingest.office_styles import Styles, outline_level, value_of
from ingest.office_zip import checked

_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_TEXT_BOX = f"{W}txbxContent"
_LEFT_OUT = frozenset(
    {
        _FALLBACK,
        _TEXT_BOX,
        *(f"{W}{tag}" for tag in "del moveFrom delText delInstrText instrText rPr pPr sdtPr rt fldData".split()),
    }
)
_CHARACTERS = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "\u2011", f"{W}ptab": "\t"}
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_BEAT_BLOCKS = 200


def parts(content: bytes, remarks: Remarks) -> Parts:
    """The sections of a .docx file. Raises whatever the libraries raise on a damaged one."""
    from docx.opc.package import OpcPackage

    package = OpcPackage.open(checked(content))
    return _Reading(package.main_document_part, remarks.name).parts()


@dataclass(slots=True)
class _Open:
    """The section being read. notes: what its marks refer to, in order."""

    label: str
    path: str
    lines: list[str] = field(default_factory=list)
    ends_in_item: bool = False
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """How it is shown. level: as a heading, 1 the highest, 0 for none; title: without its sign."""

    shown: str
    level: int = 0
    title: str = ""
    is_item: bool = False


class _Reading:
    """One document."""

    def __init__(self, part: Any, name: str) -> None:
        from lxml import etree

        # Without huge_tree: what nests deeper or holds longer texts than is usual was made to do harm.
        self._parser = etree.XMLParser(resolve_entities=False, remove_comments=True, remove_pis=True)
        self._etree = etree
        self._part = part
        self._name = name
        self._root = self._tree(part)
        self._numbering = Numbering(self._related("numbering"))
        self._styles = Styles(self._related("styles"))
        self._notes = {kind: self._by_id(f"{kind}s", kind) for kind in ("footnote", "endnote", "comment")}
        self._footnotes = 0
        self._endnotes = 0
        self._titles: list[tuple[int, str]] = []
        self._open = _Open(name, "")

    def parts(self) -> Parts:
        """Its sections in order."""
        blocks = 0
        body = self._root.find(f"{W}body")
        for block in _blocks(body) if body is not None else ():
            blocks += 1
            if blocks % _BEAT_BLOCKS == 0:
                yield None
            if block.tag == f"{W}tbl":
                self._add("\n".join(self._table(block)))
                continue
            found = self._paragraph(block)
            if found.level and found.shown:
                yield from self._close()
                self._begin(found.level, found.title)
            self._add(found.shown, is_item=found.is_item)
            for box in _text_boxes(block):
                self._add("\n".join(filter(None, (self._paragraph(inner).shown for inner in box.iter(f"{W}p")))))
        yield from self._close()

    def _begin(self, level: int, title: str) -> None:
        title = one_line(title)
        self._titles = [*((at, text) for at, text in self._titles if at < level), (level, title)]
        self._open = _Open(title, " > ".join(text for _, text in self._titles))

    def _close(self) -> Iterator[Part]:
        lines = self._open.lines
        if lines:
            notes = ["", *self._open.notes] if self._open.notes else []
            yield Part(self._open.label, tidy("\n".join([*lines, *notes])), part=self._open.path)

    def _add(self, text: str, *, is_item: bool = False) -> None:
        if text.strip():
            lines = self._open.lines
            # List items stand close together, everything else apart.
            if lines and not (is_item and self._open.ends_in_item):
                lines.append("")
            lines.append(text)
            self._open.ends_in_item = is_item

    def _paragraph(self, paragraph: Any) -> _Paragraph:
        text = self._text(paragraph).strip("\n")
        if not text.strip():
            return _Paragraph("")
        own = paragraph.find(f"{W}pPr")
        style = value_of(own, "pStyle")
        level = outline_level(own)
        level = self._styles.level(style) if level is None else level
        number, depth = self._list(own, style)
        label = self._numbering.label(number, depth) if number else ""
        if level:
            title = one_line(f"{label if label != '-' else ''} {text}")
            return _Paragraph(f"{'#' * min(level, 6)} {title}", level, title)
        if label:
            return _Paragraph(f"{'  ' * depth}{label} {text.strip()}", is_item=True)
        return _Paragraph(text.rstrip())

    def _list(self, own: Any, style: str) -> tuple[str, int]:
        """The list that a paragraph belongs to ("": none), and its level there."""
        numbered = own.find(f"{W}numPr") if own is not None else None
        number, depth = value_of(numbered, "numId"), value_of(numbered, "ilvl")
        by_style = self._styles.list_of(style)
        if not number:
            number = by_style[0]
        if number in ("", "0"):
            return "", 0
        return number, min(8, int(depth)) if depth.isdecimal() else by_style[1]

    def _text(self, element: Any) -> str:
        """The visible text inside `element`, with marks where notes are referred to."""
        pieces: list[str] = []
        waiting = [iter(element)]
        while waiting:
            inner = next(waiting[-1], None)
            if inner is None:
                waiting.pop()
                continue
            tag = inner.tag
            if tag == f"{W}t" or tag == _MATH:
                pieces.append(inner.text or "")
            elif tag in _CHARACTERS:
                pieces.append(_CHARACTERS[tag])
            elif tag == f"{W}sym":
                pieces.append(_symbol(inner))
            elif tag in (f"{W}footnoteReference", f"{W}endnoteReference", f"{W}commentReference"):
                pieces.append(self._refer(tag.removeprefix(W).removesuffix("Reference"), inner.get(f"{W}id", "")))
            elif tag not in _LEFT_OUT and not (tag == f"{W}r" and _is_hidden(inner)):
                waiting.append(iter(inner))
        return "".join(pieces)

    def _refer(self, kind: str, key: str) -> str:
        note = self._notes[kind].get(key)
        if note is None:
            return ""
        # A note that refers to itself ends here.
        self._notes[kind].pop(key)
        text = one_line(" ".join(self._text(paragraph) for paragraph in note.iter(f"{W}p")))
        if kind == "comment":
            author = one_line(note.get(f"{W}author", "")) or "an unnamed reader"
            if text:
                self._open.notes.append(f"[Comment by {author}: {text}]")
            return ""
        if kind == "footnote":
            self._footnotes += 1
            sign = f"[^{self._footnotes}]"
        else:
            self._endnotes += 1
            sign = f"[^e{self._endnotes}]"
        self._open.notes.append(f"{sign}: {text}")
        return sign

    def _table(self, table: Any) -> list[str]:
        rows: list[list[str]] = []
        for row in _children(table, f"{W}tr"):
            about = row.find(f"{W}trPr")
            if about is not None and about.find(f"{W}del") is not None:
                continue
            cells: list[str] = []
            for cell in _children(row, f"{W}tc"):
                own = cell.find(f"{W}tcPr")
                merged = own.find(f"{W}vMerge") if own is not None else None
                continued = merged is not None and merged.get(f"{W}val", "continue") == "continue"
                cells.append("" if continued else one_line(" ".join(map(self._text, cell.iter(f"{W}p")))))
                span = value_of(own, "gridSpan")
                cells += [""] * (min(63, int(span)) - 1 if span.isdecimal() else 0)
            rows.append(cells)
        return table_lines(rows)

    def _related(self, kind: str) -> Any | None:
        """The tree of the document's only part of this kind, None when there is none or it cannot be read."""
        for related in self._part.rels.values():
            if related.reltype == f"{_RELATED}{kind}" and not related.is_external:
                try:
                    return self._tree(related.target_part)
                except self._etree.XMLSyntaxError:
                    return None
        return None

    def _tree(self, part: Any) -> Any:
        # The library has parsed the parts that it knows.
        parsed = getattr(part, "element", None)
        return parsed if parsed is not None else self._etree.fromstring(part.blob, self._parser)

    def _by_id(self, kind: str, tag: str) -> dict[str, Any]:
        root = self._related(kind)
        if root is None:
            return {}
        # Separators are kept among the notes.
        return {e.get(f"{W}id", ""): e for e in root.iterchildren(f"{W}{tag}") if e.get(f"{W}type") in (None, "normal")}


def _blocks(body: Any) -> Iterator[Any]:
    """Paragraphs and tables, also those inside content controls and what was inserted or moved here."""
    waiting = [iter(body)]
    while waiting:
        block = next(waiting[-1], None)
        if block is None:
            waiting.pop()
        elif block.tag in (f"{W}p", f"{W}tbl"):
            yield block
        elif block.tag not in _LEFT_OUT and block.tag != f"{W}sectPr":
            waiting.append(iter(block))


def _children(element: Any, tag: str) -> Iterator[Any]:
    """Children with this tag, also behind content controls; not those of tables inside."""
    waiting = [iter(element)]
    while waiting:
        inner = next(waiting[-1], None)
        if inner is None:
            waiting.pop()
        elif inner.tag == tag:
            yield inner
        elif inner.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins", f"{W}moveTo"):
            waiting.append(iter(inner))


def _text_boxes(paragraph: Any) -> Iterator[Any]:
    for box in paragraph.iter(_TEXT_BOX):
        if not any(above.tag in (_FALLBACK, f"{W}del", _TEXT_BOX) for above in box.iterancestors()):
            yield box


def _is_hidden(run: Any) -> bool:
    hidden = run.find(f"{W}rPr/{W}vanish")
    return hidden is not None and hidden.get(f"{W}val", "true") not in ("0", "false", "off")


def _symbol(element: Any) -> str:
    try:
        code = int(element.get(f"{W}char", ""), 16)
    except ValueError:
        return ""
    # Symbol fonts are written into the private use area; their own codes begin at its F000.
    return chr(code) if 32 <= code < 0xD800 else "\u25a1"
