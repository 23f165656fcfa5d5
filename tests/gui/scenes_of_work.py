"""More states of the window: what is under way beside the conversation, and what a change of the sources costs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDragMoveEvent
from PySide6.QtWidgets import QMenu

from app.ui.recognise import RecogniseQuestion
from app.ui.theme.style import Theme
from ingest.recognition import find_tessdata
from tests.gui import held, papers
from tests.gui.screenshots import Camera
from tests.gui.stage import key_of, stage
from tests.ingest.pdfs import write_scan


def scans(theme: Theme, camera: Camera, folder: Path) -> None:
    """A scan: its row, the question for its language, pages on their way, recognised; without language data."""
    folder.mkdir(parents=True, exist_ok=True)
    with stage(theme, size=(1280, 800)) as on:
        on.add(papers.incident(folder), name="Crane 4, March incident")
        page = "The contractor replaces the limit switch\nwithin ten working days, at its own cost."
        scan = write_scan(folder / "Delivery note, scanned.pdf", [page] * 12)
        on.add([scan])
        key = key_of(on, "Delivery")
        on.window.places.source(key)
        on.sharp()
        camera.shoot("scan", on.window)
        on.window.sources.menu.recognising.emit([key])
        on.until(on.dialogs)
        (dialog,) = on.dialogs()
        on.rest(0.2)
        camera.shoot("dialog-recognise", dialog)
        if isinstance(dialog, RecogniseQuestion) and find_tessdata() is not None:
            dialog.accept()
            on.until(lambda: "left" in on.window.sources.recognising.rest.text(), "pages being recognised")
            camera.shoot("recognising", on.window)
            on.until(lambda: not on.desk.recogniser.busy)
            on.settle()
            on.window.places.source(key)
            on.sharp()
            camera.shoot("recognised", on.window)
        else:
            dialog.close()
        with without_tessdata():
            on.window.dialogs.recognise([key])
            on.until(on.dialogs)
            on.rest(0.2)
            camera.shoot("dialog-no-tessdata", on.dialogs()[0])


def costs(theme: Theme, camera: Camera, folder: Path) -> None:
    """What changes cost: the menu of a row, and a row on its way to another place."""
    with stage(theme, size=(1280, 800)) as on:
        on.add(papers.incident(folder), name="Crane 4, March incident")
        on.ask("Who built the crane in 2011?")
        view, model = on.window.sources.view, on.window.sources.model
        row = model.row_at(1)
        menu = QMenu(on.window)
        menu.addActions(on.window.sources.actions_for([row], menu))
        menu.popup(view.viewport().mapToGlobal(view.visualRect(model.index(1)).center()))
        on.rest(0.2)
        camera.shoot("menu-costs", menu)
        menu.close()
        place = QPointF(view.visualRect(model.index(1)).topLeft() + QPoint(40, 4))
        data = model.mimeData([model.index(3)])
        mouse, key = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        view.dragMoveEvent(QDragMoveEvent(place, Qt.DropAction.MoveAction, data, mouse, key))
        camera.shoot("drag-costs", on.window)


def exporting(theme: Theme, camera: Camera, folder: Path) -> None:
    """A long session on its way to a file."""
    with stage(theme, size=(1280, 800)) as on:
        on.add(papers.incident(folder), name="Crane 4, March incident")
        on.ask("failed test of the limit switch", evidence=True)
        on.until(lambda: on.desk.session is not None)
        with held.exporting(on.desk, on.desk.session or 0, folder / "Crane 4.pdf", done=1240, total=2000):
            on.until(on.window.status.export.isVisible)
            camera.shoot("exporting", on.window)
            camera.shoot_sizes("exporting", on.window, sizes=((800, 560),))
        on.until(lambda: not on.desk.exporter.busy)


@contextmanager
def without_tessdata() -> Iterator[None]:
    """A computer on which Tesseract was never installed."""
    before = os.environ.get("TESSDATA_PREFIX")
    os.environ["TESSDATA_PREFIX"] = "/usr/share/nothing"
    try:
        yield
    finally:
        os.environ.pop("TESSDATA_PREFIX")
        if before is not None:
            os.environ["TESSDATA_PREFIX"] = before
