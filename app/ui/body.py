"""The three columns of the window, and what becomes of them where there is little room. Knows no desk."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QMoveEvent, QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

from app.ui.viewer.viewer import Viewer

NARROW, OVERLAY, RAIL = 1400, 1180, 960
"""Window widths below which: side and viewer are narrower; the viewer lies over the centre; the side is hidden."""

_SIDE, _CENTRE, _VIEWER = 272, 700, 470
_NARROW_SIDE, _NARROW_VIEWER = 232, 400


class Body(QSplitter):
    """Side, centre and viewer. The viewer is hidden until it is shown for the first time."""

    def __init__(self, side: QWidget, centre: QWidget, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.side, self.centre, self.viewer = side, centre, viewer
        self._window_width = 0
        self.setHandleWidth(1)
        side.setMinimumWidth(200)
        side.setMaximumWidth(420)
        centre.setMinimumWidth(440)
        viewer.setMinimumWidth(320)
        for widget in (side, centre, viewer):
            self.addWidget(widget)
        self.setStretchFactor(1, 1)
        self.setChildrenCollapsible(False)
        self.setSizes([_SIDE, _CENTRE, _VIEWER])
        viewer.hide()

    @property
    def floating(self) -> bool:
        """Whether the viewer lies over the centre."""
        return self.viewer.parentWidget() is not self

    def fit(self, width: int) -> None:
        """Follow the window's width."""
        before, self._window_width = self._window_width, width
        self._fit_side(before, width)
        if (width < RAIL) != (0 < before < RAIL):
            self.side.setVisible(width >= RAIL)
        if self.floating or (width < OVERLAY and not self.viewer.isHidden()):
            shown = not self.viewer.isHidden()
            self._put(over=width < OVERLAY)
            self.viewer.setVisible(shown)

    def _fit_side(self, before: int, width: int) -> None:
        """As wide as this window's width suggests, unless a person has made it another."""
        was = _NARROW_SIDE if 0 < before < NARROW else _SIDE
        wanted = _NARROW_SIDE if width < NARROW else _SIDE
        sizes = self.sizes()
        if wanted != was and (not before or sizes[0] == was):
            self.setSizes([wanted, sizes[1] + sizes[0] - wanted, *sizes[2:]])

    def show_viewer(self) -> None:
        """Beside the conversation where there is room, over it where there is not."""
        fresh = self.viewer.isHidden()
        self._put(over=self._window_width < OVERLAY)
        self.viewer.show()
        if self.floating:
            self.viewer.raise_()
        elif fresh:
            total = self.width()
            side = 0 if self.side.isHidden() else self.side.width()
            wanted = _NARROW_VIEWER if self._window_width < NARROW else _VIEWER
            viewer = min(max(wanted, self.viewer.width()), total // 2)
            self.setSizes([side, total - side - viewer, viewer])

    def state(self) -> str:
        """The widths, to be kept."""
        return bytes(self.saveState().toBase64().data()).decode()

    def restore(self, state: str) -> None:
        """The widths as they were; the viewer stays hidden."""
        self.restoreState(QByteArray.fromBase64(state.encode()))
        self.viewer.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """A viewer that lies over the centre keeps to its edges."""
        super().resizeEvent(event)
        self._keep_over()

    def moveEvent(self, event: QMoveEvent) -> None:  # noqa: N802
        """What stands above may have become lower."""
        super().moveEvent(event)
        self._keep_over()

    def _keep_over(self) -> None:
        if self.floating:
            self._put(over=True)

    def _put(self, *, over: bool) -> None:
        window = self.window()
        self.viewer.set_overlay(over)
        self.viewer.setProperty("overlay", over)
        self.viewer.style().unpolish(self.viewer)
        self.viewer.style().polish(self.viewer)
        if not over:
            if self.floating:
                self.addWidget(self.viewer)
            return
        if not self.floating:
            self.viewer.setParent(window)
        corner = self.mapTo(window, self.rect().topLeft())
        width = min(440, self.width() - 120)
        self.viewer.setGeometry(corner.x() + self.width() - width, corner.y(), width, self.height())
