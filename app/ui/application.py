"""Starts the window: one program per data folder, the theme, the last session after a crash, an orderly end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QSettings, QSize, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.core.failures import Failure
from app.core.paths import data_dir
from app.services.desk import Desk
from app.services.presence import Presence, hand_over
from app.services.signals import EndSignals
from app.ui.main_window import MainWindow
from app.ui.theme.style import Theme, set_up_fonts

_FIRST_SIZE = QSize(1280, 800)


def run(paths: Sequence[Path]) -> int:
    """Open the window on `paths` and stay until it closes; the process's exit code."""
    application = QApplication(["plumbline"])
    application.setApplicationName("Plumbline")
    application.setDesktopFileName("plumbline")
    application.setQuitOnLastWindowClosed(True)
    if hand_over(paths):
        return 0
    set_up_fonts(application)
    theme = Theme(application)
    theme.apply()
    presence = Presence()
    presence.begin()
    settings = QSettings(str(data_dir() / "window.ini"), QSettings.Format.IniFormat)
    window = MainWindow(theme, Desk(), settings)
    window.resize(_FIRST_SIZE)
    window.restore()
    signals = EndSignals(window.close)
    sys.excepthook = _excepthook(window)
    window.closing.connect(presence.end)
    window.desk.session_changed.connect(lambda: presence.note(window.desk.session))
    presence.called.connect(lambda more: _called(window, more))
    window.show()
    # Everything else after the first paint, so that the window is there at once.
    QTimer.singleShot(0, window, lambda: _begin(window, paths, presence.left_over))
    code = application.exec()
    signals.close()
    return code


def _begin(window: MainWindow, paths: Sequence[Path], left_over: dict[str, object] | None) -> None:
    desk = window.desk
    desk.library.refresh()
    desk.use_default_model()
    if paths:
        desk.add(list(paths))
    elif left_over is not None and isinstance(left_over.get("session"), int):
        session = int(str(left_over["session"]))
        desk.opened.connect(lambda: _recovered(window), Qt.ConnectionType.SingleShotConnection)
        desk.open_session(session)


def _recovered(window: MainWindow) -> None:
    desk = window.desk
    window.toast.say(
        window.tr(
            "Plumbline was not closed properly last time. “{0}” is as it was: {1} sources, {2} questions."
        ).format(desk.name, len(desk.workspace.entries), len(desk.exchanges)),
        tone="warn",
    )


def _called(window: MainWindow, paths: Sequence[Path]) -> None:
    if window.isMinimized():
        window.showNormal()
    window.raise_()
    window.activateWindow()
    if paths:
        window.desk.add(list(paths))


def _excepthook(
    window: MainWindow,
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """What went wrong in the program itself goes to the log; the person gets a sentence and goes on."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        from app.core.logfile import write_traceback

        where = write_traceback(error)
        message = f"Something went wrong in Plumbline itself ({kind.__name__}). What you see is saved."
        window.say(Failure("bug", message, f"Details: {where}."))

    return hook
