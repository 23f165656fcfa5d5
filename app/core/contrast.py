"""How well one colour is told from another, and which of two labels can be read on a field. Knows no theme."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache


@cache
def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21. Formula: WCAG 2.2, "contrast ratio" and "relative luminance"."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def strongest(labels: Iterable[str], field: str) -> str:
    """Of `labels` the colour that is strongest on `field`."""
    return max(labels, key=lambda label: contrast(label, field))


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
