"""Starts the window: one program per data folder, the theme, the last session after a crash, an orderly end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.core.failures import Failure
from app.core.models import ENVIRONMENT_VARIABLE
from app.core.settings import load as load_preferences
from app.services.constants_guard import protect_constants
from app.services.desk import Desk, settings_of
from app.services.lane import let_window_go_first
from app.services.presence import Presence, hand_over
from app.services.signals import EndSignals
from app.services.tidying import Tidying
from app.ui.conversation.markdown import load_parser
from app.ui.main_window import MainWindow
from app.ui.theme.style import Theme, set_up_fonts

_FIRST_SIZE = QSize(1280, 800)


def run(paths: Sequence[Path]) -> int:
    """Open the window on `paths` and stay until it closes; the process's exit code."""
    protect_constants()
    let_window_go_first()
    loaded = load_preferences()
    if loaded.preferences.zoom != 1.0:
        # Read by Qt once, when the application is made.
        os.environ.setdefault("QT_SCALE_FACTOR", f"{loaded.preferences.zoom:g}")
    application = QApplication(["plumbline"])
    application.setApplicationName("Plumbline")
    application.setDesktopFileName("plumbline")
    application.setQuitOnLastWindowClosed(True)
    if hand_over(paths):
        return 0
    set_up_fonts(application)
    theme = Theme(application, name=loaded.preferences.theme)
    theme.apply()
    presence = Presence()
    presence.begin()
    window = MainWindow(theme, Desk(), loaded.preferences)
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
    if loaded.problem:
        window.toast.say(loaded.problem, tone="warn")
    code = application.exec()
    signals.close()
    return code


def _begin(window: MainWindow, paths: Sequence[Path], left_over: dict[str, object] | None) -> None:
    desk = window.desk
    window.closing.connect(Tidying(desk, window).close)
    desk.library.refresh()
    desk.library.do(load_parser)
    choice = window.preferences.model
    if choice is not None and choice.path.exists() and not os.environ.get(ENVIRONMENT_VARIABLE):
        desk.use_model(settings_of(choice, None))
    else:
        desk.use_default_model()
    if paths:
        desk.add(list(paths))
    elif left_over is None:
        desk.library.run(lambda store: not (store.sessions() or store.sessions(deleted=True)), done=_welcome(window))
    elif left_over is not None and isinstance(left_over.get("session"), int):
        session = int(str(left_over["session"]))
        desk.opened.connect(lambda: _recovered(window), Qt.ConnectionType.SingleShotConnection)
        desk.open_session(session)


def _welcome(window: MainWindow) -> Callable[[bool], None]:
    """The very first start shows what the program does, on the sample."""

    def begin(first: bool) -> None:
        if first and not window.desk.workspace.entries:
            window.open_sample()
            window.toast.say(window.tr("This is a sample: press Ask. Ctrl+N begins a session with your own documents."))

    return begin


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

    def hook(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        from app.core.logfile import write_traceback

        where = write_traceback(error)
        message = f"Something went wrong in Plumbline itself ({kind.__name__}). What you see is saved."
        window.say(Failure("bug", message, f"Details: {where}."))

    return hook
