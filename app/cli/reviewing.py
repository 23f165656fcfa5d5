"""One run of the `review` command: finds what is reviewed, asks the model, shows and writes what came of it."""

from __future__ import annotations

import datetime
import json
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from app.cli.loading import Cache, Loading
from app.cli.output import ProgressLine, UsageError, WorkFailed, note, print_json
from app.cli.preparing import cancels, keep_on_disk
from app.cli.review_output import omitted_lines, print_review, write_outputs
from app.core.answering import Settings
from app.core.models import find_model, open_engine
from app.core.read_states import kept_for
from app.core.review.baseline import read_baseline
from app.core.review.checklists import DEFAULT, choose
from app.core.review.comparing_runs import compare, failing
from app.core.review.finding import Checked, PassReport, Review, Severity
from app.core.review.git_scope import changes, staged
from app.core.review.patch_scope import patch_text, patched, read_patch
from app.core.review.running import ReviewProgress, review
from app.core.review.scope import Scope, everything
from engine.devices import RPC_WARNING
from engine.protocol import Sampling


@dataclass(frozen=True, slots=True)
class Options:
    """What the command was given; see its help. files: what to write, by form: sarif, markdown, patch."""

    paths: Sequence[str] = ()
    revisions: str | None = None
    staged: bool = False
    patch: str | None = None
    names: Sequence[str] = ()
    leave_out: Sequence[str] = ()
    model: str | None = None
    ctx: int | None = None
    kv: Cache = "f16"
    max_answer: int = 2048
    keep_read: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    baseline: str | None = None
    fail_on: Severity | None = None
    force: bool = False
    temperature: float = 0.0
    seed: int = 0
    loading: Loading = field(default_factory=Loading)


class Reviewing:
    """What a run needs and does."""

    def __init__(self, options: Options, *, as_json: bool) -> None:
        self._options = options
        self._as_json = as_json
        self._stopped = False
        self._line = ProgressLine()

    def run(self) -> Literal[0, 1, 3]:
        """The exit code. Prints; raises what the command line tells."""
        options = self._options
        checklists = choose(options.names or DEFAULT)
        self._refuse_files_that_are_there()
        settings = self._settings()
        started = time.perf_counter()
        scope = self._scope()
        read = time.perf_counter() - started
        known = read_baseline(Path(options.baseline), root=scope.root) if options.baseline is not None else None
        for sentence in scope.notes:
            note(sentence)
        with closing(open_engine()) as backend:

            def stop() -> None:
                self._stopped = True
                backend.cancel()

            try:
                with cancels(stop):
                    result = review(
                        scope,
                        checklists,
                        backend,
                        settings,
                        on_progress=self._say,
                        on_pass=self._say_problem,
                        stop=lambda: self._stopped,
                    )
            finally:
                self._line.done()
            if options.keep_read:
                keep_on_disk(backend)
        total = time.perf_counter() - started
        for line in omitted_lines(result):
            note(line)
        wrong = failing(result.findings, options.fail_on, known or ()) if options.fail_on else ()
        write_outputs(result, scope.texts, options.files, force=options.force)
        if self._as_json:
            print_json(self._json(result, known, wrong, {"total": total, "read": read, "review": total - read}))
        else:
            print_review(result, known, wrong)
        if wrong:
            return 3
        return 1 if result.cancelled or any(report.problem and not report.answer for report in result.passes) else 0

    def _scope(self) -> Scope:
        options = self._options
        if options.patch is not None:
            if len(options.paths) > 1:
                raise UsageError("A patch is for one folder.", hint="Name one PATH, or none to see its hunks alone.")
            from_stdin = options.patch == "-"
            text = patch_text(sys.stdin.buffer.read(), "<stdin>") if from_stdin else read_patch(options.patch)
            name = "<stdin>" if from_stdin else options.patch
            return patched(text, name, tree=options.paths[0] if options.paths else None)
        if options.revisions is not None:
            return changes(self._repository(), options.revisions, below=options.paths)
        if options.staged:
            return staged(self._repository(), below=options.paths)

        def progress(done: int, total: int) -> None:
            self._line.say(f"Reading {done:,} of {total:,} files")

        return everything(options.paths, leave_out=options.leave_out, on_progress=progress)

    def _repository(self) -> str:
        return self._options.paths[0] if self._options.paths else "."

    def _settings(self) -> Settings:
        options, loading = self._options, self._options.loading
        model = find_model(options.model)
        if model is None:
            raise WorkFailed("There is no model here.", hint="Name one with --model FILE.", kind="no_model")
        if loading.rpc:
            note(RPC_WARNING)
        return replace(
            loading.settings(model, datetime.date.today()),
            n_ctx=options.ctx,
            kv=options.kv,
            max_answer=options.max_answer,
            sampling=Sampling(temperature=options.temperature, seed=options.seed),
            keep_read=kept_for("") if options.keep_read else None,
        )

    def _refuse_files_that_are_there(self) -> None:
        """Before hours of reading."""
        for name in self._options.files.values():
            if not self._options.force and Path(name).exists():
                raise UsageError(f"{name} is there already.", hint="Name another file, or add --force.")

    def _say(self, state: ReviewProgress) -> None:
        if state.note:
            note(state.note)
        where = f"pass {state.number:,} of {state.passes:,} · {state.checklist}"
        found = f" · {state.findings:,} finding{'' if state.findings == 1 else 's'}" if state.findings else ""
        match state.stage:
            case "loading":
                self._line.say(f"Loading the model {state.done / 10:.0f} %")
            case "counting":
                self._line.say(f"Counting {state.done:,} of {state.total:,} files")
            case "reading":
                left = f" · about {state.seconds_left:,.0f} s" if state.seconds_left else ""
                self._line.say(f"Reading {where} · {state.done:,} of {state.total:,} tokens{left}{found}")
            case "answering":
                self._line.say(f"Answering {where} · {state.done:,} characters{found}")

    def _say_problem(self, report: PassReport) -> None:
        if report.problem:
            self._line.done()
            note(f"Pass {report.number:,}, {report.checklist}: {report.problem}")

    def _json(
        self, result: Review, known: Sequence[Checked] | None, wrong: Sequence[Checked], seconds: Mapping[str, float]
    ) -> dict[str, Any]:
        from app.core.review.review_json import review_to_json

        compared = None if known is None else compare(known, result)
        baseline = compared and {
            name: [checked.fingerprint for checked in getattr(compared, name)]
            for name in ("new", "still", "fixed", "unseen")
        }
        return {
            **json.loads(review_to_json(result)),
            "fail_on": self._options.fail_on,
            "failing": [checked.fingerprint for checked in wrong],
            "baseline": baseline,
            "seconds": dict(seconds),
        }
