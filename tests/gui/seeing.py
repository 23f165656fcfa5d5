"""What someone sees and hears of a window, measured: names, contrast as painted, clipped words, the round of Tab."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible, QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QToolButton,
    QWidget,
)

AA = 4.5
_MOST_TABS = 400
_BORDERS = 2
"""px that a button can do without before its letters suffer."""


def shown(root: QWidget) -> Iterator[QWidget]:
    """Every visible widget in the window of `root`, but for the parts that spin and combo boxes are made of."""
    for widget in (root, *root.findChildren(QWidget)):
        inside = isinstance(widget.parentWidget(), QAbstractSpinBox | QComboBox)
        if widget.isVisible() and widget.window() is root.window() and not inside:
            yield widget


def called(widget: QWidget) -> str:
    """Such as "ask (QPushButton in Composer)"."""
    words = widget.text() if isinstance(widget, QLabel | QAbstractButton) else widget.accessibleName()
    above = widget.parentWidget()
    while above is not None and type(above).__module__.startswith("PySide6"):
        above = above.parentWidget()
    return f"{words[:60]!r} ({type(widget).__name__} in {type(above).__name__})"


def nameless(root: QWidget) -> list[str]:
    """Controls that a screen reader has no name for."""
    controls = (
        widget
        for widget in shown(root)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus or isinstance(widget, QAbstractButton)
    )
    return [called(one) for one in controls if not _spoken(one).strip()]


def _spoken(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface is not None else ""


# Contrast


def faint(root: QWidget) -> list[str]:
    """Labels and buttons whose letters, as they are painted, have less contrast than AA asks for."""
    image = root.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    ratio = image.devicePixelRatio()
    found = []
    for widget in shown(root):
        area = _letters(widget)
        if area is None:
            continue
        place = QRect(widget.mapTo(root, area.topLeft()), area.size()) if widget is not root else area
        visible = widget.visibleRegion().boundingRect()
        if not visible.contains(area) or ratio != 1:
            continue
        # Held as long as its pixels are counted: what Qt has let go is somebody else's.
        part = image.copy(place)
        colours = Counter(memoryview(part.constBits()).cast("I"))
        field = colours.most_common(1)[0][0]
        strong = sum(count for colour, count in colours.items() if contrast(colour, field) >= AA)
        letters = sum(c.isalnum() for c in _words(widget))
        if letters and strong < letters:
            best = max(contrast(colour, field) for colour in colours)
            found.append(f"{called(widget)}: {best:.2f} on {QColor(field).name()}")
    return found


def contrast(one: int, other: int) -> float:
    """The ratio of WCAG 2, 1 to 21. one, other: as QRgb."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(rgb: int) -> float:
    parts = ((rgb >> shift & 255) / 255 for shift in (16, 8, 0))
    linear = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _words(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""


def _letters(widget: QWidget) -> QRect | None:
    """The part of an enabled label or button that holds its words and nothing else."""
    if not widget.isEnabled() or not _words(widget).strip():
        return None
    if isinstance(widget, QToolButton) and widget.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly:
        return None
    area = widget.rect()
    if isinstance(widget, QAbstractButton):
        area = area.adjusted(5, 4, -5, -4)
        if not widget.icon().isNull() or widget.metaObject().className() in ("QRadioButton", "QCheckBox"):
            area.setLeft(area.left() + max(18, widget.iconSize().width()) + 8)
    return area if area.width() > 4 and area.height() > 4 else None


# Room


def clipped(root: QWidget) -> list[str]:
    """Labels and buttons whose words need more room than there is. What shortens itself is left alone."""
    found = []
    for widget in shown(root):
        if not _words(widget).strip() or hasattr(widget, "_whole"):
            continue
        if isinstance(widget, QToolButton) and widget.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly:
            continue
        need = widget.sizeHint()
        if isinstance(widget, QLabel) and widget.wordWrap():
            if widget.heightForWidth(widget.width()) > widget.height() + 1:
                found.append(f"{called(widget)}: {widget.heightForWidth(widget.width())} px high in {widget.height()}")
        elif need.width() > widget.width() + 1 or need.height() > widget.height() + _BORDERS:
            found.append(f"{called(widget)}: {need.toTuple()} in {widget.size().toTuple()}")
        cut = _cut(widget, root)
        if cut:
            found.append(f"{called(widget)}: {cut}")
    return found


def _cut(widget: QWidget, root: QWidget) -> str:
    """Where something around hides a part of `widget`. What can be scrolled to is not hidden."""
    child, above = widget, widget.parentWidget()
    area = widget.rect()
    while above is not None and child is not root:
        area.translate(child.pos())
        scrolls = above.parentWidget()
        if isinstance(scrolls, QAbstractScrollArea) and scrolls.viewport() is above:
            vertical = scrolls.verticalScrollBarPolicy() != Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            horizontal = scrolls.horizontalScrollBarPolicy() != Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            if not horizontal and (area.left() < 0 or area.right() > above.width()):
                return f"cut at the side by {type(scrolls).__name__}"
            if vertical or horizontal:
                return ""
        if not above.rect().adjusted(-4, -4, 4, 4).contains(area):
            return f"cut by {called(above)}: {area.getRect()} in {above.size().toTuple()}"
        child, above = above, above.parentWidget()
    return ""


# The round of Tab


def unreachable(root: QWidget) -> list[str]:
    """What is wrong with going round by Tab and by Shift+Tab: traps, and controls that are passed over.

    Of buttons of which one is on Tab visits one; the arrows lead to the others.
    """
    wanted = [
        widget
        for widget in shown(root)
        if widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
    ]
    if not wanted:
        return []
    found = []
    for key, modifiers in (
        (Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier),
    ):
        wanted[0].setFocus(Qt.FocusReason.TabFocusReason)
        visited = _round(key, modifiers)
        if visited is None:
            here = QApplication.focusWidget()
            found.append(f"{key.name} does not come round; it stays at {called(here) if here else 'nothing'}")
            continue
        groups = {one.group() for one in visited if isinstance(one, QAbstractButton)} - {None}
        found += [
            f"{key.name} passes over {called(one)}"
            for one in wanted
            if one not in visited and not (isinstance(one, QAbstractButton) and one.group() in groups)
        ]
    return found


def _round(key: Qt.Key, modifiers: Qt.KeyboardModifier) -> list[QWidget] | None:
    """The widgets that have the focus until it is where it began; None when it never is."""
    start = QApplication.focusWidget()
    if start is None:
        return None
    visited = [start]
    for _ in range(_MOST_TABS):
        now = QApplication.focusWidget()
        if now is None:
            return None
        QTest.keyClick(now, key, modifiers)
        after = QApplication.focusWidget()
        if after is start and now is not start:
            return visited
        if after is None:
            return None
        if after is not visited[-1]:
            visited.append(after)
    return None
