"""One self-check from what was asked for to its report: loaded as for questions, kept trial by trial, gone on with.

A check that was stopped goes on where it was when the same is asked of the same model again. Knows no window and no
command line.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Protocol

from app.core.answering import Settings, options_for
from app.core.selfcheck.facts import check_fingerprint, first_token, loaded_conditions
from app.core.selfcheck.haystacks import HaystackText, bundled_text, own_text
from app.core.selfcheck.keeping import Keeping
from app.core.selfcheck.kept import Kept
from app.core.selfcheck.layouts import layout_for
from app.core.workspace import Workspace
from engine.fingerprint import Fingerprint
from engine.protocol import LoadOptions, ModelInfo
from engine.selfcheck.layout import Subject
from engine.selfcheck.plan import SUITE, Plan, plan_for
from engine.selfcheck.progress import CheckProgress
from engine.selfcheck.report import Level, Precondition, Report, Trial
from engine.selfcheck.ruler import ruler_tasks
from engine.selfcheck.ruler.questions import Question
from engine.selfcheck.ruler_running import kind_of
from engine.selfcheck.running import check
from engine.selfcheck.tasks import TASKS

_MOST_SEEDS = 1 << 31


class Loadable(Subject, Protocol):
    """A backend as the check needs it."""

    @property
    def loaded(self) -> LoadOptions | None:
        """See engine.backends.base.Backend."""
        ...

    def load(self, options: LoadOptions, *, on_progress: Callable[[float], None] | None = None) -> ModelInfo:
        """See engine.backends.base.Backend."""
        ...


@dataclass(frozen=True, slots=True)
class CheckWanted:
    """What is to be measured. tasks, max_tokens: None for the level's own and for the whole context.

    seconds: a limit, None for the level's own. seed: of the questions, None for that of a check that can be gone on
    with, else a new one. documents: the haystack is made of what takes part there, None for the bundled prose.
    questions: that RULER's question answering asks. fresh: begin anew, whatever is kept.
    """

    level: Level = "quick"
    tasks: tuple[str, ...] | None = None
    max_tokens: int | None = None
    seconds: float | None = None
    seed: int | None = None
    documents: Workspace | None = None
    questions: tuple[Question, ...] = ()
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """A finished or stopped check. id: under which it is kept, None where it is not. known: trials of before.

    seed: of its questions; with the same another model or cache is asked the same.
    """

    report: Report
    id: int | None
    seed: int
    known: int = 0

    @property
    def as_it_was(self) -> bool:
        """Whether nothing had to be asked: this had been measured before."""
        return bool(self.known) and self.known == len(self.report.trials)


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told. loading: 0.0 to 1.0. begun: the report as it begins, with the trials of before.

    trouble: a sentence when nothing more is kept.
    """

    loading: Callable[[float], None] = field(default=lambda _: None)
    begun: Callable[[Report], None] = field(default=lambda _: None)
    progress: Callable[[CheckProgress], None] = field(default=lambda _: None)
    trial: Callable[[Trial], None] = field(default=lambda _: None)
    trouble: Callable[[str], None] = field(default=lambda _: None)


def run_check(
    backend: Loadable,
    settings: Settings,
    wanted: CheckWanted,
    *,
    told: Told | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Checked:
    """Measure the model of `settings`, loaded as for questions. The caller keeps `backend` and closes it.

    stop: asked between questions and while reading. Raises CheckError, TooLittleText, and what loading and documents
    raise; Cancelled only while loading.
    """
    told = told or Told()
    options = options_for(settings, loaded=backend.loaded)
    info = backend.info if backend.loaded == options else backend.load(options, on_progress=told.loading)
    suite = ruler_tasks(wanted.questions) if wanted.level == "ruler" else None
    plan = plan_for(
        wanted.level,
        info.n_ctx,
        known_tasks=suite,
        max_tokens=wanted.max_tokens,
        tasks=wanted.tasks,
        seconds=wanted.seconds,
        seed=1,
    )
    mark = check_fingerprint(info)
    own = own_text(wanted.documents, plan.lengths[-1]) if wanted.documents is not None else None
    store = Keeping(told.trouble)
    try:
        before = None if wanted.fresh else store.find(mark.digest, _plan_key(plan, own, wanted), wanted.seed)
        seed = before.seed if before is not None else _seed(wanted.seed)
        plan = replace(plan, seeds=tuple(seed + i for i in range(len(plan.seeds))))
        text = own or bundled_text(plan.lengths[-1], seed)
        begun = _begun(plan, info, options, text, mark)
        known = before.report.trials if before is not None else ()
        told.begun(replace(begun, trials=known))
        if before is not None and before.finished and before.report.ended == "done":
            return Checked(before.report, before.id, seed, len(known))
        if before is not None:
            store.go_on(before)
        else:
            store.begin(begun, _plan_key(plan, own, wanted), seed)

        def asked(trial: Trial) -> None:
            store.add(trial)
            told.trial(trial)

        found = check(
            backend,
            layout_for(info),
            plan,
            text.lines,
            on_progress=told.progress,
            on_trial=asked,
            known=known,
            stop=stop,
            ruler_tasks=suite,
            bos=first_token(info),
        )
        report = store.save(_completed(found, begun, info, before))
        return Checked(report, store.number, seed, len(known))
    finally:
        store.close()


def kv_words(options: LoadOptions) -> str:
    """The types of the cache, such as "q8_0", or "q8_0 keys, f16 values"."""
    values = options.kv_values or options.kv
    return options.kv if values == options.kv else f"{options.kv} keys, {values} values"


def _begun(plan: Plan, info: ModelInfo, options: LoadOptions, text: HaystackText, mark: Fingerprint) -> Report:
    """What is known before the first question."""
    kinds, spread = _tasks_of(plan)
    return Report(
        suite=SUITE,
        level=plan.level,
        lengths=plan.lengths,
        depths=plan.depths,
        classes=kinds,
        spread=spread,
        model=info.name,
        context=info.n_ctx,
        kv=kv_words(options),
        text=text.words,
        fingerprint=mark.digest,
        facts=mark.facts,
    )


def _tasks_of(plan: Plan) -> tuple[dict[str, str], tuple[str, ...]]:
    """The kind of each task, and those that have no depth."""
    if plan.level == "ruler":
        return {name: kind_of(name) for name in plan.tasks}, plan.tasks
    tasks = {name: TASKS[name] for name in plan.tasks}
    kinds: dict[str, str] = {name: task.kind for name, task in tasks.items()}
    return kinds, tuple(name for name, task in tasks.items() if task.spread)


def _completed(found: Report, begun: Report, info: ModelInfo, before: Kept | None) -> Report:
    """With what the engine does not know, and with what was counted before."""
    conditions = (*found.preconditions, *loaded_conditions(info)) if found.preconditions else ()
    report = replace(
        found,
        kv=begun.kv,
        text=begun.text,
        fingerprint=begun.fingerprint,
        facts=begun.facts,
        preconditions=conditions,
    )
    if before is None:
        return report
    return replace(
        report,
        read=report.read + before.report.read,
        asked=report.asked + before.report.asked,
        seconds=report.seconds + before.report.seconds,
        preconditions=_together(before.report.preconditions, conditions),
        notes=tuple(dict.fromkeys((*before.report.notes, *report.notes))),
    )


def _together(before: Sequence[Precondition], now: Sequence[Precondition]) -> tuple[Precondition, ...]:
    """Of two runs of one check: what did not hold once does not hold, and what one could not tell the other may."""
    known = {condition.name: condition for condition in before}
    merged = []
    for condition in now:
        other = known.pop(condition.name, condition)
        worse = other.holds is False or (condition.holds is None and other.holds is not None)
        merged.append(other if worse and condition.holds is not False else condition)
    return (*merged, *known.values())


def _plan_key(plan: Plan, own: HaystackText | None, wanted: CheckWanted) -> str:
    """The same for checks that can go on from each other's trials: whatever time they had, whatever their seeds."""
    plain = asdict(replace(plan, seeds=(), seconds=None))
    if wanted.questions:
        plain["questions"] = [asdict(question) for question in wanted.questions]
    return json.dumps({**plain, "seeds": len(plan.seeds), "text": own.digest if own else ""}, sort_keys=True)


def _seed(wanted: int | None) -> int:
    return random.SystemRandom().randrange(1, _MOST_SEEDS) if wanted is None else wanted
