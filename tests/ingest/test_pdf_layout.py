"""Columns, running headers, tables and what a PDF holds beside its text, in real files through the real reader."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import psutil

from ingest.document import Annotation, Details, OutlineEntry
from ingest.open_path import open_paths
from ingest.pdf_child import PdfChild
from ingest.pool import PdfDone, PdfJob, PdfPool, PdfProgress
from ingest.view import View
from tests.ingest.pdfs import library, write_pdf, write_slow
from tests.ingest.reading import read_one
from tests.ingest.test_pdf_pages import about, ask

TABLE = [("Vessel", "Berth", "Fee"), ("Anna", "3", "1,250.75"), ("Mary | Jane", "4", "900.00"), ("Otto", "5", "75.50")]


def write_running(path: Path, pages: int) -> Path:
    """Pages with a header that takes turns, a body of their own, and their number below."""
    with library().open() as document:
        for number in range(pages):
            page = document.new_page()
            page.insert_text((50, 40), "The harbour" if number % 2 else "Rules and fees", fontsize=9)
            page.insert_text((50, 100), f"Body of sheet {'abcdefghijkl'[number]}\nsecond line", fontsize=11)
            page.insert_text((50, 300), "More of it\nand more", fontsize=11)
            page.insert_text((290, 820), str(number + 1), fontsize=9)
        document.save(str(path))
    return path


def write_table(path: Path, *, rotation: int = 0) -> Path:
    """A ruled table between two lines of text."""
    with library().open() as document:
        page = document.new_page()
        page.insert_text((50, 50), "Before the table")
        for down, row in enumerate(TABLE):
            for across, cell in enumerate(row):
                left, top = 50 + across * 100, 100 + down * 20
                page.draw_rect((left, top, left + 100, top + 20))
                page.insert_text((left + 5, top + 14), cell)
        page.insert_text((50, 250), "After the table")
        page.set_rotation(rotation)
        document.save(str(path))
    return path


def test_what_runs_through_the_pages_stands_beside_their_text(tmp_path: Path) -> None:
    path = write_running(tmp_path / "a.pdf", 8)
    sections = read_one(path).sections
    for number, section in enumerate(sections):
        letter = "abcdefghijkl"[number]
        assert section.text == f"Body of sheet {letter}\nsecond line\n\nMore of it\nand more"
        assert [aside.text for aside in section.asides] == [
            "The harbour" if number % 2 else "Rules and fees",
            str(number + 1),
        ]
        with library().open(str(path)) as opened:
            for aside in section.asides:
                assert opened[number].get_text("text", clip=library().Rect(aside.rect)).strip() == aside.text
            for place in section.places:
                shown = opened[number].get_text("text", clip=library().Rect(place.rect))
                assert shown.split() == section.text[place.start : place.end].split()
        assert section.span.rects == tuple(place.rect for place in section.places)
        at = section.text.index("More of it")
        assert section.locate(at, at + 4).rects == (section.places[1].rect,)


def test_short_documents_keep_what_repeats(tmp_path: Path) -> None:
    sections = read_one(write_running(tmp_path / "a.pdf", 2)).sections
    assert all(not section.asides for section in sections)
    assert sections[0].text.startswith("Rules and fees\n\n")


def test_columns_that_the_file_holds_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    words = "harbour vessel berth finance office pilot register witness".split()
    with library().open() as document:
        page = document.new_page()
        page.insert_text((120, 60), "A title that reaches over both of the columns", fontsize=16)
        for row in range(20):
            for column, name in enumerate(("left", "right")):
                line = " ".join([name, str(row), *words[:6]])
                page.insert_text((50 + column * 260, 100 + row * 30 + column * 12), line, fontsize=8)
        document.save(str(path))
    (section,) = read_one(path).sections
    lines = [line for line in section.text.split("\n") if line]
    assert [line.split()[0] for line in lines] == ["A"] + ["left"] * 20 + ["right"] * 20
    child = PdfChild("ingest.pdf_pages")
    try:
        drawn = [word[4] for word in ask(child, about(path, want="words", page=0))["closed"]["words"]]
    finally:
        child.close()
    assert drawn == section.text.split(), "the words of the picture come as the text has them"


def test_tables_come_as_markdown_where_that_is_asked_for(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.pdf")
    (plain,) = read_one(path).sections
    assert "| Otto" not in plain.text
    document = read_one(path, view=View(tables=True))
    (section,) = document.sections
    assert section.text == (
        "Before the table\n\n"
        "| Vessel | Berth | Fee |\n| --- | --- | --- |\n| Anna | 3 | 1,250.75 |\n"
        "| Mary \\| Jane | 4 | 900.00 |\n| Otto | 5 | 75.50 |\n\nAfter the table"
    )
    at = section.text.index("| Otto")
    assert section.locate(at, at + 6).rects == ((50, 160, 350, 180),)
    at = section.text.index("After")
    assert section.text[section.places[-1].start : section.places[-1].end] == "After the table"
    assert document.view == View(tables=True)


def test_a_table_on_a_turned_page_is_where_it_is_seen(tmp_path: Path) -> None:
    (section,) = read_one(write_table(tmp_path / "a.pdf", rotation=90), view=View(tables=True)).sections
    at = section.text.index("| Otto | Mary \\| Jane | Anna | Vessel |")
    assert section.locate(at, at + 1).rects == ((662, 50, 742, 150),)


def test_a_page_without_tables_is_as_it_was(tmp_path: Path) -> None:
    path = write_running(tmp_path / "a.pdf", 2)
    assert read_one(path, view=View(tables=True)).sections == read_one(path).sections


def write_rich(path: Path) -> Path:
    """With an outline, a form, remarks and an attachment."""
    pymupdf = library()
    with pymupdf.open() as document:
        document.new_page()
        document.new_page()
        first, second = document[0], document[1]
        first.insert_text((50, 72), "The rules of the harbour")
        second.insert_text((50, 72), "Its fees")
        first.add_highlight_annot(first.search_for("rules")[0])
        remark = second.add_text_annot((100, 100), "Check\nthis")
        remark.set_info(title="M. Pilot")
        remark.update()
        field = pymupdf.Widget()
        field.field_name, field.field_type, field.field_value = "vessel", pymupdf.PDF_WIDGET_TYPE_TEXT, "Aurora"
        field.rect = pymupdf.Rect(50, 200, 200, 220)
        first.add_widget(field)
        document.set_toc([[1, "Rules", 1], [2, "Fees", 2]])
        document.embfile_add("notes.txt", b"attached", filename="notes.txt")
        document.save(str(path))
    return path


RICH = Details(
    outline=(OutlineEntry(1, "Rules", 1), OutlineEntry(2, "Fees", 2)),
    fields=(("vessel", "Aurora"),),
    annotations=(Annotation(1, "Highlight", "rules"), Annotation(2, "Text", "Check this", "M. Pilot")),
    attachments=(("notes.txt", 8),),
)


def test_what_a_file_holds_beside_its_text(tmp_path: Path) -> None:
    assert read_one(write_rich(tmp_path / "a.pdf")).details == RICH
    assert read_one(write_pdf(tmp_path / "b.pdf", ["plain"])).details == Details()


def test_details_come_with_long_files_and_from_standard_input(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", [f"page {n}" for n in range(150)])
    with library().open(str(path)) as document:
        document.set_toc([[1, "Start", 1], [1, "End", 150]])
        document.saveIncr()
    expected = (OutlineEntry(1, "Start", 1), OutlineEntry(1, "End", 150))
    assert read_one(path).details.outline == expected
    (piped,) = open_paths([], stdin=path.read_bytes()).documents
    assert (len(piped.sections), piped.details.outline) == (150, expected)


def test_a_long_file_is_read_by_several_readers_in_order(tmp_path: Path) -> None:
    # Its tenth page keeps the first reader busy, so that the other has time to start.
    path = write_slow(tmp_path / "a.pdf", slow_page=10, pages=900, depth=6)
    first: list[PdfProgress] = []
    done: list[int] = []
    readers: set[int] = set()
    with PdfPool(readers=2) as pool:
        for _ in range(2):
            pool.submit(PdfJob(0, str(path)))
            while not isinstance(news := pool.next_news(60.0), PdfDone):
                assert news
                done.append(news.done)
                if news.first:
                    first.append(news)
                readers.update(child.pid for child in psutil.Process().children())
            assert [section.text for section in news.document.sections] == [f"word{n}" for n in range(900)]
            assert [section.label for section in news.document.sections[:2]] == ["p. 1", "p. 2"]
            assert news.document.problem is None
    assert len(readers) == 2
    assert [news.first[0].text for news in first] == ["word0", "word0"], "told once a file"
    assert len(first[0].first) < 900
    assert max(done) == 900


def test_the_first_pages_are_told_before_the_file_is_read(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", [f"page {n}" for n in range(300)])
    told: list[tuple[str, str, bool]] = []
    over = threading.Event()

    def first(name: str, sections: Any) -> None:
        told.append((name, sections[0].text, over.is_set()))

    open_paths([path], on_first_pages=first)
    over.set()
    assert told == [(str(path), "page 0", False)]
    open_paths([path], on_first_pages=first, view=View(mask=True))
    assert len(told) == 1, "what may hold secrets is not shown before they are hidden"
