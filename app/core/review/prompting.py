"""What a review says to the model: who it is, the code with its line numbers, and last the checklist.

What comes first stays the same from question to question, so that another checklist over the same code costs no more
than its own words. Knows no tokens and no engine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from app.core.review.checklists import Checklist
from app.core.review.code_lines import code_lines
from app.core.review.schema import finding_schema, shown_path
from app.core.review.scope import Lines, Scope

_SYSTEM = Path(__file__).resolve().parents[3] / "resources" / "prompts" / "review.txt"
LONGEST_LINE = 2_000
"""Characters of a line that are shown; what is cut is said."""


def system_text(most: int) -> str:
    """The system prompt. most: findings that one answer may hold."""
    schema = json.dumps(stated_schema(most), separators=(",", ":"), ensure_ascii=False)
    return f"{_SYSTEM.read_text(encoding='utf-8').strip()}\n{schema}\n"


def stated_schema(most: int) -> dict[str, Any]:
    """The schema of an answer without what differs from pass to pass: paths and categories in words."""
    schema = finding_schema(["-"], categories=["-"], most=most)
    properties = schema["properties"]["findings"]["items"]["properties"]
    properties["path"] = {"type": "string", "description": "as behind =="}
    properties["category"] = {"type": "string", "description": "an id of the checklist"}
    return schema


def checklist_text(checklist: Checklist, most: int) -> str:
    """The end of the question."""
    about = f" {checklist.about}" if checklist.about else ""
    items = "".join(f"- {item.id}: {item.look}{f' ({item.cwe})' if item.cwe else ''}\n" for item in checklist.items)
    return (
        f"\nThis is all of the code.\nChecklist: {checklist.title}.{about}\n{items}"
        f"Report at most {most} findings of these kinds, the gravest first. Answer with the JSON object alone.\n"
    )


def outline_text(sections: Sequence[tuple[str, str]]) -> str:
    """The outline of other files: path and abridged text of each, or text alone. "" for none."""
    if not sections:
        return ""
    body = "".join(f"{shown_path(path)}\n" * bool(path) + text.rstrip("\n") + "\n" for path, text in sections)
    return f"Outline of the whole, not under review:\n{body}\n"


def signatures_text(signatures: Sequence[tuple[str, Sequence[tuple[int, str]]]]) -> str:
    """What changed, by file: lines and signatures of the symbols that changed lines lie in. "" for none."""
    if not signatures:
        return ""
    body = "".join(
        f"{shown_path(path)}\n" + "".join(numbered(number, text) for number, text in symbols)
        for path, symbols in signatures
    )
    return f"Definitions that changed:\n{body}\n"


def numbered(number: int, line: str) -> str:
    """A line of code as the model sees it. Numbers are not aligned: that would cost two tokens a line."""
    return f"{number}| {_cut(line)}\n"


def file_text(scope: Scope, path: str, shown: Lines) -> str:
    """The stretches `shown` of a file under its heading, each line with its number in the file."""
    lines = code_lines(scope.texts[path])
    return "".join(_file(scope, path, shown, lines))


def _file(scope: Scope, path: str, shown: Lines, lines: Sequence[str]) -> Iterator[str]:
    yield f"== {shown_path(path)} ({', '.join(_about(scope, path, shown, len(lines)))})\n"
    removed = dict(scope.removed.get(path, ()))
    partial = path in scope.known
    at = 1
    for first, last in shown:
        if first > at and not partial:
            yield _gap(first - at)
        elif first > at:
            yield "…\n"
        for number in range(first, last + 1):
            if number == first:
                yield from _gone(removed.pop(number - 1, ()))
            yield numbered(number, lines[number - 1])
            yield from _gone(removed.pop(number, ()))
        at = last + 1
    if at <= len(lines) and not partial:
        yield _gap(len(lines) - at + 1)


def _about(scope: Scope, path: str, shown: Lines, count: int) -> Iterator[str]:
    whole = shown == ((1, count),)
    if path in scope.known:
        yield f"lines {ranges(shown)}; of the others nothing is known"
    elif whole:
        yield f"{count:,} line{'' if count == 1 else 's'}"
    else:
        yield f"lines {ranges(shown)} of {count:,}"
    if path in scope.changed:
        inside = _inside(scope.changed[path], shown)
        yield f"changed: {ranges(inside) or 'none of these'}"


def ranges(lines: Lines) -> str:
    """Such as "3-9, 12"."""
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in lines)


def _inside(changed: Lines, shown: Lines) -> Lines:
    return tuple(
        (max(first, start), min(last, end))
        for start, end in shown
        for first, last in changed
        if first <= end and start <= last
    )


def _gone(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield f"-| {_cut(line)}\n"


def _gap(count: int) -> str:
    return f"… {count:,} line{'' if count == 1 else 's'}\n"


def _cut(line: str) -> str:
    # A lone carriage return would look like a line end.
    line = line.replace("\r", "\N{SYMBOL FOR CARRIAGE RETURN}")
    if len(line) <= LONGEST_LINE:
        return line
    return f"{line[:LONGEST_LINE]}… {len(line) - LONGEST_LINE:,} characters"
