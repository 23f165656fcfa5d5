"""Whether a window can be opened here, known without Qt, which would end the process where it cannot."""

from __future__ import annotations

import ctypes
import os
import sys

_NEEDED = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""What Qt's part for X11 needs besides what it brings, and Debian's package for each."""


def why_no_window() -> str:
    """A sentence, "" when a window can be opened."""
    if sys.platform in ("win32", "darwin"):
        return ""
    chosen = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0]
    wayland, x11 = os.environ.get("WAYLAND_DISPLAY"), os.environ.get("DISPLAY")
    if not chosen and not wayland and not x11:
        return "There is no screen."
    if chosen not in ("", "xcb") or (not chosen and wayland):
        return ""
    missing = [package for library, package in _NEEDED.items() if not _loads(library)]
    if not missing:
        return ""
    return f"The window needs libraries that are not installed: sudo apt-get install {' '.join(missing)}."


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
