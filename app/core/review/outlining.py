"""The outline that all passes of a review begin with: what the code defines that other files of it use most.

Knows no tokens: it is told how to count.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from app.core.review.prompting import outline_text
from app.core.review.schema import shown_path
from app.core.review.scope import Scope
from ingest.code import code_sections
from ingest.document import Document, Section

MOST_FILES = 1_000
"""Files that are taken apart for it; of more, those whose names others hold most often."""

_NAME = re.compile(r"[^\W\d]\w{2,}")


def outlined(scope: Scope, budget: int, count: Callable[[str], int]) -> list[tuple[str, str]]:
    """Path and abridged text of the files that matter most, in at most `budget` tokens.

    Where no file uses what another defines, their names alone; none at all where not even those fit.
    """
    from ingest.repo_map import repo_map

    texts = {**scope.others, **scope.texts}
    for path in scope.known:
        # A file of which only hunks are known defines nothing that can be relied on.
        texts.pop(path, None)
    chosen = _most_named(texts) if len(texts) > MOST_FILES else list(texts)
    documents = [
        Document(path, "code", "ok", sections=code_sections(path.rpartition("/")[2], texts[path])) for path in chosen
    ]

    def tokens(section: Section) -> int:
        return count(f"{section.label}\n{section.text}")

    room = budget - count(outline_text([("", "")]))
    found = repo_map(documents, tokens, room) if documents and room > 0 else None
    sections = [(section.label, section.text) for section in found.sections if section.span.lines] if found else []
    if not sections:
        return _names(list(texts), room, count)
    rest = len(texts) - len(sections)
    return [*sections, ("", _more(rest))] if rest else sections


def _names(paths: Sequence[str], room: int, count: Callable[[str], int]) -> list[tuple[str, str]]:
    """Names of files, as many as fit, as one text."""
    most = len(paths)
    while most:
        rest = len(paths) - most
        text = "".join(f"{shown_path(path)}\n" for path in paths[:most]) + (_more(rest) if rest else "")
        if count(text) <= room:
            return [("", text)]
        most = most * 3 // 4
    return []


def _more(files: int) -> str:
    return f"… {files:,} more file{'' if files == 1 else 's'}\n"


def _most_named(texts: Mapping[str, str]) -> list[str]:
    """The files whose own names stand in most others, in the order of `texts`."""
    named: Counter[str] = Counter()
    for text in texts.values():
        named.update(set(_NAME.findall(text)))

    def weight(path: str) -> int:
        name = path.rpartition("/")[2].partition(".")[0]
        return named[name] if name not in ("index", "main", "mod", "init", "__init__", "utils") else 0

    best = sorted(texts, key=lambda path: (-weight(path), path))[:MOST_FILES]
    chosen = set(best)
    return [path for path in texts if path in chosen]
