from __future__ import annotations

from pathlib import Path

import pytest

from ingest.pdf_text import clean_block
from tests.ingest.pdfs import FONT, library, write_columns, write_pdf, write_pictures
from tests.ingest.reading import read, read_one, why_skipped


def test_each_page_is_a_section_with_its_text_and_places(tmp_path: Path) -> None:
    document = read_one(write_pdf(tmp_path / "a.pdf", ["First page\nsecond line", "Another page"]))
    assert (document.kind, document.status, document.problem) == ("pdf", "ok", None)
    assert [section.label for section in document.sections] == ["p. 1", "p. 2"]
    assert [section.text for section in document.sections] == ["First page\nsecond line", "Another page"]
    assert [section.span.page for section in document.sections] == [1, 2]


def test_places_lead_back_to_the_words_on_the_page(tmp_path: Path) -> None:
    path = write_columns(tmp_path / "columns.pdf")
    (section,) = read_one(path).sections
    assert len(section.places) == 3
    with library().open(str(path)) as opened:
        for place in section.places:
            shown = opened[0].get_text("text", clip=library().Rect(place.rect))
            assert shown.split() == section.text[place.start : place.end].split()
    at = section.text.index("Right two")
    span = section.locate(at, at + 9)
    assert span.rects == (section.places[2].rect,)
    assert span.page == 1


def test_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    (section,) = read_one(write_columns(tmp_path / "columns.pdf")).sections
    assert section.text == "Harbour rules\n\nLeft one\nLeft two\nLeft three\n\nRight one\nRight two\nRight three"


def test_places_on_a_turned_page_are_where_they_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "turned.pdf"
    with library().open() as opened:
        page = opened.new_page(width=600, height=800)
        page.insert_text((50, 72), "Turned")
        page.set_rotation(90)
        opened.save(str(path))
    (section,) = read_one(path).sections
    left, top, right, bottom = section.span.rects[0]
    # Turned clockwise, the upper left corner of the sheet is the upper right one of what is seen.
    assert 800 - 80 < left < right < 800 - 50
    assert 45 < top < bottom < 120


def test_a_page_without_text_is_named_and_left_out(tmp_path: Path) -> None:
    document = read_one(write_pdf(tmp_path / "a.pdf", ["one", "", "three", ""]))
    assert document.status == "ok"
    assert [section.span.page for section in document.sections] == [1, 3]
    assert document.problem == "Pages 2 and 4 of 4 have no text (a picture or blank)."


def test_a_scanned_pdf_asks_for_recognition(tmp_path: Path) -> None:
    document = read_one(write_pictures(tmp_path / "scan.pdf", 3))
    assert (document.status, document.sections) == ("no_text_layer", ())
    assert document.problem == "3 pages are pictures without text. Recognise the text first."


def test_a_pdf_that_only_its_owner_may_change_is_read(tmp_path: Path) -> None:
    path = write_pdf(
        tmp_path / "owner.pdf", ["readable"], encryption=library().PDF_ENCRYPT_AES_256, owner_pw="owner", user_pw=""
    )
    assert read_one(path).sections[0].text == "readable"


def test_a_truncated_pdf_gives_what_is_left_and_says_so(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", [f"page number {n}" for n in range(20)])
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(b"xref")])
    document = read_one(path)
    assert document.status == "repaired"
    assert document.problem
    assert "cut short" in document.problem
    assert "20 of 20 pages" in document.problem
    assert [section.text for section in document.sections] == [f"page number {n}" for n in range(20)]


@pytest.mark.parametrize("kept", [9, 60, 300])
def test_a_pdf_cut_near_its_start_fails_in_one_sentence(tmp_path: Path, kept: int) -> None:
    path = write_pdf(tmp_path / "a.pdf", ["text"] * 5)
    path.write_bytes(path.read_bytes()[:kept])
    good = write_pdf(tmp_path / "b.pdf", ["still read"])
    first, second = read(path, good).documents
    assert first.status in ("failed", "zero_pages")
    assert first.problem
    assert first.sections == ()
    assert second.sections[0].text == "still read"


def test_damage_inside_is_repaired_and_said(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", ["kept text"])
    path.write_bytes(path.read_bytes().replace(b"startxref", b"startxxxx"))
    document = read_one(path)
    assert document.status == "repaired"
    assert document.problem
    assert "damaged" in document.problem
    assert document.sections[0].text == "kept text"


def test_a_pdf_with_no_pages_says_so(tmp_path: Path) -> None:
    path = tmp_path / "none.pdf"
    path.write_bytes(
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
        b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000053 00000 n \n"
        b"trailer<</Size 3/Root 1 0 R>>\nstartxref\n102\n%%EOF\n"
    )
    document = read_one(path)
    assert document.status == "zero_pages"
    assert document.problem
    assert document.problem.startswith("The PDF says that it has no pages.")


def test_a_lying_page_count_ends(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", ["the only page"])
    path.write_bytes(path.read_bytes().replace(b"/Count 1", b"/Count 9000000"))
    document = read_one(path)
    assert document.problem
    assert all(section.text == "the only page" for section in document.sections)


def test_letters_without_meaning_are_not_passed_off_as_text(tmp_path: Path) -> None:
    document = read_one(write_pdf(tmp_path / "a.pdf", ["\u0928\u092e\u0938\u094d\u0924\u0947"], font=FONT))
    assert document.status == "text_unreliable"
    assert document.problem
    assert "no known meaning" in document.problem


def test_a_pdf_is_known_by_its_content(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "report.txt", ["inside"])
    assert read_one(path).kind == "pdf"
    path.write_bytes(b"\n\n" + path.read_bytes())
    assert read_one(path).sections[0].text == "inside"


def test_a_picture_named_pdf_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "photo.pdf"
    pymupdf = library()
    picture = pymupdf.Pixmap(pymupdf.csGRAY, pymupdf.IRect(0, 0, 9, 9), False)
    path.write_bytes(picture.tobytes("png"))
    assert why_skipped(path) == "binary: a PNG image, although it is named photo.pdf"


def test_a_pdf_on_standard_input(tmp_path: Path) -> None:
    content = write_pdf(tmp_path / "a.pdf", ["piped"]).read_bytes()
    (document,) = read(stdin=content).documents
    assert (document.path, document.kind, document.sections[0].text) == ("<stdin>", "pdf", "piped")
    assert document.size == len(content)


def test_a_name_that_is_no_unicode(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", ["odd name"]).rename(tmp_path / "caf\udce9.pdf")
    document = read_one(path)
    assert document.path == str(path)
    assert document.sections[0].text == "odd name"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("an exam-\nple of it", "an example\nof it"),
        ("finan-\ncial, and", "financial,\nand"),
        ("pages 10-\n20", "pages 10-\n20"),
        ("a well-\nknown pilot", "a well-\nknown pilot"),
        ("thirty-\none ships", "thirty-\none ships"),
        ("half-\nway; well-\nness", "half-\nway; wellness"),
        ("sea-\ngoing and sea-going", "sea-\ngoing and sea-going"),
        ("hy\u00ad\nphen", "hyphen"),
        ("North-\nSouth", "North-\nSouth"),
        ("Haupt-\nund Nebenfach", "Haupt-\nund Nebenfach"),
        ("soft\u00adhy\u00adphen", "softhyphen"),
        ("e\ufb03cient \ufb01nance", "efficient finance"),
        ("bell\x07 and\x1b escape\x9f", "bell and escape"),
        ("\ufee3\ufeae\ufea3\ufe92\ufe8e", "\u0645\u0631\u062d\u0628\u0627"),
        ("trailing  \nspace ", "trailing\nspace"),
    ],
)
def test_what_a_reader_does_not_see_is_cleaned_away(raw: str, clean: str) -> None:
    assert clean_block(raw, raw) == clean
