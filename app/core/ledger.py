"""What each source costs in tokens, remembered, so that leaving one out is a sum and not a count.

Knows no tokenizer: counts come from `assemble.count_documents`. Knows no window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.core.budget import Budget
from app.core.choices import Choice, choices_for
from app.core.workspace import Entry, Workspace
from engine.places import deepest
from engine.protocol import Standing
from ingest.document import Document


@dataclass(frozen=True, slots=True)
class DocumentTokens:
    """Tokens of one whole document with its marks. sections[i] belongs to document.sections[i]. whole: all of them."""

    document: Document
    heading: int
    sections: tuple[int, ...]
    whole: int = field(init=False)

    def __post_init__(self) -> None:
        """Sum up once."""
        object.__setattr__(self, "whole", self.heading + sum(self.sections))

    def of(self, entry: Entry) -> int:
        """Tokens of the part of `entry` that takes part."""
        if entry.pages is None:
            return self.whole
        return self.heading + sum(self.sections[i] for i in entry.sections_in())


@dataclass(frozen=True, slots=True)
class Share:
    """One source's place in the budget. tokens: None until it is counted. index: of its colour, from 0."""

    key: str
    name: str
    index: int
    tokens: int | None


@dataclass(frozen=True, slots=True)
class Spending:
    """A budget with what each source that takes part costs, in prompt order.

    exact: every number is what the engine will read. uncounted: sources whose tokens are not known yet.
    """

    budget: Budget
    shares: tuple[Share, ...]
    exact: bool
    uncounted: int = 0


class Ledger:
    """Counts by document. A document that was read again counts as a new one."""

    def __init__(self) -> None:
        self._counts: dict[str, DocumentTokens] = {}
        self._shares: dict[str, tuple[Entry, int | None, Share]] = {}
        self._in_order: tuple[object, dict[str, int]] | None = None

    def clear(self) -> None:
        """Forget everything: another vocabulary counts differently."""
        self._counts.clear()
        self._shares.clear()
        self._in_order = None

    def put(self, key: str, counts: DocumentTokens) -> None:
        """Remember the tokens of the document under `key`."""
        self._counts[key] = counts
        self._shares.pop(key, None)

    def put_in_order(self, signature: object, tokens: dict[str, int]) -> None:
        """Remember what each source costs where it stands now. signature: `conversing.signature` of the workspace."""
        self._in_order = (signature, tokens)

    def tokens(self, entry: Entry) -> int | None:
        """Tokens of what of `entry` would take part if it were included, None when not counted."""
        counts = self._counts.get(entry.key)
        return counts.of(entry) if counts is not None and counts.document is entry.document else None

    def uncounted(self, workspace: Workspace) -> list[Entry]:
        """The entries with text that were not counted yet, those that take part first."""
        counts = self._counts
        left = [
            e
            for e in workspace.entries
            if e.document.sections and ((known := counts.get(e.key)) is None or known.document is not e.document)
        ]
        return sorted(left, key=lambda e: not e.included)

    def choices(self, workspace: Workspace, budget: Budget, *, largest_context: int) -> list[Choice]:
        """What would make it fit, when everything is counted; else nothing but what needs no counts."""
        entries = workspace.included()
        counts: list[list[int]] = []
        for entry in entries:
            known = self._counts.get(entry.key)
            if known is None or known.document is not entry.document:
                return [c for c in choices_for(budget, (), (), largest_context=largest_context) if not c.keys]
            counts.append([known.heading, *(known.sections[i] for i in entry.sections_in())])
        return choices_for(budget, entries, counts, largest_context=largest_context)

    def spending(self, workspace: Workspace, around: Budget, *, signature: object = None) -> Spending:
        """around: a budget without documents.

        signature: None when a source costs the same wherever it stands, else that of the workspace; then numbers are
        exact once `put_in_order` has told them for it.
        """
        placed: dict[str, int] = {}
        if signature is not None and self._in_order is not None and self._in_order[0] == signature:
            placed = self._in_order[1]
        shares = [
            self._share(entry, placed.get(entry.key))
            for entry in workspace.entries
            if entry.included and entry.document.sections
        ]
        exact = signature is None or bool(placed) or not shares
        known = sum([share.tokens or 0 for share in shares])
        uncounted = sum([share.tokens is None for share in shares])
        return Spending(replace(around, documents=known), tuple(shares), exact and not uncounted, uncounted)

    def _share(self, entry: Entry, placed: int | None) -> Share:
        """Made once for as long as nothing of it changes: one source of ten thousand is left out in an instant."""
        held = self._shares.get(entry.key)
        if held is not None and held[0] is entry and held[1] == placed:
            return held[2]
        tokens = self.tokens(entry) if placed is None else placed
        share = Share(entry.key, entry.name, colour_index(entry.key), tokens)
        self._shares[entry.key] = (entry, placed, share)
        return share


def colour_index(key: str) -> int:
    """Which colour a source has, from 0: S1 has the first for as long as the session lives."""
    return int(key[1:]) - 1 if key[1:].isdecimal() else 0


def to_read(before: Sequence[tuple[object, int]], now: Sequence[tuple[object, int]]) -> int:
    """Tokens of `now` that must be read when the engine holds `before`: all from the first difference on.

    Both: (what, tokens) in prompt order, the system prompt included; `what` says all that changes the tokens.
    """
    return sum([tokens for _, tokens in now[same_parts(before, now) :]])


def to_read_from(
    standing: Standing,
    ends: Sequence[int],
    before: Sequence[tuple[object, int]],
    now: Sequence[tuple[object, int]],
) -> int:
    """The same, as the engine itself counts: it can go back to some places only, and reads on from there.

    ends: the positions at which the parts of `before` end.
    """
    same = same_parts(before, now)
    position = ends[same - 1] if same else 0
    return sum([tokens for _, tokens in now[same:]]) + position - min(position, deepest(standing, position))


def same_parts(before: Sequence[tuple[object, int]], now: Sequence[tuple[object, int]]) -> int:
    """How many parts both have in common from the start."""
    pairs = enumerate(zip(before, now, strict=False))
    return next((i for i, (old, new) in pairs if old != new), min(len(before), len(now)))


def seconds_to_read(tokens: int, per_second: float | None) -> float | None:
    """About how long reading takes at the speed last measured; None when none was."""
    return tokens / per_second if per_second else None
