"""Words that come from files, models and people, shown as they are written where Qt would read them as markup."""

from __future__ import annotations

from PySide6.QtGui import Qt


def tooltip(words: str) -> str:
    """For a tooltip, which cannot be told that its words are plain: what looks like HTML is escaped, lines are kept."""
    return Qt.convertFromPlainText(words, Qt.WhiteSpaceMode.WhiteSpaceNormal) if Qt.mightBeRichText(words) else words


def label(words: str) -> str:
    """For a button, a menu or an action, where a single & would mark a key and vanish."""
    return words.replace("&", "&&")
