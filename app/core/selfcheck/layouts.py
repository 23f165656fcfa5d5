"""The texts around a self-check's lines, exactly as the program makes its own prompts: headings, marks, question.

"numbered" is what a very small reader answers to: a running number before each line, and an answer that is the line's
mark and its words. "header" has a mark before each stretch of lines, and an answer in the model's own words, which the
check begins for it. Knows no tokens and no tasks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.core.marks import HEADER_STRETCH_LINES, MARK_BRACKETS, document_heading
from app.core.models import mark_style
from app.core.prompt import default_system, question_text
from engine.protocol import ModelInfo
from engine.selfcheck.layout import Layout
from engine.selfcheck.task import Item

MOST_NUMBERED = 999
"""Marks above it are more than one token, which the small reader cannot write."""

_KEY, _NAME = "S1", "Records"
_OPENS, _CLOSES = MARK_BRACKETS
_NUMBERED_MARK = re.compile(rf"{_OPENS}\s*\d+\s*{_CLOSES}\s*")
_HEADER_MARK = re.compile(r"\s*\[S\d+(?: [^\]\n]*)?\]")
_END = " .!?"


def layout_for(info: ModelInfo) -> Layout:
    """The layout that goes with a model's style of marks."""
    return NumberedLayout(info.refusal) if mark_style(info) == "numbered" else HeaderLayout()


@dataclass(frozen=True, slots=True)
class NumberedLayout:
    """See engine.selfcheck.layout.Layout. refusal: the words with which the model refuses, "" where it has none."""

    refusal: str
    most_lines: int | None = MOST_NUMBERED

    def system(self) -> str:
        """The program's own."""
        return default_system("numbered")

    def head(self) -> str:
        """The heading of a document."""
        return document_heading(_KEY, _NAME, "numbered")

    def line(self, number: int, text: str) -> str:
        """The line behind its mark, a blank line after it."""
        return f"{_OPENS}{number}{_CLOSES} {text}\n\n"

    def question(self, text: str) -> str:
        """As any first question is put."""
        return question_text(text)

    def opening(self, item: Item) -> str:
        """Nothing: the mark comes first, and the model has to find it."""
        return ""

    def gold(self, item: Item, number: int | None) -> str:
        """Mark and words of the needle's line, without what ends the sentence; "" where one line is not the answer."""
        if item.absent:
            return self.refusal
        if number is None or len(item.needles) != 1:
            return ""
        return f"{_OPENS}{number}{_CLOSES} {item.needles[0].rstrip(_END)}"

    def said(self, item: Item, text: str) -> str:
        """The lines' words without their marks."""
        return _NUMBERED_MARK.sub("", text).strip()


@dataclass(frozen=True, slots=True)
class HeaderLayout:
    """See engine.selfcheck.layout.Layout."""

    most_lines: int | None = None

    def system(self) -> str:
        """The program's own."""
        return default_system("header")

    def head(self) -> str:
        """The heading of a document."""
        return document_heading(_KEY, _NAME, "header")

    def line(self, number: int, text: str) -> str:
        """The line; the first of a stretch behind the stretch's mark, the last with a blank line after it."""
        within = (number - 1) % HEADER_STRETCH_LINES
        mark = f"[{_KEY} L{number}]\n" if within == 0 else ""
        return f"{mark}{text}\n" + ("\n" if within == HEADER_STRETCH_LINES - 1 else "")

    def question(self, text: str) -> str:
        """As any first question is put."""
        return question_text(text)

    def opening(self, item: Item) -> str:
        """The task's own words, so that what follows is the value alone."""
        return item.opening

    def gold(self, item: Item, number: int | None) -> str:
        """The values behind the opening; "" where the model has to find its own words."""
        return f" {item.gold}" if item.gold and item.opening else ""

    def said(self, item: Item, text: str) -> str:
        """The answer without marks of places."""
        return _HEADER_MARK.sub("", text).strip()
