"""Random user actions in the real window, with a real model and real files: no exception, no leak, the file intact.

The seed of a failed walk is printed; PLUMBLINE_SEED repeats it, PLUMBLINE_STEPS shortens it.
"""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from pytestqt.logging import _QtMessageCapture
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app.core.exchanges import Exchange
from app.core.failures import Failure
from app.core.paths import database_path, log_dir
from app.core.workspace import Entry
from app.ui.theme.style import Theme
from tests.gui.driving import Driven, driven
from tests.gui.walk_sources import write_sources
from tests.gui.walking import Walker

_OFFSCREEN = "This plugin does not support"
"""What Qt says of a screen that is none; no fault of the window."""
SEED = int(os.environ.get("PLUMBLINE_SEED", "20261121"))


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """What the walk drops."""
    folder = tmp_path / "sources"
    folder.mkdir()
    return write_sources(folder)


def test_sixty_random_actions(theme: Theme, qtbot: QtBot, qtlog: _QtMessageCapture, files: list[Path]) -> None:
    walk(theme, qtbot, qtlog, files, steps=60)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_thousand_random_actions(theme: Theme, qtbot: QtBot, qtlog: _QtMessageCapture, files: list[Path]) -> None:
    walk(theme, qtbot, qtlog, files, steps=int(os.environ.get("PLUMBLINE_STEPS", "1000")))


def walk(theme: Theme, qtbot: QtBot, qtlog: _QtMessageCapture, files: list[Path], *, steps: int) -> None:
    """Do `steps` actions; fails with the seed and the last of them at the first thing that goes wrong."""
    before = theme.chosen
    with driven(theme, qtbot) as hands, watched(hands, qtlog) as watch:
        hands.use()
        hands.add(*(path for path in files if path.name in ("lease.pdf", "minutes.md", "pumps.log")))
        hands.ask("When is the rent paid?")
        walker = Walker(hands, SEED, files)
        for number in range(steps):
            name = walker.step()
            told = f"seed {SEED}, action {number} ({name}) after {walker.trail[-12:-1]}"
            assert not watch.troubles(), f"{told}:\n{watch.troubles()}"
        walker.settle()
        told = f"seed {SEED}: {watch.answered} answers, at most {watch.sources} sources"
        assert watch.answered >= max(1, steps // 40) and watch.sources >= 3, (
            f"{told}: too little was done to show anything"
        )
        assert not watch.troubles(), f"seed {SEED}, at the end:\n{watch.troubles()}"
        session = hands.desk.session
        entries, exchanges = hands.desk.workspace.entries, list(hands.desk.exchanges)
    theme.choose(before)
    assert not running_timers(), f"seed {SEED}: timers outlive the window"
    with closing(sqlite3.connect(database_path())) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)], f"seed {SEED}"
        assert file.execute("PRAGMA foreign_key_check").fetchall() == [], f"seed {SEED}"
    if session is not None:
        compare(theme, qtbot, session, entries, exchanges)


class Watch:
    """Hears of whatever goes wrong in the program itself: exceptions, bugs in lanes, what Qt says."""

    def __init__(self, hands: Driven, qtlog: _QtMessageCapture) -> None:
        self._troubles: list[str] = []
        self._log, self._read = qtlog, len(qtlog.records)
        self._desk = hands.desk
        self.answered = self.sources = 0
        hands.desk.sources_changed.connect(self._counted)
        hands.desk.said.connect(self._said)
        hands.desk.exchange_changed.connect(self._changed)

    def troubles(self) -> str:
        """All so far, "" for none."""
        new = [record.message for record in self._log.records[self._read :]]
        self._troubles += [f"Qt: {message}" for message in new if not message.startswith(_OFFSCREEN)]
        self._read = len(self._log.records)
        return "\n".join(self._troubles)

    def raised(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        self._troubles.append("".join(traceback.format_exception(kind, error, trace)))

    def _counted(self) -> None:
        self.sources = max(self.sources, len(self._desk.workspace.entries))

    def _changed(self, index: int) -> None:
        exchange = self._desk.exchanges[index]
        self.answered += exchange.state == "done"
        self._said(exchange.failure)

    def _said(self, failure: Failure | None) -> None:
        if failure is not None and failure.kind == "bug":
            logs = [path.read_text("utf-8")[-4000:] for path in log_dir().glob("*")]
            self._troubles.append("\n".join((failure.message, *logs)))


@contextmanager
def watched(hands: Driven, qtlog: _QtMessageCapture) -> Iterator[Watch]:
    """With every hook for exceptions turned to the watch."""
    watch = Watch(hands, qtlog)
    kept = sys.excepthook, threading.excepthook, sys.unraisablehook
    sys.excepthook = watch.raised
    threading.excepthook = lambda args: watch.raised(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: watch.raised(args.exc_type, args.exc_value, args.exc_traceback)
    try:
        yield watch
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook = kept


def running_timers() -> list[QTimer]:
    """Timers that would still fire."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    timers = [one for one in gc.get_objects() if isinstance(one, QTimer)]
    return [timer for timer in timers if isValid(timer) and timer.isActive()]


def compare(theme: Theme, qtbot: QtBot, session: int, entries: tuple[Entry, ...], exchanges: list[Exchange]) -> None:
    """A session opened in a new window is what was shown in the old one."""
    with driven(theme, qtbot) as hands:
        hands.desk.open_session(session)
        hands.until(lambda: hands.desk.session == session)

        def shown(entry: Entry) -> tuple[object, ...]:
            # The lines of a log stay on disk until they are asked about.
            texts = [s.text for s in entry.document.sections] if entry.document.kind != "log" else []
            return entry.key, entry.name, entry.included, entry.pages, texts

        assert [shown(e) for e in hands.desk.workspace.entries] == [shown(e) for e in entries]
        kept = [e for e in exchanges if e.message is not None]
        back = {e.message: e for e in hands.desk.exchanges}
        assert [(e.question, e.mode, e.text, e.citations, e.passages) for e in kept] == [
            (e.question, e.mode, e.text, e.citations, e.passages) for e in (back[old.message] for old in kept)
        ]
        assert [e.question for e in hands.desk.exchanges] == [e.question for e in exchanges]
