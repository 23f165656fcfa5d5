"""A review of another day with the code as it is now: each finding is held against it anew. Changes no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from app.core.review.finding import Checked, Review
from app.core.review.reviewable import LARGEST, NotReviewed, reviewable_text
from app.core.review.verifying import check_finding
from app.core.review.wanted import Reviewed
from ingest.files import RegularFile


def restored(review: Review) -> Reviewed:
    """`review` with the texts of the files that it found something in, as far as they can be read.

    Where lines moved they are corrected; what no longer stands there is unconfirmed. What lies in an archive, or is
    gone, stays as it was said, without its text.
    """
    texts: dict[str, str] = {}
    for path in dict.fromkeys(checked.finding.path for checked in review.findings):
        text = _text(Path(review.root), path)
        if text is not None:
            texts[path] = text
    findings = tuple(_again(checked, texts) for checked in review.findings)
    return Reviewed(replace(review, findings=findings), texts)


def _again(checked: Checked, texts: Mapping[str, str]) -> Checked:
    if checked.finding.path not in texts:
        return checked
    now = check_finding(checked.finding, texts)
    # The lines of a finding that was not confirmed were never more than the model's word.
    return replace(now, fingerprint=checked.fingerprint, also=checked.also, dismissed=checked.dismissed)


def _text(root: Path, path: str) -> str | None:
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or PurePosixPath(path).is_absolute():
        return None
    try:
        with RegularFile(str(root / path)) as file:
            if file.stat.st_size > LARGEST:
                return None
            return reviewable_text(path, file.read(LARGEST))
    except (OSError, NotReviewed):
        return None
