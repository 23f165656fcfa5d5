"""Reads what `export_json` wrote: a session again, or one sentence that says why not. Checks each citation anew.

Writes nothing and knows no database.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.core.citations import STATES
from app.core.errors import ImportRefused
from app.core.export_json import FORMAT, LARGEST_BYTES, VERSION
from app.core.import_checks import checked_again
from app.core.json_fields import Fields, NotAsItShouldBe
from app.core.reading_json import facts_of, view_of
from app.core.records import (
    MessageRecord,
    RemovedDocument,
    Role,
    SessionRecord,
    SessionSummary,
    StoredCitation,
    StoredPassage,
    TextNotKept,
)
from app.core.review.review_json import review_of
from app.core.session_rows import storable
from app.core.workspace import Entry, Workspace, key_number
from ingest.document import KINDS, STATUSES, Aside, Document, Place, Section, Span
from ingest.files import RegularFile
from ingest.sizes import size_words

_LONGEST_KEY = 10
_ROLES: tuple[Role, ...] = ("user", "assistant")
_HINT = "Choose a file that `sessions export --format json` wrote."


def read_session(path: Path) -> SessionRecord:
    """The session in the file at `path`; its numbers are 0. Raises ImportRefused and OSError."""
    with RegularFile(str(path)) as file:
        size = file.stat.st_size
        if size > LARGEST_BYTES:
            raise ImportRefused(
                f"{path.name} is {size_words(size)} long; {size_words(LARGEST_BYTES)} is the most.", hint=_HINT
            )
        content = file.read(size)
    return from_json(content, path.name)


def from_json(content: bytes, name: str) -> SessionRecord:
    """The session that `content` holds. name: what the file is called. Raises ImportRefused."""
    try:
        value = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise ImportRefused(f"{name} holds no session, or only part of one.", hint=_HINT) from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ImportRefused(f"{name} holds no session of this program.", hint=_HINT)
    version = value.get("version")
    if isinstance(version, int) and version > VERSION:
        raise ImportRefused(
            f"{name} was written by a newer version of Plumbline.", hint="Install the newer version to open it."
        )
    try:
        return checked_again(_session(Fields(value)))
    except NotAsItShouldBe as error:
        raise ImportRefused(
            f"{name} is damaged: {error} is not what it should be.", hint="Export the session again."
        ) from None


def _no_number(name: str) -> float:
    raise ValueError(name)


def _session(fields: Fields) -> SessionRecord:
    if fields.value.get("version") != VERSION:
        raise NotAsItShouldBe("version")
    entries = tuple(map(_entry, fields.parts("documents")))
    removed = tuple(map(_removed, fields.parts("removed")))
    keys = [e.key for e in entries] + [r.key for r in removed]
    last_key = fields.integer("last_key")
    if len(set(keys)) < len(keys) or max(map(key_number, keys), default=0) > last_key:
        raise NotAsItShouldBe("last_key")
    messages = tuple(map(_message, fields.parts("messages")))
    summary = SessionSummary(
        id=0,
        name=fields.text("name"),
        created=fields.moment("created"),
        changed=fields.moment("changed"),
        pinned=False,
        deleted_at=None,
        documents=len(entries),
        messages=len(messages),
    )
    lacking = [e.key for e in entries if any(isinstance(s.body, TextNotKept) for s in e.document.sections)]
    return SessionRecord(
        summary=summary,
        system_prompt=fields.text("system_prompt"),
        settings=fields.mapping("settings"),
        workspace=Workspace(entries, last_key),
        messages=messages,
        incomplete=tuple(lacking),
        removed=removed,
        view=fields.mapping("view"),
        # Files written before code could be reviewed have neither.
        reviews=tuple(map(review_of, fields.parts("reviews"))),
        dismissed=_dismissed(fields),
    )


def _dismissed(fields: Fields) -> dict[str, str]:
    reasons = Fields.of(fields.value.get("dismissed", {}), fields.at("dismissed"))
    return {storable(fingerprint): reasons.text(fingerprint) for fingerprint in reasons.value}


def _entry(fields: Fields) -> Entry:
    name = fields.text("name")
    document = document_of(fields, name)
    pages = fields.pair_or_none("pages", least=1)
    return Entry(_key(fields, "key"), name, document, included=fields.flag("included"), pages=pages)


def document_of(fields: Fields, name: str) -> Document:
    """The reverse of `export_json.document_fields`. name: what its texts that were not kept belonged to.

    Raises NotAsItShouldBe.
    """
    return Document(
        path=fields.path("path"),
        kind=fields.one_of("kind", KINDS),
        status=fields.one_of("status", STATUSES),
        problem=fields.text_or_none("problem"),
        sections=tuple(_section(section, name) for section in fields.parts("sections")),
        size=fields.integer("size"),
        mtime_ns=fields.integer("mtime_ns", least=-(1 << 63)),
        sha256=_sha256(fields),
        view=view_of(fields.value.get("view")),
        **_facts(fields),
    )


def _facts(fields: Fields) -> dict[str, Any]:
    # Files written before sources could hold more than text have no such field.
    try:
        return facts_of(fields.value.get("facts", {}))
    except ValueError:
        raise NotAsItShouldBe(fields.at("facts")) from None


def _section(fields: Fields, name: str) -> Section:
    text = fields.text_or_none("text")
    return Section(
        label=fields.text("label"),
        span=_span(fields.part("span")),
        # No reader yields a NUL; one character stays one, so that places still fit.
        body=TextNotKept(name) if text is None else text.replace("\0", "\ufffd"),
        places=tuple(_place(fields, row) for row in fields.rows("places")),
        line_map=fields.integers("line_map", least=1),
        asides=tuple(_aside(fields, row) for row in fields.rows("asides")),
    )


def _place(fields: Fields, row: Any) -> Place:
    if not isinstance(row, list) or len(row) != 6:
        raise NotAsItShouldBe(fields.at("places"))
    start, end, *rect = row
    extent = Fields({"places": [start, end]}, fields.where).pair_or_none("places")
    left, top, right, bottom = (fields.finite(value, "places") for value in rect)
    assert extent
    return Place(*extent, (left, top, right, bottom))


def _removed(fields: Fields) -> RemovedDocument:
    return RemovedDocument(
        _key(fields, "key"),
        fields.text("name"),
        fields.path("path"),
        fields.one_of("kind", KINDS),
        _sha256(fields),
    )


def _message(fields: Fields) -> MessageRecord:
    role = fields.one_of("role", _ROLES)
    return MessageRecord(
        id=0,
        role=role,
        text=fields.text("text"),
        mode=fields.text("mode"),
        model=fields.mapping("model"),
        timings={name: fields.finite(value, "timings") for name, value in fields.mapping("timings").items()},
        tokens=_counts(fields),
        finished=fields.flag("finished") or role == "user",
        created=fields.moment("created"),
        citations=_numbered(fields, "citations", tuple(map(_citation, fields.parts("citations")))),
        passages=_numbered(fields, "passages", tuple(map(_passage, fields.parts("passages")))),
    )


def _counts(fields: Fields) -> dict[str, int]:
    counts = Fields.of(fields.value.get("tokens"), fields.at("tokens"))
    return {name: counts.integer(name, least=-(1 << 63)) for name in counts.value}


def _numbered(fields: Fields, name: str, support: tuple[Any, ...]) -> tuple[Any, ...]:
    if len({s.number for s in support}) < len(support):
        raise NotAsItShouldBe(fields.at(name))
    return tuple(sorted(support, key=lambda s: int(s.number)))


def _citation(fields: Fields) -> StoredCitation:
    start, end = fields.integer_or_none("start"), fields.integer_or_none("end")
    return StoredCitation(
        number=fields.integer("number"),
        quote=fields.text("quote"),
        state=fields.one_of("state", STATES),
        mark=fields.text_or_none("mark"),
        key=None if fields.value.get("key") is None else _key(fields, "key"),
        section=fields.integer_or_none("section"),
        start=start,
        end=end,
        span=_span(fields.part("span")),
        found_elsewhere=fields.text_or_none("found_elsewhere"),
        answer_start=fields.integer_or_none("answer_start"),
        answer_end=fields.integer_or_none("answer_end"),
    )


def _passage(fields: Fields) -> StoredPassage:
    return StoredPassage(
        number=fields.integer("number"),
        key=_key(fields, "key"),
        section=fields.integer("section"),
        start=fields.integer("start"),
        end=fields.integer("end"),
        span=_span(fields.part("span")),
        text=fields.text("text"),
        score=fields.number("score"),
    )


def _span(fields: Fields) -> Span:
    rects: list[tuple[float, float, float, float]] = []
    for row in fields.rows("rects"):
        if not isinstance(row, list) or len(row) != 4:
            raise NotAsItShouldBe(fields.at("rects"))
        left, top, right, bottom = (fields.finite(value, "rects") for value in row)
        rects.append((left, top, right, bottom))
    return Span(
        page=fields.integer_or_none("page", least=1),
        lines=fields.pair_or_none("lines", least=1),
        bytes=fields.pair_or_none("bytes"),
        rects=tuple(rects),
        # Files written before pages could be recognised have no such field.
        recognised="recognised" in fields.value and fields.flag("recognised"),
        part=fields.text_or_none("part") or "",
    )


def _key(fields: Fields, name: str) -> str:
    key = fields.text(name)
    if len(key) > _LONGEST_KEY or not key_number(key) or key != f"S{key_number(key)}":
        raise NotAsItShouldBe(fields.at(name))
    return key


def _sha256(fields: Fields) -> str | None:
    digest = fields.text_or_none("sha256")
    if digest is not None and (len(digest) != 64 or set(digest) - set("0123456789abcdef")):
        raise NotAsItShouldBe(fields.at("sha256"))
    return digest


def _aside(fields: Fields, row: Any) -> Aside:
    if not isinstance(row, list) or len(row) != 5 or not isinstance(row[0], str):
        raise NotAsItShouldBe(fields.at("asides"))
    left, top, right, bottom = (fields.finite(value, "asides") for value in row[1:])
    return Aside(storable(row[0]), (left, top, right, bottom))
