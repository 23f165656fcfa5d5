"""Findings and their code side by side, or the code over the findings where there is little room. Knows no finding."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QWidget

from app.ui.review.code_panel import CodePanel

OVERLAY = 900
"""px below which the code lies over the findings instead of beside them."""

_SHARE = 0.44
_LEAST_CODE, _LEAST_FINDINGS = 360, 440
_WIDEST_OVER, _STAYS_FREE = 520, 120


class Beside(QWidget):
    """The code is hidden until it is offered."""

    def __init__(self, findings: QWidget, code: CodePanel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._findings, self._code = findings, code
        self._offered = self._dragged = False
        self.over = False
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.setHandleWidth(1)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(findings)
        self.split.addWidget(code)
        self.split.setStretchFactor(0, 1)
        findings.setMinimumWidth(_LEAST_FINDINGS)
        code.setMinimumWidth(_LEAST_CODE)
        code.hide()
        row = QHBoxLayout(self)
        row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.split)
        self.split.splitterMoved.connect(self._drawn)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """The code needs no room of its own."""
        return QSize(_LEAST_FINDINGS, 200)

    def offer(self) -> None:
        """There is code to show: beside the findings it shows at once, over them only when it is opened."""
        self._offered = True
        if not self.over and self._code.isHidden():
            self._code.show()
            self._share_out()

    def withdraw(self) -> None:
        """There is none."""
        self._offered = False
        self._code.hide()

    def open(self) -> None:
        """Show the code, over the findings if need be."""
        if self._code.isHidden():
            self._lay_over()
            self._code.show()
            self._code.raise_()

    def shut(self) -> None:
        """Take it from over the findings; beside them it stays."""
        if self.over:
            self._code.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Over or beside, as the width suggests."""
        super().resizeEvent(event)
        self._put(over=event.size().width() < OVERLAY)
        if self.over:
            self._lay_over()
        elif not self._code.isHidden():
            self._share_out()

    def _put(self, *, over: bool) -> None:
        if over == self.over:
            return
        self.over = over
        if over:
            self._code.setParent(self)
        else:
            self.split.addWidget(self._code)
        self._code.setProperty("overlay", over)
        self._code.style().unpolish(self._code)
        self._code.style().polish(self._code)
        self._code.set_overlay(over)
        self._code.setVisible(self._offered and not over)

    def _lay_over(self) -> None:
        if self.over:
            width = min(_WIDEST_OVER, self.width() - _STAYS_FREE)
            self._code.setGeometry(self.width() - width, 0, width, self.height())

    def _drawn(self) -> None:
        self._dragged = True

    def _share_out(self) -> None:
        """As wide as the page suggests, until a person has drawn the border."""
        if not self._dragged:
            width = self.split.width()
            code = max(_LEAST_CODE, round(width * _SHARE))
            self.split.setSizes([width - code, code])
