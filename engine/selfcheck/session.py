"""One run of a self-check from the outside: its trials, time and progress, and the ways in which it ends.

Shared by the runs of the own tasks and of RULER's; knows neither.
"""

from __future__ import annotations

import datetime
from array import array
from collections.abc import Callable, Collection, Mapping, Sequence

from engine.errors import Cancelled
from engine.protocol import ReadProgress
from engine.selfcheck.asking import Seen
from engine.selfcheck.layout import Subject
from engine.selfcheck.pacing import Pace
from engine.selfcheck.plan import SUITE, Plan
from engine.selfcheck.preconditions import conditions, training_note
from engine.selfcheck.progress import CheckProgress, Phase
from engine.selfcheck.report import Ended, Report, Trial

ToCome = tuple[Mapping[int, int], Sequence[tuple[int, int]]]
"""Questions that are still to be asked by length, and from which token to which haystacks are still to be read."""


class _Stopped(Exception):
    def __init__(self, ended: Ended) -> None:
        super().__init__(ended)
        self.ended = ended


class Session:
    """known: trials of before. stop: asked between questions and while reading. clock: seconds.

    to_come: set by the run; what it has still to do when it is in a phase and has read so far.
    """

    def __init__(
        self,
        subject: Subject,
        plan: Plan,
        *,
        on_progress: Callable[[CheckProgress], None],
        on_trial: Callable[[Trial], None],
        known: Sequence[Trial],
        stop: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self.subject = subject
        self.plan = plan
        self.pace = Pace(plan.seconds, clock=clock)
        self.seen = Seen()
        self.trials: list[Trial] = []
        self.notes: list[str] = []
        self.haystacks = 0
        self.to_come: Callable[[Phase, int], ToCome] | None = None
        self._known = {(t.task, t.length, t.seed, t.number): t for t in known}
        self._on_progress, self._on_trial, self._stop = on_progress, on_trial, stop
        self._started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self._now: tuple[int, str] = (0, "")
        self._ended: Ended | None = None

    def known(self, key: tuple[str, int, int, int], question: str, depth: int | None) -> Trial | None:
        """The trial of before with this task, length, seed and number, if it asked the same."""
        trial = self._known.get(key)
        return trial if trial is not None and trial.question == question and trial.depth == depth else None

    def add(self, trial: Trial, *, new: bool) -> None:
        """A trial was made, or was known."""
        if new:
            self._on_trial(trial)
        self.trials.append(trial)

    def tell(self, phase: Phase, *, read: int = 0, to_read: int = 0, length: int = 0, task: str = "") -> None:
        """Show how far it is."""
        self._now = (length, task)
        questions, reads = ({}, ()) if phase == "done" or self.to_come is None else self.to_come(phase, read)
        self._on_progress(
            CheckProgress(
                phase=phase,
                done=len(self.trials),
                total=len(self.trials) + sum(questions.values()),
                read=read,
                to_read=to_read,
                seconds=self.pace.seconds,
                seconds_left=0.0 if phase == "done" else self.pace.left(questions, reads),
                length=length,
                task=task,
                haystack=self.haystacks,
            )
        )

    def look(self) -> None:
        """Raises what `run` catches, where it has to end here."""
        if self._stop():
            raise _Stopped("cancelled")
        if self.pace.over:
            raise _Stopped("time")

    def reading(self, progress: ReadProgress) -> None:
        """The engine reads; it is told to stop where this has to end."""
        length, task = self._now
        self.tell("reading", read=progress.done, to_read=progress.total, length=length, task=task)
        try:
            self.look()
        except _Stopped as stopped:
            # The engine ends what it is doing by itself; its Cancelled comes from there.
            self._ended = stopped.ended
            self.subject.cancel()

    def run(self, work: Callable[[], None]) -> Ended:
        """Do it, and how it ended."""
        try:
            work()
        except _Stopped as stopped:
            return stopped.ended
        except Cancelled:
            return self._ended or "cancelled"
        self.tell("done")
        return "done"

    def report(
        self,
        ended: Ended,
        classes: Mapping[str, str],
        *,
        spread: Collection[str],
        head: array[int],
        facts: Mapping[str, tuple[object, object]],
        bos: int | None,
        cold: Sequence[bool],
    ) -> Report:
        """What came of it. head, facts, bos, cold: see `preconditions.conditions`."""
        plan, info = self.plan, self.subject.info
        found = conditions(info, self.seen, head=head, lengths=plan.lengths, facts=facts, bos=bos, cold=cold)
        training = training_note(info, plan.lengths)
        return Report(
            suite=SUITE,
            level=plan.level,
            lengths=plan.lengths,
            depths=plan.depths,
            classes=dict(classes),
            spread=tuple(name for name in classes if name in spread),
            trials=tuple(self.trials),
            preconditions=found if self.trials else (),
            read=self.seen.read,
            asked=self.seen.asked,
            seconds=self.pace.seconds,
            ended=ended,
            started=self._started,
            model=info.name,
            context=info.n_ctx,
            fingerprint=info.fingerprint,
            notes=tuple(dict.fromkeys([*self.notes, *([training] if training else [])])),
        )
