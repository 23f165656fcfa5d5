"""What a PDF holds beside the text of its pages: outline, form fields, annotations, attachments. Knows no frames.

Runs in the reader's process. Counts and lengths are bounded: a file may claim millions of them.
"""

from __future__ import annotations

from typing import Any

_MOST = 2_000
_LONGEST = 1_000
_LINKS_AND_FIELDS = frozenset({1, 19})


def details_of(document: Any) -> dict[str, Any]:
    """{"outline": [[level, title, page or null], ...], "fields": [[name, value], ...],
    "annotations": [[page, kind, text, author], ...], "attachments": [[name, bytes], ...]}; empty ones are left out.

    A part that is damaged is left out, too.
    """
    found: dict[str, Any] = {}
    for name, read in (
        ("outline", _outline),
        ("fields", _fields),
        ("annotations", _annotations),
        ("attachments", _attachments),
    ):
        try:
            entries = read(document)
        except Exception:
            continue
        if entries:
            found[name] = entries
    return found


def _outline(document: Any) -> list[list[Any]]:
    entries = document.get_toc(simple=True)[:_MOST]
    return [[max(1, level), _clean(title), page if page > 0 else None] for level, title, page, *_ in entries]


def _fields(document: Any) -> list[list[str]]:
    if not document.is_form_pdf:
        return []
    found: list[list[str]] = []
    named: set[str] = set()
    for page in document:
        for widget in page.widgets():
            name = _clean(widget.field_name or "")
            if name and name not in named and widget.field_type_string != "Button":
                named.add(name)
                found.append([name, _clean(str(widget.field_value or ""))])
        if len(found) >= _MOST:
            break
    return found[:_MOST]


def _annotations(document: Any) -> list[list[Any]]:
    if not document.has_annots():
        return []
    found: list[list[Any]] = []
    for page in document:
        for annotation in page.annots():
            number, kind = annotation.type[:2]
            if number in _LINKS_AND_FIELDS:
                continue
            about = annotation.info
            text = about.get("content") or ""
            if not text and kind in ("Highlight", "Underline", "Squiggly", "StrikeOut"):
                # Nothing was written to it: what is marked says what it is about.
                text = _words_under(page, annotation.rect)
            found.append([page.number + 1, kind, _clean(text), _clean(about.get("title") or "")])
        if len(found) >= _MOST:
            break
    return found[:_MOST]


def _words_under(page: Any, rect: Any) -> str:
    """The words whose middle is inside `rect`: a marker reaches a little over its neighbours."""
    words = page.get_text("words", clip=rect)
    return " ".join(
        word[4]
        for word in words
        if rect.x0 <= (word[0] + word[2]) / 2 <= rect.x1 and rect.y0 <= (word[1] + word[3]) / 2 <= rect.y1
    )


def _attachments(document: Any) -> list[list[Any]]:
    found: list[list[Any]] = []
    for number in range(min(document.embfile_count(), _MOST)):
        about = document.embfile_info(number)
        name = about.get("ufilename") or about.get("filename") or about.get("name") or ""
        found.append([_clean(name), max(0, int(about.get("size") or 0))])
    return found


def _clean(text: str) -> str:
    """On one line, of a bounded length, and such that it can be written as UTF-8."""
    return " ".join(text[: 4 * _LONGEST].encode("utf-8", "replace").decode().replace("\0", " ").split())[:_LONGEST]
