"""What a coarser KV cache costs: reports of the same questions over differently loaded models, question by question.

Knows no model; which report stands for what is said by its `kv`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from statistics import fmean

from engine.selfcheck.report import Report, Trial, Verified
from engine.selfcheck.verdicts import tokens_in_words, verified

_SURE = 0.05


@dataclass(frozen=True, slots=True)
class Compared:
    """One report beside the first. pairs: questions that both asked. lost, gained: passed only there, only here.

    chance: how likely so uneven a number of lost and gained is if nothing changed (exact sign test, two-sided).
    margin: how much smaller the log-probability margins of the right answers are on the average, None where they were
    not measured; what passes all the same hides it.
    """

    kv: str
    verified: Verified
    pairs: int
    lost: int
    gained: int
    chance: float
    margin: float | None

    @property
    def worse(self) -> bool:
        """Whether it is surely worse."""
        return self.lost > self.gained and self.chance < _SURE


def compare(reports: Sequence[Report]) -> tuple[Compared, ...]:
    """Each report after the first beside the first, by the questions that both asked. Raises ValueError for none."""
    if not reports:
        raise ValueError("there is nothing to compare")
    base = {_key(trial): trial for trial in reports[0].trials}
    found = []
    for report in reports[1:]:
        pairs = [(base[_key(trial)], trial) for trial in report.trials if _key(trial) in base]
        lost = sum(one.passed and not other.passed for one, other in pairs)
        gained = sum(other.passed and not one.passed for one, other in pairs)
        shifts = [
            one.margin - other.margin for one, other in pairs if one.margin is not None and other.margin is not None
        ]
        found.append(
            Compared(
                report.kv,
                verified(report),
                len(pairs),
                lost,
                gained,
                sign_test(lost, gained),
                fmean(shifts) if shifts else None,
            )
        )
    return tuple(found)


def compared_in_words(base: Report, other: Compared) -> str:
    """One sentence for a person."""
    if not other.pairs:
        return f"{other.kv} and {base.kv} were not asked the same questions."
    mine, theirs = verified(base), other.verified
    lengths = [
        f"{kind} to {_length(now)} instead of {_length(then)} tokens"
        for kind, then, now in (
            ("finding", mine.retrieval, theirs.retrieval),
            ("reasoning", mine.reasoning, theirs.reasoning),
        )
        if then is not None and now is not None and then != now
    ]
    verdict = "surely worse" if other.worse else "not surely different" if not lengths else "different"
    reach = f"; verified: {', '.join(lengths)}" if lengths else ""
    margins = ""
    if other.margin is not None:
        margins = f"; margins {'fall' if other.margin >= 0 else 'rise'} by {abs(other.margin):.1f} on the average"
    return (
        f"{other.kv} is {verdict} than {base.kv}"
        if verdict == "surely worse"
        else f"{other.kv} is {verdict} from {base.kv}"
    ) + f": {other.lost:,} lost and {other.gained:,} gained of {other.pairs:,} questions{reach}{margins}."


def sign_test(lost: int, gained: int) -> float:
    """How likely a split at least as uneven is when both are as likely, two-sided."""
    n, least = lost + gained, min(lost, gained)
    tail = float(sum(comb(n, i) for i in range(least + 1)) / 2**n)
    return min(1.0, 2 * tail)


def _key(trial: Trial) -> tuple[str, int, int | None, int, int, str]:
    return trial.task, trial.length, trial.depth, trial.seed, trial.number, trial.question


def _length(tokens: int) -> str:
    return tokens_in_words(tokens) if tokens else "not even the shortest length"
