"""From an answer's citations and passages to the places that the viewer shows. Knows no widget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from app.core.exchanges import Exchange
from app.core.records import StoredCitation
from app.core.workspace import Entry
from app.ui.viewer.evidence import Evidence

_LONGEST_LOOKED_THROUGH = 5_000_000
"""Characters of one section: looking through more for words that are not where they should be would be felt."""


def evidence_of(exchange: Exchange, number: int, entries: Sequence[Entry]) -> tuple[list[Evidence], int | None]:
    """All places of an answer that can be shown, and which of them belongs to citation or passage `number`, if any."""
    places: list[Evidence] = []
    index: int | None = None
    if exchange.passages:
        for at, passage in enumerate(exchange.passages):
            if at == number:
                index = len(places)
            places.append(Evidence(passage.key, passage.section, passage.start, passage.end, "passage", passage.text))
        return places, index
    for at, citation in enumerate(exchange.citations):
        place = _place(citation, entries)
        if place is not None:
            if at == number:
                index = len(places)
            places.append(place)
    return places, index


def not_shown(exchange: Exchange, number: int) -> str:
    """Why citation `number` leads nowhere."""
    citation = exchange.citations[number]
    if citation.state == "not_quoted":
        return "Nothing is quoted here, so there is nothing to show."
    if citation.found_elsewhere:
        return f"These words do not stand in the place named; they stand in {citation.found_elsewhere}."
    return "These words stand nowhere in the sources."


def _place(citation: StoredCitation, entries: Sequence[Entry]) -> Evidence | None:
    section, start, end = citation.section, citation.start, citation.end
    if citation.key is not None and section is not None and start is not None and end is not None:
        state = cast(Literal["exact", "near"], citation.state)
        return Evidence(citation.key, section, start, end, state, citation.quote)
    if citation.state == "missing" and citation.found_elsewhere:
        return _elsewhere(citation.quote, entries)
    return None


def _elsewhere(quote: str, entries: Sequence[Entry]) -> Evidence | None:
    """Where the words do stand, when they do word for word in a text at hand."""
    for entry in entries:
        for at, section in enumerate(entry.document.sections):
            body = section.body
            if not isinstance(body, str) or len(body) > _LONGEST_LOOKED_THROUGH:
                continue
            start = body.find(quote)
            if start >= 0:
                return Evidence(entry.key, at, start, start + len(quote), "missing", quote)
    return None
