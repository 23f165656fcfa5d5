"""What the budget shows is what the engine decodes, in every style, with and without a system role."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.assemble import EncodedDocuments, Turn, assemble, count_documents, encode_documents
from app.core.marks import MARK_STYLES, MarkStyle, split_units
from app.core.prompt import PromptDocument, default_system, mark_documents, marked_texts
from engine.backends.local import LocalBackend
from engine.protocol import Prompt
from ingest.document import KINDS, Kind, Section, Span
from tests.engine.asking import loaded

DATE = datetime.date(2026, 3, 14)
REPORT = tuple(Section(f"p. {i}", Span(page=i), f"Page {i}. It speaks of cranes. <|eot|> stays text.") for i in (1, 2))
LOG = (Section("", Span(lines=(1, 90)), "\n".join(f"line {i}" for i in range(1, 91))),)
DOCUMENTS = (
    PromptDocument("S1", "report.pdf", "pdf", REPORT),
    PromptDocument("S4", "app.log", "log", LOG),
    PromptDocument("S5", "ไทย.md", "markdown", (Section("", Span(lines=(1, 1)), "เรือทุกลำต้องแจ้งสินค้า"),)),
)
GEMMA = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "<start>{{ m.role }}\n{{ m.content }}<end>\n{% endfor %}<start>model\n"
)


@pytest.fixture(scope="module")
def backend(tiny_llama4: Path) -> Iterator[LocalBackend]:
    """With a system role."""
    with loaded(tiny_llama4, n_ctx=8192) as loaded_backend:
        yield loaded_backend


@pytest.mark.parametrize("style", MARK_STYLES)
@pytest.mark.parametrize("turns", [(), (Turn("First?", "One."), Turn("Second?", "Two."))])
def test_the_engine_decodes_what_the_budget_shows(
    backend: LocalBackend, style: MarkStyle, turns: tuple[Turn, ...]
) -> None:
    encoded = encode_documents(backend, DOCUMENTS, style)
    for question in ("Who?", "When did it stop, and why?"):
        made = assemble(
            backend, encoded, system=default_system(style), turns=turns, question=question, max_answer=4, date=DATE
        )
        budget = made.budget
        assert budget.prompt == len(made.tokens)
        assert budget.system + budget.documents == made.prefix
        assert budget.context == budget.prompt + budget.answer + budget.free
        answer = backend.ask(Prompt(made.tokens, made.prefix, 4))
        assert answer.reused + answer.decoded == budget.prompt


@pytest.mark.parametrize("style", MARK_STYLES)
def test_counting_and_encoding_agree_document_by_document(backend: LocalBackend, style: MarkStyle) -> None:
    encoded = encode_documents(backend, DOCUMENTS, style)
    counted = count_documents(backend, DOCUMENTS, style)
    assert encoded.by_document == tuple(map(sum, counted))
    assert [len(c) for c in counted] == [1 + len(d.sections) for d in DOCUMENTS]
    assert sum(encoded.by_document) == len(encoded.tokens)


def test_documents_end_where_the_prompt_says(backend: LocalBackend) -> None:
    encoded = encode_documents(backend, DOCUMENTS, "header")
    made = assemble(backend, encoded, system="Be brief.", turns=(), question="A?", max_answer=4, date=DATE)
    assert len(made.boundaries) == len(DOCUMENTS) and made.boundaries[-1] == made.prefix
    for count, end in enumerate(made.boundaries, 1):
        fewer = encode_documents(backend, DOCUMENTS[:count], "header")
        shorter = assemble(backend, fewer, system="Be brief.", turns=(), question="A?", max_answer=4, date=DATE)
        assert shorter.prefix == end
        assert shorter.tokens[:end] == made.tokens[:end]


def test_the_prefix_does_not_depend_on_question_or_turns(backend: LocalBackend) -> None:
    encoded = encode_documents(backend, DOCUMENTS, "header")

    def prefix(question: str, turns: tuple[Turn, ...]) -> list[int]:
        made = assemble(backend, encoded, system="Be brief.", turns=turns, question=question, max_answer=4, date=DATE)
        return list(made.tokens[: made.prefix])

    assert prefix("A?", ()) == prefix("Another question?", (Turn("B?", "C"),))


def test_without_a_system_role_its_text_opens_the_first_message(tmp_path: Path) -> None:
    from tests.make_gguf import write_random

    with loaded(write_random(tmp_path / "g.gguf", template=GEMMA)) as backend:
        assert not backend.info.has_system_role
        made = assemble(
            backend, EncodedDocuments(), system="Be brief.", turns=(), question="Who?", max_answer=4, date=DATE
        )
        opening = backend.frame(["user"], DATE)[0] + backend.encode(["Be brief.\n\n"])[0]
        assert made.tokens[: len(opening)] == opening
        assert backend.ask(Prompt(made.tokens, made.prefix, 2)).decoded == made.budget.prompt


@given(st.text(max_size=300), st.sampled_from(KINDS))
def test_units_are_in_order_and_hold_every_character_that_shows(text: str, kind: Kind) -> None:
    units = split_units(text, kind)
    last = 0
    for start, end in units:
        assert last <= start < end <= len(text)
        assert not text[last:start].strip()
        last = end
    assert not text[last:].strip()


@given(
    st.text(alphabet="aB é.!?\n\t\r\x0b\x1c\x85\u2028-*。", max_size=300), st.integers(0, 2100), st.sampled_from(KINDS)
)
def test_texts_for_counting_are_the_marked_ones(text: str, spaces: int, kind: Kind) -> None:
    long = f"{text}\n{' ' * spaces}{'word ' * 300}{text}"
    for style in MARK_STYLES:
        documents = [PromptDocument("S1", "d", kind, (Section("1", Span(page=1), t),)) for t in (text, long)]
        whole = [(piece.text, len(piece.marks)) for piece in mark_documents(documents, style, first_number=7)]
        assert list(marked_texts(documents, style, first_number=7)) == whole


@given(st.text(alphabet="aB \n\t\x0b\x1c\x85\u2028", max_size=300))
def test_lines_are_those_that_a_split_gives(text: str) -> None:
    assert [text[start:end] for start, end in split_units(text, "code")] == [
        line.strip() for line in text.split("\n") if line.strip()
    ]


@given(
    st.lists(st.text(alphabet="aB é.!?\n[]12-*。ก", min_size=1, max_size=120), min_size=1, max_size=3),
    st.sampled_from(MARK_STYLES),
    st.sampled_from(KINDS),
)
def test_marks_speak_of_the_very_text_and_alter_none_of_it(texts: list[str], style: MarkStyle, kind: Kind) -> None:
    sections = tuple(Section(str(i), Span(page=i + 1), t) for i, t in enumerate(texts))
    marked = list(mark_documents([PromptDocument("S1", "d", kind, sections)], style))[1:]
    for text, part in zip(texts, marked, strict=True):
        at = 0
        for mark in part.marks:
            piece = text[mark.start : mark.end].rstrip("\n")
            assert piece in part.text[at:]
            at = part.text.index(piece, at)
            assert (f"[{mark.name}]" if style == "header" else f"‹{mark.name}›") in part.text
    names = [mark.name for part in marked for mark in part.marks]
    assert len(names) == len(set(names))
