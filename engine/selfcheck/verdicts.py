"""What the trials of a self-check come to: cells, verified lengths, and one sentence.

Everything is worked out from the trials each time, so nothing can say other than they do. Knows no model.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from engine.selfcheck.report import Cell, Report, Trial, Verified, cell_of
from engine.selfcheck.statistics import P_BAD, Sequential, State, clustered_interval, verified_length

VERIFYING = ("quick", "standard", "thorough")
"""Levels whose questions can verify a length; the others say what they are."""

_ROUNDS = 400
_TEST = Sequential()


def cells(report: Report) -> list[Cell]:
    """Each task at each length and depth, tested or not, in the report's order; spread tasks have one depth, None."""
    grouped: dict[tuple[str, int, int | None], list[Trial]] = defaultdict(list)
    for trial in report.trials:
        grouped[trial.task, trial.length, trial.depth].append(trial)
    found = []
    for task in report.classes:
        for length in report.lengths:
            for depth in _depths(report, task):
                trials = grouped[task, length, depth]
                found.append(cell_of(task, length, depth, trials, _TEST.state([t.passed for t in trials])))
    return found


def by_length(report: Report) -> list[Cell]:
    """Each task at each length over all depths: the state is what counts for a verified length.

    At level thorough the state also asks for an interval over whole haystacks that lies above the worst share.
    """
    whole: dict[tuple[str, int], list[Trial]] = defaultdict(list)
    for trial in report.trials:
        whole[trial.task, trial.length].append(trial)
    return [
        cell_of(task, length, None, whole[task, length], _state(report, task, length, whole[task, length]))
        for task in report.classes
        for length in report.lengths
    ]


def verified(report: Report) -> Verified:
    """The largest length at which, and at every shorter tested one, every task of the class passes, at every depth.

    A length at which no task of a class was asked is not a tested one; where only some were, it is not verified. None
    also where a check was cut off before the shortest length was decided. A failed precondition leaves nothing
    verified, as does a level that verifies nothing.
    """
    if failed_preconditions(report) or report.level not in VERIFYING:
        return Verified(None, None)
    found = by_length(report)
    return Verified(_of_class(report, found, "retrieval"), _of_class(report, found, "reasoning"))


def failed_preconditions(report: Report) -> list[str]:
    """Names of those that do not hold."""
    return [condition.name for condition in report.preconditions if condition.holds is False]


def relative_to(report: Report, baseline: int) -> dict[str, dict[int, float]]:
    """By task and length the share that passes over that at `baseline`; nothing where either was not tested."""
    shares = {(c.task, c.length): c.passed / c.n for c in by_length(report) if c.n}
    result: dict[str, dict[int, float]] = {}
    for (task, length), share in shares.items():
        base = shares.get((task, baseline), 0.0)
        if base:
            result.setdefault(task, {})[length] = share / base
    return result


def verdict(report: Report) -> str:
    """One sentence for a person."""
    failed = failed_preconditions(report)
    if failed:
        return f"Nothing is verified: {_and(failed)} did not hold."
    if report.level == "classic":
        hits = sum(trial.passed for trial in report.trials)
        return f"A single needle was found {hits:,} times in {len(report.trials):,}; that verifies no length."
    if report.level == "ruler":
        return _ruler(report)
    figures = verified(report)
    if figures.retrieval is None and figures.reasoning is None:
        return "Nothing is verified yet: too few questions were asked."
    parts = []
    if figures.retrieval is not None:
        parts.append(_reached(report, "Finding", figures.retrieval, "retrieval"))
    if figures.reasoning is not None:
        part = _reached(report, "Reasoning", figures.reasoning, "reasoning")
        parts.append(part[0].lower() + part[1:] if parts else part)
    return ", ".join(parts) + "."


def tokens_in_words(tokens: int) -> str:
    """96K for 98,304; digits grouped where it is no multiple of 1,024."""
    return f"{tokens // 1024:,}K" if tokens and tokens % 1024 == 0 else f"{tokens:,}"


def _reached(report: Report, what: str, length: int, kind: str) -> str:
    tested = [t.length for t in report.trials if report.classes.get(t.task) == kind]
    if not length:
        return f"{what} is not verified even at {tokens_in_words(min(tested))} tokens"
    end = "" if length < report.context else ", the whole context"
    skipped = [tokens_in_words(shorter) for shorter in report.lengths if shorter < length and shorter not in tested]
    between = f" (not tested at {_and(skipped)})" if skipped else ""
    return f"{what} is verified to {tokens_in_words(length)} tokens{end}{between}"


def _ruler(report: Report) -> str:
    from engine.selfcheck.ruler.scoring import THRESHOLD
    from engine.selfcheck.ruler_running import ruler_length

    length = ruler_length(report)
    if length is None:
        return "RULER says nothing yet: too few questions were asked."
    if not length:
        shortest = min(trial.length for trial in report.trials)
        return f"RULER's mean score is below {THRESHOLD} even at {tokens_in_words(shortest)} tokens."
    return f"RULER's mean score is at least {THRESHOLD} up to {tokens_in_words(length)} tokens."


def _of_class(report: Report, found: Iterable[Cell], kind: str) -> int | None:
    tasks = [task for task, of in report.classes.items() if of == kind]
    states: dict[int, dict[str, Sequence[State]]] = defaultdict(dict)
    for cell in found:
        if cell.task in tasks:
            states[cell.length][cell.task] = (cell.state,)
    tested = [n for n, of in states.items() if any(state != ("untested",) for state in of.values())]
    if not tested:
        return None
    best = verified_length(states, tested)
    if not best and report.ended != "done" and ("fail",) not in states[min(tested)].values():
        # It was cut off before the shortest length was decided, which is no failure.
        return None
    return best


def _state(report: Report, task: str, length: int, trials: Sequence[Trial]) -> State:
    state = _TEST.state([trial.passed for trial in trials])
    bands: dict[int | None, list[bool]] = defaultdict(list)
    for trial in trials:
        bands[trial.depth].append(trial.passed)
    if state == "untested" or state == "fail" or any(_TEST.state(hits) == "fail" for hits in bands.values()):
        return "untested" if state == "untested" else "fail"
    if state != "pass":
        return state
    if len(bands) < len(_depths(report, task)) or any(2 * sum(hits) < len(hits) for hits in bands.values()):
        return "undecided"
    if report.level == "thorough":
        seeds: dict[int, list[bool]] = defaultdict(list)
        for trial in trials:
            seeds[trial.seed].append(trial.passed)
        if clustered_interval(list(seeds.values()), seed=length, rounds=_ROUNDS)[0] < P_BAD:
            return "undecided"
    return "pass"


def _depths(report: Report, task: str) -> tuple[int | None, ...]:
    return (None,) if task in report.spread else report.depths


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
