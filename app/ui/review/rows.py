"""Findings as rows of a list: which are shown, in which groups and order, and what stands apart. Knows no Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from app.core.review.finding import SEVERITIES, Checked, Severity

Grouping = Literal["none", "file", "severity", "category"]
Sorting = Literal["severity", "place", "confidence"]
Change = Literal["", "new", "still", "fixed"]
Apart = Literal["", "unconfirmed", "dismissed", "fixed"]
APART: tuple[Apart, ...] = ("", "unconfirmed", "dismissed", "fixed")
"""In which order the parts of the list stand: what is confirmed first."""


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding. change: against the review it is compared with, "" where it is compared with none."""

    checked: Checked
    change: Change = ""

    @property
    def apart(self) -> Apart:
        """In which part of the list it stands."""
        if self.change == "fixed":
            return "fixed"
        if self.checked.dismissed is not None:
            return "dismissed"
        return "unconfirmed" if self.checked.quoted == "unconfirmed" else ""


@dataclass(frozen=True, slots=True)
class HeadingRow:
    """What stands above a group. words: the group's name, "" where `apart` says it all."""

    words: str
    count: int
    apart: Apart = ""


Row = FindingRow | HeadingRow


@dataclass(frozen=True, slots=True)
class Choice:
    """What of the findings is shown and how. Empty sets: all. changes: only these, where there is a comparison."""

    text: str = ""
    severities: frozenset[Severity] = frozenset()
    kinds: frozenset[str] = frozenset()
    changes: frozenset[Change] = frozenset()
    dismissed: bool = False
    group: Grouping = "none"
    sort: Sorting = "severity"

    @property
    def narrows(self) -> bool:
        """Whether some findings are left out by it."""
        return bool(self.text.strip() or self.severities or self.kinds or self.changes)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many findings there are of what, dismissed and fixed ones counted apart from the rest."""

    listed: int = 0
    unconfirmed: int = 0
    dismissed: int = 0
    severities: Mapping[Severity, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    changes: Mapping[Change, int] = field(default_factory=dict)


def tally(findings: Iterable[FindingRow]) -> Tally:
    """Count them."""
    listed = unconfirmed = dismissed = 0
    severities: dict[Severity, int] = {}
    kinds: dict[str, int] = {}
    changes: dict[Change, int] = {}
    for row in findings:
        finding = row.checked.finding
        if row.change:
            changes[row.change] = changes.get(row.change, 0) + 1
        severities[finding.severity] = severities.get(finding.severity, 0) + 1
        kinds[finding.category] = kinds.get(finding.category, 0) + 1
        if row.apart == "dismissed":
            dismissed += 1
        elif row.apart != "fixed":
            listed += 1
            unconfirmed += row.apart == "unconfirmed"
    return Tally(listed, unconfirmed, dismissed, severities, dict(sorted(kinds.items())), changes)


def rows_of(findings: Sequence[FindingRow], choice: Choice, *, says: Callable[[Grouping, Checked], str]) -> list[Row]:
    """The list: what `choice` leaves, grouped and sorted; what is not confirmed, dismissed or fixed comes after it.

    says: the name of a group ("file", "severity" or "category") that a finding belongs to.
    """
    left = [row for row in findings if _wanted(row, choice)]
    rows: list[Row] = []
    for apart in APART:
        part = sorted((row for row in left if row.apart == apart), key=lambda row: _order(row.checked, choice))
        if not part:
            continue
        if apart:
            rows += [HeadingRow("", len(part), apart), *part]
        elif choice.group == "none":
            rows += part
        else:
            rows += _grouped(part, choice.group, says)
    return rows


def _grouped(part: Sequence[FindingRow], group: Grouping, says: Callable[[Grouping, Checked], str]) -> list[Row]:
    groups: dict[str, list[FindingRow]] = {}
    for row in part:
        groups.setdefault(says(group, row.checked), []).append(row)
    names = list(groups)
    if group == "file":
        names.sort()
    elif group == "severity":
        names.sort(key=lambda name: SEVERITIES.index(groups[name][0].checked.finding.severity))
    else:
        names.sort(key=lambda name: (-len(groups[name]), name))
    rows: list[Row] = []
    for name in names:
        rows += [HeadingRow(name, len(groups[name])), *groups[name]]
    return rows


def _wanted(row: FindingRow, choice: Choice) -> bool:
    finding = row.checked.finding
    if row.apart == "dismissed" and not choice.dismissed:
        return False
    if choice.severities and finding.severity not in choice.severities:
        return False
    if choice.kinds and finding.category not in choice.kinds:
        return False
    if choice.changes and row.change and row.change not in choice.changes:
        return False
    text = " ".join((finding.title, finding.path, finding.explanation, finding.category, finding.cwe)).casefold()
    return all(word in text for word in choice.text.casefold().split())


def _order(checked: Checked, choice: Choice) -> tuple[float, str, int, float]:
    finding = checked.finding
    grave = SEVERITIES.index(finding.severity)
    sure = -(finding.confidence if finding.confidence is not None else -1.0)
    if choice.sort == "place":
        return 0.0, finding.path, finding.first, grave
    if choice.sort == "confidence":
        return sure, finding.path, finding.first, grave
    return grave, finding.path, finding.first, sure
