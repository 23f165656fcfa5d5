"""One answered question as JSON and as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from app.cli.sources import place_json
from app.core.span_words import span_words
from app.core.workspace import shown_path
from ingest.document import Span

if TYPE_CHECKING:
    from app.core.answering import Reply
    from app.core.citations import Citation, Place
    from app.core.prompt import PromptDocument
    from app.core.workspace import Entry

SIGNS = {"exact": "✓", "near": "≈", "missing": "✗", "not_quoted": "–"}
WORDS = {
    "exact": "word for word",
    "near": "the same but for white space, case or typography",
    "missing": "NOT FOUND there",
    "not_quoted": "nothing quoted, so nothing checked",
}


def reply_json(
    reply: Reply, entries: Sequence[Entry], *, model: str | None, load: float | None, logprobs: bool = False
) -> dict[str, Any]:
    """One element of the `ask` command's array. load: seconds. logprobs: whether to give them."""
    counters = reply.counters
    names = ("prefix", "reused", "decoded", "question", "answer", "context", "free", "restored")
    return {
        "question": reply.question,
        "answer": reply.text,
        "mode": reply.mode,
        "ending": reply.ending,
        "citations": [citation_json(c, entries) for c in reply.citations],
        "passages": [
            {
                "path": shown_path(entries[p.document].document.path),
                **place_json(p.span),
                "text": p.text,
                "score": round(p.score, 4),
            }
            for p in reply.passages
        ],
        "tokens": {name: getattr(counters, name) if counters is not None else None for name in names},
        "seconds": {
            "load": load,
            "prefill": reply.seconds.get("prefill"),
            "first_token": reply.seconds.get("first_token"),
            "total": reply.seconds.get("total"),
        },
        "model": model,
        **({"logprobs": list(_logprobs(reply))} if logprobs else {}),
    }


def _logprobs(reply: Reply) -> Iterator[dict[str, Any]]:
    ends = [start for start, _ in reply.logprobs[1:]] + [len(reply.text)]
    for (start, value), end in zip(reply.logprobs, ends, strict=False):
        yield {"start": start, "text": reply.text[start:end], "logprob": round(value, 4)}


def citation_json(citation: Citation, entries: Sequence[Entry]) -> dict[str, Any]:
    """path and place: where the words were found; when they were not, the place that the answer names."""
    path: str | None = None
    place: dict[str, Any] = {}
    if citation.found is not None:
        path, place = _path(entries, citation.found.document), place_json(citation.found.span)
    elif citation.named is not None:
        named = citation.named
        entry = entries[named.document]
        section = entry.document.sections[entry.sections_in()[named.section]]
        path, place = _path(entries, named.document), place_json(section.locate(named.start, named.end))
    return {
        "path": path,
        **place,
        "quote": citation.quote,
        "state": citation.state,
        "mark": citation.mark,
        "start": citation.start,
        "end": citation.end,
        "found_elsewhere": _elsewhere(citation.elsewhere, entries),
    }


def describe_reply(reply: Reply, entries: Sequence[Entry], documents: Sequence[PromptDocument]) -> Iterator[str]:
    """What stands under an answer: each citation with what came of checking it, or the passages."""
    from app.core.citations import describe_place

    for citation in reply.citations:
        where = f"[{citation.mark}] " if citation.mark else ""
        if citation.found is not None:
            where += describe_place(citation.found, documents)
        elif citation.named is not None:
            where += entries[citation.named.document].name
        elsewhere = f"; stands in {describe_place(citation.elsewhere, documents)}" if citation.elsewhere else ""
        detail = f": {_short(citation.quote)}" if citation.found is None else ""
        yield f"  {SIGNS[citation.state]} {where}{' · ' if where else ''}{WORDS[citation.state]}{elsewhere}{detail}"
    if reply.ending == "length":
        yield "  The answer was ended at its limit of tokens; --max-answer gives it more room."
    if reply.ending == "cancelled":
        yield "  The answer was stopped here."
    if reply.mode == "evidence":
        yield "Passages, no model" if reply.passages else "No passage speaks of this."
    for number, passage in enumerate(reply.passages, 1):
        yield f"\n{number}. {entries[passage.document].name}, {place_words(passage.span)}"
        yield "\n".join(f"   {line}" for line in passage.text.strip("\n").split("\n"))


def place_words(span: Span) -> str:
    """page 3 / line 41 / lines 41 to 43 / Costs, line 2 / whole."""
    return span_words(span) or "whole"


def _path(entries: Sequence[Entry], document: int) -> str:
    return shown_path(entries[document].document.path)


def _elsewhere(place: Place | None, entries: Sequence[Entry]) -> dict[str, Any] | None:
    return None if place is None else {"path": _path(entries, place.document), **place_json(place.span)}


def _short(text: str) -> str:
    line = " ".join(text.split())
    return f"“{line}”" if len(line) <= 80 else f"“{line[:79]}…”"
