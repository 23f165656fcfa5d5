"""Reports as real checks make them, in no time: for pictures, pages and stores. Trials follow from shares by a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.selfcheck.deciding import Decider
from engine.selfcheck.plan import SUITE, Plan, plan_for
from engine.selfcheck.report import Precondition, Report, Trial

KINDS = {
    "single": "smoke",
    "multikey": "retrieval",
    "uuid": "retrieval",
    "multivalue": "retrieval",
    "multiquery": "retrieval",
    "absent": "retrieval",
    "variable": "reasoning",
    "count": "reasoning",
    "latent": "reasoning",
    "order": "reasoning",
}
SPREAD = ("multivalue", "multiquery", "variable", "count", "order")

Share = Callable[[str, int, int | None], float]
"""From task, length and depth to how often it passes."""

CONDITIONS = (
    Precondition("context", True, "at least 131,072 tokens", "131,072 tokens"),
    Precondition("every token decoded", True, "tokens in = tokens decoded, in each prompt", "so in 2,412 prompts"),
    Precondition("no shift", True, "the cache holds each prompt whole", "so in 2,412 prompts"),
    Precondition("nothing cut", True, "no prompt over 131,072 tokens", "the longest 131,058"),
    Precondition("one BOS", True, "one token that begins the text", "1 of it"),
    Precondition("KV cache", True, "f16", "f16"),
    Precondition("RoPE base", True, "500,000", "500,000"),
    Precondition("cold context", True, "the same verdict from a cold context", "the same in 2 of 2"),
    Precondition("writing agrees", True, "what is written agrees with what is measured", "238 of 240"),
)


def sampled(share: Share, plan: Plan, *, seed: int = 1, until: int | None = None, kv: str = "f16") -> Report:
    """The trials that a check by `plan` would ask of a reader that passes a `share`. until: stop after so many."""
    decider, chosen = Decider(plan, SPREAD), random.Random(seed)
    trials: list[Trial] = []
    for length in plan.lengths:
        for task in plan.tasks:
            while decider.wants(task, length) and (until is None or len(trials) < until):
                depths = [depth for depth in decider.depths(task) if decider.wanted(task, length, depth)]
                depth = min(depths, key=lambda d: (decider.cell(task, length, d).n, chosen.random()))
                trial = _trial(task, length, depth, len(trials), share(task, length, depth), chosen, plan)
                trials.append(trial)
                decider.add(trial)
    return Report(
        suite=SUITE,
        level=plan.level,
        lengths=plan.lengths,
        depths=plan.depths,
        classes={task: KINDS.get(task, "retrieval") for task in plan.tasks},
        spread=tuple(task for task in plan.tasks if task in SPREAD),
        trials=tuple(trials),
        preconditions=CONDITIONS,
        read=max(plan.lengths) + 41_202,
        asked=61 * len(trials),
        seconds=2412.0,
        ended="done" if until is None else "cancelled",
        started="2026-03-14T09:26:53+00:00",
        model="Llama 4 Scout 17B 16E Instruct",
        context=max(plan.lengths),
        kv=kv,
        text="bundled prose",
        fingerprint="f3a90c51d2",
        facts={"kv": kv, "rope_base": 500_000.0, "n_ctx": max(plan.lengths)},
    )


def _trial(
    task: str, length: int, depth: int | None, number: int, share: float, chosen: random.Random, plan: Plan
) -> Trial:
    passed = chosen.random() < share
    value, other = chosen.randrange(10**6, 10**7), chosen.randrange(10**6, 10**7)
    key = f"{chosen.choice(('amber', 'silent', 'copper', 'narrow'))} {chosen.choice(('falcon', 'lantern', 'bridge'))}"
    margin = chosen.gauss(9.0 * share, 2.0) if passed else -abs(chosen.gauss(1.5, 1.0))
    return Trial(
        task=task,
        length=length,
        depth=depth,
        seed=plan.seeds[number % len(plan.seeds)],
        number=number,
        question=f"What is the locker code for the {key}?",
        needles=(f"For the record, the locker code for the {key} is {value}.",),
        expected=str(value),
        got=str(value if passed else other),
        passed=passed,
        why="" if passed else "a decoy is likelier than the right answer",
        margin=round(margin, 2),
        position=None if depth is None else length * depth // 100,
        agrees=True if number % 10 == 9 else None,
    )


def lost_in_the_middle(context: int = 131_072, *, level: str = "thorough", tasks: Sequence[str] = ()) -> Report:
    """Perfect to 96K of 128K, failing in the middle there; reasoning fails from 32K on."""
    plan = plan_for(level, context, known_tasks=KINDS, tasks=tasks or None)  # type: ignore[arg-type]
    plan = replace(plan, lengths=tuple(sorted({*plan.lengths, context // 4 * 3})))

    def share(task: str, length: int, depth: int | None) -> float:
        if KINDS[task] == "reasoning" and length > context // 8:
            return 0.62
        if length == context and (depth is None or 30 < depth < 75):
            return 0.35
        return 0.998

    return sampled(share, plan)


def perfect(context: int = 131_072, *, level: str = "standard") -> Report:
    """Every question answered."""
    return sampled(lambda *_: 1.0, plan_for(level, context, known_tasks=KINDS))  # type: ignore[arg-type]


def hopeless(context: int = 8192) -> Report:
    """Nothing answered: a model of random weights."""
    return sampled(lambda *_: 0.0, plan_for("standard", context, known_tasks=KINDS))


def stopped(context: int = 131_072) -> Report:
    """Cancelled in the middle: much is undecided or untested."""
    plan = plan_for("standard", context, known_tasks=KINDS)
    return sampled(lambda *_: 0.97, plan, until=650)


def failed_precondition(context: int = 32_768) -> Report:
    """All answered, and yet nothing verified: the KV types are not those that were asked for."""
    report = perfect(context)
    wrong = Precondition("KV cache", False, "f16", "q4_0")
    others = tuple(wrong if condition.name == wrong.name else condition for condition in report.preconditions)
    return replace(report, preconditions=others)
