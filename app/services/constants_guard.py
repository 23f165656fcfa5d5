"""Keeps the window alive on Python 3.11, where PySide6 6.12 wears out the interpreter's None, True and False."""

from __future__ import annotations

import ctypes
import sys

_PLENTY = 1 << 48


def protect_constants() -> None:
    """Give the constants more references than can ever be taken from them. Harmless when called again.

    PySide6 6.12 relies on their being immortal, as they are since Python 3.12: many of its calls hand out a reference
    that they never took. On 3.11 the interpreter ends with "deallocating None" after some thousand of them.
    """
    if sys.version_info >= (3, 12) or sys.implementation.name != "cpython":
        return
    for constant in (None, True, False, NotImplemented, Ellipsis):
        if sys.getrefcount(constant) < _PLENTY // 2:
            ctypes.c_ssize_t.from_address(id(constant)).value += _PLENTY
