from __future__ import annotations

from pathlib import Path

import pytest

from ingest.recognition import find_tessdata
from tests.ingest.pdfs import write_protected, write_scan
from tests.running import Program


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    return write_scan(tmp_path / "scan.pdf", ["The contractor replaces the switch."])


def needs_english() -> None:
    found = find_tessdata()
    if found is None or "eng" not in found.languages:
        pytest.skip("Tesseract's English data is not installed")


def test_without_language_data_one_sentence_says_what_to_install(program: Program, scan: Path, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    error = program("ingest", scan, "--ocr", "--json", code=1, TESSDATA_PREFIX=nowhere).error
    assert error["kind"] == "no_tessdata"
    assert "Recognising text needs the language data of Tesseract" in error["message"]
    assert nowhere in error["message"]


def test_a_scan_names_its_remedy(program: Program, scan: Path) -> None:
    error = program("ingest", scan, "--json", code=1).error
    assert "1 page is a picture without text. Recognise the text first." in error["message"]
    assert error["hint"] == "Read it with --ocr."


def test_a_language_that_is_not_installed_is_bad_usage(program: Program, scan: Path, tmp_path: Path) -> None:
    (tmp_path / "eng.traineddata").touch()
    ran = program("ingest", scan, "--ocr-language", "eng+tlh", "--json", code=2, TESSDATA_PREFIX=str(tmp_path))
    assert ran.error["message"] == "Tesseract has no data here for tlh. Installed: eng."


def test_recognised_text_is_marked_saved_and_needs_no_second_recognition(program: Program, scan: Path) -> None:
    needs_english()
    (document,) = program("ingest", scan, "--ocr-language", "eng", "--json").json["documents"]
    assert document["status"] == "recognised"
    assert document["problem"] == "Recognised by OCR (eng): check it against the page."
    (section,) = document["sections"]
    assert section["text"] == "The contractor replaces the switch."
    assert section["span"]["recognised"] is True
    asked = ("-q", "Who replaces the switch?", "--mode", "evidence", "--session", "Scan", "--json")
    (first,) = program("ask", scan, "--ocr", *asked).json
    # Neither the file nor the language data is there any more.
    scan.unlink()
    (again,) = program("ask", *asked, TESSDATA_PREFIX="/nowhere").json
    assert again["passages"] == first["passages"]
    assert "contractor replaces the switch" in again["passages"][0]["text"]
    exported = program("sessions", "export", "Scan", "--format", "markdown").out
    assert "page 1 (text recognised by OCR)" in exported


def test_a_locked_pdf_through_a_pipe_says_what_to_do(program: Program, tmp_path: Path) -> None:
    content = write_protected(tmp_path / "a.pdf", "sealed words").read_bytes()
    ran = program("ingest", "-", "--json", stdin=content, code=1)
    assert "it came through standard input" in ran.error["message"]
    assert ran.error["hint"] == "Give its password with --password-file FILE."
    (document,) = program("ingest", "-", "--password", "secret", "--json", stdin=content).json["documents"]
    assert document["sections"][0]["text"] == "sealed words"
