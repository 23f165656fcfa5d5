"""Masked documents: the secrets are gone, and everything else is where it was."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.document import Annotation, Aside, Details, Document, Place, Section, Span
from ingest.errors import SourceChanged
from ingest.masking import masked, masked_text, with_secrets
from ingest.view import View
from tests.ingest.pdfs import write_pdf
from tests.ingest.planted import pem, planted
from tests.ingest.reading import read_one

PLANTED = planted()
ALL = "\n".join(f"before {line}" for line, _, _ in PLANTED.values()) + "\nlast line\n"
MASK = View(mask=True)


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def assert_hidden(text: str) -> None:
    for name, (_, secret, _) in PLANTED.items():
        for line in secret.replace("\\n", "\n").split("\n"):
            assert len(line) < 12 or line not in text, name


@pytest.mark.parametrize("name", ["a.py", "a.txt", "a.md", "a.log", "a.log.gz", "a.html"])
def test_a_file_is_masked_line_for_line(tmp_path: Path, name: str) -> None:
    lines = [f"2026-03-14T07:00:00Z INFO line {n}" for n in range(50)]
    content = "\n".join(lines + ALL.split("\n"))
    path = tmp_path / name
    path.write_bytes(gzip.compress(content.encode()) if name.endswith("gz") else content.encode())
    plain, hidden = read_one(path), read_one(path, view=MASK)
    assert hidden.view.mask
    assert hidden.sha256 == plain.sha256
    text = "".join(section.text for section in hidden.sections)
    assert_hidden(text)
    assert text.count("«secret: ") == len(hidden.secrets) >= len(PLANTED) - 2
    for before, after in zip(plain.sections, hidden.sections, strict=True):
        assert (before.span, before.label, before.line_map) == (after.span, after.label, after.line_map)
        assert before.text.count("\n") == after.text.count("\n")
    for secret in hidden.secrets:
        shown = hidden.sections[secret.section].text[secret.start : secret.end]
        assert shown == f"«secret: {secret.kind}»"


def test_secrets_of_a_document_lead_to_their_places(tmp_path: Path) -> None:
    document = read_one(write(tmp_path / "a.md", f"# One\n\ntext\n\n# Two\n\n{PLANTED['github'][0]}\n"))
    (secret,) = document.secrets
    assert (secret.kind, secret.section) == ("GitHub token", 1)
    assert document.sections[1].text[secret.start : secret.end] == PLANTED["github"][1]
    assert document.sections[1].locate(secret.start, secret.end).lines == (7, 7)


def test_masking_twice_changes_nothing(tmp_path: Path) -> None:
    once = masked(read_one(write(tmp_path / "a.py", ALL)))
    assert masked(once).sections == once.sections
    assert with_secrets(once).secrets == ()
    assert masked_text(masked_text(ALL)) == masked_text(ALL)


def test_a_document_without_secrets_stays_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "a.py", "password = getpass()\n")
    plain, hidden = read_one(path), read_one(path, view=MASK)
    assert plain.secrets == hidden.secrets == ()
    assert plain.sections == hidden.sections


def test_logs_stay_on_disk_and_are_looked_through_when_asked(tmp_path: Path) -> None:
    line = f"2026-03-14T07:00:00Z INFO {PLANTED['github'][0]}\n"
    path = write(tmp_path / "a.log", "2026-03-14T07:00:00Z INFO nothing here\n" * 5000 + line)
    document = read_one(path)
    assert document.secrets == ()
    (secret,) = with_secrets(document, lazy=True).secrets
    assert secret.section == len(document.sections) - 1
    hidden = read_one(path, view=MASK)
    assert not any(isinstance(section.body, str) for section in hidden.sections)
    assert hidden.sections[-1].text.endswith("«secret: GitHub token» please\n")
    assert with_secrets(hidden, lazy=True).secrets == ()
    path.write_text("other")
    with pytest.raises(SourceChanged):
        hidden.sections[-1].body.read()  # type: ignore[union-attr]


@pytest.mark.parametrize("lines", [1200, 1500])
def test_a_private_key_over_the_border_of_two_sections_is_hidden_whole(tmp_path: Path, lines: int) -> None:
    # A stretch of a log holds 65,536 bytes: the key of 65 a line goes on behind it.
    path = write(
        tmp_path / "a.log", f"2026-03-14T07:00:00Z INFO key\n{pem(lines=lines)}\n2026-03-14T07:00:01Z INFO end\n"
    )
    key_lines = path.read_text().split("\n")[2:-3]
    hidden = read_one(path, view=MASK)
    assert len(hidden.sections) >= 2
    text = "".join(section.text for section in hidden.sections)
    assert not any(line in text for line in key_lines)
    assert text.split("\n")[0].endswith("key") and text.endswith("INFO end\n")
    assert text.count("\n") == path.read_text().count("\n")


def test_a_pdf_is_masked_with_its_places(tmp_path: Path) -> None:
    secret = PLANTED["python"]
    path = write_pdf(tmp_path / "a.pdf", [f"First line\n{secret[0]}\nLast line", "Nothing"])
    plain, hidden = read_one(path), read_one(path, view=MASK)
    assert [s.kind for s in plain.secrets] == ["password"]
    before, after = plain.sections[0], hidden.sections[0]
    assert after.text == before.text.replace(secret[1], "«secret: password»")
    assert [place.rect for place in after.places] == [place.rect for place in before.places]
    start = after.text.index("Last line")
    assert after.locate(start, start + 9) == before.locate(before.text.index("Last line"), len(before.text))


def test_places_and_asides_of_a_page() -> None:
    key = pem(lines=2)
    text = f"ab {key} cd"
    end = 3 + len(key)
    places = tuple(
        Place(start, stop, (float(start), 0.0, 1.0, 1.0))
        for start, stop in [(0, 2), (0, 10), (4, 8), (5, end), (end + 1, end + 3), (0, len(text))]
    )
    aside = Aside(f"page 1 {PLANTED['github'][0]}", (0.0, 0.0, 1.0, 1.0))
    section = Section("p. 1", Span(page=1), text, places, asides=(aside,))
    note = Annotation(1, "Text", f"use {PLANTED['github'][0]}")
    details = Details(fields=(("Password", "kR8fjQ2xx"), ("Name", "Ana")), annotations=(note,))
    hidden = masked(Document("a.pdf", "pdf", "ok", sections=(section,), details=details))
    (after,) = hidden.sections
    words = "«secret: private key»"
    assert after.text == f"ab {words}\n\n\n cd"
    last = 3 + len(words)
    expected = [(0, 2), (0, last), (3, last), (3, last), (last + 4, last + 6), (0, len(after.text))]
    assert [(place.start, place.end) for place in after.places] == expected
    assert [place.rect for place in after.places] == [place.rect for place in places]
    assert after.asides == (replace(aside, text=aside.text.replace(PLANTED["github"][1], "«secret: GitHub token»")),)
    assert hidden.details.fields == (("Password", "«secret: password»"), ("Name", "Ana"))
    assert hidden.details.annotations[0].text == "use git clone with «secret: GitHub token» please"
