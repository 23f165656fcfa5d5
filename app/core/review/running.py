"""Reviews: each pass is read once and asked with each checklist, and what comes back is held against the code.

What goes wrong with one question is a sentence in the report, and the rest goes on. Used from one thread. Knows no
window and no command line.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app.core.again import with_one_restart
from app.core.answering import Settings, options_for
from app.core.errors import ChecklistRefused
from app.core.review.asking import Frame, PassPrompt, encode_pass, frame_for, prompt_for
from app.core.review.checklists import Checklist
from app.core.review.finding import Checked, PassReport, Review
from app.core.review.merging import merge
from app.core.review.parsing import parse_findings
from app.core.review.passes import Pass, Passes, plan_passes
from app.core.review.scope import Scope
from app.core.review.verifying import check_finding
from engine.backends.base import Backend
from engine.errors import Cancelled, EngineError
from engine.protocol import Answer, ReadProgress

Stage = Literal["loading", "counting", "reading", "answering"]

MOST_FAILURES = 3
"""Questions that may fail one after the other before the rest is not asked any more."""


@dataclass(frozen=True, slots=True)
class ReviewProgress:
    """How far a review is. number: of the pass, of `passes`; 0 before the first. checklist: its title.

    done, total: of the stage: loading in thousandths, counting in files, reading in tokens of this prompt, answering in
    characters so far (total 0). seconds_left: of reading this prompt, None while unknown. questions: that are
    answered, of `asked` in all. findings: so far. note: a sentence, when the engine had to be started again.
    """

    stage: Stage
    done: int
    total: int
    number: int = 0
    passes: int = 0
    checklist: str = ""
    questions: int = 0
    asked: int = 0
    findings: int = 0
    seconds_left: float | None = None
    note: str = ""


def review(
    scope: Scope,
    checklists: Sequence[Checklist],
    backend: Backend,
    settings: Settings,
    *,
    on_progress: Callable[[ReviewProgress], None] | None = None,
    on_finding: Callable[[Checked], None] | None = None,
    on_pass: Callable[[PassReport], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Review:
    """Review `scope` with each of `checklists`. The caller keeps `backend` and closes it; it loads what is not loaded.

    settings: its system prompt is not used. on_finding: told of each finding as soon as it was held against the code;
    one that is found twice comes twice, and once in the result. on_pass: told of each question that was answered or
    went wrong. stop: when it answers true, what is there is returned, as cancelled. Raises ScopeRefused where nothing
    fits, ChecklistRefused without a checklist, and the engine's errors as long as nothing was asked (Cancelled too).
    """
    if not checklists:
        raise ChecklistRefused("A review needs a checklist.", hint="Choose one, such as bugs.")
    running = _Running(scope, checklists, backend, settings, _Told(on_progress, on_finding, on_pass, stop))
    return running.run()


class _Told:
    """Whom to tell what. Asks `stop` whenever anything happens, and then stops the engine, once."""

    def __init__(
        self,
        on_progress: Callable[[ReviewProgress], None] | None,
        on_finding: Callable[[Checked], None] | None,
        on_pass: Callable[[PassReport], None] | None,
        stop: Callable[[], bool] | None,
    ) -> None:
        self._on_progress = on_progress
        self._stop = stop
        self.on_finding = on_finding or (lambda _: None)
        self.on_pass = on_pass or (lambda _: None)
        self.stopped = False

    def progress(self, state: ReviewProgress, cancel: Callable[[], None] = lambda: None) -> None:
        if self._on_progress is not None:
            self._on_progress(state)
        if self.wants_stop():
            cancel()

    def wants_stop(self) -> bool:
        self.stopped = self.stopped or (self._stop is not None and self._stop())
        return self.stopped


class _Running:
    """One review."""

    def __init__(
        self, scope: Scope, checklists: Sequence[Checklist], backend: Backend, settings: Settings, told: _Told
    ) -> None:
        self._scope = scope
        self._checklists = checklists
        self._backend = backend
        self._settings = settings
        self._told = told
        self._found: list[Checked] = []
        self._reports: list[PassReport] = []
        self._failures = 0
        self._state = ReviewProgress("loading", 0, 1000)

    def run(self) -> Review:
        created = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        self._load()
        frame = frame_for(self._backend, self._settings, self._checklists)
        planned = self._plan(frame)
        asked = len(planned.passes) * len(self._checklists)
        self._state = replace(self._state, passes=len(planned.passes), asked=asked)
        for one in planned.passes:
            if self._told.wants_stop():
                break
            encoded = encode_pass(self._backend, self._scope, one, planned.common, frame)
            for checklist in self._checklists:
                if not self._told.wants_stop():
                    self._ask(one, encoded, checklist, frame)
        return Review(
            root=self._scope.root,
            what=self._scope.what,
            checklists=tuple(one.name for one in self._checklists),
            model=str(self._settings.model),
            created=created,
            findings=merge(self._found),
            passes=tuple(self._reports),
            omitted=(*self._scope.omitted, *planned.omitted),
            cancelled=self._told.stopped,
            notes=self._scope.notes,
        )

    def _load(self) -> None:
        def loading(done: float) -> None:
            state = replace(self._state, stage="loading", done=int(1000 * done), total=1000)
            self._told.progress(state, self._backend.cancel)

        options = options_for(self._settings, loaded=self._backend.loaded)
        if self._backend.loaded != options:
            loading(0.0)
            self._backend.load(options, on_progress=loading)

    def _plan(self, frame: Frame) -> Passes:
        def counted(done: int, total: int) -> None:
            self._told.progress(replace(self._state, stage="counting", done=done, total=total))

        def count(texts: Sequence[str]) -> list[int]:
            return self._backend.count(texts, stop=self._told.wants_stop)

        return plan_passes(self._scope, frame.room, count, on_progress=counted)

    def _ask(self, one: Pass, encoded: PassPrompt, checklist: Checklist, frame: Frame) -> None:
        """Ask one question and keep what came of it."""
        self._state = replace(self._state, number=one.number, checklist=checklist.title, note="")
        prompt = prompt_for(self._backend, encoded, one, checklist, self._settings, frame)
        report = PassReport(one.number, one.paths, checklist.name, len(prompt.tokens), 0, 0, 0, 0.0, 0)
        report = replace(report, shown=tuple(part.name for part in one.parts))
        started = time.perf_counter()
        if self._failures >= MOST_FAILURES:
            self._done(replace(report, problem=f"It was not asked, as {MOST_FAILURES} questions before it failed."))
            return

        def reading(progress: ReadProgress) -> None:
            left = progress.seconds_left if progress.per_second else None
            state = replace(self._state, stage="reading", done=progress.done, total=progress.total, seconds_left=left)
            self._told.progress(state, self._backend.cancel)

        written = 0

        def text(words: str) -> None:
            nonlocal written
            written += len(words)
            self._told.progress(replace(self._state, stage="answering", done=written, total=0), self._backend.cancel)

        def again(sentence: str) -> None:
            nonlocal written
            written = 0
            self._told.progress(replace(self._state, stage="loading", note=sentence))

        try:
            answer = with_one_restart(
                lambda: self._backend.ask(prompt, on_progress=reading, on_text=text), self._backend, again=again
            )
        except Cancelled:
            self._told.stopped = True
            self._done(replace(report, seconds=time.perf_counter() - started, problem="It was stopped while reading."))
        except EngineError as error:
            self._failures += 1
            problem = f"{error} {error.hint}".strip()
            self._done(replace(report, seconds=time.perf_counter() - started, problem=problem))
        else:
            self._failures = 0
            self._take(answer, report, checklist)

    def _take(self, answer: Answer, report: PassReport, checklist: Checklist) -> None:
        findings, problems = parse_findings(
            answer.text, answer.logprobs, checklist=checklist.name, seen_in=report.number
        )
        if answer.ending == "cancelled":
            self._told.stopped = True
            problems = ["It was stopped; the findings that were complete are kept."]
        for finding in findings:
            cwe = finding.cwe or checklist.cwes.get(finding.category, "")
            checked = check_finding(replace(finding, cwe=cwe), self._scope.texts)
            self._found.append(checked)
            self._told.on_finding(checked)
        self._done(
            replace(
                report,
                reused=answer.reused,
                decoded=answer.decoded,
                answer=answer.tokens,
                seconds=answer.seconds["total"],
                findings=len(findings),
                problem=" ".join(problems),
            )
        )

    def _done(self, report: PassReport) -> None:
        self._reports.append(report)
        self._state = replace(self._state, questions=len(self._reports), findings=len(self._found))
        self._told.on_pass(report)
