"""A self-check's prompts are the program's own: the same marks, the same headings, the same question."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from app.core.assemble import assemble, encode_documents
from app.core.marks import MarkStyle, mark_section
from app.core.models import BUNDLED, ENGINE_COMMAND
from app.core.prompt import PromptDocument, default_system
from app.core.selfcheck.layouts import HeaderLayout, NumberedLayout, layout_for
from engine.backends.local import LocalBackend
from engine.protocol import LoadOptions
from engine.selfcheck.layout import Layout
from engine.selfcheck.task import Item
from ingest.document import Section, Span
from tests.engine.simulated import INFO

LINES = [f"Line {n} speaks of the weather over harbour {n * 7}." for n in range(1, 100)]
ITEM = Item(
    "multikey",
    ("As was said, the locker code for the amber falcon is 4819027.",),
    "What is the locker code for the amber falcon?",
    ("4819027",),
    opening="The locker code for the amber falcon is",
)


@pytest.mark.parametrize(("layout", "style"), [(NumberedLayout(""), "numbered"), (HeaderLayout(), "header")])
def test_lines_are_marked_as_documents_are(layout: Layout, style: MarkStyle) -> None:
    text = "\n".join(LINES)
    marked = mark_section(
        text, kind="log", key="S1", span=Span(), style=style, document=0, section=0, first_number=1
    ).text
    mine = "".join(layout.line(number, line) for number, line in enumerate(LINES, 1))
    assert mine.rstrip("\n") == marked.rstrip("\n")
    assert layout.system() == default_system(style)
    assert len(LINES) > 80, "more than two stretches"


def test_the_whole_prompt_is_the_one_that_a_question_gets() -> None:
    """Token by token, with the bundled reader."""
    (model,) = BUNDLED.glob("*.gguf")
    backend = LocalBackend(ENGINE_COMMAND)
    try:
        info = backend.load(LoadOptions(str(model), 4096))
        layout = layout_for(info)
        assert isinstance(layout, NumberedLayout) and layout.refusal == info.refusal != ""
        date = datetime.date(2026, 1, 1)
        lines = LINES[:30]
        section = Section("", Span(), "\n".join(lines))
        documents = encode_documents(backend, [PromptDocument("S1", "Records", "log", [section])], "numbered")
        system = default_system("numbered")
        whole = assemble(backend, documents, system=system, turns=(), question=ITEM.question, max_answer=8, date=date)
        frame = backend.frame(["system", "user"], date)
        texts = [layout.system(), layout.head(), *(layout.line(n, line) for n, line in enumerate(lines, 1))]
        first, *rest = backend.encode(texts)
        tokens = frame[0] + first + frame[1]
        for piece in rest:
            tokens += piece
        assert whole.tokens[: whole.prefix] == tokens
        tokens += backend.encode([layout.question(ITEM.question)])[0] + frame[2]
        assert whole.tokens == tokens
        # What a right answer begins with are the very tokens of the line, mark and words.
        (line,) = backend.encode([layout.line(12, ITEM.needles[0])])
        (gold,) = backend.encode([layout.gold(ITEM, 12)])
        assert line[: len(gold)] == gold
        assert len(line) - len(gold) <= 2, "only what ends the sentence is left out"
    finally:
        backend.close()


def test_right_answers_of_a_reader_are_marked_lines() -> None:
    layout = NumberedLayout("Not in the sources.")
    assert layout.gold(ITEM, 12) == "‹12› As was said, the locker code for the amber falcon is 4819027"
    assert layout.opening(ITEM) == ""
    assert layout.gold(replace(ITEM, absent=True, expected=()), 12) == "Not in the sources."
    assert layout.gold(ITEM, None) == "" and layout.gold(replace(ITEM, needles=("a", "b")), 3) == ""
    assert layout.said(ITEM, "‹12› The code is 4819027.\n\n‹14› No other.") == "The code is 4819027.\n\nNo other."
    assert layout.most_lines == 999


def test_right_answers_of_others_go_on_from_the_opening() -> None:
    layout = layout_for(INFO)
    assert isinstance(layout, HeaderLayout) and layout.most_lines is None
    assert layout.opening(ITEM) + layout.gold(ITEM, 12) == "The locker code for the amber falcon is 4819027"
    assert layout.gold(replace(ITEM, absent=True, expected=()), 12) == "", "a refusal has no fixed words"
    assert layout.gold(replace(ITEM, opening=""), 12) == "", "without an opening nobody knows how it begins"
    assert layout.said(ITEM, '"The code is 4819027." [S1 L41]') == '"The code is 4819027."'
    assert layout.said(ITEM, "It is [not] there [S1].") == "It is [not] there."
    first, last, next_one = (layout.line(n, "x") for n in (1, 40, 41))
    assert (first, last, next_one) == ("[S1 L1]\nx\n", "x\n\n", "[S1 L41]\nx\n")
