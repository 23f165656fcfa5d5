"""Icons in the colours of the theme, by what they stand for, drawn from the Phosphor font of qtawesome."""

from __future__ import annotations

from typing import cast

import qtawesome
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QAbstractButton

from app.ui.theme.tokens import Tokens

NAMES = {
    "add": "ph.plus",
    "ask": "ph.arrow-up",
    "ask_about": "ph.chat-text",
    "branch": "ph.git-branch",
    "bug": "ph.bug",
    "cancel": "ph.x",
    "caret": "ph.caret-down",
    "caret_up": "ph.caret-up",
    "caret_right": "ph.caret-right",
    "check": "ph.check",
    "chip": "ph.cpu",
    "copy": "ph.copy",
    "edit": "ph.pencil-simple",
    "evidence": "ph.quotes",
    "export": "ph.export",
    "filter": "ph.funnel",
    "first": "ph.arrow-line-up",
    "flask": "ph.flask",
    "folder": "ph.folder",
    "gear": "ph.gear",
    "hide": "ph.eye-slash",
    "history": "ph.clock-counter-clockwise",
    "inbox": "ph.tray",
    "inspect": "ph.eye",
    "leave_out": "ph.minus-circle",
    "list": "ph.list",
    "more": "ph.dots-three",
    "next": "ph.caret-right",
    "pause": "ph.pause",
    "pin": "ph.push-pin",
    "play": "ph.play",
    "previous": "ph.caret-left",
    "problem": "ph.warning-circle",
    "read": "ph.book-open",
    "redo": "ph.arrow-clockwise",
    "ruler": "ph.ruler",
    "save": "ph.floppy-disk",
    "saved": "ph.check-circle",
    "search": "ph.magnifying-glass",
    "stop": "ph.stop",
    "trash": "ph.trash",
    "undo": "ph.arrow-counter-clockwise",
    "wand": "ph.magic-wand",
    "warning": "ph.warning",
}


def icon(tokens: Tokens, name: str, colour: str = "text2") -> QIcon:
    """The icon for `name`, in the token `colour`; dimmed where its control is disabled."""
    return cast(QIcon, qtawesome.icon(NAMES[name], color=getattr(tokens, colour), color_disabled=tokens.text3))


def set_icon(button: QAbstractButton, tokens: Tokens, name: str, colour: str = "text2") -> None:
    """Give `button` this icon unless it has it: icons are drawn anew each time, which takes milliseconds."""
    shown = f"{name} {getattr(tokens, colour)} {tokens.text3}"
    if button.property("icon_shown") != shown:
        button.setProperty("icon_shown", shown)
        button.setIcon(icon(tokens, name, colour))
