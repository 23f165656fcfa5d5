"""Beside the findings: the code that the chosen one is about, what stands in its margin, and its details below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.ui.review import words
from app.ui.review.code_header import CodeHeader
from app.ui.review.code_view import CodeView, Mark
from app.ui.review.details import Details
from app.ui.review.rows import FindingRow
from app.ui.theme.style import Theme
from app.ui.viewer.find_bar import FindBar
from app.ui.viewer.rules import rule

_LEAST_CODE = 160


class CodePanel(QWidget):
    """`turned`: the next (1) or previous (-1) finding is wanted. `chosen`: a FindingRow whose sign was clicked.

    `closed`: the panel is to go, where it lies over the findings; else the keyboard is to go back to them.
    """

    turned = Signal(int)
    chosen = Signal(object)
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("field", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Code of the finding"))
        self._listed: Sequence[FindingRow] = ()
        self._dragged = False
        self.header = CodeHeader(theme)
        self.find_bar = FindBar(theme)
        self.code = CodeView(theme)
        self.details = Details(theme)
        self._without = QLabel()
        self._without.setWordWrap(True)
        self._without.setTextFormat(Qt.TextFormat.PlainText)
        self._without.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._without.setMargin(24)
        self._without.setProperty("tone", "third")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.code)
        self._stack.addWidget(self._without)
        self._stack.setMinimumHeight(80)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        self.split.setHandleWidth(1)
        self.split.addWidget(self._stack)
        self.split.addWidget(self.details)
        self.split.setStretchFactor(0, 1)
        self.details.setMinimumHeight(120)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.find_bar)
        column.addWidget(rule())
        column.addWidget(self.split, 1)
        self.header.turned.connect(self.turned)
        self.header.find_wanted.connect(self.open_find)
        self.header.close_wanted.connect(self.closed)
        self.code.mark_wanted.connect(self._mark_wanted)
        self.split.splitterMoved.connect(self._moved)

    def show_finding(
        self,
        row: FindingRow,
        listed: Sequence[FindingRow],
        texts: Mapping[str, str],
        known: Mapping[str, Sequence[tuple[int, int]]],
    ) -> None:
        """Show one of the findings that are listed. texts, known: by path, of what was reviewed; see Reviewed."""
        self._listed = listed
        finding, text = row.checked.finding, texts.get(row.checked.finding.path)
        at = next((i for i, one in enumerate(listed) if one is row), 0)
        self.header.show_finding(row, at, len(listed))
        marks = [_mark(i, one) for i, one in enumerate(listed) if one.checked.finding.path == finding.path]
        self.find_bar.setVisible(self.find_bar.isVisible() and text is not None)
        self.details.show_finding(row)
        self._share_out()
        if text is not None:
            chosen = _mark(at, row)
            self.code.show_code(finding.path, text, marks, chosen, known=known.get(finding.path, ()))
            self.code.setAccessibleDescription(f"{finding.path}, {words.lines(finding)}")
            self.find_bar.set_target(self.code, self.code.content.source.sections)
            self._stack.setCurrentWidget(self.code)
        else:
            self.code.show_nothing()
            self._without.setText(
                self.tr("{0} is no longer at hand as it was reviewed. Run the review again to see it.").format(
                    finding.path
                )
            )
            self._stack.setCurrentWidget(self._without)

    def set_overlay(self, overlay: bool) -> None:
        """Whether it lies over the findings and can be closed."""
        self.header.set_overlay(overlay)

    def shut_down(self) -> None:
        """End the threads. Nothing can be shown afterwards."""
        self.code.shut_down()
        self.find_bar.shut_down()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Ctrl+F searches; Esc closes the search, then goes back to the findings."""
        if not self.find_bar.take_key(event, opens=self.open_find, closes=self.closed.emit):
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """The code keeps most of the room."""
        super().resizeEvent(event)
        self._share_out()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Another font changes what the details need."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._share_out()

    def open_find(self) -> None:
        """Open the line that searches the file."""
        if self._stack.currentWidget() is self.code:
            self.find_bar.open("")

    def _mark_wanted(self, number: int) -> None:
        if number < len(self._listed):
            self.chosen.emit(self._listed[number])

    def _moved(self) -> None:
        self._dragged = True

    def _share_out(self) -> None:
        """As high as the details need, at most about half, until a person has drawn the border."""
        height = self.split.height()
        if self._dragged or height < 2 * _LEAST_CODE:
            return
        below = min(self.details.wanted_height(self.details.width()), max(height - _LEAST_CODE * 2, height // 2))
        self.split.setSizes([height - below, below])


def _mark(number: int, row: FindingRow) -> Mark:
    finding = row.checked.finding
    last = max(finding.first, finding.last)
    sure = row.checked.quoted != "unconfirmed" and row.change != "fixed"
    return Mark(number, finding.first, last, finding.severity, sure)
