"""A file of findings that are known already: a review as JSON, or SARIF of a review or of another tool."""

from __future__ import annotations

from pathlib import Path

from app.core.errors import ReviewRefused
from app.core.review.finding import Checked
from app.core.review.json_text import LARGEST
from app.core.review.review_json import MARK, review_from_json
from app.core.review.sarif_in import findings_of_sarif
from ingest.files import RegularFile, why
from ingest.sizes import size_words

_START = 4_096


def read_baseline(path: Path, *, root: str = "") -> tuple[Checked, ...]:
    """The findings in the file at `path`. root: of the reviewed folder, absolute. Raises ReviewRefused."""
    hint = "Name a file that a review was written to, as JSON or SARIF."
    try:
        with RegularFile(str(path)) as file:
            size = file.stat.st_size
            if size > LARGEST:
                raise ReviewRefused(
                    f"{path.name} is {size_words(size)} long; {size_words(LARGEST)} is the most.", hint=hint
                )
            text = file.read(size).decode("utf-8-sig", "replace")
    except OSError as error:
        raise ReviewRefused(f"{path.name} cannot be read: {why(error)}.", hint=hint) from None
    try:
        if MARK in text[:_START]:
            return review_from_json(text).findings
        return findings_of_sarif(text, root=root).findings
    except ReviewRefused as error:
        raise ReviewRefused(f"{path.name} holds no known findings: {error}", hint=error.hint or hint) from None
