"""The two lines above the evidence: which source and where, then what was found out and which citation it is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.ui.icon_button import icon_button
from app.ui.icons import icon
from app.ui.theme.style import SMALL, Theme, scaled
from app.ui.viewer.evidence import SIGNS, TONES, EvidenceState, verdict_words
from app.ui.viewer.labels import ElidedLabel, KeyLabel

_WIDEST_PLACE = 260


class ViewerHeader(QWidget):
    """Says what its owner tells it, and passes clicks on."""

    turned = Signal(int)
    find_wanted = Signal()
    contents_wanted = Signal(bool)
    close_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._state: EvidenceState | None = None
        self.key = KeyLabel(theme)
        self.name = ElidedLabel()
        self.name.setFont(scaled(1.0, weight=QFont.Weight.DemiBold))
        self.place = QLabel()
        self.place.setProperty("tone", "second")
        self._buttons = {
            "previous": _button(self.tr("Previous page"), lambda: self.turned.emit(-1)),
            "next": _button(self.tr("Next page"), lambda: self.turned.emit(1)),
            "list": _button(self.tr("What is in this source"), None),
            "search": _button(self.tr("Find in this source (Ctrl+F)"), self.find_wanted.emit),
            "cancel": _button(self.tr("Close (Esc)"), self.close_wanted.emit),
        }
        self._buttons["cancel"].hide()
        self.contents = self._buttons["list"]
        self.contents.setCheckable(True)
        self.contents.toggled.connect(self.contents_wanted)
        self.contents.hide()
        self.sign = QLabel()
        self.sign.setFont(scaled(1.0, weight=QFont.Weight.Bold))
        self.verdict = QLabel()
        self.verdict.setFont(scaled(SMALL, weight=QFont.Weight.DemiBold))
        self.verdict.setWordWrap(True)
        self.verdict.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.counter = QLabel()
        self.counter.setFont(scaled(SMALL))
        self.counter.setProperty("tone", "second")
        self.counter.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        self._second = QWidget()
        self._arrange()
        theme.changed.connect(self._restyle)
        self._restyle()

    def set_overlay(self, overlay: bool) -> None:
        """Offer a button that closes the panel."""
        self._buttons["cancel"].setVisible(overlay)

    def show_source(self, key: str, index: int, name: str) -> None:
        """A source, the index-th; an empty key for what is no source."""
        self.key.setVisible(bool(key))
        self.key.show_key(key, index)
        self.name.show_text(name)

    def show_place(self, words: str, *, pages: bool) -> None:
        """Where the view is. pages: whether there are pages to turn."""
        shown = self.place.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, _WIDEST_PLACE)
        self.place.setText(shown)
        self.place.setToolTip(words if shown != words else "")
        self._buttons["previous"].setVisible(pages)
        self._buttons["next"].setVisible(pages)

    def show_verdict(
        self, state: EvidenceState | None, counter: str, *, recognised: bool = False, remark: str = ""
    ) -> None:
        """What was found out, and which of the citations this is; None for neither.

        recognised: the text was read from pictures of the pages. remark: what else is to be known, where nothing is
        cited.
        """
        self._state = state
        self._second.setVisible(state is not None or recognised or bool(remark))
        self.sign.setVisible(state is not None)
        if state is not None:
            self.sign.setText(SIGNS[state])
            self.verdict.setText(verdict_words(state, self.tr, recognised=recognised))
        elif recognised:
            self.verdict.setText(self.tr("Text recognised by OCR: check it against the page"))
        elif remark:
            self.verdict.setText(remark)
        self.counter.setText(counter)
        self._restyle()

    def _arrange(self) -> None:
        first = QHBoxLayout()
        first.setContentsMargins(0, 0, 0, 0)
        first.setSpacing(8)
        first.addWidget(self.key)
        first.addWidget(self.name, 1)
        first.addWidget(self.place)
        buttons = QHBoxLayout()
        buttons.setSpacing(2)
        for button in self._buttons.values():
            buttons.addWidget(button)
        first.addLayout(buttons)
        second = QHBoxLayout(self._second)
        second.setContentsMargins(0, 0, 6, 0)
        second.setSpacing(6)
        second.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignTop)
        second.addWidget(self.verdict, 1, Qt.AlignmentFlag.AlignTop)
        second.addWidget(self.counter, 0, Qt.AlignmentFlag.AlignTop)
        both = QVBoxLayout(self)
        both.setContentsMargins(12, 8, 8, 8)
        both.setSpacing(4)
        both.addLayout(first)
        both.addWidget(self._second)

    def _restyle(self) -> None:
        for name, button in self._buttons.items():
            button.setIcon(icon(self._theme.tokens, name))
        shown = TONES[self._state] if self._state is not None else "warn"
        colour = self._theme.colour(shown)
        for label in (self.sign, self.verdict):
            palette = label.palette()
            palette.setColor(label.foregroundRole(), colour)
            label.setPalette(palette)
            label.setProperty("tone", {"text2": "second"}.get(shown, shown))
            label.style().unpolish(label)
            label.style().polish(label)


def _button(words: str, clicked: object | None) -> QToolButton:
    button = icon_button(words, clicked)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button
