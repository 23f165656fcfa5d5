"""Sizes in words. Knows nothing else."""

from __future__ import annotations


def size_words(size: int) -> str:
    """`size` in bytes as a person says it, such as "1.5 MB"; thousands, not 1024s, as file managers show them."""
    if size < 1000:
        return f"{size} bytes" if size != 1 else "1 byte"
    amount = float(size)
    for unit in ("kB", "MB", "GB"):
        amount /= 1000
        if amount < 999.95 or unit == "GB":
            break
    return f"{amount:.1f}".removesuffix(".0") + f" {unit}"
