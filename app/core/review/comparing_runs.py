"""Two reviews side by side: what is new, what is still there, what is fixed, and what the second did not look at.

A finding is known again by its fingerprint, else by quoting more or less of the same lines in one file and category.
Knows no model and no formats.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.core.review.finding import SEVERITIES, Checked, Review, Severity
from app.core.review.fingerprints import normal


@dataclass(frozen=True, slots=True)
class Comparison:
    """new, still: of the later review; fixed, unseen: of the earlier, unseen where the later did not read the file."""

    new: tuple[Checked, ...]
    still: tuple[Checked, ...]
    fixed: tuple[Checked, ...]
    unseen: tuple[Checked, ...]


def compare(before: Sequence[Checked], after: Review) -> Comparison:
    """The findings of an earlier review, or of a baseline, against a later review."""
    read = {path for report in after.passes if not report.problem for path in report.files}
    new, still, left = _matched(before, after.findings)
    seen = [checked for checked in left if not after.passes or checked.finding.path in read]
    unseen = tuple(checked for checked in left if checked not in seen)
    return Comparison(new, still, tuple(seen), unseen)


def failing(findings: Sequence[Checked], fail_on: Severity, known: Sequence[Checked] = ()) -> tuple[Checked, ...]:
    """Those at or over `fail_on` that count: confirmed by the code, not dismissed, and not among the `known`."""
    levels = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    new, _, _ = _matched(known, findings)
    return tuple(
        checked
        for checked in new
        if checked.finding.severity in levels and checked.quoted != "unconfirmed" and checked.dismissed is None
    )


def _matched(
    before: Sequence[Checked], after: Sequence[Checked]
) -> tuple[tuple[Checked, ...], tuple[Checked, ...], list[Checked]]:
    """What of `after` is new, what is known, and what of `before` is not in it any more."""
    prints = {checked.fingerprint for checked in before}
    known = [checked.fingerprint in prints for checked in after]
    found = {checked.fingerprint for checked in after}
    left = [checked for checked in before if checked.fingerprint not in found]
    for n, checked in enumerate(after):
        if known[n]:
            continue
        again = next((other for other in left if _says_more_or_less(checked, other)), None)
        if again is not None:
            known[n] = True
            left.remove(again)
    return (
        tuple(checked for checked, is_known in zip(after, known, strict=True) if not is_known),
        tuple(checked for checked, is_known in zip(after, known, strict=True) if is_known),
        left,
    )


def _says_more_or_less(one: Checked, other: Checked) -> bool:
    """Whether one quotes the lines of the other and some around them."""
    if (one.finding.path, one.finding.category) != (other.finding.path, other.finding.category):
        return False
    short, long = sorted((normal(one.finding.quote), normal(other.finding.quote)), key=len)
    return bool(short) and any(long[n : n + len(short)] == short for n in range(len(long) - len(short) + 1))


def remembered(findings: Sequence[Checked], dismissed: Mapping[str, str]) -> tuple[Checked, ...]:
    """`findings` with the reasons of those that were dismissed before. dismissed: fingerprint to reason."""
    return tuple(
        replace(checked, dismissed=dismissed.get(checked.fingerprint, checked.dismissed)) for checked in findings
    )
