"""One theme for all windows of a test run; a test that leaves a thread, a window or a child process behind fails."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.services.constants_guard import protect_constants
from app.ui.theme.style import Theme, set_up_fonts


@pytest.fixture(scope="session", autouse=True)
def constants_last() -> None:
    """As the program does it at its start."""
    protect_constants()


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    """The light theme, applied."""
    set_up_fonts(qapp)
    theme = Theme(qapp, name="light")
    theme.apply()
    return theme


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sessions, settings and logs of a test go into its own folder."""
    monkeypatch.setenv("PLUMBLINE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def nothing_is_left_behind(qapp: QApplication, qtbot: QtBot) -> Iterator[None]:
    """Threads, top-level windows and child processes after a test are those from before it."""
    threads = set(threading.enumerate())
    children = set(psutil.Process().children(recursive=True))
    yield
    for widget in QApplication.topLevelWidgets():
        widget.close()
        widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.processEvents()
    gc.collect()
    if "ingest.outline" in sys.modules:
        # It serves all windows of a run and ends with the program.
        sys.modules["ingest.outline"]._CHILD.close()
    left = [thread for thread in threading.enumerate() if thread not in threads and thread.is_alive()]
    for thread in left:
        thread.join(5)
    assert not [thread.name for thread in left if thread.is_alive()]
    assert not set(psutil.Process().children(recursive=True)) - children
