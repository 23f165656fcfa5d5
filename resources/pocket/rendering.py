"""Scenes become token ids exactly as the program's own prompt code would have them.

Each message content is tokenised piece by piece (system text, heading, section, question), as the program does, and
the pieces are joined. An answer repeats the source's own tokens of a mark and its unit. Knows nothing of the
model.
"""

from __future__ import annotations

import bisect
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from app.core.marks import MARK_BRACKETS, MarkedText, MarkStyle, document_heading, mark_section, split_units
from app.core.prompt import PromptDocument, default_system, question_text
from ingest.document import Kind, Section, Span
from resources.pocket.tasks.scene import Ask, Passage

STYLE: MarkStyle = "numbered"
REFUSAL = "Not in the sources."
_SECTION_LINES = 40
_OPENS, _CLOSES = MARK_BRACKETS
_BLANK = "\n\n"


@dataclass(frozen=True, slots=True)
class Specials:
    """Ids of the tokens that the chat template puts around messages."""

    begin: int
    header_start: int
    header_end: int
    end_of_turn: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer as ids; answer: where the answer begins. refusal: it is not in the sources."""

    ids: list[int]
    answer: int
    refusal: bool


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One context and the questions on it. context: ids up to the first question."""

    context: list[int]
    turns: list[Turn]


class Renderer:
    """Turns scenes into ids with one vocabulary."""

    def __init__(self, tokenizer: Any, tokens: Sequence[str]) -> None:
        """tokenizer: a `tokenizers.Tokenizer`, or anything whose `encode` gives ids and character offsets."""
        self._tokenizer = tokenizer
        index = {token: i for i, token in enumerate(tokens)}
        self._specials = Specials(*(index[f"<|{n}|>"] for n in ("begin_of_text", "header_start", "header_end", "eot")))
        self.pad = index["<|finetune_right_pad|>"]
        special = self._specials
        system = default_system(STYLE)
        self._open = [
            special.begin,
            *self._header("system"),
            *self.ids(system),
            special.end_of_turn,
            *self._header("user"),
        ]
        self._answer = [special.end_of_turn, *self._header("assistant")]
        self._refusal = [*self.ids(REFUSAL), special.end_of_turn]

    def ids(self, text: str) -> list[int]:
        """Ids of plain text."""
        found: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return found

    def dialogue(self, scene: Sequence[tuple[str, Passage]], random: Random, *, first_number: int = 1) -> Dialogue:
        """Render all questions of a scene. first_number: the first mark's (the program begins at 1)."""
        context = list(self._open)
        turns: list[Turn] = []
        number = first_number
        for position, (name, passage) in enumerate(scene):
            document, places = as_document(f"S{position + 1}", name, passage, random)
            context += self.ids(document_heading(document.key, document.name, STYLE))
            units: list[list[list[int]]] = []
            for index, section in enumerate(document.sections):
                marked = mark_section(
                    section.text,
                    kind=document.kind,
                    key=document.key,
                    span=section.span,
                    style=STYLE,
                    document=position,
                    section=index,
                    first_number=number,
                )
                number += len(marked.marks)
                ids, answers = self._section(marked)
                context += ids
                units.append(answers)
            turns += [turn for ask in passage.asks if (turn := self._turn(ask, document, places, units))]
        return Dialogue(context, turns)

    def _section(self, marked: MarkedText) -> tuple[list[int], list[list[int]]]:
        """The section's ids, and for each mark the ids an answer repeats: the mark's and the unit's."""
        encoding = self._tokenizer.encode(marked.text, add_special_tokens=False)
        ids, offsets = encoding.ids, encoding.offsets
        ends = [end for _, end in offsets]
        answers: list[list[int]] = []
        start = 0
        for mark in marked.marks:
            end = start + len(f"{_OPENS}{mark.name}{_CLOSES} ") + mark.end - mark.start
            answers.append(ids[bisect.bisect_right(ends, start) : bisect.bisect_left(ends, end) + 1])
            start = end + len(_BLANK)
        return ids, answers

    def _turn(
        self,
        ask: Ask,
        document: PromptDocument,
        places: Sequence[tuple[int, int]],
        units: Sequence[Sequence[list[int]]],
    ) -> Turn | None:
        asked = [*self.ids(question_text(ask.question)), *self._answer]
        if not ask.lines:
            return Turn([*asked, *self._refusal], len(asked), refusal=True)
        blank = self.ids(_BLANK)
        answer: list[int] = []
        for line in ask.lines:
            section, unit = places[line]
            if unit < 0:
                return None
            answer += [*(blank if answer else ()), *units[section][unit]]
        return Turn([*asked, *answer, self._specials.end_of_turn], len(asked), refusal=False)

    def _header(self, role: str) -> list[int]:
        return [self._specials.header_start, *self.ids(role), self._specials.header_end, *self.ids("\n\n")]


def as_document(key: str, name: str, passage: Passage, random: Random) -> tuple[PromptDocument, list[tuple[int, int]]]:
    """A passage laid out as sections; for each line its (section, unit), unit -1 where it is not one whole unit."""
    sections: list[Section] = []
    places: list[tuple[int, int]] = []
    layout = (
        "lines"
        if passage.kind in ("code", "log")
        else random.choice(("paragraphs", "paragraphs", "one", "wrapped", "list"))
    )
    size = random.randint(8, _SECTION_LINES) if layout != "lines" else 120
    kind: Kind = passage.kind if layout == "lines" else random.choice(("text", "pdf", "markdown"))
    for start in range(0, len(passage.lines), size):
        text, starts = _lay_out(passage.lines[start : start + size], layout, random)
        found = split_units(text, kind)
        begins = {begin: index for index, (begin, _) in enumerate(found)}
        for line, offset in zip(passage.lines[start : start + size], starts, strict=True):
            index = begins.get(offset + len(line) - len(line.lstrip()), -1)
            whole = index >= 0 and found[index][1] >= offset + len(line)
            places.append((len(sections), index if whole else -1))
        sections.append(Section(label=str(len(sections) + 1), span=Span(page=len(sections) + 1), body=text))
    return PromptDocument(key, name, kind, sections), places


def _lay_out(lines: Sequence[str], layout: str, random: Random) -> tuple[str, list[int]]:
    """The text and where each line begins in it."""
    if layout == "lines":
        return _join(lines, ["\n"] * len(lines))
    if layout == "list":
        mark = random.choice(("", "- "))
        return _join([mark + line for line in lines], ["\n\n" if mark == "" else "\n"] * len(lines))
    joints = [" "] * len(lines)
    if layout != "one":
        joints = [random.choice((" ", " ", " ", "\n\n")) for _ in lines]
    if layout == "wrapped":
        width = random.randint(50, 100)
        lines = [_wrapped(line, width) for line in lines]
    return _join(lines, joints)


def _wrapped(line: str, width: int) -> str:
    return "\n".join(textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False))


def _join(lines: Sequence[str], joints: Sequence[str]) -> tuple[str, list[int]]:
    text, starts = "", []
    for line, joint in zip(lines, joints, strict=True):
        starts.append(len(text))
        text += line + joint
    return text.rstrip(), starts
