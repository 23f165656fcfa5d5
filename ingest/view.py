"""How a source is to be read where it can be read in more than one way: as a whole, as an outline, filtered, folded.

A view is part of a document, so that a file that changed is read again in the same way. Knows no files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Detail = Literal["auto", "whole", "outline", "name"]
DETAILS: tuple[Detail, ...] = ("auto", "whole", "outline", "name")
"""auto: whole; but of what nobody reads (lock files, minified, generated and vendored code) one line."""

Level = Literal["trace", "debug", "info", "notice", "warning", "error", "fatal"]
LEVELS: tuple[Level, ...] = ("trace", "debug", "info", "notice", "warning", "error", "fatal")


@dataclass(frozen=True, slots=True)
class LogView:
    """Which records of a log are read, and whether those of one shape are folded into one line.

    since, until: ISO 8601, the first moment inside and the first behind; without a zone, the log's own clock. levels,
    sources: none means all. pattern: a regular expression that a record must hold. around: a regular expression; only
    records within `minutes` of one that holds it. fold: records of one shape become one line with their count.
    unfold: numbers of templates whose records are shown all the same.
    """

    since: str | None = None
    until: str | None = None
    levels: tuple[Level, ...] = ()
    sources: tuple[str, ...] = ()
    pattern: str | None = None
    around: str | None = None
    minutes: float = 5.0
    fold: bool = False
    unfold: tuple[int, ...] = ()

    @property
    def filters(self) -> bool:
        """Whether any record may be left out."""
        return bool(self.since or self.until or self.levels or self.sources or self.pattern or self.around)


@dataclass(frozen=True, slots=True)
class View:
    """detail: how much of a source file. mask: hide what looks like a secret. tables: those of a PDF as Markdown.

    log: which records of a log, and how. Each applies to the kinds of document it speaks of and leaves others alone.
    """

    detail: Detail = "auto"
    mask: bool = False
    tables: bool = False
    log: LogView = field(default_factory=LogView)


AS_IT_STANDS = View()
"""The way every source is read unless someone chose another."""
