"""Below the code: what was found, how far it can be trusted, what is suggested, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.core.review.finding import Checked
from app.ui.icons import set_icon
from app.ui.review import words
from app.ui.review.diff_view import DiffView
from app.ui.review.rows import FindingRow
from app.ui.review.severity_sign import SeveritySign
from app.ui.theme.style import BODY, SMALL, Theme, monospace, scaled


class Details(QWidget):
    """Each signal is about the finding that is shown, a Checked. Nothing here touches the person's files."""

    copying = Signal(object)
    saving = Signal(object)
    dismissing = Signal(object)
    restoring = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._checked: Checked | None = None
        self.sign = SeveritySign(theme)
        self.severity = _label(scaled(BODY, weight=QFont.Weight.DemiBold))
        self.title = _label(scaled(BODY, weight=QFont.Weight.DemiBold), wraps=True)
        self.facts = _label(scaled(SMALL), tone="second", wraps=True)
        self.explanation = _label(scaled(BODY), wraps=True)
        self.dismissed = _label(scaled(SMALL), tone="second", wraps=True)
        self.quote = _label(monospace(), wraps=True)
        self._quoted = QFrame()
        self._quoted.setProperty("card", "sunken")
        self.suggested = _label(scaled(BODY, weight=QFont.Weight.DemiBold))
        self.suggested.setText(self.tr("Suggested change"))
        self.patch = _label(scaled(SMALL), wraps=True)
        self.diff = DiffView(theme)
        self._diff_frame = QFrame()
        self.copy_patch = QPushButton(self.tr("Copy patch"))
        self.save_patch = QPushButton(self.tr("Save patch…"))
        self.dismiss = QPushButton(self.tr("Dismiss…"))
        self.restore = QPushButton(self.tr("Undo dismissal"))
        self._arrange()
        self.copy_patch.clicked.connect(lambda: self.copying.emit(self._checked))
        self.save_patch.clicked.connect(lambda: self.saving.emit(self._checked))
        self.dismiss.clicked.connect(lambda: self.dismissing.emit(self._checked))
        self.restore.clicked.connect(lambda: self.restoring.emit(self._checked))
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def checked(self) -> Checked | None:
        """The finding that is shown."""
        return self._checked

    def show_finding(self, row: FindingRow) -> None:
        """Show one."""
        checked, finding = row.checked, row.checked.finding
        other = self._checked is None or self._checked.finding != finding
        self._checked = checked
        self.sign.show_severity(finding.severity)
        self.severity.setText(words.severity(finding.severity))
        _tone(self.severity, {"text2": "second"}.get(words.TONES[finding.severity], words.TONES[finding.severity]))
        self.title.setText(" ".join(finding.title.split()))
        self.facts.setText(words.facts(checked))
        self.explanation.setText(finding.explanation.strip())
        self.explanation.setVisible(bool(finding.explanation.strip()))
        self._quoted.setVisible(checked.quoted == "unconfirmed" and bool(finding.quote.strip()))
        self.quote.setText(finding.quote.rstrip("\n"))
        self.dismissed.setVisible(checked.dismissed is not None)
        self.dismissed.setText(self.tr("Dismissed: {0}").format(checked.dismissed or self.tr("no reason given")))
        self._show_suggestion(checked, other=other)
        fixed = row.change == "fixed"
        self.dismiss.setVisible(checked.dismissed is None and not fixed)
        self.restore.setVisible(checked.dismissed is not None and not fixed)
        if other:
            self._scroll.verticalScrollBar().setValue(0)

    def wanted_height(self, width: int) -> int:
        """Pixels that all of it needs at a width."""
        self._column.invalidate()
        return self._column.heightForWidth(width) + self._foot.sizeHint().height() + 4

    def _show_suggestion(self, checked: Checked, *, other: bool) -> None:
        there = checked.patch != "none" and bool(checked.finding.suggestion.strip())
        for part in (self.suggested, self.patch, self._diff_frame):
            part.setVisible(there)
        for button in (self.copy_patch, self.save_patch):
            button.setVisible(there)
        if not there:
            return
        sign, said, tone = words.patch(checked.patch)
        reason = checked.reason if checked.patch in ("fails", "breaks") and checked.quoted != "unconfirmed" else ""
        self.patch.setText(f"{sign} {said}" + (f". {reason}" if reason else ""))
        _tone(self.patch, tone)
        if other:
            self.diff.show_diff(checked.finding.path, checked.finding.suggestion)
            # What lies around it has to forget how high it was before its height is asked for.
            self._diff_frame.updateGeometry()

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(6)
        top = Qt.AlignmentFlag.AlignTop
        signs = QVBoxLayout()
        # The sign stands on the middle of the first line, however many the title takes.
        signs.addSpacing(max(0, (self.severity.fontMetrics().height() - self.sign.height()) // 2))
        signs.addWidget(self.sign)
        signs.addStretch(1)
        head.addLayout(signs)
        head.addWidget(self.severity, 0, top)
        head.addSpacing(6)
        head.addWidget(self.title, 1, top)
        said = _label(scaled(SMALL), tone="second")
        said.setText(self.tr("The model quoted:"))
        quoted = QVBoxLayout(self._quoted)
        quoted.setContentsMargins(10, 6, 10, 8)
        quoted.setSpacing(2)
        quoted.addWidget(said)
        quoted.addWidget(self.quote)
        frame = QVBoxLayout(self._diff_frame)
        # Rows are square, the frame is not.
        frame.setContentsMargins(1, 6, 1, 6)
        frame.addWidget(self.diff)
        self._diff_frame.setProperty("card", "plain")
        inside = QWidget()
        inside.setProperty("field", "window")
        column = self._column = QVBoxLayout(inside)
        column.setContentsMargins(14, 12, 14, 8)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.facts)
        column.addWidget(self.dismissed)
        column.addWidget(self.explanation)
        column.addWidget(self._quoted)
        column.addSpacing(4)
        column.addWidget(self.suggested)
        column.addWidget(self.patch)
        column.addWidget(self._diff_frame)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._foot = QWidget()
        buttons = QHBoxLayout(self._foot)
        buttons.setContentsMargins(14, 4, 14, 12)
        buttons.setSpacing(8)
        for button in (self.copy_patch, self.save_patch, self.dismiss, self.restore):
            buttons.addWidget(button)
        buttons.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._scroll, 1)
        whole.addWidget(self._foot)

    def _restyle(self) -> None:
        tokens = self._theme.tokens
        set_icon(self.copy_patch, tokens, "copy")
        set_icon(self.save_patch, tokens, "save")
        set_icon(self.restore, tokens, "undo")


def _label(font: QFont, *, tone: str = "", wraps: bool = False) -> QLabel:
    label = QLabel()
    label.setFont(font)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wraps)
    if tone:
        label.setProperty("tone", tone)
    if wraps:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _tone(label: QLabel, tone: str) -> None:
    if label.property("tone") != tone:
        label.setProperty("tone", tone)
        label.style().unpolish(label)
        label.style().polish(label)
