"""What a restless person does in the window: single actions, each with a weight, all drawn from one seeded generator.

An action does nothing when there is nothing to do it to. Knows no assertion; the walk checks after each.
"""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QSplitter,
    QWidget,
)

from app.ui.theme.tokens import ThemeName
from app.ui.viewer.viewer import Viewer
from tests.gui.driving import Driven
from tests.gui.restless import Restless

_QUESTIONS = (
    "When is the rent paid?",
    "Who signed the lease?",
    "what alarm came first",
    "Summarise every source in a sentence.",
    "?",
    "Which pump failed at night, and who was told?",
    "قل لي متى يدفع الإيجار",
)
_SIZES = ((800, 560), (900, 600), (1000, 700), (1100, 640), (1280, 800), (1500, 900), (1920, 1080))
_THEMES: tuple[ThemeName, ...] = ("light", "dark", "high_contrast")
_MOST_SOURCES = 24
ACTIONS = {
    "drop": 12,
    "paste": 3,
    "toggle": 8,
    "reorder": 4,
    "remove": 3,
    "limit_pages": 3,
    "filter": 3,
    "source_menu": 6,
    "show_source": 3,
    "ask": 16,
    "stop": 6,
    "ask_again": 3,
    "edit_question": 3,
    "remedy": 4,
    "branch": 2,
    "new_session": 1,
    "open_session": 3,
    "rename": 2,
    "pin": 2,
    "delete": 1,
    "undo": 3,
    "search": 3,
    "theme": 3,
    "resize": 5,
    "drag_a_splitter": 2,
    "viewer": 4,
    "cite": 5,
    "in_the_viewer": 5,
    "dialog": 6,
    "palette": 4,
    "keys": 12,
    "click": 6,
    "kill": 2,
    "wait": 9,
}
"""What is done, and how often: names of the walker's methods and their weights."""


class Walker(Restless):
    """Draws actions from `seed` and does them to the window of `hands`. trail: what was done, in order."""

    def __init__(self, hands: Driven, seed: int, files: list[Path]) -> None:
        super().__init__(hands, seed)
        self.files = files
        self.trail: list[str] = []

    def step(self) -> str:
        """Do one action; with a dialog open mostly something in it. What was done, in a word."""
        modal = QApplication.activeModalWidget()
        if modal is not None and self.random.random() < 0.8:
            name = "in_dialog"
            self.trail.append(name)
            self.in_dialog(modal)
        else:
            name = self.random.choices(list(ACTIONS), list(ACTIONS.values()))[0]
            self.trail.append(name)
            getattr(self, name)()
        for _ in range(self.random.choice((0, 1, 3, 10))):
            QApplication.processEvents()
        return name

    def settle(self) -> None:
        """Close what lies open, stop what goes on, and wait until all is counted and saved."""
        while (modal := QApplication.activeModalWidget()) is not None:
            modal.close()
        while (popup := QApplication.activePopupWidget()) is not None:
            popup.close()
        self.window.palette_of_commands.dismiss()
        self.desk.stop()
        self.hands.until(lambda: not self.desk.busy and not self.desk.intake.busy)
        self.hands.saved()

    # Sources

    def drop(self) -> None:
        if len(self.desk.workspace.entries) > _MOST_SOURCES:
            return
        data = QMimeData()
        chosen = self.random.sample(self.files, self.random.randint(1, 2))
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in chosen])
        place, action = QPoint(300, 300), Qt.DropAction.CopyAction
        button, modifiers = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        # Qt drops only where it was told before that a drag has come in.
        QApplication.sendEvent(self.window, QDragEnterEvent(QPointF(place), action, data, button, modifiers))
        QApplication.sendEvent(self.window, QDropEvent(QPointF(place), action, data, button, modifiers))

    def paste(self) -> None:
        if len(self.desk.workspace.entries) > _MOST_SOURCES:
            return
        QGuiApplication.clipboard().setText(
            self.random.choice(("The pump is blue.", "  \n", "line\n" * 500, "\u202eabc\ufffc\U000f0001", "=1+1\t2"))
        )
        self.window.paste()

    def toggle(self) -> None:
        if self.row():
            QTest.keyClick(self.window.sources.view, Qt.Key.Key_Space)

    def reorder(self) -> None:
        if self.row():
            key = self.random.choice((Qt.Key.Key_Up, Qt.Key.Key_Down))
            QTest.keyClick(self.window.sources.view, key, Qt.KeyboardModifier.AltModifier)

    def remove(self) -> None:
        if self.row():
            QTest.keyClick(self.window.sources.view, Qt.Key.Key_Delete)

    def limit_pages(self) -> None:
        paged = [e.key for e in self.desk.workspace.entries if any(s.span.page for s in e.document.sections)]
        if paged and QApplication.activeModalWidget() is None:
            self.window.sources.menu.limiting.emit(self.random.choice(paged))

    def filter(self) -> None:
        self.window.filter_sources()
        if self.window.sources.filter.isVisible():
            QTest.keyClicks(self.window.sources.filter, self.random.choice(("lea", "S1", "code", "zzz")))

    def source_menu(self) -> None:
        rows = self.window.sources._selected()
        if rows:
            actions = self.window.sources.actions_for(rows, self.window)
            self.random.choice(actions).trigger()
            for action in actions:
                action.deleteLater()

    def show_source(self) -> None:
        if self.row():
            QTest.keyClick(self.window.sources.view, Qt.Key.Key_Return)

    # Questions

    def ask(self) -> None:
        self.desk.set_mode(self.random.choice(("model", "model", "evidence")))
        if self.random.random() < 0.6:
            self.wait()
        self.window.composer.put(self.random.choice(_QUESTIONS))
        QTest.keyClick(self.window.composer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    def stop(self) -> None:
        self.pause()
        if self.random.random() < 0.5:
            QTest.keyClick(self.window, Qt.Key.Key_Escape)
        elif self.desk.busy:
            self.window.composer.button.click()

    def ask_again(self) -> None:
        if self.window.conversation.turns:
            self.random.choice(self.window.conversation.turns).again.emit()

    def edit_question(self) -> None:
        if self.window.conversation.turns:
            self.random.choice(self.window.conversation.turns).edited.emit()

    def remedy(self) -> None:
        card = self.window.conversation._over
        if card is not None:
            self.click_one_in(card)

    def branch(self) -> None:
        if self.window.conversation.turns:
            self.random.choice(self.window.conversation.turns).branched.emit()

    def kill(self) -> None:
        pid = self.desk.answers.engine_pid
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    # Sessions

    def new_session(self) -> None:
        self.window.commands.run("sessions.new")

    def open_session(self) -> None:
        view = self.window.sessions.view
        count = view.model().rowCount()
        if count and view.isVisible():
            index = view.model().index(self.random.randrange(count), 0)
            QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())

    def rename(self) -> None:
        if QApplication.activeModalWidget() is None:
            self.window.commands.run("sessions.rename")

    def pin(self) -> None:
        if self.window.sessions.sessions:
            one = self.random.choice(self.window.sessions.sessions)
            self.desk.library.set_pinned(one.id, not one.pinned)

    def delete(self) -> None:
        view = self.window.sessions.view
        if view.model().rowCount():
            view.setCurrentIndex(view.model().index(self.random.randrange(view.model().rowCount()), 0))
            QTest.keyClick(view, Qt.Key.Key_Delete)

    def undo(self) -> None:
        if not self.window.toast.isHidden():
            self.click_one_in(self.window.toast)

    def search(self) -> None:
        self.window.search()
        if self.window.sessions.search.isVisible():
            # QTest types Latin letters only.
            self.window.sessions.search.insert(self.random.choice(("rent", "pump", '"', "*", "الإ")))

    # The window

    def theme(self) -> None:
        self.window.prefer(replace(self.window.preferences, theme=self.random.choice(_THEMES)))

    def resize(self) -> None:
        self.window.resize(*self.random.choice(_SIZES))

    def drag_a_splitter(self) -> None:
        splitter = self.random.choice(self.window.findChildren(QSplitter))
        splitter.moveSplitter(self.random.randint(0, 1200), 1) if splitter.count() > 1 else None

    def viewer(self) -> None:
        self.window.toggle_viewer()

    def cite(self) -> None:
        turns = [turn for turn in self.window.conversation.turns if turn._chips]
        if turns and self.random.random() < 0.6:
            turn = self.random.choice(turns)
            turn.answer.chip_chosen.emit(self.random.randrange(len(turn._chips)))
        else:
            self.window.commands.run(self.random.choice(("evidence.next", "evidence.previous")))

    def in_the_viewer(self) -> None:
        viewer: Viewer = self.window.viewer
        if not viewer.isVisible():
            return
        views = [viewer.pages, viewer.text]
        shown = [view for view in views if view.isVisible()]
        if shown and self.random.random() < 0.6:
            view = shown[0]
            target = getattr(view, "viewport", lambda view=view: view)()
            places = [
                QPoint(self.random.randrange(max(1, target.width())), self.random.randrange(max(1, target.height())))
                for _ in range(2)
            ]
            QTest.mousePress(target, Qt.MouseButton.LeftButton, pos=places[0])
            QTest.mouseMove(target, places[1])
            QTest.mouseRelease(target, Qt.MouseButton.LeftButton, pos=places[1])
        else:
            self.click_one_in(viewer)

    def dialog(self) -> None:
        if QApplication.activeModalWidget() is None:
            self.window.commands.run(
                self.random.choice(
                    (
                        "program.model",
                        "program.settings",
                        "program.keys",
                        "ask.system",
                        "sources.add",
                        "sources.folder",
                        "ask.sent",
                    )
                )
            )

    def in_dialog(self, dialog: QWidget) -> None:
        """Type, click or leave."""
        drawn = self.random.random()
        if isinstance(dialog, QFileDialog):
            if drawn < 0.4:
                dialog.selectFile(str(self.random.choice(self.files)))
                dialog.accept()
            else:
                dialog.reject()
        elif drawn < 0.3 and isinstance(dialog, QDialog):
            QTest.keyClick(dialog, Qt.Key.Key_Escape)
        elif drawn < 0.4:
            self.key()
        elif drawn < 0.6:
            self.type_in(dialog)
        else:
            self.click_one_in(dialog)

    def palette(self) -> None:
        if QApplication.activeModalWidget() is not None:
            return
        self.window.open_palette()
        search = self.window.palette_of_commands.search
        QTest.keyClicks(search, self.random.choice(("next", "switch", "side", "filter", "panel", "copy", "sample?")))
        QTest.keyClick(search, self.random.choice((Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Down)))

    def keys(self) -> None:
        for _ in range(self.random.randint(1, 4)):
            self.key()

    def click(self) -> None:
        self.click_one_in(self.window)

    def wait(self) -> None:
        """Until nothing goes on any more, as a person does who reads."""
        self.hands.until(lambda: not self.desk.busy and not self.desk.intake.busy)
