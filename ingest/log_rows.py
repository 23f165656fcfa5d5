"""The records of a batch as folding looks at them: those that are folded apart from those that are not.

Knows no templates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from ingest.view import Level

if TYPE_CHECKING:
    from ingest.log_records import Batch

WHOLE_LEVELS: frozenset[Level | None] = frozenset(("error", "fatal"))
"""Records of these levels are shown whole."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some records of a batch; parallel lists, as in `Batch`. heights: lines of each."""

    starts: Sequence[int]
    ends: Sequence[int]
    lines: Sequence[int]
    heights: Sequence[int]
    times: Sequence[int | None]
    levels: Sequence[Level | None]
    sources: Sequence[str | None]
    messages: Sequence[str]

    def at(self, indexes: Sequence[int]) -> Rows:
        """Some of the rows."""
        return Rows(*([column[i] for i in indexes] for column in self.columns()))

    def columns(self) -> tuple[Sequence[Any], ...]:
        """All lists, in the order of the fields."""
        return tuple(getattr(self, name) for name in Rows.__slots__)


NO_ROWS = Rows((), (), (), (), (), (), (), ())


def joined_rows(parts: Sequence[Rows]) -> Rows:
    """The rows of all parts, one behind the other."""
    columns = zip(*(part.columns() for part in parts), strict=True)
    return Rows(*(list(chain.from_iterable(column)) for column in columns)) if parts else NO_ROWS


def rows_of(batch: Batch, indexes: Sequence[int] | None = None) -> tuple[Rows, Rows]:
    """The records of `batch` at `indexes` (all, when None): those that are folded, and those of WHOLE_LEVELS.

    Times are those of the records' own clocks, as their lines show them.
    """
    end_line = batch.line + batch.data.count(b"\n") + (not batch.data.endswith(b"\n"))
    lines, count = batch.lines, len(batch)
    one_line_each = count > 0 and end_line - lines[0] == count
    rows = Rows(
        batch.starts,
        batch.ends(),
        lines,
        [1] * count if one_line_each else [b - a for a, b in zip(lines, [*lines[1:], end_line], strict=True)],
        _own_times(batch),
        batch.levels,
        batch.sources,
        batch.messages,
    )
    if indexes is not None and len(indexes) < count:
        rows = rows.at(indexes)
    if WHOLE_LEVELS.isdisjoint(rows.levels):
        return rows, NO_ROWS
    bad = [level in WHOLE_LEVELS for level in rows.levels]
    return rows.at([i for i, whole in enumerate(bad) if not whole]), rows.at(
        [i for i, whole in enumerate(bad) if whole]
    )


def _own_times(batch: Batch) -> Sequence[int | None]:
    ahead = batch.ahead
    if isinstance(ahead, int):
        return batch.times if ahead == 0 else [None if t is None else t + ahead for t in batch.times]
    return [None if t is None else t + a for t, a in zip(batch.times, ahead, strict=True)]
