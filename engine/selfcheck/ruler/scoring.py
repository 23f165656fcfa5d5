"""RULER's scoring: the share of references that stand in the answer, whatever its case, and nothing stricter.

The rule is as published (Hsieh et al., "RULER: What's the Real Context Size of Your Long-Context Language Models?",
COLM 2024), so that figures can be laid beside the published tables: an answer that lists everything gets full marks.
The self-check's own tasks are judged by engine.selfcheck.judging. Knows no models.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from statistics import fmean

from engine.selfcheck.ruler.sample import Match

THRESHOLD = 85.6
"""Per cent that a length has to reach: what Llama 2 7B reached at 4K."""

_CONTROL = re.compile(r"[\x00-\x1f]")


def cleaned(answer: str) -> str:
    """`answer` as it is scored: control characters become line ends, space around it goes."""
    return _CONTROL.sub("\n", answer.strip()).strip()


def score(answer: str, references: Sequence[str], match: Match = "all") -> float:
    """0 to 1. Raises ValueError when there are no references: such a sample cannot be scored."""
    if not references:
        raise ValueError("an answer without references cannot be scored")
    said = cleaned(answer).lower()
    found = [reference.lower() in said for reference in references]
    return float(any(found)) if match == "part" else sum(found) / len(found)


def task_score(answers: Sequence[str], references: Sequence[Sequence[str]], match: Match = "all") -> float:
    """The mean over samples in per cent, to two digits. An empty answer counts, as nothing found.

    Raises ValueError when there are not as many answers as lists of references, or none.
    """
    if len(answers) != len(references):
        raise ValueError(f"{len(answers)} answers cannot be scored with {len(references)} lists of references")
    if not answers:
        raise ValueError("there are no answers to score")
    pairs = zip(answers, references, strict=True)
    return round(100 * fmean(score(answer, wanted, match) for answer, wanted in pairs), 2)


def average(scores: Mapping[str, float]) -> float:
    """The mean over tasks, each with the same weight. Raises ValueError when there are none."""
    if not scores:
        raise ValueError("there are no tasks to average")
    return fmean(scores.values())


def effective_length(scores: Mapping[int, Mapping[str, float]], threshold: float = THRESHOLD) -> int:
    """The longest length at which the average over tasks reaches `threshold`; 0 where none does.

    scores: per cent by length and task. As published, a shorter length that falls below does not matter.
    """
    return max((length for length, tasks in scores.items() if tasks and average(tasks) >= threshold), default=0)


def weighted(scores: Mapping[int, Mapping[str, float]], *, rising: bool) -> float:
    """The average over lengths with weights that rise (or fall) evenly from the shortest to the longest.

    The published tables rank by both. Raises ValueError when there are no lengths.
    """
    if not scores:
        raise ValueError("there are no lengths to average")
    lengths = sorted(scores, reverse=not rising)
    weights = range(1, len(lengths) + 1)
    return sum(weight * average(scores[length]) for weight, length in zip(weights, lengths, strict=True)) / sum(weights)
