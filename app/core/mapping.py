"""A map of the source files among some documents, in exactly as many tokens as a prompt may give it.

Knows no session and no command line.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.core.assemble import count_documents
from app.core.marks import MarkStyle
from app.core.prompt import PromptDocument
from engine.backends.base import Backend
from ingest.document import Document, Section
from ingest.repo_map import MAP_PATH, repo_map

_KEY = "S1"


def map_within(documents: Sequence[Document], budget: int, backend: Backend, style: MarkStyle) -> tuple[Document, int]:
    """The map, and the tokens that it takes of a prompt: at most `budget`, its heading and marks included.

    documents: read whole. The document is "empty", with a sentence, where there is nothing to map or too little room.
    """

    def counted(sections: Sequence[Section]) -> list[int]:
        return count_documents(backend, [PromptDocument(_KEY, MAP_PATH, "code", sections)], style)[0]

    def count(section: Section) -> int:
        return counted([section])[1]

    room = budget - counted([])[0]
    while True:
        found = repo_map(documents, count, room)
        tokens = sum(counted(found.sections)) if found.sections else 0
        if tokens <= budget:
            return found, tokens
        # Where marks are numbered, later sections have longer ones than each by itself.
        room -= tokens - budget


def with_map(
    documents: Sequence[Document], budget: int, backend: Backend, style: MarkStyle
) -> tuple[tuple[Document, ...], Document]:
    """`documents` with a map in the place of the first of the source files, and without them; and the map.

    Where there is no map, all of them stay. Documents that are no source files are kept.
    """
    found, _ = map_within(documents, budget, backend, style)
    if not found.sections:
        return tuple(documents), found
    first = next(i for i, d in enumerate(documents) if d.kind == "code")
    kept = [d for d in documents if d.kind != "code"]
    before = sum(d.kind != "code" for d in documents[:first])
    return (*kept[:before], found, *kept[before:]), found
