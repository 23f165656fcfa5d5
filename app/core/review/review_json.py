"""A review as JSON, and back: what is kept, what other programs read, and what a later review is compared with.

Fields may be added in later versions, never changed. Knows no files and no other format.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, get_args

from app.core.errors import ReviewRefused
from app.core.json_fields import Fields, NotAsItShouldBe
from app.core.review.finding import SEVERITIES, Checked, Finding, Omitted, PassReport, Patch, Quoted, Review
from app.core.review.json_text import parsed

VERSION = 1

MARK = "plumbline_review"
_QUOTED: tuple[Quoted, ...] = get_args(Quoted)
_PATCH: tuple[Patch, ...] = get_args(Patch)


def review_to_json(review: Review) -> str:
    """The review, ASCII throughout so that paths that are no UTF-8 come back as they were."""
    return json.dumps(review_fields(review), indent=2) + "\n"


def review_from_json(text: str) -> Review:
    """What `review_to_json` wrote. Raises ReviewRefused."""
    plain = parsed(text)
    if not is_review(plain):
        raise ReviewRefused("This JSON holds no review.", hint="Name a file that a review was written to.")
    if plain[MARK] > VERSION:
        raise ReviewRefused(
            "This review was written by a newer version of Plumbline.", hint="Install the newer version."
        )
    try:
        return review_of(Fields.of(plain, ""))
    except NotAsItShouldBe as error:
        raise ReviewRefused(
            f"The review is damaged: {error} is not as it should be.", hint="Run the review again."
        ) from None


def is_review(plain: object) -> bool:
    """Whether decoded JSON is a review, of whatever version."""
    return isinstance(plain, dict) and isinstance(plain.get(MARK), int)


def review_fields(review: Review) -> dict[str, Any]:
    """The review as plain data."""
    plain = asdict(review)
    for checked in plain["findings"]:
        # One level: what was found and what became of it.
        checked.update(checked.pop("finding"))
    return {MARK: VERSION, **plain}


def review_of(fields: Fields) -> Review:
    """The reverse of `review_fields`. Raises NotAsItShouldBe."""
    fields.moment("created")
    return Review(
        root=fields.path("root"),
        what=fields.path("what"),
        checklists=_texts(fields, "checklists"),
        model=fields.text("model"),
        created=fields.text("created"),
        findings=tuple(_checked(part) for part in fields.parts("findings")),
        passes=tuple(_pass(part) for part in fields.parts("passes")),
        omitted=tuple(Omitted(part.path("path"), part.path("reason")) for part in fields.parts("omitted")),
        cancelled=fields.flag("cancelled"),
        notes=_texts(fields, "notes"),
    )


def _checked(fields: Fields) -> Checked:
    confidence = None if fields.value.get("confidence") is None else fields.number("confidence")
    if confidence is not None and not 0 <= confidence <= 1:
        raise NotAsItShouldBe(fields.at("confidence"))
    finding = Finding(
        path=fields.path("path"),
        first=fields.integer("first", least=-1),
        last=fields.integer("last", least=-1),
        severity=fields.one_of("severity", SEVERITIES),
        category=fields.text("category"),
        title=fields.text("title"),
        explanation=fields.text("explanation"),
        quote=fields.path("quote"),
        suggestion=fields.path("suggestion"),
        cwe=fields.text("cwe"),
        confidence=confidence,
        checklist=fields.text("checklist"),
        seen_in=fields.integer("seen_in"),
    )
    return Checked(
        finding,
        fields.one_of("quoted", _QUOTED),
        fields.one_of("patch", _PATCH),
        fields.text("fingerprint"),
        fields.path("reason"),
        _texts(fields, "also"),
        fields.text_or_none("dismissed"),
    )


def _pass(fields: Fields) -> PassReport:
    return PassReport(
        number=fields.integer("number"),
        files=_texts(fields, "files"),
        checklist=fields.text("checklist"),
        prompt=fields.integer("prompt"),
        reused=fields.integer("reused"),
        decoded=fields.integer("decoded"),
        answer=fields.integer("answer"),
        seconds=fields.number("seconds"),
        findings=fields.integer("findings"),
        problem=fields.path("problem"),
        shown=_texts(fields, "shown"),
    )


def _texts(fields: Fields, name: str) -> tuple[str, ...]:
    # As an object of one field each, so that every text is looked at as any other.
    return tuple(Fields({"it": value}, fields.at(name)).path("it") for value in fields.rows(name))
