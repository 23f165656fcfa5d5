"""What delegates paint, measured: each row of each list in every state a row can have.

Where letters stand and in which colour is recorded by a paint engine of its own; what is under them is looked up in a
picture of the same row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QModelIndex, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QPaintDevice,
    QPaintEngine,
    QPaintEngineState,
    QPainter,
    QTextItem,
    QTransform,
)
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QWidget

from tests.gui.seeing import AA, contrast, shown

_Flag = QStyle.StateFlag
STATES = {
    "plain": _Flag.State_Enabled,
    "hovered": _Flag.State_Enabled | _Flag.State_MouseOver,
    "selected": _Flag.State_Enabled | _Flag.State_Selected | _Flag.State_Active,
    "selected and hovered": _Flag.State_Enabled | _Flag.State_Selected | _Flag.State_MouseOver,
    "focused": _Flag.State_Enabled | _Flag.State_Selected | _Flag.State_HasFocus | _Flag.State_Active,
    "disabled": _Flag.State_None,
}


@dataclass(frozen=True, slots=True)
class Letters:
    """One run of letters as it is painted. colour: as QRgb."""

    text: str
    place: QRect
    colour: int


class _Recorder(QPaintEngine):
    """Remembers letters and paints nothing."""

    def __init__(self) -> None:
        super().__init__(QPaintEngine.PaintEngineFeature.AllFeatures)
        self.found: list[Letters] = []
        self._colour = 0
        self._transform = QTransform()

    def begin(self, device: QPaintDevice) -> bool:
        return True

    def end(self) -> bool:
        return True

    def type(self) -> QPaintEngine.Type:
        return QPaintEngine.Type.User

    def updateState(self, state: QPaintEngineState) -> None:  # noqa: N802
        # What has not changed is not told: the state then holds something else.
        if state.state() & QPaintEngine.DirtyFlag.DirtyPen:
            self._colour = state.pen().color().rgb()
        if state.state() & QPaintEngine.DirtyFlag.DirtyTransform:
            self._transform = QTransform(state.transform())

    def drawTextItem(self, at: Any, item: QTextItem) -> None:  # noqa: N802
        place = QRectF(at.x(), at.y() - item.ascent(), item.width(), item.ascent() + item.descent())
        self.found.append(Letters(item.text(), self._transform.mapRect(place).toRect(), self._colour))

    def _nothing(self, *_: Any) -> None:
        pass

    drawPixmap = drawImage = drawTiledPixmap = drawPath = _nothing  # type: ignore[assignment]  # noqa: N815
    drawPolygon = drawRects = drawLines = drawEllipse = drawPoints = _nothing  # noqa: N815


class _Paper(QPaintDevice):
    """Something to paint letters on that are only remembered."""

    def __init__(self, engine: _Recorder, width: int, height: int) -> None:
        super().__init__()
        self._engine = engine
        metric = QPaintDevice.PaintDeviceMetric
        dots = dict.fromkeys((metric.PdmDpiX, metric.PdmDpiY, metric.PdmPhysicalDpiX, metric.PdmPhysicalDpiY), 96)
        self._metrics = {metric.PdmWidth: width, metric.PdmHeight: height, metric.PdmDepth: 32, **dots}
        self._metrics[metric.PdmDevicePixelRatioScaled] = 0x10000

    def paintEngine(self) -> QPaintEngine:  # noqa: N802
        return self._engine

    def metric(self, which: QPaintDevice.PaintDeviceMetric) -> int:
        return self._metrics.get(which, 1)


def faint_rows(root: QWidget, seen: set[object], theme: str) -> list[str]:
    """Letters in rows of lists that have less contrast than AA asks for. seen: what was measured before, with theme."""
    found: list[str] = []
    for widget in shown(root):
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            found += _faint_in(widget, seen, theme)
    return found


def _faint_in(view: QAbstractItemView, seen: set[object], theme: str) -> Iterator[str]:
    model = view.model()
    field = _field(view)
    for number in range(model.rowCount()):
        index = model.index(number, 0)
        mark = (theme, type(view.itemDelegate()), repr(index.data(Qt.ItemDataRole.UserRole)), index.data())
        if mark in seen:
            continue
        seen.add(mark)
        for state, flags in STATES.items():
            letters, image = _painted(view, index, flags, field)
            if index.data() and not letters:
                yield f"nothing is painted of {index.data()!r} in {type(view).__name__}"
            for run in letters:
                part = image.copy(run.place)
                under = Counter(memoryview(part.constBits()).cast("I")).most_common(1)[0][0]
                ratio = contrast(run.colour, under)
                if ratio < AA and any(map(str.isalnum, run.text)):
                    on = QColor.fromRgb(under).name()
                    yield f"{run.text!r} in a {state} row of {type(view).__name__}: {ratio:.2f} on {on}"


def _painted(
    view: QAbstractItemView, index: QModelIndex, flags: QStyle.StateFlag, field: QColor
) -> tuple[list[Letters], QImage]:
    option = QStyleOptionViewItem()
    view.initViewItemOption(option)
    delegate = view.itemDelegate()
    width = max(160, view.viewport().width())
    option.rect = QRect(0, 0, width, delegate.sizeHint(option, index).height())
    option.state = flags
    image = QImage(option.rect.size(), QImage.Format.Format_RGB32)
    image.fill(field)
    painter = QPainter(image)
    delegate.paint(painter, option, index)
    painter.end()
    recorder = _Recorder()
    paper = _Paper(recorder, option.rect.width(), option.rect.height())
    painter = QPainter(paper)
    delegate.paint(painter, option, index)
    painter.end()
    visible = [run for run in recorder.found if run.place.intersects(option.rect)]
    return [Letters(run.text, run.place & option.rect, run.colour) for run in visible], image


def _field(view: QAbstractItemView) -> QColor:
    """The colour that the rows of a list stand on."""
    window = view.window()
    picture = window.grab(QRect(view.viewport().mapTo(window, QPoint(0, 1)), view.viewport().size()))
    return picture.toImage().pixelColor(1, 1)
