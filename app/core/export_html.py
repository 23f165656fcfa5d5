"""A session as one HTML file that shows itself and nothing else: no script, no address that anything is loaded from.

The page's own policy forbids both. Knows no database.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from pathlib import Path

from app.core.export_parts import TextOf, parts
from app.core.export_progress import OnProgress, Stop, questions_of, told
from app.core.records import SessionRecord

_STYLE = Path(__file__).resolve().parents[2] / "resources" / "export" / "session.css"


def to_html(
    record: SessionRecord, text_of: TextOf, *, on_progress: OnProgress | None = None, stop: Stop | None = None
) -> str:
    """The whole page. text_of: what the sources say around a citation; `record` may be without texts.

    on_progress, stop: called before each question. Raises ingest.errors.Stopped.
    """
    style = "\n" + _STYLE.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(record.summary.name)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        + "".join(told(parts(record, text_of, links=True), questions_of(record), on_progress, stop))
        + "</main>\n</body>\n</html>\n"
    )
