"""States of the window about how sources are read: levels of detail, secrets, the records of a log."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QMenu

from app.ui.logs.dialog import LogDialog
from app.ui.logs.page import LogsPage
from app.ui.theme.style import Theme
from ingest.view import View
from tests.gui import papers
from tests.gui.screenshots import Camera
from tests.gui.stage import Stage, key_of, stage


def reading_as(theme: Theme, camera: Camera, folder: Path) -> None:
    """Code as outlines and by name, and the menu that offers it."""
    with stage(theme, size=(1280, 800)) as on:
        on.add(papers.incident(folder), name="Crane 4, March incident")
        keys = [e.key for e in on.desk.workspace.entries if e.document.kind == "code"]
        details = (View(detail="outline"), View(detail="name"))
        on.desk.views.read(dict(zip(keys, details, strict=False)))
        on.until(lambda: not on.desk.reading_as.busy)
        on.window.sources.select(keys[0])
        on.window.places.source(keys[0])
        on.settle()
        camera.shoot("read-as", on.window)
        row = on.window.sources.model.row_of(keys[0])
        menu = QMenu(on.window)
        menu.addActions(on.window.sources.actions_for([on.window.sources.model.row_at(row or 0)], menu))
        inner = next(child for a in menu.actions() if isinstance(child := a.menu(), QMenu))
        inner.popup(on.window.mapToGlobal(on.window.rect().center()))
        on.rest(0.2)
        camera.shoot("menu-read-as", inner)
        inner.close()


def secrets(theme: Theme, camera: Camera, folder: Path) -> None:
    """The bar that asks, the sign in the rows, the place in the viewer; then masked."""
    with stage(theme, size=(1280, 800)) as on:
        on.add([*papers.incident(folder), *papers.with_secrets(folder)], name="Crane 4, March incident")
        on.until(on.window.sources.secrets.isVisible, "the bar that asks about secrets")
        on.window.sources.secrets.look.click()
        on.settle()
        camera.shoot("secrets", on.window)
        camera.shoot_sizes("secrets", on.window, sizes=((1000, 700), (800, 560)))
        on.window.sources.secrets.masking.click()
        on.until(lambda: not on.desk.reading_as.busy)
        on.window.places.source(key_of(on, "gateway.env"))
        on.settle()
        camera.shoot("secrets-masked", on.window)


def changed(theme: Theme, camera: Camera, folder: Path) -> None:
    """What changed on disk meanwhile, a new file in a watched folder among it."""
    with stage(theme, size=(1280, 800)) as on:
        paths = papers.incident(folder)
        on.add(paths, name="Crane 4, March incident")
        log = next(Path(e.document.path) for e in on.desk.workspace.entries if e.document.kind == "log")
        with log.open("a", encoding="utf-8") as file:
            file.write("2026-03-14 08:31:00,000 INFO heartbeat: gateway is back\n")
        fresh = log.with_name("statement of the second operator.txt")
        fresh.write_text("I saw the crane stop.\n", encoding="utf-8")
        on.desk.freshness.fresh = frozenset({fresh})
        on.desk.freshness.look()
        on.until(lambda: bool(on.desk.freshness.stale), "what changed")
        on.settle()
        camera.shoot("changed", on.window)
        camera.shoot_sizes("changed", on.window, sizes=((800, 560),))


def logs(theme: Theme, camera: Camera, folder: Path) -> None:
    """The picture of a log with a stretch of time chosen; the log filtered and folded; a template unfolded."""
    with stage(theme, size=(1280, 800)) as on:
        on.add([papers.busy_log(folder)], name="Gateway, night of 14 March")
        dialog = _log_dialog(on)
        trouble = [i for i, column in enumerate(dialog.timeline.shown) if column.grave]
        dialog.timeline.chosen.emit((dialog.timeline.shown[trouble[0]].start, dialog.timeline.shown[trouble[-1]].end))
        dialog.timeline.set_range((dialog.timeline.shown[trouble[0]].start, dialog.timeline.shown[trouble[-1]].end))
        on.rest(0.2)
        camera.shoot("dialog-log", dialog)
        dialog.text.edit.setText("slew (guard")
        on.rest(0.1)
        camera.shoot("dialog-log-wrong", dialog)
        dialog.text.edit.clear()
        dialog.fold.setChecked(True)
        dialog.apply.click()
        on.until(lambda: on.desk.workspace.entries[0].document.view.log.fold)
        on.settle()
        on.window.places.source("S1")
        on.rest(0.5)
        camera.shoot("log-folded", on.window)
        camera.shoot_sizes("log-folded", on.window, sizes=((800, 560),))
        on.desk.views.unfold("S1", 2)
        on.until(lambda: on.desk.workspace.entries[0].document.view.log.unfold)
        on.settle()
        camera.shoot("log-unfolded", on.window)
        on.window.hide_viewer()
        on.window.turn_to("logs")
        page = on.window.centre.currentWidget()
        assert isinstance(page, LogsPage)
        on.until(lambda: page.cards["S1"].timeline.isVisible())
        camera.shoot("mode-logs", on.window)
        camera.shoot_sizes("mode-logs", on.window, sizes=((960, 640), (800, 560)))


def contents(theme: Theme, camera: Camera, folder: Path) -> None:
    """What is in a source, over it: symbols of code, bookmarks of a PDF."""
    with stage(theme, size=(1280, 800)) as on:
        on.add(papers.incident(folder), name="Crane 4, March incident")
        viewer = on.window.viewer
        viewer.header.contents.setChecked(True)
        for name, word in (("code", "limits.py"), ("mails", "e-mails")):
            on.window.places.source(key_of(on, word))
            on.rest(1.0)
            camera.shoot(f"contents-{name}", on.window)
        entry = on.desk.workspace.entries[0]
        on.desk.change(on.desk.workspace.add([replace(entry.document, details=papers.DETAILS)]))
        on.window.places.source(entry.key)
        on.sharp()
        camera.shoot("contents-pdf", on.window)
        camera.shoot_sizes("contents-pdf", on.window, sizes=((800, 560),))


def choosing(theme: Theme, camera: Camera, folder: Path) -> None:
    """What would come in from a source tree, and since when its changes are to come in."""
    with stage(theme, size=(1280, 800)) as on:
        on.desk.add([papers.archive(folder)])
        on.until(on.dialogs, "the question before a huge drop")
        (dialog,) = on.dialogs()
        on.rest(0.2)
        camera.shoot("preview", dialog)
        dialog.close()
        on.rest(0.1)
        on.window.dialogs.changes(folder)
        on.until(on.dialogs)
        on.rest(0.2)
        camera.shoot("dialog-changes", on.dialogs()[0])


def _log_dialog(on: Stage) -> LogDialog:
    on.window.dialogs.log("S1")
    on.until(on.dialogs)
    (dialog,) = on.dialogs()
    assert isinstance(dialog, LogDialog)
    on.until(dialog.timeline.isVisible, "the picture of a log")
    on.rest(0.2)
    return dialog
