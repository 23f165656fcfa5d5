"""Runs a self-check: reads each haystack once, asks at every length, and stops where something is decided.

What was asked stays whatever happens: a stop, the end of the time, a cancel from the engine. Knows no files, no marks
and no window; the model and the texts around the lines are handed in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from engine.errors import CheckError
from engine.selfcheck.asking import Asker, Place, frame_of
from engine.selfcheck.building import Askable, Book, Builder
from engine.selfcheck.deciding import Decider
from engine.selfcheck.filling import Filling
from engine.selfcheck.layout import Layout, Subject
from engine.selfcheck.plan import Plan, expected_seconds, fitting
from engine.selfcheck.progress import CheckProgress, Phase
from engine.selfcheck.rechecking import Rechecker
from engine.selfcheck.report import Report, Trial
from engine.selfcheck.ruler.sample import RulerTask
from engine.selfcheck.session import Session, ToCome
from engine.selfcheck.task import Task

_MEASURED = 512
"""Tokens that are read to know the speed."""


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
    ruler_tasks: Mapping[str, RulerTask] | None = None,
    facts: Mapping[str, tuple[object, object]] | None = None,
    bos: int | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Report:
    """The report of a self-check, as far as it went.

    text: lines that fill the haystack; RULER has its own. known: trials of the same plan, model and text, which are
    not asked again. tasks, ruler_tasks: instead of `engine.selfcheck.tasks` and of
    `engine.selfcheck.ruler.RULER_TASKS`. facts: by name, what was asked for and what the
    library says of it. bos: the token that begins a text, -1 for none. clock: seconds. Raises CheckError where nothing
    can be asked, and what the engine raises but for Cancelled.
    """
    session = Session(subject, plan, on_progress=on_progress, on_trial=on_trial, known=known, stop=stop, clock=clock)
    if plan.level == "ruler":
        from engine.selfcheck.ruler_running import check_ruler

        return check_ruler(session, facts=facts or {}, bos=bos, tasks=ruler_tasks)
    if tasks is None:
        from engine.selfcheck.tasks import TASKS

        tasks = TASKS
    missing = [name for name in plan.tasks if name not in tasks]
    if missing:
        raise CheckError(f"There is no task “{missing[0]}” in the self-check.", hint=f"Choose from {', '.join(tasks)}.")
    run = _Run(session, layout, text, {name: tasks[name] for name in plan.tasks})
    ended = session.run(run.go)
    return session.report(
        ended,
        {name: tasks[name].kind for name in plan.tasks},
        spread=run.spread,
        head=run.frame.head,
        facts=facts or {},
        bos=bos,
        cold=run.recheck.same,
    )


class _Run:
    def __init__(self, session: Session, layout: Layout, text: Sequence[str], tasks: Mapping[str, Task]) -> None:
        plan, subject = session.plan, session.subject
        self._session, self._layout, self._text, self._tasks = session, layout, text, tasks
        # A context smaller than was asked for is a precondition that fails; what does fit it is asked all the same.
        self._plan = replace(plan, lengths=tuple(n for n in plan.lengths if n <= subject.info.n_ctx))
        self.spread = frozenset(name for name, task in tasks.items() if task.spread)
        self.frame = frame_of(subject, layout)
        self.recheck = Rechecker(plan)
        self._decider = Decider(plan, self.spread)
        self._asker = Asker(
            subject, layout, self.frame, write_every=plan.write_every, seen=session.seen, notes=session.notes
        )
        self._held = 0
        session.to_come = self._to_come

    def go(self) -> None:
        """Ask everything that is wanted."""
        self._fit()
        filling = Filling(self._session.subject, self._layout, self._text, self._tasks)
        self._enough_text(filling)
        builder = Builder(
            self._session.subject,
            self._layout,
            self.frame,
            self._plan,
            self._text,
            filling,
            self._tasks,
            self._decider,
            self._asker,
            self.spread,
        )
        for index, seed in enumerate(self._plan.seeds):
            self._decider.seed = index
            for group in filling.groups():
                self._group(builder, group, seed)
        self._again()

    def _fit(self) -> None:
        """Measure the speed where the time decides what is asked, and leave out what does not fit it."""
        plan, session = self._plan, self._session
        if not plan.fit or plan.seconds is None:
            return
        session.tell("measuring")
        tokens = self.frame.head[:]
        for line in self._text:
            if len(tokens) >= _MEASURED:
                break
            tokens.extend(session.subject.encode([self._layout.line(1, line)])[0])
        began, before = session.pace.now(), session.seen.read
        self._asker.read(tokens, session.reading)
        session.pace.reading(session.seen.read - before, began, self._asker.standing)
        base, slope = session.pace.base, session.pace.slope
        self._plan = fitting(plan, lambda lengths: expected_seconds(plan, lengths, base, slope))
        left_out = [f"{n:,}" for n in plan.lengths if n not in self._plan.lengths]
        if left_out:
            session.notes.append(f"Not tested, for there was no time: {', '.join(left_out)} tokens.")

    def _enough_text(self, filling: Filling) -> None:
        if not self._text:
            raise CheckError("There is no text to make a haystack of.", hint="Add documents, or use the bundled text.")
        about = int(filling.mean * len(self._text))
        shortest = self._plan.lengths[0]
        if about < shortest:
            raise CheckError(
                f"The text is too short for a self-check: it has about {about:,} tokens, and {shortest:,} are needed.",
                hint="Add documents, or use the bundled text.",
            )

    def _group(self, builder: Builder, group: tuple[str, ...], seed: int) -> None:
        index = 0
        while (book := builder.next(group, seed, index)) is not None:
            before = len(self._session.trials)
            self._book(book)
            index += 1
            if len(self._session.trials) == before:
                self._session.notes += [
                    f"Task {task} at {length:,} tokens: no room for enough questions."
                    for task in group
                    for length in self._plan.lengths
                    if self._decider.wants(task, length)
                ]
                return

    def _book(self, book: Book) -> None:
        self._session.haystacks += 1
        self._held = 0
        for length in book.lengths:
            book.haystack.grow(book.ends(length))
            if book.haystack.exhausted:
                why = "lines that can be numbered" if book.haystack.exhausted == "lines" else "text"
                self._session.notes.append(f"Not tested from {length:,} tokens on: not enough {why}.")
                return
            self._length(book, length, book.askable(length, self._plan.bands))

    def _length(self, book: Book, length: int, askable: Mapping[str, list[Askable]]) -> None:
        """Ask the tasks in turn while something is wanted."""
        left = {task: list(asks) for task, asks in askable.items()}
        going = True
        while going:
            going = False
            for task in book.tasks:
                ask = self._pick(task, length, left[task])
                if ask is None:
                    continue
                going = True
                item = ask.question.wish
                trial = self._session.known((task, length, book.seed, item.number), item.item.question, ask.depth)
                if trial is not None:
                    self._asker.note(trial)
                    self._session.add(trial, new=False)
                else:
                    if self._held != len(book.haystack.tokens):
                        self._read(book, length)
                    trial = self._ask(book, length, task, ask)
                    self._session.add(trial, new=True)
                self._decider.add(trial)

    def _pick(self, task: str, length: int, asks: list[Askable]) -> Askable | None:
        """The question in the band that was asked least, of those that want more."""
        decider = self._decider
        open_asks = [
            (decider.cell(task, length, ask.depth).n, i)
            for i, ask in enumerate(asks)
            if decider.wanted(task, length, ask.depth) > 0
        ]
        return asks.pop(min(open_asks)[1]) if open_asks else None

    def _ask(self, book: Book, length: int, task: str, ask: Askable) -> Trial:
        session, question = self._session, ask.question
        session.look()
        session.tell("asking", length=length, task=task)
        place = Place(
            length, ask.depth, book.seed, question.wish.number, ask.position, ask.needle, book.decoys(question.wish)
        )
        began = session.pace.now()
        trial = self._asker.trial(self._tasks[task], question, book.haystack.tokens, place)
        session.pace.asked(length, began)
        self.recheck.note(trial, question, book.haystack.tokens, place)
        return trial

    def _read(self, book: Book, length: int) -> None:
        session = self._session
        session.look()
        session.tell("reading", read=self._held, to_read=len(book.haystack.tokens), length=length)
        began, before = session.pace.now(), session.seen.read
        self._asker.read(book.haystack.tokens, session.reading)
        session.pace.reading(session.seen.read - before, began, self._asker.standing)
        self._held = len(book.haystack.tokens)

    def _again(self) -> None:
        """Ask some once more from nothing."""
        for trial, question, prefix, place in self.recheck.chosen:
            self._session.look()
            self._session.tell("rechecking", length=trial.length, task=trial.task)
            passed = self._asker.again(self._tasks[trial.task], question, prefix, place, trial.how)
            self.recheck.same.append(passed == trial.passed)

    def _to_come(self, phase: Phase, read: int) -> ToCome:
        questions = {n: sum(self._decider.needed(name, n) for name in self._tasks) for n in self._plan.lengths}
        coming = [n for n, count in questions.items() if count]
        reads = [(max(read, self._held), max(coming))] if coming else []
        return questions, reads if phase == "rechecking" else [*reads, *self.recheck.reads]
