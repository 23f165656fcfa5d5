"""Writes real office files, e-books, mail and notebooks for tests, with the libraries that others write them with."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def write_docx(path: Path, blocks: Sequence[tuple[str, Any]]) -> Path:
    """blocks: (style, text); the style "table" takes rows of cells instead of a text."""
    import docx

    document = docx.Document()
    for style, content in blocks:
        if style == "table":
            table = document.add_table(len(content), len(content[0]))
            for row, cells in zip(table.rows, content, strict=True):
                for cell, text in zip(row.cells, cells, strict=True):
                    cell.text = text
        else:
            document.add_paragraph(content, style=style or None)
    document.save(str(path))
    return path


def change_member(path: Path, changes: Mapping[str, Any]) -> Path:
    """Write a ZIP again. changes: by member, its new bytes, a function of the old ones, or None to leave it out."""
    with zipfile.ZipFile(path) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    for name, change in changes.items():
        if change is None:
            members.pop(name)
        else:
            members[name] = change(members.get(name, b"")) if callable(change) else change
    return write_zip(path, members)


def write_zip(path: Path, members: Mapping[str, bytes]) -> Path:
    """A ZIP of these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


def docx_body(path: Path, body: str, **others: str) -> Path:
    """A Word document with this XML inside `w:body`. others: footnotes, endnotes, comments, numbering, styles."""
    write_docx(path, [("", "x")])
    related = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def with_parts(rels: bytes) -> bytes:
        new = "".join(
            f'<Relationship Id="rIdT{kind}" Type="{related}/{kind}" Target="test_{kind}.xml"/>' for kind in others
        )
        text = rels.decode()
        for kind in others:
            # A part that the template has gives way to the test's.
            start = text.find(f'{related}/{kind}"')
            if start >= 0:
                begin, end = text.rfind("<Relationship ", 0, start), text.find("/>", start) + 2
                text = text[:begin] + text[end:]
        return text.replace("</Relationships>", f"{new}</Relationships>").encode()

    changes: dict[str, Any] = {
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'.encode(),
        "word/_rels/document.xml.rels": with_parts,
    }
    for kind, xml in others.items():
        changes[f"word/test_{kind}.xml"] = f'<w:{kind} xmlns:w="{W}">{xml}</w:{kind}>'.encode()
    return change_member(path, changes)


def write_pptx(path: Path, slides: Sequence[tuple[str, str, str]]) -> Path:
    """slides: title, body and speaker's notes of each."""
    import pptx

    show = pptx.Presentation()
    for title, body, notes in slides:
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
    show.save(str(path))
    return path


def write_xlsx(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """A workbook with these rows in each sheet."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def write_epub(path: Path, chapters: Sequence[tuple[str, str]]) -> Path:
    """chapters: title and HTML of each."""
    from ebooklib import epub

    book = epub.EpubBook()
    book.set_identifier("urn:test")
    book.set_title("The book")
    items = []
    for number, (title, html) in enumerate(chapters, 1):
        item = epub.EpubHtml(title=title, file_name=f"chapter{number}.xhtml")
        item.content = html
        book.add_item(item)
        items.append(item)
    book.toc = tuple(
        epub.Link(item.file_name, title, f"c{n}")
        for n, (item, (title, _)) in enumerate(zip(items, chapters, strict=True))
    )
    book.add_item(epub.EpubNcx())
    book.add_item(epub.EpubNav())
    book.spine = items
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        epub.write_epub(str(path), book)
    return path


def message(subject: str = "Papers", text: str = "They are signed.\n", **headers: str) -> EmailMessage:
    """A plain message."""
    mail = EmailMessage()
    for name, value in {"From": "a@pier.example", "To": "b@pier.example", **headers, "Subject": subject}.items():
        mail[name.replace("_", "-")] = value
    mail["Date"] = "Sat, 14 Mar 2026 10:00:00 +0100"
    mail.set_content(text)
    return mail


def write_mbox(path: Path, messages: Sequence[EmailMessage]) -> Path:
    """A mailbox, as the standard library writes it."""
    import mailbox

    box = mailbox.mbox(path)
    try:
        for mail in messages:
            box.add(mailbox.mboxMessage(mail))
    finally:
        box.close()
    return path


def write_notebook(path: Path, cells: Sequence[Mapping[str, Any]], *, indent: int | None = 1) -> Path:
    """A notebook as Jupyter writes it: keys sorted, a string for each line."""
    notebook = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook, indent=indent, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def code_cell(source: str, *outputs: Mapping[str, Any]) -> dict[str, Any]:
    """A cell of code with its outputs."""
    return {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {},
        "outputs": list(outputs),
        "source": source.splitlines(keepends=True),
    }


def packed(members: Mapping[str, bytes]) -> bytes:
    """A ZIP as bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()
