"""A Jupyter notebook becomes a section for each cell: its source, then its outputs that are text.

Lines lead to those of the file, which is JSON with a string for each line of a cell. Pictures are left out. Runs in the
child process; knows no programming language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ingest.html import html_sections
from ingest.office_parts import Part, Parts, Remarks, tidy

OUTPUT = "Output:"

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_COLOURS = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]")
_LONGEST_PATH = 9

_Path = tuple[str | int, ...]


def parts(content: bytes, remarks: Remarks) -> Parts:
    """The cells of a notebook. Raises ValueError or RecursionError when it is none."""
    text = content.decode("utf-8-sig")
    found = json.loads(text)
    lines = dict(_strings(text))
    pictures = 0
    for number, (path, cell) in enumerate(_cells(found), 1):
        kind = str(cell.get("cell_type", "code"))
        collected = _Lines(lines)
        for key in ("source", "input"):
            collected.add(cell.get(key), (*path, key))
        outputs = cell.get("outputs")
        for at, output in enumerate(outputs if isinstance(outputs, list) else ()):
            if isinstance(output, dict):
                pictures += _output(output, (*path, "outputs", at), collected)
        body = collected.text()
        if body.strip():
            label = f"cell {number} ({kind})"
            numbers = tuple(collected.numbers)
            yield Part(label, body, lines=(min(numbers), max(numbers)), part=label, line_map=numbers)
        else:
            yield None
    if pictures:
        noun = "1 picture" if pictures == 1 else f"{pictures:,} pictures"
        remarks.said.append(f"{noun} among the outputs left out.")


def _cells(notebook: Any) -> Iterator[tuple[_Path, dict[str, Any]]]:
    if not isinstance(notebook, dict):
        raise ValueError("no notebook")
    sheets: list[tuple[_Path, Any]] = [(("cells",), notebook.get("cells"))]
    if "worksheets" in notebook and isinstance(notebook["worksheets"], list):
        # Before 2014 cells stood in sheets.
        inside = [s.get("cells") if isinstance(s, dict) else None for s in notebook["worksheets"]]
        sheets = [(("worksheets", at, "cells"), cells) for at, cells in enumerate(inside)]
    if not any(isinstance(cells, list) for _, cells in sheets):
        raise ValueError("no cells")
    for path, cells in sheets:
        for at, cell in enumerate(cells if isinstance(cells, list) else ()):
            if isinstance(cell, dict):
                yield (*path, at), cell


def _output(output: dict[str, Any], path: _Path, collected: _Lines) -> int:
    """Add what is text in an output; how many pictures it holds."""
    data: dict[str, Any] = output["data"] if isinstance(output.get("data"), dict) else output
    inside = path if data is output else (*path, "data")
    pictures = sum(1 for key in data if key.startswith("image/") or key in ("png", "jpeg", "svg"))
    for holder, key, place in (
        (output, "text", path),
        (data, "text/plain", inside),
        (data, "text/markdown", inside),
        (output, "traceback", path),
    ):
        if holder.get(key):
            collected.mark(OUTPUT, (*place, key))
            collected.add(holder[key], (*place, key), joined="\n" if key == "traceback" else "")
            return pictures
    page = data.get("text/html")
    if page:
        joined = "".join(page) if isinstance(page, list) and all(isinstance(p, str) for p in page) else str(page)
        shown = "\n".join(section.text for section in html_sections("", joined))
        if shown:
            collected.mark(OUTPUT, (*inside, "text/html"))
            collected.put(shown, collected.line((*inside, "text/html")))
    return pictures


class _Lines:
    """Lines of a cell with the file's line that each comes from."""

    def __init__(self, where: dict[_Path, int]) -> None:
        self._where = where
        self._lines: list[str] = []
        self.numbers: list[int] = []

    def add(self, value: Any, path: _Path, *, joined: str = "") -> None:
        """A text, or a list of its pieces."""
        pieces = value if isinstance(value, list) else [value]
        begun = False
        for at, piece in enumerate(pieces):
            if not isinstance(piece, str):
                continue
            number = self.line((*path, at) if isinstance(value, list) else path)
            self.put(_COLOURS.sub("", tidy(piece)), number, goes_on=begun and not joined)
            begun = True
        if begun and len(self._lines) > 0 and not self._lines[-1]:
            self._lines.pop()
            self.numbers.pop()

    def mark(self, text: str, path: _Path) -> None:
        """A line of our own, as if it stood where `path` does."""
        self._lines.append(text)
        self.numbers.append(self.line(path))

    def put(self, text: str, number: int, *, goes_on: bool = False) -> None:
        """Lines that all come from line `number`. goes_on: the first of them is the rest of the last."""
        first, *rest = text.split("\n")
        if goes_on and self._lines:
            if not self._lines[-1]:
                self.numbers[-1] = number
            self._lines[-1] += first
        else:
            self._lines.append(first)
            self.numbers.append(number)
        self._lines += rest
        self.numbers += [number] * len(rest)

    def line(self, path: _Path) -> int:
        """Of the string at `path`, or of the first one in it."""
        return self._where.get(path) or self._where.get((*path, 0)) or 1

    def text(self) -> str:
        """All of it."""
        return "\n".join(self._lines)


def _strings(text: str) -> Iterator[tuple[_Path, int]]:
    """Where each string that is a value stands: its path from the root, and its line (from 1). text: valid JSON."""
    path: list[str | int] = []
    in_object: list[bool] = []
    is_key = False
    line, at = 1, 0
    for found in _TOKEN.finditer(text):
        start = found.start()
        line += text.count("\n", at, start)
        at = start
        token = found.group()
        first = token[0]
        if first in ",:" and not in_object[-1]:
            path[-1] = int(path[-1]) + 1
            continue
        if first in "{[":
            in_object.append(first == "{")
            path.append("" if first == "{" else 0)
            is_key = first == "{"
        elif first in "}]":
            in_object.pop()
            path.pop()
        elif first in ",:":
            is_key = first == ","
        elif first == '"':
            if is_key and in_object[-1]:
                path[-1] = json.loads(token) if "\\" in token else token[1:-1]
            elif len(path) <= _LONGEST_PATH:
                yield tuple(path), line
