"""What another type of KV cache changes: the same questions, asked of the same model with each. Knows no engine.

A coarser cache shows first in how much likelier the right answer is than the best decoy's, long before one is missed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

from engine.selfcheck.report import Report, Trial
from engine.selfcheck.verdicts import tokens_in_words

_Key = tuple[str, int, int, int]


@dataclass(frozen=True, slots=True)
class CacheChange:
    """Over `n` questions that were asked with both: how many were right with the first cache and with `kv`.

    margin, margin_before: means over those that were measured with both (natural logarithm), None where none was.
    """

    kv: str
    task: str
    length: int
    n: int
    passed: int
    passed_before: int
    margin: float | None
    margin_before: float | None


def compare_caches(reports: Sequence[Report]) -> list[CacheChange]:
    """Each report against the first, by task and length; nothing where no question is the same."""
    if not reports:
        return []
    first = {_key(trial): trial for trial in reports[0].trials}
    changes = []
    for report in reports[1:]:
        pairs: dict[tuple[str, int], list[tuple[Trial, Trial]]] = defaultdict(list)
        for trial in report.trials:
            before = first.get(_key(trial))
            if before is not None and before.question == trial.question:
                pairs[trial.task, trial.length].append((before, trial))
        for task in report.classes:
            for length in report.lengths:
                if both := pairs[task, length]:
                    changes.append(_change(report.kv, task, length, both))
    return changes


def comparison_lines(changes: Sequence[CacheChange]) -> Iterator[str]:
    """One line for each, for a terminal."""
    for change in changes:
        margins = ""
        if change.margin is not None and change.margin_before is not None:
            margins = f"; margin {change.margin:+.2f} instead of {change.margin_before:+.2f}"
        yield (
            f"{change.kv}, {change.task} at {tokens_in_words(change.length)}: {change.passed:,} of {change.n:,} right "
            f"instead of {change.passed_before:,}{margins}"
        )


def _key(trial: Trial) -> _Key:
    return trial.task, trial.length, trial.seed, trial.number


def _change(kv: str, task: str, length: int, pairs: Sequence[tuple[Trial, Trial]]) -> CacheChange:
    margins = [
        (before.margin, now.margin) for before, now in pairs if before.margin is not None and now.margin is not None
    ]
    return CacheChange(
        kv,
        task,
        length,
        len(pairs),
        sum(now.passed for _, now in pairs),
        sum(before.passed for before, _ in pairs),
        mean(now for _, now in margins) if margins else None,
        mean(before for before, _ in margins) if margins else None,
    )
