"""What a haystack is made of: bundled prose, or the lines and sentences of a person's own documents.

Documents are cut into the units that marks are given to, as for any question. Knows no tokens and no tasks.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass

from app.core.errors import CoreError
from app.core.marks import split_units
from app.core.workspace import Workspace

BUNDLED = "bundled prose"
_CHARACTERS = 8
"""More than the characters of a token on the average, in any vocabulary that was seen."""

_SHORTEST = 3_000
"""Characters under which documents cannot fill the shortest length (1,024 tokens) in any vocabulary."""


class TooLittleText(CoreError):
    """The documents cannot fill a haystack."""

    kind = "too_little_text"


@dataclass(frozen=True, slots=True)
class HaystackText:
    """lines: of filler. words: what it is, for people. digest: the same for the same lines."""

    lines: tuple[str, ...]
    words: str
    digest: str


def bundled_text(tokens: int, seed: int) -> HaystackText:
    """Prose for a haystack of so many tokens."""
    from engine.selfcheck.prose import prose

    lines = tuple(_enough(prose(random.Random(seed)), tokens))
    # It follows from the seed, and a check of another length may go on from it.
    return HaystackText(lines, BUNDLED, "bundled")


def own_text(workspace: Workspace, tokens: int) -> HaystackText:
    """The documents that take part, as far as a haystack of so many tokens needs them.

    Raises TooLittleText; SourceChanged or SourceGone where text that is read late is no longer there.
    """
    lines = tuple(_enough(_units(workspace), tokens))
    size = sum(map(len, lines))
    if size < _SHORTEST:
        raise TooLittleText(
            f"Your documents hold too little text for a self-check: {size:,} characters in {len(lines):,} lines.",
            hint=f"Add more (some {_SHORTEST:,} characters are the least), or check on the bundled text.",
        )
    count = len(workspace.included())
    words = f"own documents ({count:,} source{'' if count == 1 else 's'})"
    digest = hashlib.blake2b(digest_size=16)
    for line in lines:
        digest.update(line.encode("utf-8", "backslashreplace") + b"\n")
    return HaystackText(lines, words, digest.hexdigest())


def _units(workspace: Workspace) -> Iterator[str]:
    for document in workspace.prompt_documents():
        for section in document.sections:
            text = section.text
            for start, end in split_units(text, document.kind):
                if line := " ".join(text[start:end].split()):
                    yield line


def _enough(lines: Iterator[str], tokens: int) -> Iterator[str]:
    left = tokens * _CHARACTERS
    for line in lines:
        yield line
        left -= len(line)
        if left <= 0:
            return
