"""The same finding of several passes or checklists becomes one that names them all.

Two are the same where their lines overlap and they quote the same code, or are of one category and share a quoted line.
Where a pass gives two itself, they are different unless their titles say nearly the same; two different CWE numbers are
two findings always. Knows no model and no formats.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from app.core.review.finding import SEVERITIES, Checked
from app.core.review.fingerprints import normal

_QUOTED = ("confirmed", "moved", "unconfirmed")
_PATCH = ("applies", "none", "breaks", "fails")
_WORD = re.compile(r"\w+")


def merge(findings: Sequence[Checked]) -> tuple[Checked, ...]:
    """`findings` with each once, where its first stood: the best confirmed, then that whose change applies, then the
    most severe and the surest. `also` names what else found it, as "security, pass 2"."""
    groups: list[list[Checked]] = []
    by_path: dict[str, list[list[Checked]]] = {}
    for checked in findings:
        near = by_path.setdefault(checked.finding.path, [])
        group = next((group for group in near if any(same(checked, other) for other in group)), None)
        if group is None:
            group = []
            groups.append(group)
            near.append(group)
        group.append(checked)
    return tuple(_one(group) for group in groups)


def same(one: Checked, other: Checked) -> bool:
    """Whether both speak of one thing."""
    a, b = one.finding, other.finding
    if a.path != b.path or a.first > b.last or b.first > a.last or (a.cwe and b.cwe and a.cwe != b.cwe):
        return False
    if (a.seen_in, a.checklist) == (b.seen_in, b.checklist) and not _alike(a.title, b.title):
        return False
    quote, quote_b = normal(a.quote), normal(b.quote)
    if quote == quote_b:
        return True
    if "unconfirmed" in (one.quoted, other.quoted):
        return False
    return a.category == b.category and any(_WORD.search(line) for line in set(quote) & set(quote_b))


def _alike(title: str, other: str) -> bool:
    """Whether two titles share at least half of their words."""
    words, others = (set(_WORD.findall(text.casefold())) for text in (title, other))
    return 2 * len(words & others) >= len(words | others)


def _one(group: Sequence[Checked]) -> Checked:
    best = min(group, key=_rank)
    names = [source for checked in group if checked is not best for source in (_source(checked), *checked.also)]
    also = dict.fromkeys((*best.also, *(name for name in names if name != _source(best))))
    return replace(best, also=tuple(also))


def _rank(checked: Checked) -> tuple[float, ...]:
    finding = checked.finding
    return (
        _QUOTED.index(checked.quoted),
        _PATCH.index(checked.patch),
        SEVERITIES.index(finding.severity),
        -(finding.confidence or 0.0),
    )


def _source(checked: Checked) -> str:
    finding = checked.finding
    return f"{finding.checklist}, pass {finding.seen_in}" if finding.checklist else f"pass {finding.seen_in}"
