from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.document import Progress
from ingest.errors import Stopped
from ingest.open_path import open_paths
from ingest.recognised_text import Line, recognised_text
from ingest.recognition import (
    ENGLISH,
    Recognition,
    Tessdata,
    default_language,
    find_tessdata,
    how_to_install,
    locale_of,
    not_installed,
)
from tests.ingest.pdfs import library, write_pdf, write_pictures, write_scan, write_slow

WORDS = "The contractor replaces the limit\nswitch within ten work-\ning days, at its own cost.\n\nSecond paragraph."


@pytest.fixture
def english() -> Recognition:
    found = find_tessdata()
    recognition = found.recognition(ENGLISH) if found else None
    if recognition is None:
        pytest.skip("Tesseract's English data is not installed")
    return recognition


def test_lines_become_paragraphs_and_broken_words_move_up() -> None:
    lines = [
        Line((60.0, 80.0, 260.0, 93.0), "The contractor replaces the limit"),
        Line((60.0, 99.0, 200.0, 112.0), "switch within ten work-"),
        Line((60.0, 118.0, 210.0, 131.0), "ing days, at its own cost."),
        Line((60.0, 131.0, 210.0, 140.0), "   "),
        Line((60.0, 157.0, 178.0, 170.0), "Second paragraph."),
        Line((300.0, 157.0, 378.0, 170.0), "Beside it"),
    ]
    text, places = recognised_text(lines)
    assert text == (
        "The contractor replaces the limit\nswitch within ten working\ndays, at its own cost.\n\nSecond paragraph."
        "\n\nBeside it"
    )
    found = [(text[start:end], top) for start, end, _, top, _, _ in places]
    assert found == [
        ("The contractor replaces the limit", 80.0),
        ("switch within ten working", 99.0),
        ("ing\ndays, at its own cost.", 118.0),
        ("Second paragraph.", 157.0),
        ("Beside it", 157.0),
    ]


@pytest.mark.parametrize(
    ("above", "below", "joined"),
    [
        ("Haupt-", "und Nebenstelle", "Haupt-\nund Nebenstelle"),
        ("North-", "South line", "North-\nSouth line"),
        ("4-", "fold", "4-\nfold"),
        ("re\u2010", "use", "reuse"),
        ("-", "dash", "-\ndash"),
    ],
)
def test_only_halves_of_one_word_are_joined(above: str, below: str, joined: str) -> None:
    lines = [Line((0, 0, 90, 10), above), Line((0, 12, 90, 22), below)]
    assert recognised_text(lines)[0] == joined


def test_data_is_found_where_the_environment_says_and_nowhere_else(tmp_path: Path) -> None:
    there = {"TESSDATA_PREFIX": str(tmp_path)}
    assert find_tessdata(there) is None
    assert str(tmp_path) in how_to_install(there)
    (tmp_path / "tessdata").mkdir()
    for name in ("eng", "deu", "osd"):
        (tmp_path / "tessdata" / f"{name}.traineddata").touch()
    found = find_tessdata(there)
    assert found == Tessdata(str(tmp_path / "tessdata"), ("deu", "eng"))
    assert found.recognition("eng+deu") == Recognition("eng+deu", found.folder)
    assert found.recognition("eng+fra") is None
    assert found.recognition("+") is None
    assert not_installed("eng+fra", found.languages) == "Tesseract has no data here for fra. Installed: deu, eng."


def test_each_system_is_told_what_to_install() -> None:
    assert "sudo apt install tesseract-ocr" in how_to_install({}, platform="linux")
    assert "brew install tesseract tesseract-lang" in how_to_install({}, platform="darwin")
    assert "winget install UB-Mannheim.TesseractOCR" in how_to_install({}, platform="win32")


@pytest.mark.parametrize(
    ("locale", "installed", "language"),
    [
        ("de_DE.UTF-8", ["deu", "eng"], "deu"),
        ("de_DE.UTF-8", ["eng", "fra"], "eng"),
        ("zh-TW", ["chi_sim", "chi_tra", "eng"], "chi_tra"),
        ("C", ["eng", "fra"], "eng"),
        ("", ["fra"], "fra"),
    ],
)
def test_the_language_is_the_locales_then_english(locale: str, installed: list[str], language: str) -> None:
    assert default_language(locale, installed) == language


def test_the_locale_is_what_messages_are_in() -> None:
    assert locale_of({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "de_DE.UTF-8"}) == "de_DE.UTF-8"
    assert locale_of({}) == ""


def test_a_scan_is_recognised_and_leads_back_to_its_lines(tmp_path: Path, english: Recognition) -> None:
    path = write_scan(tmp_path / "scan.pdf", [WORDS, "", "Page three: 4,200 tonnes."])
    seen: list[Progress] = []
    (document,) = open_paths([path], recognise=english, on_progress=seen.append).documents
    assert document.status == "recognised"
    assert document.problem == (
        "Recognised by OCR (eng): check it against the pages. Page 2 of 3 has no text (a picture or blank)."
    )
    first, third = document.sections
    assert first.text == WORDS.replace("work-\ning ", "working\n")
    assert third.text == "Page three: 4,200 tonnes."
    assert document.has_recognised
    at = first.text.index("own cost")
    span = first.locate(at, at + 8)
    assert (span.page, span.recognised, len(span.rects)) == (1, True, 1)
    # The third line of a text that begins at a height of 90 points in letters of 14.
    assert 112 < span.rects[0][1] < span.rects[0][3] < 136
    assert {(state.page, state.pages) for state in seen if state.pages} >= {(3, 3)}


def test_a_turned_scan_is_read_as_it_is_seen(tmp_path: Path, english: Recognition) -> None:
    (document,) = open_paths(
        [write_scan(tmp_path / "t.pdf", ["limit switch"], rotation=90)], recognise=english
    ).documents
    (section,) = document.sections
    assert section.text == "limit switch"
    left, top, right, bottom = section.span.rects[0]
    # Wider than high on the page as it is turned.
    assert right - left > 2 * (bottom - top)


def test_only_pages_without_text_are_recognised(tmp_path: Path, english: Recognition) -> None:
    path = write_scan(tmp_path / "scan.pdf", ["Scanned words"])
    mixed = tmp_path / "mixed.pdf"
    with library().open(str(write_pdf(tmp_path / "text.pdf", ["Words in the file"]))) as document:
        with library().open(str(path)) as scan:
            document.insert_pdf(scan)
        document.save(str(mixed))
    (read,) = open_paths([mixed], recognise=english).documents
    assert [(s.text, s.span.recognised) for s in read.sections] == [
        ("Words in the file", False),
        ("Scanned words", True),
    ]
    assert read.problem == "Page 2 of 2 was recognised by OCR (eng): check against the page."


def test_nothing_recognised_says_what_else_to_try(tmp_path: Path, english: Recognition) -> None:
    (document,) = open_paths([write_pictures(tmp_path / "grey.pdf", 2)], recognise=english).documents
    assert (document.status, document.sections) == ("no_text_layer", ())
    assert document.problem
    assert document.problem.startswith("No text was recognised on its 2 pages (eng).")


@pytest.mark.long
def test_a_page_that_takes_too_long_is_left_out_and_named(tmp_path: Path, english: Recognition) -> None:
    path = tmp_path / "mixed.pdf"
    slow = write_slow(tmp_path / "slow.pdf", slow_page=0, pages=1, depth=8)
    with library().open(str(write_scan(tmp_path / "scan.pdf", ["First page", "Third page"]))) as document:
        with library().open(str(slow)) as other:
            document.insert_pdf(other, start_at=1)
        document.save(str(path))
    (read,) = open_paths([path], recognise=english, page_seconds=3.0).documents
    assert [section.text for section in read.sections] == ["First page", "Third page"]
    assert read.problem
    assert "Left out: page 2 took longer than 3 s." in read.problem


def test_recognising_stops_when_it_is_told_to(tmp_path: Path, english: Recognition) -> None:
    path = write_scan(tmp_path / "scan.pdf", [WORDS] * 30)
    stop = threading.Event()

    def progress(state: Progress) -> None:
        if state.page:
            stop.set()

    with pytest.raises(Stopped):
        open_paths([path], recognise=english, on_progress=progress, stop=stop.is_set)


def test_data_that_cannot_be_loaded_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "eng.traineddata").write_bytes(b"not what it says")
    broken = replace(Recognition("eng", str(tmp_path)), dpi=72)
    (document,) = open_paths([write_scan(tmp_path / "scan.pdf", ["words"])], recognise=broken).documents
    assert (document.status, document.sections) == ("no_text_layer", ())
