"""Shorthand that the tests of the evidence viewer share."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.core.workspace import Entry, Workspace
from app.ui.viewer.evidence import Evidence, EvidenceState
from app.ui.viewer.viewer import Viewer
from tests.ingest.reading import read

SIZE = (470, 700)


def entries(*paths: Path) -> tuple[Entry, ...]:
    """What real ingest makes of real files, as a session holds it."""
    return Workspace().add(read(*paths).documents).entries


def evidence(entry: Entry, words: str, state: EvidenceState = "exact") -> Evidence:
    """The place where `words` stand first."""
    for number, section in enumerate(entry.document.sections):
        at = section.text.find(words)
        if at >= 0:
            return Evidence(entry.key, number, at, at + len(words), state, words)
    raise AssertionError(f"{words!r} is not in {entry.name}")


def shown(viewer: Viewer, qtbot: QtBot, *, size: tuple[int, int] = SIZE) -> Viewer:
    """The viewer on the (offscreen) screen."""
    viewer.resize(*size)
    with qtbot.waitExposed(viewer):
        viewer.show()
    return viewer


def picture(widget: QWidget) -> QImage:
    """What a widget looks like now."""
    return widget.grab().toImage()


def share_of(image: QImage, area: QRectF, colour: str, *, about: int = 0) -> float:
    """Which share of the pixels in `area` has this colour. about: how far each of red, green and blue may be off."""
    wanted = QColor(colour)
    parts = wanted.red(), wanted.green(), wanted.blue()
    ratio = image.devicePixelRatio()
    box = QRectF(area.topLeft() * ratio, area.bottomRight() * ratio).toRect().intersected(image.rect())
    if box.isEmpty():
        return 0.0
    pixels = [image.pixel(x, y) for y in range(box.top(), box.bottom() + 1) for x in range(box.left(), box.right() + 1)]
    if not about:
        return sum(pixel == wanted.rgb() for pixel in pixels) / len(pixels)
    found = ((pixel >> 16 & 255, pixel >> 8 & 255, pixel & 255) for pixel in pixels)
    return sum(all(abs(a - b) <= about for a, b in zip(one, parts, strict=True)) for one in found) / len(pixels)


def drag(widget: QWidget, first: QPointF, last: QPointF) -> None:
    """Press at one point, release at another."""
    a, b = first.toPoint(), last.toPoint()
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, a)
    QTest.mouseMove(widget, QPoint((a.x() + b.x()) // 2, (a.y() + b.y()) // 2))
    QTest.mouseMove(widget, b)
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, b)


def press(
    widget: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier, *, times: int = 1
) -> None:
    """Press and release a key."""
    for _ in range(times):
        QTest.keyClick(widget, key, modifiers)
