"""A review on its way to a file: as SARIF, Markdown or JSON, or as the patch of what is suggested. Knows no window."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from app.core.review.wanted import Reviewed

Form = Literal["sarif", "markdown", "json", "patch"]


def write_review(reviewed: Reviewed, form: Form, path: Path) -> str:
    """Write it to `path`, which is replaced only when everything is there; a remark about what is not in it, or "".

    Raises OSError.
    """
    text, remark = _text(reviewed, form)
    write_text(text, path)
    return remark


def write_text(text: str, path: Path) -> None:
    """Write a file, which is replaced only when everything is there. Raises OSError."""
    part = path.with_name(path.name + ".part")
    try:
        # A patch has the line ends of the files that it is for.
        part.write_text(text, "utf-8", errors="surrogateescape", newline="")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _text(reviewed: Reviewed, form: Form) -> tuple[str, str]:
    if form == "json":
        from app.core.review.review_json import review_to_json

        return review_to_json(reviewed.review), ""
    if form == "sarif":
        from app.core.review.sarif_out import review_to_sarif

        return review_to_sarif(reviewed.review), ""
    if form == "markdown":
        from app.core.review.markdown import review_to_markdown

        return review_to_markdown(reviewed.review), ""
    from app.core.review.patching import as_patch

    joined = as_patch(reviewed.review.findings, reviewed.texts)
    left_out = len(joined.left_out)
    several = f"{left_out:,} suggestions are not in it" if left_out != 1 else "1 suggestion is not in it"
    return joined.text, f"{several}: {joined.left_out[0][1]}" if left_out else ""
