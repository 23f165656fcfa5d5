"""Numbers and times in words, the same everywhere in the window. Knows no widget."""

from __future__ import annotations

import datetime

from PySide6.QtCore import QCoreApplication


def count(number: int) -> str:
    """Digits grouped."""
    return f"{number:,}"


def seconds(value: float) -> str:
    """Such as "1 s", "55 s", "3 min", "2 h"; at least one second."""
    if value < 90:
        return f"{max(1, round(value))} s"
    if value < 5400:
        return f"{round(value / 60)} min"
    return f"{value / 3600:.1f} h"


def day(moment: datetime.datetime, *, today: datetime.date | None = None) -> str:
    """When, as a person says it: "today 14:02", "yesterday", "Tue 17 Nov", "17 Nov 2025". moment: aware."""
    local = moment.astimezone()
    today = today or datetime.date.today()
    days = (today - local.date()).days
    if days <= 0:
        return QCoreApplication.translate("words", "today {0}").format(f"{local:%H:%M}")
    if days == 1:
        return QCoreApplication.translate("words", "yesterday")
    if days < 300:
        return f"{local:%a} {local.day} {local:%b}"
    return f"{local.day} {local:%b %Y}"


def size(value: int) -> str:
    """Bytes as "812 bytes", "4.1 MB", "61 GB"."""
    for unit, power in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= power:
            return f"{value / power:.1f} {unit}" if value < 100 * power else f"{value / power:.0f} {unit}"
    return f"{value} bytes"
