"""Writes real PDFs for tests: text, columns, pictures only, protected, damaged, slow."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


def library() -> Any:
    """PyMuPDF without its layout analysis, as the program uses it."""
    unneeded = ("pymupdf.layout", "pymupdf4llm")
    before = {name: sys.modules.get(name) for name in unneeded}
    for name in unneeded:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        with warnings.catch_warnings():
            # Some versions of its binding generator warn when CPython 3.12 or newer loads them.
            warnings.simplefilter("ignore", DeprecationWarning)
            import pymupdf
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
    return pymupdf


def write_pdf(path: Path, pages: Sequence[str], *, font: Path | None = None, **save: Any) -> Path:
    """A page for each text; an empty text leaves its page blank. save: arguments of `Document.save`."""
    with library().open() as document:
        for text in pages:
            page = document.new_page()
            if not text:
                continue
            if font:
                page.insert_font("F0", fontfile=str(font))
            page.insert_text((50, 72), text, fontname="F0" if font else "helv")
        document.save(str(path), **save)
    return path


def write_protected(
    path: Path, text: str, *, user: str = "secret", owner: str = "owner", method: str = "AES_256"
) -> Path:
    """A PDF that opens only with a password. method: AES_256, AES_128, RC4_128 or RC4_40."""
    encryption = getattr(library(), f"PDF_ENCRYPT_{method}")
    return write_pdf(path, [text], encryption=encryption, user_pw=user, owner_pw=owner)


def write_pictures(path: Path, pages: int) -> Path:
    """Pages that show a grey picture and no text, as a scanner writes them."""
    pymupdf = library()
    picture = pymupdf.Pixmap(pymupdf.csGRAY, pymupdf.IRect(0, 0, 40, 40), False)
    picture.clear_with(128)
    with pymupdf.open() as document:
        for _ in range(pages):
            document.new_page().insert_image(pymupdf.Rect(50, 50, 300, 300), pixmap=picture)
        document.save(str(path))
    return path


def write_columns(path: Path) -> Path:
    """A heading and two columns of three lines each."""
    with library().open() as document:
        page = document.new_page()
        page.insert_text((50, 72), "Harbour rules")
        page.insert_text((50, 120), "Left one\nLeft two\nLeft three")
        page.insert_text((320, 120), "Right one\nRight two\nRight three")
        document.save(str(path))
    return path


def write_slow(path: Path, *, slow_page: int, pages: int, depth: int = 7) -> Path:
    """Page `slow_page` (from 0) draws a form that draws ten forms, `depth` times over; the others have a word each.

    Each level makes the page ten times slower and costs no memory: seven are many seconds.
    """
    with library().open() as document:
        for number in range(pages):
            document.new_page().insert_text((50, 72), f"word{number}")
        inner = 0
        for level in range(depth):
            form = document.get_new_xref()
            resources = f"/Resources<</XObject<</F {inner} 0 R>>>>" if level else ""
            document.update_object(form, f"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]{resources}>>")
            document.update_stream(form, b"/F Do " * 10 if level else b"q Q")
            inner = form
        page = document[slow_page]
        kind, where = document.xref_get_key(page.xref, "Resources")
        at, key = (int(where.split()[0]), "XObject") if kind == "xref" else (page.xref, "Resources/XObject")
        document.xref_set_key(at, key, f"<</F {inner} 0 R>>")
        contents = page.get_contents()[-1]
        document.update_stream(contents, document.xref_stream(contents) + b"\n/F Do")
        document.save(str(path), deflate=True)
    return path


def write_scan(path: Path, pages: Sequence[str], *, rotation: int = 0, dpi: int = 150) -> Path:
    """A picture of each text on a page of its own, as a scanner writes it; an empty text leaves the page blank.

    rotation: the pages lie so many degrees turned in the file, and are shown upright.
    """
    pymupdf = library()
    with pymupdf.open() as drawn, pymupdf.open() as document:
        for text in pages:
            page = drawn.new_page()
            scan = document.new_page()
            if not text:
                continue
            page.insert_text((60, 90), text, fontsize=14)
            picture = page.get_pixmap(dpi=dpi)
            scan.insert_image(scan.rect, pixmap=picture, rotate=rotation)
            if rotation:
                scan.set_rotation(rotation)
        document.save(str(path), deflate=True)
    return path
