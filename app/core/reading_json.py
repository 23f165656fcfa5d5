"""How a document was read and what it holds beside its text, as JSON for session files, exports and `--json`.

Only what differs from the plain case is written, so most documents have `{}`. Knows no database.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from ingest.document import Annotation, Details, Document, OutlineEntry, Secret
from ingest.view import AS_IT_STANDS, DETAILS, LEVELS, LogView, View

_NO_LOG_VIEW = LogView()


def view_json(view: View) -> dict[str, Any]:
    """The fields of `view` in which it differs from reading a source as it stands."""
    value = {f.name: getattr(view, f.name) for f in fields(View) if f.name != "log"}
    plain = {f.name: getattr(AS_IT_STANDS, f.name) for f in fields(View) if f.name != "log"}
    changed: dict[str, Any] = {name: value[name] for name in value if value[name] != plain[name]}
    log = {f.name: getattr(view.log, f.name) for f in fields(LogView)}
    differs = {name: log[name] for name in log if log[name] != getattr(_NO_LOG_VIEW, name)}
    if differs:
        changed["log"] = {name: list(v) if isinstance(v, tuple) else v for name, v in differs.items()}
    return changed


def view_of(value: object) -> View:
    """The reverse of `view_json`. What is not as it should be counts as not said: the file may be from anywhere."""
    if not isinstance(value, dict) or not value:
        return AS_IT_STANDS
    log = value.get("log")
    detail = value.get("detail")
    return View(
        detail=next((d for d in DETAILS if d == detail), AS_IT_STANDS.detail),
        mask=value.get("mask") is True,
        tables=value.get("tables") is True,
        log=_log_view(log) if isinstance(log, dict) else _NO_LOG_VIEW,
    )


def facts_json(document: Document) -> dict[str, Any]:
    """Details, secrets and archive of `document`, as far as it has any."""
    value: dict[str, Any] = {}
    details = {name: [list(v) if isinstance(v, tuple) else v for v in part] for name, part in _details(document)}
    if details:
        value["details"] = details
    if document.secrets:
        value["secrets"] = [[s.kind, s.section, s.start, s.end] for s in document.secrets]
    if document.archive is not None:
        value["archive"] = document.archive
    return value


def facts_of(value: object) -> dict[str, Any]:
    """The reverse of `facts_json`: keyword arguments for a Document. Raises ValueError when it is no such thing."""
    if not isinstance(value, dict):
        raise ValueError("no object")
    try:
        found = value.get("details", {})
        details = Details(
            outline=tuple(OutlineEntry(**_typed(OutlineEntry, entry)) for entry in found.get("outline", ())),
            fields=tuple((str(name), str(text)) for name, text in found.get("fields", ())),
            annotations=tuple(Annotation(**_typed(Annotation, entry)) for entry in found.get("annotations", ())),
            attachments=tuple((str(name), int(size)) for name, size in found.get("attachments", ())),
        )
        secrets = tuple(Secret(str(k), int(s), int(a), int(b)) for k, s, a, b in value.get("secrets", ()))
    except (TypeError, AttributeError, KeyError) as error:
        raise ValueError("not as it should be") from error
    archive = value.get("archive")
    return {"details": details, "secrets": secrets, "archive": archive if isinstance(archive, str) else None}


def _details(document: Document) -> list[tuple[str, list[Any]]]:
    details = document.details
    parts: dict[str, list[Any]] = {
        "outline": [asdict(entry) for entry in details.outline],
        "fields": list(details.fields),
        "annotations": [asdict(entry) for entry in details.annotations],
        "attachments": list(details.attachments),
    }
    return [(name, part) for name, part in parts.items() if part]


def details_json(document: Document) -> dict[str, list[Any]]:
    """What a file holds beside its text; only what there is any of."""
    return dict(_details(document))


def _typed(kind: type[OutlineEntry | Annotation], entry: object) -> dict[str, Any]:
    """The fields of `entry` that `kind` has, numbers as numbers and everything else as text."""
    if not isinstance(entry, dict):
        raise TypeError("no object")
    known = {f.name for f in fields(kind)}
    numbers = {"level", "page"}
    given = {name: v for name, v in entry.items() if name in known}
    return {n: (None if v is None else int(v)) if n in numbers else str(v) for n, v in given.items()}


def _log_view(value: dict[str, Any]) -> LogView:
    def text(name: str) -> str | None:
        found = value.get(name)
        return found if isinstance(found, str) else None

    def many(name: str) -> list[Any]:
        found = value.get(name)
        return found if isinstance(found, list) else []

    minutes = value.get("minutes")
    number = isinstance(minutes, int | float) and not isinstance(minutes, bool) and minutes >= 0
    return LogView(
        since=text("since"),
        until=text("until"),
        levels=tuple(level for level in LEVELS if level in many("levels")),
        sources=tuple(source for source in many("sources") if isinstance(source, str)),
        pattern=text("pattern"),
        around=text("around"),
        minutes=float(minutes) if number and minutes is not None else _NO_LOG_VIEW.minutes,
        fold=value.get("fold") is True,
        unfold=tuple(n for n in many("unfold") if isinstance(n, int) and not isinstance(n, bool)),
    )
