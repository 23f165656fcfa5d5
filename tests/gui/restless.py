"""Hands that press any key, click any button and pick any row, all drawn from one seeded generator."""

from __future__ import annotations

import random

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QListView, QPlainTextEdit, QSpinBox, QWidget

from tests.gui.driving import Driven

_KEYS = (
    *((Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier),) * 4,
    (Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier),
    (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_PageDown, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_F3, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_F4, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_F6, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier),
    (Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier),
    (Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier),
    (Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier),
    (Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier),
)


class Restless:
    """What actions are made of. Each does nothing where there is nothing to do it to."""

    def __init__(self, hands: Driven, seed: int) -> None:
        self.hands, self.window, self.desk = hands, hands.window, hands.desk
        self.random = random.Random(seed)

    def row(self) -> bool:
        view = self.window.sources.view
        count = view.model().rowCount()
        if not count or not view.isVisible():
            return False
        view.setCurrentIndex(view.model().index(self.random.randrange(count), 0))
        return True

    def pause(self) -> None:
        """Until something of an answer came, or not at all."""
        if not self.desk.busy or self.random.random() < 0.3:
            return
        heard: list[object] = []

        def hear(*news: object) -> None:
            heard.append(news)

        signals = (self.desk.progress, self.desk.text_added)
        for one in signals:
            one.connect(hear)
        wanted = self.random.randint(1, 6)
        self.hands.until(lambda: not self.desk.busy or len(heard) >= wanted)
        for one in signals:
            one.disconnect(hear)

    def key(self) -> None:
        focus = QApplication.focusWidget()
        if focus is not None:
            key, modifiers = self.random.choice(_KEYS)
            QTest.keyClick(focus, key, modifiers)

    def type_in(self, dialog: QWidget) -> None:
        fields = [w for w in dialog.findChildren(QWidget) if isinstance(w, QLineEdit | QPlainTextEdit | QSpinBox)]
        shown = [w for w in fields if w.isVisible() and w.isEnabled()]
        if shown:
            field = self.random.choice(shown)
            if isinstance(field, QSpinBox):
                field.setValue(self.random.randint(field.minimum(), min(field.maximum(), 9000)))
            else:
                QTest.keyClicks(field, self.random.choice(("2", "night shift", "x" * 40)))

    def click_one_in(self, widget: QWidget) -> None:
        buttons = [b for b in widget.findChildren(QAbstractButton) if b.isVisible() and b.isEnabled()]
        lists = [v for v in widget.findChildren(QListView) if v.isVisible() and v.model().rowCount()]
        if lists and self.random.random() < 0.2:
            view = self.random.choice(lists)
            index = view.model().index(self.random.randrange(view.model().rowCount()), 0)
            QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())
        elif buttons:
            self.random.choice(buttons).click()
