"""Runs the RULER suite: each sample has a haystack of its own, answers are written and scored as published.

That costs a whole read for each sample; it is there so that figures can be laid beside published tables. Knows no
files and no window.
"""

from __future__ import annotations

import random
from array import array
from collections import defaultdict
from collections.abc import Mapping

from engine.errors import Cancelled, CheckError
from engine.protocol import Prompt, Sampling
from engine.selfcheck.asking import DATE
from engine.selfcheck.progress import Phase
from engine.selfcheck.report import Report, Trial
from engine.selfcheck.ruler.sample import RulerTask, Sample, TooShort
from engine.selfcheck.ruler.scoring import average, effective_length, score
from engine.selfcheck.session import Session, ToCome
from engine.selfcheck.task import Kind

_BETWEEN = "\n\n"
_SPARE = 4
"""Tokens that texts may take more when they are joined."""

_SHOWN = 400


def kind_of(task: str) -> Kind:
    """What a task of the suite says something about."""
    return "retrieval" if task.startswith("niah") else "reasoning"


def check_ruler(
    session: Session,
    *,
    facts: Mapping[str, tuple[object, object]],
    bos: int | None,
    tasks: Mapping[str, RulerTask] | None = None,
) -> Report:
    """See `engine.selfcheck.running.check`. tasks: None for those that need no data set."""
    if tasks is None:
        from engine.selfcheck.ruler import RULER_TASKS

        tasks = RULER_TASKS
    missing = [name for name in session.plan.tasks if name not in tasks]
    if missing:
        raise CheckError(f"There is no task “{missing[0]}” in RULER.", hint=f"Choose from {', '.join(tasks)}.")
    chosen = {name: tasks[name] for name in session.plan.tasks}
    run = _Run(session, chosen)
    ended = session.run(run.go)
    classes = {name: kind_of(name) for name in chosen}
    return session.report(ended, classes, spread=classes, head=run.head, facts=facts, bos=bos, cold=())


class _Run:
    def __init__(self, session: Session, tasks: Mapping[str, RulerTask]) -> None:
        self._session, self._tasks = session, tasks
        self.head, self._tail = session.subject.frame(["user"], DATE)
        session.to_come = self._to_come

    def go(self) -> None:
        """Every task at every length, so many times, a sample of each task in turn."""
        plan = self._session.plan
        for length in plan.lengths:
            if length > self._session.subject.info.n_ctx:
                return
            for number in range(plan.each):
                for name, task in self._tasks.items():
                    self._one(name, task, length, number)

    def _one(self, name: str, task: RulerTask, length: int, number: int) -> None:
        session, seed = self._session, self._session.plan.seeds[0]
        session.look()
        sample = self._sample(task, length, random.Random(f"{seed}/{name}/{length}/{number}"))
        if sample is None:
            session.notes.append(f"RULER's {name} does not fit {length:,} tokens.")
            return
        trial = session.known((name, length, seed, number), sample.question, None)
        if trial is not None:
            session.add(trial, new=False)
            return
        session.haystacks += 1
        session.tell("reading", to_read=length, length=length, task=name)
        session.add(self._asked(task, sample, length, number), new=True)

    def _sample(self, task: RulerTask, length: int, chosen: random.Random) -> Sample | None:
        def count(text: str) -> int:
            return len(self._session.subject.encode([text])[0])

        room = length - len(self.head) - len(self._tail) - task.max_answer - _SPARE
        try:
            return task.sample(chosen, room, count)
        except TooShort:
            return None

    def _asked(self, task: RulerTask, sample: Sample, length: int, number: int) -> Trial:
        session = self._session
        encoded = session.subject.encode([sample.context + _BETWEEN, sample.question, sample.opening])
        context, question, opening = encoded
        prefix = array("i", self.head) + context
        tokens = prefix + question + self._tail + opening
        prompt = Prompt(tokens, len(prefix), sample.max_answer, sampling=Sampling(logprobs=False), keep=False)
        began = session.pace.now()
        answer = session.subject.ask(prompt, on_progress=session.reading)
        if answer.ending == "cancelled":
            raise Cancelled("Stopped.")
        seen, asked = session.seen, len(tokens) - len(prefix)
        seen.check(len(tokens), answer, answer.tokens)
        seen.asked += min(asked, answer.decoded) + answer.tokens
        seen.read += max(0, answer.decoded - asked)
        session.pace.reading(answer.decoded, began, answer.standing)
        share = score(answer.text, sample.answers, task.match)
        return Trial(
            task=task.name,
            length=length,
            depth=None,
            seed=session.plan.seeds[0],
            number=number,
            question=sample.question,
            needles=(),
            expected=", ".join(sample.answers)[:_SHOWN],
            got=" ".join(answer.text.split())[:_SHOWN],
            passed=share == 1.0,
            why="" if share == 1.0 else f"{share:.0%} of what was asked for is in the answer",
            how="generated",
            share=share,
        )

    def _to_come(self, phase: Phase, read: int) -> ToCome:
        plan = self._session.plan
        done: dict[int, int] = defaultdict(int)
        for trial in self._session.trials:
            done[trial.length] += 1
        left = {length: max(0, plan.each * len(self._tasks) - done[length]) for length in plan.lengths}
        return left, [(0, length) for length, count in left.items() for _ in range(count)]


def ruler_scores(report: Report) -> dict[int, dict[str, float]]:
    """Per cent by length and task, from the trials."""
    shares: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for trial in report.trials:
        shares[trial.length][trial.task].append(float(trial.passed) if trial.share is None else trial.share)
    return {
        length: {task: round(100 * sum(values) / len(values), 2) for task, values in tasks.items()}
        for length, tasks in shares.items()
    }


def ruler_averages(report: Report) -> dict[int, float]:
    """The mean over tasks at each length, in per cent."""
    return {length: average(tasks) for length, tasks in ruler_scores(report).items()}


def ruler_length(report: Report) -> int | None:
    """The effective length by the published rule, over lengths at which every task was asked; None where none was."""
    scores = {length: tasks for length, tasks in ruler_scores(report).items() if len(tasks) == len(report.classes)}
    return effective_length(scores) if scores else None
