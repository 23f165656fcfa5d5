"""Passwords of PDFs that a person entered in this run, for those who read files and those who draw pages.

In memory only, and gone with the program: nothing here is ever written, logged or shown. Knows no files.
"""

from __future__ import annotations

from collections.abc import Mapping


class Passwords:
    """One password for each absolute path. Every thread may ask; the window's alone changes."""

    def __init__(self) -> None:
        self._by_path: dict[str, str] = {}

    def __repr__(self) -> str:
        """How many, and nothing of what they are."""
        return f"<{len(self._by_path):,} passwords>"

    def keep(self, path: str, password: str) -> None:
        """Remember what opened the file at `path`."""
        self._by_path[path] = password

    def of(self, path: str) -> tuple[str, ...]:
        """What to try on the file at `path`: one password, or none."""
        password = self._by_path.get(path)
        return () if password is None else (password,)

    def known(self) -> Mapping[str, str]:
        """All, by path, as they are at this moment."""
        return dict(self._by_path)
