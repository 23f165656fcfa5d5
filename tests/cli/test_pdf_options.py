"""What the commands say of PDFs beside their text, and a page as a picture."""

from __future__ import annotations

from pathlib import Path

from tests.ingest.pdfs import library, write_pdf
from tests.ingest.test_pdf_layout import write_rich, write_running, write_table
from tests.running import Program


def test_the_command_prints_them(tmp_path: Path, program: Program) -> None:
    rich, running = write_rich(tmp_path / "a.pdf"), write_running(tmp_path / "b.pdf", 8)
    ran = program("ingest", rich, running, "--json", "--page-seconds", "20", "--reader-memory", "3")
    first, second = ran.json["documents"]
    assert first["details"] == {
        "outline": [{"level": 1, "title": "Rules", "page": 1}, {"level": 2, "title": "Fees", "page": 2}],
        "fields": [["vessel", "Aurora"]],
        "annotations": [
            {"page": 1, "kind": "Highlight", "text": "rules", "author": ""},
            {"page": 2, "kind": "Text", "text": "Check this", "author": "M. Pilot"},
        ],
        "attachments": [["notes.txt", 8]],
    }
    assert "details" not in second
    asides = second["sections"][0]["asides"]
    assert [aside["text"] for aside in asides] == ["Rules and fees", "1"]
    assert len(asides[0]["rect"]) == 4
    table = program("ingest", write_table(tmp_path / "c.pdf"), "--json", "--tables").json["documents"][0]
    assert "| Otto | 5 | 75.50 |" in table["sections"][0]["text"]
    assert table["view"] == {"tables": True}


def test_a_page_as_a_picture(tmp_path: Path, program: Program) -> None:
    path, png = write_pdf(tmp_path / "a.pdf", ["one", "two"]), tmp_path / "out.png"
    told = program("page", path, "2", "--png", png, "--dpi", "72", "--json").json
    picture = library().Pixmap(str(png))
    assert (told["width"], told["height"]) == (picture.width, picture.height) == (595, 842)
    assert (told["page"], told["pages"]) == (2, 2)
    assert set(picture.samples) != {255}, "something is drawn"
    again = program("page", path, "1", "--png", png, "--json", code=2)
    assert "there already" in again.error["message"]
    beyond = program("page", path, "3", "--png", tmp_path / "no.png", "--json", code=2)
    assert beyond.error["message"] == "It has no page 3; it has 2 pages."
    assert not (tmp_path / "no.png").exists()
