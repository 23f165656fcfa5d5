"""Applies a view to a document that was read whole: less detail, secrets masked. Knows no files."""

from __future__ import annotations

from dataclasses import replace

from ingest.document import Document
from ingest.view import View


def viewed(document: Document, view: View) -> Document:
    """`document`, which holds its file as it stands, as `view` asks for it."""
    if view == document.view:
        return document
    document = replace(document, view=view)
    if view.detail in ("outline", "name"):
        from ingest.outline_view import named, outlined

        document = outlined(document) if view.detail == "outline" else named(document)
    return document
