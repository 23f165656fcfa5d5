"""The self-check of the model in use, beside everything else: an engine of its own, a lane of its own.

While it runs no question can be answered: there is memory for the weights once. Knows no widget.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.answering import Settings
from app.core.failures import Failure
from app.core.logfile import open_log
from app.core.models import open_engine
from app.core.workspace import Workspace
from app.services.lane import Call, Lane
from engine.errors import Cancelled, EngineError
from engine.protocol import KvType
from engine.selfcheck.plan import BASELINE, expected_seconds, plan_for
from engine.selfcheck.report import Level, Report, Trial

if TYPE_CHECKING:
    from app.core.selfcheck.checking import Told
    from engine.backends.local import LocalBackend
    from engine.selfcheck.progress import CheckProgress

Phase = Literal["idle", "running", "ending", "paused"]
_SHOWN_EVERY_MS = 1000
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class CheckAsked:
    """What a person wants to have measured. tasks: None for those of the level. max_tokens: None for the whole context.

    kvs: caches that are checked one after the other. documents: the text is that of the session's sources. fresh:
    ask everything again, even if it is known.
    """

    level: Level
    kvs: tuple[KvType, ...]
    tasks: tuple[str, ...] | None = None
    max_tokens: int | None = None
    documents: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class _Job:
    """asked, of the model of `settings`, on the text of `workspace` where that is wanted. name: of the model."""

    asked: CheckAsked
    settings: Settings
    workspace: Workspace
    name: str


def kinds_of_tasks() -> Mapping[str, str]:
    """What each task that can be chosen counts as, in the order in which they are shown."""
    from engine.selfcheck.tasks import TASKS

    return {name: task.kind for name, task in TASKS.items()}


def tasks_of(level: Level) -> tuple[str, ...]:
    """The tasks of a level, of those that can be chosen."""
    return () if level == "ruler" else plan_for(level, BASELINE).tasks


class Checker(QObject):
    """One check at a time.

    `changed`: phase, reports or failure are others. `loading`: 0.0 to 1.0; `progressed`: CheckProgress. `finished`: a
    check came to its end. `trouble`: a sentence about keeping. `wrote`: the file of a report; `unwritten`: Failure.
    """

    changed = Signal()
    loading = Signal(float)
    progressed = Signal(object)
    finished = Signal()
    trouble = Signal(str)
    wrote = Signal(object)
    unwritten = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lane = Lane("check", self)
        self._files = Lane("check files", self)
        self._halt = threading.Event()
        self._pausing = False
        self._job: _Job | None = None
        self._free = threading.Event()
        self._before: tuple[Report, ...] = ()
        self._soon = QTimer(self, singleShot=True, interval=_SHOWN_EVERY_MS)
        self._soon.timeout.connect(self._show_trials)
        self._begun: Report | None = None
        self._trials: list[Trial] = []
        self.phase: Phase = "idle"
        self.reports: tuple[Report, ...] = ()
        self.failure: Failure | None = None

    @property
    def busy(self) -> bool:
        """Whether the engine is at work."""
        return self.phase in ("running", "ending")

    @property
    def model_name(self) -> str:
        """Of the model that is or was measured here, "" before any."""
        return self._job.name if self._job is not None else ""

    @property
    def kept_trials(self) -> int:
        """Answers there are so far."""
        return sum(len(report.trials) for report in self._before) + len(self._trials)

    def start(
        self, asked: CheckAsked, settings: Settings, workspace: Workspace, *, name: str, free: threading.Event
    ) -> None:
        """Measure; quietly nothing while it is measuring.

        name: of the model, for people. free: set when there is memory for its weights.
        """
        if not self.busy:
            self._job = _Job(asked, settings, workspace, name)
            self._free = free
            self.reports = ()
            self._run()

    def pause(self) -> None:
        """Stop at the next answer; `go_on` goes on from there."""
        self._end(pausing=True)

    def go_on(self, *, free: threading.Event) -> None:
        """Ask what was not asked yet. free: see `start`."""
        if self.phase == "paused" and self._job is not None:
            self._free = free
            self._job = replace(self._job, asked=replace(self._job.asked, fresh=False))
            self._run()

    def stop(self) -> None:
        """Stop at the next answer; what is known by then is the result."""
        if self.phase == "paused":
            self._become("idle")
            self.finished.emit()
        else:
            self._end(pausing=False)

    def show(self, report: Report | None) -> None:
        """Let this be what is known, as long as nothing else is measured."""
        if self.phase == "idle":
            self.reports = () if report is None else (report,)
            self.changed.emit()

    def expected_seconds(self, asked: CheckAsked, context: int, per_second: float | None) -> float | None:
        """About how long this would take, None while nobody can tell. per_second: tokens read."""
        try:
            plan = plan_for(asked.level, context, max_tokens=asked.max_tokens, tasks=asked.tasks)
        except EngineError:
            return None
        times = [plan.seconds] if plan.seconds is not None else []
        if per_second is not None:
            times.append(expected_seconds(plan, plan.lengths, 1 / per_second, 0.0))
        return len(asked.kvs) * min(times) if times else None

    def write(self, report: Report, path: Path, form: str) -> None:
        """Write a report as "svg", "html" or "json". `wrote` or `unwritten` comes."""

        def work(_: Call[Path]) -> Path:
            path.write_text(_written(report, form), encoding="utf-8")
            return path

        self._files.run(work, done=self.wrote.emit, failed=self.unwritten.emit)

    def close(self) -> None:
        """Stop and end the threads; what was asked is kept."""
        self._halt.set()
        self._soon.stop()
        self._lane.close()
        self._files.finish()

    def _run(self) -> None:
        job = self._job
        assert job is not None
        self._halt = halt = threading.Event()
        self._pausing, self.failure = False, None
        self._before, self._begun, self._trials = (), None, []

        free = self._free

        def work(call: Call[None]) -> None:
            while not free.wait(_LOOK_S):
                if halt.is_set() or call.cancelled:
                    return
            with open_log("engine.log") as log:
                backend = open_engine(log)
                call.stops_by(backend.cancel)
                try:
                    self._measure(job, backend, halt, call)
                finally:
                    backend.close()

        self._lane.run(work, done=lambda _: self._over(), failed=self._failed, progress=lambda act: act())
        self._become("running")

    def _measure(self, job: _Job, backend: LocalBackend, halt: threading.Event, call: Call[None]) -> None:
        """In the lane: one cache after the other."""
        from app.core.selfcheck.checking import CheckWanted, run_check

        asked = job.asked
        wanted = CheckWanted(
            level=asked.level,
            tasks=asked.tasks,
            max_tokens=asked.max_tokens,
            documents=job.workspace if asked.documents else None,
            fresh=asked.fresh,
        )
        for kv in asked.kvs:
            checked = run_check(
                backend,
                replace(job.settings, kv=kv, kv_values=None),
                wanted,
                told=self._told(call),
                stop=lambda: halt.is_set() or call.cancelled,
            )
            call.report(lambda report=checked.report: self._take(report))
            if wanted.seed is None and checked.report.trials:
                # The same questions for every cache, or there is nothing to compare.
                wanted = replace(wanted, seed=min(trial.seed for trial in checked.report.trials))
            if halt.is_set() or call.cancelled:
                return

    def _told(self, call: Call[None]) -> Told:
        from app.core.selfcheck.checking import Told

        return Told(
            loading=lambda share: call.report(lambda: self.loading.emit(share)),
            begun=lambda report: call.report(lambda: self._take_begun(report)),
            progress=lambda state: call.report(lambda: self._tell(state)),
            trial=lambda trial: call.report(lambda: self._take_trial(trial)),
            trouble=lambda sentence: call.report(lambda: self.trouble.emit(sentence)),
        )

    def _take_begun(self, report: Report) -> None:
        self._begun, self._trials = report, list(report.trials)
        self._show_trials()

    def _take_trial(self, trial: Trial) -> None:
        self._trials.append(trial)
        if not self._soon.isActive():
            self._soon.start()

    def _take(self, report: Report) -> None:
        self._soon.stop()
        self._before = self.reports = (*self._before, report)
        self._begun, self._trials = None, []

    def _tell(self, state: CheckProgress) -> None:
        if self.phase == "running":
            self.progressed.emit(state)

    def _show_trials(self) -> None:
        """The map fills while it is measured, but not at every answer."""
        if self._begun is not None:
            self.reports = (*self._before, replace(self._begun, trials=tuple(self._trials), ended="cancelled"))
            self.changed.emit()

    def _end(self, *, pausing: bool) -> None:
        if self.phase == "running":
            self._pausing = pausing
            self._halt.set()
            self._become("ending")

    def _over(self) -> None:
        self._become("paused" if self._pausing else "idle")
        if self.phase == "idle":
            self.finished.emit()

    def _failed(self, failure: Failure) -> None:
        self._soon.stop()
        if failure.kind == Cancelled.kind:
            # Stopped while the model was being loaded.
            self._over()
            return
        self.failure = failure
        self._become("idle")
        if self._before:
            # What was measured with the caches before this one holds.
            self.finished.emit()

    def _become(self, phase: Phase) -> None:
        self.phase = phase
        self.changed.emit()


def _written(report: Report, form: str) -> str:
    if form == "svg":
        from app.core.selfcheck.heat_svg import heat_map_svg

        return heat_map_svg(report)
    if form == "html":
        from app.core.selfcheck.page import to_page

        return to_page(report)
    return json.dumps(report.as_json(), ensure_ascii=False, indent=1)
