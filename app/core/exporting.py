"""A saved session as a file for elsewhere, in one of four formats. Knows no command line and no window."""

from __future__ import annotations

from functools import cache
from typing import Literal

from app.core.export_progress import OnProgress, Stop
from app.core.sessions import Store

Format = Literal["markdown", "html", "pdf", "json"]
FORMATS: tuple[Format, ...] = ("markdown", "html", "pdf", "json")
SUFFIXES = {"markdown": ".md", "html": ".html", "pdf": ".pdf", "json": ".json"}


def export(
    store: Store,
    session: int,
    form: Format,
    *,
    on_progress: OnProgress | None = None,
    stop: Stop | None = None,
) -> bytes:
    """The whole file, UTF-8 where it is text.

    on_progress: of HTML and PDF. stop: asked between questions, and of a PDF often and in another thread. Raises
    CoreError, and ingest.errors.Stopped.
    """
    if form == "json":
        from app.core.export_json import to_json

        return to_json(store.load(session))
    record = store.load(session, with_text=False)

    @cache
    def text_of(key: str, section: int) -> str | None:
        return store.text(session, key, section)

    if form == "html":
        from app.core.export_html import to_html

        return to_html(record, text_of, on_progress=on_progress, stop=stop).encode("utf-8", "backslashreplace")
    if form == "pdf":
        from app.core.export_pdf import to_pdf

        return to_pdf(record, text_of, on_progress=on_progress, stop=stop)
    from app.core.session_export import to_markdown

    return to_markdown(record).encode("utf-8", "backslashreplace")
