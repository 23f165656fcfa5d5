"""What stands in the centre before anything is added: what the program is for, and three ways to begin."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.ui.elided import ElidedButton
from app.ui.icons import icon
from app.ui.theme.style import ANSWER, SECTION, TITLE, Theme, scaled

_SIDE, _NARROW, _WIDEST = 48, 760, 1040
_LOW, _FIELD, _LOW_FIELD = 560, 190, 128


class StartPage(QScrollArea):
    """`adding`, `sample_wanted`, `model_wanted`, `check_wanted`: what the person chose."""

    adding = Signal()
    sample_wanted = Signal()
    model_wanted = Signal()
    evidence_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._signs: list[tuple[QLabel, str, int]] = []
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        inside.setProperty("field", "surface")
        inside.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        title = QLabel(self.tr("Answers you can check, from documents that stay here"))
        title.setFont(scaled(TITLE, weight=QFont.Weight.DemiBold))
        title.setWordWrap(True)
        what = QLabel(
            self.tr(
                "Plumbline reads your documents whole, shows what they cost before you ask, "
                "and checks every quote word for word."
            )
        )
        what.setFont(scaled(ANSWER))
        what.setProperty("tone", "second")
        what.setWordWrap(True)
        promise = QLabel(
            self.tr("Nothing leaves this computer. The network is used only when you press a button that needs it.")
        )
        promise.setProperty("tone", "second")
        promise.setWordWrap(True)
        layout = self._column = QVBoxLayout(inside)
        layout.setContentsMargins(_SIDE, 24, _SIDE, 24)
        layout.setSpacing(12)
        layout.addStretch(1)
        layout.addWidget(title)
        layout.addWidget(what)
        layout.addSpacing(4)
        self._field = self._drop_field()
        layout.addWidget(self._field, 3)
        layout.addSpacing(4)
        layout.addLayout(self._ways())
        layout.addWidget(promise)
        layout.addStretch(1)
        self.setWidget(inside)
        theme.changed.connect(self._restyle)
        self._restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Never so wide that it falls apart; where there is little height, the ways to begin stay in sight."""
        super().resizeEvent(event)
        width = event.size().width()
        side = max(_SIDE if width > _NARROW else _SIDE // 2, (width - _WIDEST) // 2)
        low = event.size().height() < _LOW
        self._column.setContentsMargins(side, 12 if low else 24, side, 12 if low else 24)
        self._column.setSpacing(8 if low else 12)
        self._field.setMinimumHeight(_LOW_FIELD if low else _FIELD)

    def _drop_field(self) -> QFrame:
        field = DropField(self._theme)
        field.setMinimumHeight(_FIELD)
        field.setMaximumHeight(300)
        sign = self._sign("inbox", 28)
        heading = QLabel(self.tr("Drop documents here"))
        heading.setFont(scaled(TITLE, weight=QFont.Weight.DemiBold))
        kinds = QLabel(self.tr("PDF and text files, a code folder, logs, or a long paste"))
        kinds.setProperty("tone", "second")
        kinds.setWordWrap(True)
        kinds.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.add = QPushButton(self.tr("Add files or a folder…"))
        self.add.setProperty("role", "primary")
        self.add.setAccessibleName(self.tr("Add files or a folder"))
        self.add.clicked.connect(self.adding)
        shortcut = QLabel(self.tr("Ctrl+O"))
        shortcut.setProperty("tone", "second")
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.add)
        row.addWidget(shortcut)
        row.addStretch(1)
        layout = QVBoxLayout(field)
        layout.setSpacing(10)
        layout.addStretch(1)
        layout.addWidget(sign, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(heading, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(kinds)
        layout.addLayout(row)
        layout.addStretch(1)
        return field

    def _ways(self) -> QHBoxLayout:
        ways = QHBoxLayout()
        ways.setSpacing(12)
        self.sample = ElidedButton(self.tr("Open the sample"))
        self.sample.clicked.connect(self.sample_wanted)
        model = ElidedButton(self.tr("Choose a model…"))
        model.clicked.connect(self.model_wanted)
        evidence = ElidedButton(self.tr("Search without a model"))
        evidence.clicked.connect(self.evidence_wanted)
        ways.addWidget(
            self._way(
                "flask",
                self.tr("Try the sample"),
                self.tr("A handbook, minutes, a small program and its log, with questions to start from."),
                self.sample,
            )
        )
        ways.addWidget(
            self._way(
                "chip",
                self.tr("Use a real model"),
                self.tr("The bundled reader finds and quotes sentences, no more. Any GGUF can take its place."),
                model,
            )
        )
        ways.addWidget(
            self._way(
                "evidence",
                self.tr("No model at all"),
                self.tr("Ask anyway: you get the best passages of everything, word for word."),
                evidence,
            )
        )
        return ways

    def _way(self, sign: str, title: str, text: str, button: QPushButton) -> QFrame:
        card = QFrame()
        card.setProperty("card", "plain")
        heading = QLabel(title)
        heading.setFont(scaled(SECTION, weight=QFont.Weight.DemiBold))
        heading.setWordWrap(True)
        words = QLabel(text)
        words.setProperty("tone", "second")
        words.setWordWrap(True)
        words.setAlignment(Qt.AlignmentFlag.AlignTop)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._sign(sign, 18))
        top.addWidget(heading, 1)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(16, 12, 16, 14)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(words, 1)
        layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        return card

    def _sign(self, name: str, size: int) -> QLabel:
        label = QLabel()
        self._signs.append((label, name, size))
        return label

    def _restyle(self) -> None:
        for label, name, size in self._signs:
            label.setPixmap(icon(self._theme.tokens, name, "accent").pixmap(QSize(size, size)))


class DropField(QFrame):
    """A field with a dashed edge. The whole window takes drops; this says so."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The dashed edge."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.edge), 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(QColor(tokens.window))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 10, 10)
        painter.end()
