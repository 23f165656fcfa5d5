"""Places in sheets, under headings, in messages and cells: marked for a model, understood from it, found, named."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.answer_text import place
from app.core.citations import Citation, verify
from app.core.marks import LONGEST_PART, Mark, part_name
from app.core.prompt import PromptDocument, mark_documents
from app.core.search import PassageIndex
from app.core.span_words import short_part, span_words
from ingest.document import Section, Span
from tests.ingest.office_files import message, write_docx, write_mbox, write_notebook, write_pptx, write_xlsx
from tests.ingest.reading import read

ROWS: list[list[object]] = [["ship", "fee"], *([f"Vessel {n}", n * 10] for n in range(1, 120))]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> tuple[PromptDocument, ...]:
    folder = tmp_path_factory.mktemp("parts")
    paths = [
        write_xlsx(folder / "1.xlsx", {"R&D, 2026": ROWS, "Other": [["Vessel 7 is not here"]]}),
        write_docx(
            folder / "2.docx",
            [
                ("Heading 1", "General provisions of the harbour"),
                ("Heading 2", "Pilots"),
                ("", "The pilot decides."),
                ("Heading 2", "Tugs"),
                ("", "Two tugs are needed."),
            ],
        ),
        write_pptx(folder / "3.pptx", [("Arrivals", "Seven ships", ""), ("Fees", "They rise", "")]),
        write_mbox(folder / "4.mbox", [message("Tides", "High at noon.\n"), message("Re: Tides [2]", "Thank you.\n")]),
        write_notebook(
            folder / "5.ipynb",
            [{"cell_type": "code", "source": ["a = 1\n", "b = 2"]}, {"cell_type": "code", "source": ["c = 3"]}],
        ),
    ]
    found = read(*paths).documents
    return tuple(
        PromptDocument(f"S{n}", Path(document.path).name, document.kind, document.sections)
        for n, document in enumerate(found, 1)
    )


@pytest.fixture(scope="module")
def marks(documents: tuple[PromptDocument, ...]) -> list[Mark]:
    return [mark for marked in mark_documents(documents, "header") for mark in marked.marks]


def test_marks_name_the_parts(marks: list[Mark]) -> None:
    assert [mark.name for mark in marks] == [
        "S1 R&D 2026 L1",
        "S1 R&D 2026 L41",
        "S1 R&D 2026 L81",
        "S1 Other L1",
        "S2 General provisions of the harbour",
        "S2 Pilots",
        "S2 General provisions of the harbour > Tugs",
        "S3 p.1",
        "S3 p.2",
        "S4 message 1: Tides",
        "S4 message 2: Re: Tides 2",
        "S5 cell 1 (code) L6",
        "S5 cell 2 (code) L13",
    ]


def cited(answer: str, documents: tuple[PromptDocument, ...], marks: list[Mark]) -> Citation:
    (citation,) = verify(answer, style="header", marks=marks, documents=documents).citations
    return citation


@pytest.mark.parametrize(
    ("quote", "mark", "where"),
    [
        ("Vessel 57", "S1 R&D 2026 L41", "R&D, 2026, line 58"),
        ("Vessel 57", "S1 R&D 2026 L58", "R&D, 2026, line 58"),
        ("Vessel 57", "s1 r&d, 2026, row 58", "R&D, 2026, line 58"),
        ("Vessel 57", "S1 R&D 2026, rows 50-60", "R&D, 2026, line 58"),
        ("Vessel 57", "S1 R&D 2026", "R&D, 2026, line 58"),
        ("Vessel 57", "S1 L58", "R&D, 2026, line 58"),
        ("Vessel 57", "S1", "R&D, 2026, line 58"),
        ("The pilot decides", "S2 Pilots", "General provisions of the harbour > Pilots"),
        ("Two tugs are needed", "S2 Tugs", "General provisions of the harbour > Tugs"),
        ("Seven ships", "S3 p.1", "page 1"),
        ("Seven ships", "S3 slide 1", "page 1"),
        ("They rise", "S3, slides 1-2", "page 2"),
        ("High at noon", "S4 message 1: Tides", "message 1: Tides"),
        ("Thank you", "S4 message 2: Re: Tides 2", "message 2: Re: Tides [2]"),
        ("b = 2", "S5 cell 1 (code) L6", "cell 1 (code), line 7"),
        ("b = 2", "S5 L7", "cell 1 (code), line 7"),
        ("c = 3", "S5 cell 2 (code)", "cell 2 (code), line 13"),
    ],
)
def test_marks_of_parts_are_understood(
    documents: tuple[PromptDocument, ...], marks: list[Mark], quote: str, mark: str, where: str
) -> None:
    citation = cited(f'It says "{quote}" [{mark}].', documents, marks)
    assert (citation.state, citation.mark) == ("exact", mark)
    assert citation.found
    assert span_words(citation.found.span) == where


@pytest.mark.parametrize(
    ("quote", "mark"),
    [
        ("Vessel 57", "S1 Other"),
        ("Vessel 57", "S1 Other L58"),
        ("Vessel 57", "S1 R&D 2026 L1"),
        ("Vessel 57", "S1 R&D 2026 L90"),
        ("Vessel 57", "S1 No such sheet"),
        ("Two tugs are needed", "S2 Pilots"),
        ("c = 3", "S5 L6"),
        ("They rise", "S3 slide 1"),
    ],
)
def test_words_of_another_part_are_missing(
    documents: tuple[PromptDocument, ...], marks: list[Mark], quote: str, mark: str
) -> None:
    citation = cited(f'It says "{quote}" [{mark}].', documents, marks)
    assert citation.state == "missing"
    assert citation.elsewhere


def test_several_parts_in_one_mark(documents: tuple[PromptDocument, ...], marks: list[Mark]) -> None:
    found = verify(
        'It says "Vessel 57" [S1 R&D 2026 L41; S1 Other L1].', style="header", marks=marks, documents=documents
    ).citations
    assert [(citation.mark, citation.state) for citation in found] == [
        ("S1 R&D 2026 L41", "exact"),
        ("S1 Other L1", "missing"),
    ]


def test_passages_lead_to_their_rows_under_the_names_of_their_columns(documents: tuple[PromptDocument, ...]) -> None:
    with PassageIndex(documents) as index:
        best = index.search("What is the fee of Vessel 57?", 1)[0]
        assert best.span.part == "R&D, 2026"
        assert best.span.lines
        assert best.span.lines[0] <= 58 <= best.span.lines[1]
        (noon,) = index.search("high at noon", 1)
        assert span_words(noon.span) == "message 1: Tides"
        cell = index.search("b = 2", 1)[0]
        assert span_words(cell.span) == "cell 1 (code), lines 6 to 7"


def test_a_passage_of_mapped_lines_is_named_as_the_section_names_it() -> None:
    section = Section("a", Span(lines=(5, 90), part="Costs"), "x\nzebra\ny", line_map=(5, 40, 90))
    with PassageIndex([PromptDocument("S1", "a", "sheet", (section,))]) as index:
        (found,) = index.search("zebra", 1)
    assert found.span == Span(lines=(5, 90), part="Costs")
    assert found.span == section.locate(found.start, found.end)


def test_long_paths_of_headings_keep_what_tells_them_apart() -> None:
    path = "General provisions of the harbour authority > Annex B > 2.1 Scope"
    assert short_part(path, 40) == "Annex B > 2.1 Scope"
    assert short_part(path, 12) == "2.1 Scope"
    assert short_part("x" * 50, 40) == "x" * 39 + "…"
    assert part_name(path) == "Annex B > 2.1 Scope"
    assert len(part_name("y" * 90)) <= LONGEST_PART
    assert place(Span(lines=(2, 2), part=path)) == "Annex B > 2.1 Scope L2"
