"""Runs a self-check: reads each haystack once, asks at every length, and stops where something is decided.

What was asked stays whatever happens: a stop, the end of the time, a cancel from the engine. Knows no files, no marks
and no window; the model and the texts around the lines are handed in.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from engine.errors import Cancelled, CheckError
from engine.protocol import ReadProgress
from engine.selfcheck.asking import Asker, Place, frame_of
from engine.selfcheck.building import Askable, Book, Builder
from engine.selfcheck.deciding import Decider
from engine.selfcheck.layout import Layout, Subject
from engine.selfcheck.pacing import Pace
from engine.selfcheck.plan import SUITE, Plan, expected_seconds, fitting
from engine.selfcheck.preconditions import conditions, training_note
from engine.selfcheck.progress import CheckProgress, Phase
from engine.selfcheck.rechecking import Rechecker
from engine.selfcheck.report import Ended, Report, Trial
from engine.selfcheck.task import Task

_MEASURED = 512
"""Tokens that are read to know the speed."""


class _Stopped(Exception):
    def __init__(self, ended: Ended) -> None:
        super().__init__(ended)
        self.ended = ended


def check(
    subject: Subject,
    layout: Layout,
    plan: Plan,
    text: Sequence[str],
    *,
    on_progress: Callable[[CheckProgress], None],
    on_trial: Callable[[Trial], None],
    known: Sequence[Trial] = (),
    stop: Callable[[], bool],
    tasks: Mapping[str, Task] | None = None,
    facts: Mapping[str, tuple[object, object]] | None = None,
    bos: int | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Report:
    """The report of a self-check, as far as it went.

    text: lines that fill the haystack. known: trials of the same plan, model and text, which are not asked again.
    tasks: instead of `engine.selfcheck.tasks`. facts: by name, what was asked for and what the library says of it.
    bos: the token that begins a text, -1 for none. clock: seconds. Raises CheckError where nothing can be asked, and
    what the engine raises but for Cancelled.
    """
    if tasks is None:
        from engine.selfcheck.tasks import TASKS

        tasks = TASKS
    missing = [name for name in plan.tasks if name not in tasks]
    if missing:
        raise CheckError(f"There is no task “{missing[0]}” in the self-check.", hint=f"Choose from {', '.join(tasks)}.")
    run = _Run(
        subject, layout, plan, text, {name: tasks[name] for name in plan.tasks}, on_progress, on_trial, stop, clock
    )
    run.known = {(t.task, t.length, t.seed, t.number): t for t in known}
    return run.report(run.go(), facts or {}, bos)


class _Run:
    def __init__(
        self,
        subject: Subject,
        layout: Layout,
        plan: Plan,
        text: Sequence[str],
        tasks: Mapping[str, Task],
        on_progress: Callable[[CheckProgress], None],
        on_trial: Callable[[Trial], None],
        stop: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self._subject, self._layout, self._plan, self._text, self._tasks = subject, layout, plan, text, tasks
        # A context smaller than was asked for is a precondition that fails; what does fit it is asked all the same.
        self._asking = replace(plan, lengths=tuple(n for n in plan.lengths if n <= subject.info.n_ctx))
        self._on_progress, self._on_trial, self._stop = on_progress, on_trial, stop
        self._spread = frozenset(name for name, task in tasks.items() if task.spread)
        self._decider = Decider(plan, self._spread)
        self._frame = frame_of(subject, layout)
        self._asker = Asker(subject, layout, self._frame, write_every=plan.write_every)
        self._pace = Pace(plan.seconds, clock=clock)
        self._recheck = Rechecker(plan)
        self._trials: list[Trial] = []
        self._notes: list[str] = []
        self._started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self._haystacks = 0
        self._reading_length = 0
        self._held = 0
        self._ended: Ended | None = None
        self.known: dict[tuple[str, int, int, int], Trial] = {}

    def go(self) -> Ended:
        """Ask everything that is wanted."""
        try:
            self._fit()
            builder = self._builder()
            self._enough_text(builder)
            for seed in self._plan.seeds:
                for group in builder.groups():
                    self._group(builder, group, seed)
            self._again()
        except _Stopped as stopped:
            return stopped.ended
        except Cancelled:
            return self._ended or "cancelled"
        self._tell("done")
        return "done"

    def report(self, ended: Ended, facts: Mapping[str, tuple[object, object]], bos: int | None) -> Report:
        """What came of it."""
        plan, seen, info = self._plan, self._asker.seen, self._subject.info
        notes = [*self._notes, *self._asker.notes]
        training = training_note(info, plan.lengths)
        tested = {(t.task, t.length) for t in self._trials}
        return Report(
            suite=SUITE,
            level=plan.level,
            lengths=plan.lengths,
            depths=plan.depths,
            classes={name: task.kind for name, task in self._tasks.items()},
            spread=tuple(name for name in self._tasks if name in self._spread),
            trials=tuple(self._trials),
            preconditions=conditions(
                info,
                seen,
                head=self._frame.head,
                lengths=plan.lengths,
                facts=facts,
                bos=bos,
                cold=self._recheck.same,
            )
            if tested
            else (),
            read=seen.read,
            asked=seen.asked,
            seconds=self._pace.seconds,
            ended=ended,
            started=self._started,
            model=info.name,
            context=info.n_ctx,
            fingerprint=info.fingerprint,
            notes=tuple(dict.fromkeys([*notes, training] if training else notes)),
        )

    def _builder(self) -> Builder:
        return Builder(
            self._subject,
            self._layout,
            self._frame,
            self._asking,
            self._text,
            self._tasks,
            self._decider,
            self._asker,
            self._spread,
        )

    def _fit(self) -> None:
        """Measure the speed where the time decides what is asked, and leave out what does not fit it."""
        if not self._plan.fit or self._plan.seconds is None:
            return
        self._tell("measuring")
        tokens = self._frame.head[:]
        for line in self._text:
            if len(tokens) >= _MEASURED:
                break
            tokens.extend(self._subject.encode([self._layout.line(1, line)])[0])
        began, before = self._pace.now(), self._asker.seen.read
        self._asker.read(tokens, self._reading)
        self._pace.reading(self._asker.seen.read - before, began, self._asker.standing)
        if not self._pace.known:
            return
        plan, pace = self._asking, self._pace
        fitted = fitting(plan, lambda lengths: expected_seconds(plan, lengths, pace.base, pace.slope))
        self._asking = fitted
        left_out = [f"{n:,}" for n in plan.lengths if n not in fitted.lengths]
        if left_out:
            self._notes.append(f"Not tested, for there was no time: {', '.join(left_out)} tokens.")

    def _enough_text(self, builder: Builder) -> None:
        if not self._text:
            raise CheckError("There is no text to make a haystack of.", hint="Add documents, or use the bundled text.")
        about = int(builder.mean_line() * len(self._text))
        shortest = self._asking.lengths[0]
        if about < shortest:
            raise CheckError(
                f"The text is too short for a self-check: it has about {about:,} tokens, and {shortest:,} are needed.",
                hint="Add documents, or use the bundled text.",
            )

    def _group(self, builder: Builder, group: tuple[str, ...], seed: int) -> None:
        index = 0
        while (book := builder.next(group, seed, index)) is not None:
            before = len(self._trials)
            self._book(book)
            index += 1
            if len(self._trials) == before:
                self._notes += self._unasked(group)
                return

    def _unasked(self, group: Sequence[str]) -> list[str]:
        return [
            f"Task {task} at {length:,} tokens: no room for enough questions."
            for task in group
            for length in self._asking.lengths
            if self._decider.wants(task, length)
        ]

    def _book(self, book: Book) -> None:
        self._haystacks += 1
        self._held = read = 0
        for length in book.lengths:
            end = book.ends(length)
            reached = book.haystack.grow(end)
            if book.haystack.exhausted:
                why = "lines that can be numbered" if book.haystack.exhausted == "lines" else "text"
                self._notes.append(f"Not tested from {length:,} tokens on: there are not enough {why}.")
                return
            askable = book.askable(length, self._plan.bands)
            read = self._length(book, length, askable, read if read <= reached else 0)

    def _length(self, book: Book, length: int, askable: Mapping[str, list[Askable]], read: int) -> int:
        """Ask in turn while something is wanted; how far the haystack was read."""
        left = {task: list(asks) for task, asks in askable.items()}
        going = True
        while going:
            going = False
            for task in book.tasks:
                ask = self._pick(task, length, left[task])
                if ask is None:
                    continue
                going = True
                key = (task, length, book.seed, ask.question.wish.number)
                trial = self.known.get(key)
                if trial is None or trial.question != ask.question.wish.item.question or trial.depth != ask.depth:
                    if read != len(book.haystack.tokens):
                        self._read(book, length)
                        read = len(book.haystack.tokens)
                    trial = self._ask(book, length, task, ask)
                    self._on_trial(trial)
                else:
                    self._asker.note(trial)
                self._trials.append(trial)
                self._decider.add(trial)
        return read

    def _pick(self, task: str, length: int, asks: list[Askable]) -> Askable | None:
        decider = self._decider
        best: tuple[int, int] | None = None
        for i, ask in enumerate(asks):
            if decider.wanted(task, length, ask.depth) > 0:
                n = decider.cell(task, length, ask.depth).n
                if best is None or n < best[0]:
                    best = (n, i)
        return asks.pop(best[1]) if best is not None and decider.wants(task, length) else None

    def _ask(self, book: Book, length: int, task: str, ask: Askable) -> Trial:
        self._look()
        self._tell("asking", length=length, task=task)
        place = Place(
            length,
            ask.depth,
            book.seed,
            ask.question.wish.number,
            ask.position,
            ask.needle,
            book.decoys(ask.question.wish),
        )
        began = self._pace.now()
        trial = self._asker.trial(self._tasks[task], ask.question, book.haystack.tokens, place)
        self._pace.asked(length, began)
        self._recheck.note(trial, ask.question, book.haystack.tokens, place)
        return trial

    def _read(self, book: Book, length: int) -> None:
        self._look()
        began, before = self._pace.now(), self._asker.seen.read
        self._reading_length = length
        self._asker.read(book.haystack.tokens, self._reading)
        self._pace.reading(self._asker.seen.read - before, began, self._asker.standing)
        self._held = len(book.haystack.tokens)

    def _reading(self, progress: ReadProgress) -> None:
        self._tell("reading", read=progress.done, to_read=progress.total, length=self._reading_length)
        try:
            self._look()
        except _Stopped as stopped:
            # The engine ends what it is doing by itself; its Cancelled comes from there.
            self._ended = stopped.ended
            self._subject.cancel()

    def _again(self) -> None:
        for trial, question, prefix, place in self._recheck.chosen:
            self._look()
            self._tell("rechecking", length=trial.length, task=trial.task)
            passed = self._asker.again(self._tasks[trial.task], question, prefix, place, trial.how)
            self._recheck.same.append(passed == trial.passed)

    def _tell(self, phase: Phase, *, read: int = 0, to_read: int = 0, length: int = 0, task: str = "") -> None:
        lengths, tasks = self._asking.lengths, self._tasks
        to_come = {n: sum(self._decider.needed(name, n) for name in tasks) for n in lengths}
        coming = [n for n, count in to_come.items() if count]
        reads = [(max(read, self._held), max(coming))] if coming else []
        if phase != "rechecking":
            reads += self._recheck.reads
        self._on_progress(
            CheckProgress(
                phase=phase,
                done=len(self._trials),
                total=len(self._trials) + sum(to_come.values()),
                read=read,
                to_read=to_read,
                seconds=self._pace.seconds,
                seconds_left=self._pace.left(to_come, reads) if phase != "done" else 0.0,
                length=length,
                task=task,
                haystack=self._haystacks,
            )
        )

    def _look(self) -> None:
        if self._stop():
            raise _Stopped("cancelled")
        if self._pace.over:
            raise _Stopped("time")
