"""From colour tokens to Qt: palette, style sheet, fonts, and which theme the system asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from app.ui.theme.tokens import THEMES, ThemeName, Tokens

_RESOURCES = Path(__file__).resolve().parents[3] / "resources" / "theme"
_SHEET, _HIGH_CONTRAST = _RESOURCES / "plumbline.qss", _RESOURCES / "high-contrast.qss"
_PREFERRED = ("Inter", "Noto Sans", "Cantarell", "Ubuntu")
SMALL, BODY, ANSWER, SECTION, TITLE, LABEL, MONO = 0.9, 1.0, 1.1, 1.2, 1.5, 0.85, 0.95
"""Type sizes as factors of the application's font."""


class Theme(QObject):
    """The colours in use. `changed` comes after palette and style sheet are in place."""

    changed = Signal()

    def __init__(self, application: QApplication, *, name: ThemeName | None = None) -> None:
        """name: None follows the system, now and when it changes."""
        super().__init__(application)
        self._application = application
        self._chosen = name
        application.styleHints().colorSchemeChanged.connect(self._follow)
        self._tokens = THEMES[self._wanted()]

    @property
    def tokens(self) -> Tokens:
        """The colours."""
        return self._tokens

    @property
    def chosen(self) -> ThemeName | None:
        """What the user chose; None follows the system."""
        return self._chosen

    def choose(self, name: ThemeName | None) -> None:
        """Use this theme from now on; None follows the system."""
        self._chosen = name
        self.apply()

    def apply(self) -> None:
        """Put the colours in place everywhere."""
        self._tokens = THEMES[self._wanted()]
        self._application.setStyle("fusion")
        self._application.setPalette(palette(self._tokens))
        self._application.setStyleSheet(style_sheet(self._tokens))
        self.changed.emit()

    def colour(self, token: str) -> QColor:
        """The colour called `token`."""
        return QColor(getattr(self._tokens, token))

    def _follow(self) -> None:
        if self._chosen is None:
            self.apply()

    def _wanted(self) -> ThemeName:
        if self._chosen is not None:
            return self._chosen
        scheme = self._application.styleHints().colorScheme()
        return "dark" if scheme == Qt.ColorScheme.Dark else "light"


def palette(tokens: Tokens) -> QPalette:
    """What Fusion draws with where the style sheet says nothing."""
    result = QPalette()
    roles = {
        QPalette.ColorRole.Window: tokens.window,
        QPalette.ColorRole.WindowText: tokens.text,
        QPalette.ColorRole.Base: tokens.surface,
        QPalette.ColorRole.AlternateBase: tokens.window,
        QPalette.ColorRole.Text: tokens.text,
        QPalette.ColorRole.PlaceholderText: tokens.text3,
        QPalette.ColorRole.Button: tokens.surface,
        QPalette.ColorRole.ButtonText: tokens.text,
        QPalette.ColorRole.BrightText: tokens.bad,
        QPalette.ColorRole.Highlight: tokens.accent,
        QPalette.ColorRole.HighlightedText: tokens.on_accent,
        QPalette.ColorRole.Accent: tokens.accent,
        QPalette.ColorRole.Link: tokens.accent,
        QPalette.ColorRole.LinkVisited: tokens.accent,
        QPalette.ColorRole.ToolTipBase: tokens.raised,
        QPalette.ColorRole.ToolTipText: tokens.text,
        QPalette.ColorRole.Light: tokens.raised,
        QPalette.ColorRole.Midlight: tokens.hover,
        QPalette.ColorRole.Mid: tokens.edge,
        QPalette.ColorRole.Dark: tokens.edge,
        QPalette.ColorRole.Shadow: tokens.line,
    }
    for role, colour in roles.items():
        result.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.text3))
    return result


def style_sheet(tokens: Tokens) -> str:
    """The style sheet filled in. Raises KeyError for a name that is no token."""
    colours = {f.name: getattr(tokens, f.name) for f in fields(tokens) if isinstance(getattr(tokens, f.name), str)}
    sheet = _SHEET.read_text("utf-8")
    if tokens.name == "high_contrast":
        sheet += _HIGH_CONTRAST.read_text("utf-8")
    return Template(re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)).substitute(colours)


def set_up_fonts(application: QApplication) -> None:
    """Prefer a narrower installed font where the system's own is DejaVu Sans; figures of one width everywhere."""
    font = application.font()
    if QFontDatabase.families() and font.family() in ("DejaVu Sans", "Sans Serif", "Sans"):
        family = _installed(_PREFERRED)
        if family:
            font.setFamily(family)
    font.setFeature(QFont.Tag("tnum"), 1)
    application.setFont(font)


def scaled(factor: float, *, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The application's font at `factor` of its size."""
    font = QFont(QApplication.font())
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * factor)
    else:
        font.setPixelSize(max(1, round(font.pixelSize() * factor)))
    font.setWeight(weight)
    return font


def monospace(factor: float = MONO) -> QFont:
    """The system's font of fixed width, in proportion to the application's size."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    size = QApplication.font().pointSizeF()
    if size > 0:
        font.setPointSizeF(size * factor)
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setFixedPitch(True)
    return font


def _installed(families: Sequence[str]) -> str | None:
    there = set(QFontDatabase.families())
    return next((family for family in families if family in there), None)
