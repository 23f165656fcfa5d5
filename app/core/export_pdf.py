"""A session as PDF, set by a process of its own. Knows no database and no layout."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from app.core.errors import ExportFailed
from app.core.export_parts import TextOf, parts
from app.core.export_progress import ExportProgress, OnProgress, Stop, questions_of, told
from app.core.records import SessionRecord
from ingest.errors import Stopped
from ingest.pdf_child import PdfChild, ReaderGone

PAGE_SECONDS = 60.0

_STYLE = Path(__file__).resolve().parents[2] / "resources" / "export" / "print.css"
_SECONDS_BETWEEN_LOOKS = 0.05


def to_pdf(
    record: SessionRecord,
    text_of: TextOf,
    *,
    on_progress: OnProgress | None = None,
    stop: Stop | None = None,
    page_seconds: float = PAGE_SECONDS,
) -> bytes:
    """The whole PDF. on_progress: for each question, then for each page, in the caller's thread. stop: asked often, in
    another thread too.

    page_seconds: the longest that one page may take. Raises ExportFailed, and ingest.errors.Stopped.
    """
    total = questions_of(record)

    def prepared(state: ExportProgress) -> None:
        if on_progress is not None:
            on_progress(ExportProgress(0, total, prepared=state.done))

    wanted = {
        "style": _STYLE.read_text(encoding="utf-8"),
        "parts": list(told(parts(record, text_of, links=False), total, prepared, stop)),
        "title": record.summary.name,
    }
    content = json.dumps(wanted).encode("ascii")
    child = PdfChild("app.core.export_pdf_child")
    done, stopped = threading.Event(), threading.Event()

    def watch() -> None:
        while not done.wait(_SECONDS_BETWEEN_LOOKS):
            child.end_if_overdue()
            if stop is not None and stop():
                stopped.set()
                child.kill()
                return

    watching = threading.Thread(target=watch, name="pdf-export", daemon=True)
    watching.start()
    try:
        for answer in child.ask({"page_seconds": page_seconds, "bytes": len(content)}, content):
            if "page" in answer and on_progress is not None:
                on_progress(ExportProgress(max(0, answer["parts"] - 1), total, answer["page"], total))
            if "failed" in answer:
                raise _failed("MuPDF could not set it")
            if "content" in answer:
                pdf: bytes = answer["content"]
                return pdf
        raise _failed("MuPDF gave no answer")
    except ReaderGone as error:
        if stopped.is_set():
            raise Stopped from None
        raise _failed("a page took too long" if error.hung else "MuPDF stopped in the middle") from error
    finally:
        done.set()
        watching.join()
        child.kill()
        child.close()


def _failed(why: str) -> ExportFailed:
    return ExportFailed(
        f"The session could not be made a PDF: {why}.", hint="Export it as HTML, and print that from a browser."
    )
