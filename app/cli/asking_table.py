"""The work of `ask --questions`: a table of answers, written as it fills. Knows no options by name.

Session, sources and settings come about as for single questions; the queue itself is app.core's.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.cli.output import ProgressLine, UsageError, WorkFailed, hint_for, note, print_text, write_file
from app.cli.preparing import Options, Preparing, cancels, keep_on_disk
from app.cli.table_json import table_json
from app.core.answering import Settings
from app.core.conversing import Conversing
from app.core.models import find_model, open_engine
from app.core.question_output import citation_lines, row_name, to_csv, to_markdown
from app.core.question_queue import QuestionQueue, QueueProgress, QueueTold
from app.core.question_table import Cell, Questions, Row, Table, parse_questions


def read_questions(file: str) -> tuple[str, ...]:
    """The questions in `file`. Raises UsageError when it cannot be read, QuestionListRefused when it holds none."""
    try:
        raw = Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.", hint="Name a file of questions.") from None
    return parse_questions(raw, file)


class TableAsking(Preparing):
    """One run of the command with a list of questions. files: what to write as CSV and as Markdown."""

    def __init__(
        self,
        options: Options,
        questions: Questions,
        *,
        as_json: bool,
        files: dict[str, str],
        force: bool = False,
    ) -> None:
        super().__init__(options, as_json=as_json)
        self._questions = questions
        self._files = files
        self._force = force
        self._quiet = as_json or bool(files)
        self._line = ProgressLine()

    def table(self) -> tuple[dict[str, Any], bool]:
        """What the command prints as JSON, and whether every cell holds an answer.

        Raises UsageError, WorkFailed, CoreError, EngineError, IngestError.
        """
        for file in self._files.values():
            # What takes an hour to fill must not find out afterwards that it cannot be written.
            if not self._force and Path(file).exists():
                raise UsageError(f"{file} is there already.", hint="Name another file, or add --force.")
        with ExitStack() as stack:
            workspace, settings, recorder = self._prepare(stack)
            if find_model(settings.get("model")) is None:
                raise WorkFailed("There is no model here.", hint="Name one with --model FILE.", kind="no_model")
            backend = stack.enter_context(closing(open_engine()))
            queue = QuestionQueue(
                Conversing(backend),
                workspace,
                self._settings_for_queue(settings),
                self._questions,
                recorder=recorder,
                before=self._record.messages if self._record is not None else (),
            )
            try:
                with cancels(queue.cancel):
                    table = queue.run(self._told({entry.key: entry.name for entry in workspace.included()}))
            finally:
                self._line.done()
            keep_on_disk(backend)
            session = {**self._session, "saved": recorder.saving} if self._session is not None else None
            model = queue.info.path if queue.info is not None else None
        written = self._write(table)
        note(_summary(table, saved=session is not None and bool(session["saved"])))
        return table_json(table, model=model, session=session), written and table.done == table.total

    def _settings_for_queue(self, settings: Mapping[str, Any]) -> Settings:
        chosen = self._reader_settings(settings)
        # A hundred documents read one by one would fill the disk and push out what is worth more.
        return replace(chosen, keep_read=None) if self._questions.per_document else chosen

    def _told(self, names: Mapping[str, str]) -> QueueTold:
        def say(state: QueueProgress) -> None:
            where = f" · {state.entry.key} {state.entry.name}" if state.entry is not None else ""
            reading = state.reading
            now = f" · reading {reading.done:,} of {reading.total:,} tokens" if reading is not None else ""
            self._line.say(
                f"{state.done + state.failed:,} of {state.total:,} answers"
                f" · {state.tokens_read:,} tokens read{where}{now}"
            )

        def said(sentence: str) -> None:
            self._line.done()
            note(sentence)

        def cell(row: Row, column: int, what: Cell) -> None:
            self._line.done()
            name = f"{row.entry.key} {row.entry.name}" if row.entry is not None else row_name(row)
            if what.failure is not None:
                note(f"{name}: {what.failure.message} {hint_for(what.failure)}".strip())
            if self._quiet:
                return
            print_text(f"\n{name}: {self._questions.texts[column]}\n")
            print_text(what.text if what.failure is None else f"Not answered: {what.failure.message}")
            for line in citation_lines(what, names):
                print_text(f"  {line}")

        return QueueTold(lambda done: self._line.say(f"Loading the model: {done:.0%}"), say, cell, said)

    def _write(self, table: Table) -> bool:
        """Whether all files could be written; what came of the questions is printed in any case."""
        good = True
        for form, file in self._files.items():
            try:
                write_file(Path(file), to_csv(table) if form == "csv" else to_markdown(table), force=self._force)
                note(f"Written to {file}.")
            except (OSError, UsageError) as error:
                good = False
                note(f"{file} could not be written: {error}")
        return good


def _summary(table: Table, *, saved: bool) -> str:
    kept = sum(cell.kept for cell in table.cells)
    there = f" ({kept:,} of them were there already)" if kept else ""
    failed = f", {table.failed:,} could not be" if table.failed else ""
    left = table.total - table.done - table.failed
    missing = f", {left:,} were not reached" if left else ""
    go_on = " With --session it goes on where it ended." if left and saved else ""
    return (
        f"{table.done:,} of {table.total:,} questions answered{there}{failed}{missing};"
        f" {table.tokens_read:,} tokens read.{go_on}"
    )
