"""Llama 4's twelve languages come through every reader unharmed."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.ingest.pdfs import FONT, write_pdf
from tests.ingest.reading import read_one

SOURCE = Path(__file__).resolve().parents[1] / "data" / "languages.txt"
LANGUAGES = (
    "English|Deutsch|Français|Español|Português|Italiano|Bahasa Indonesia|Tagalog|Tiếng Việt|हिन्दी|العربية|ไทย"
).split("|")


def samples() -> dict[str, str]:
    found: dict[str, str] = {}
    for part in SOURCE.read_text(encoding="utf-8").split("# "):
        title, _, text = part.partition("\n")
        if text.strip():
            found[title.strip()] = text.strip() + "\n"
    return found


@pytest.fixture(params=LANGUAGES)
def text(request: pytest.FixtureRequest) -> str:
    return samples()[request.param]


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.py", "a.html"])
def test_files(tmp_path: Path, text: str, name: str) -> None:
    path = tmp_path / name
    path.write_text(f"<p>{text.replace('&', '&amp;')}</p>" if name == "a.html" else text, encoding="utf-8")
    document = read_one(path)
    assert document.problem is None
    assert [line.strip() for line in document.sections[0].text.splitlines()] == [
        " ".join(line.split(" ")) for line in text.splitlines()
    ]


@pytest.mark.parametrize("packed", [False, True])
def test_logs(tmp_path: Path, text: str, packed: bool) -> None:
    log = "".join(f"2026-03-14T07:00:01Z INFO {line}\n" for line in text.splitlines() * 40)
    path = tmp_path / ("a.log.gz" if packed else "a.log")
    path.write_bytes(gzip.compress(log.encode()) if packed else log.encode())
    document = read_one(path)
    assert document.problem is None
    assert "".join(section.text for section in document.sections) == log


@pytest.mark.skipif(not FONT.exists(), reason="the font is not installed")
def test_pdfs(tmp_path: Path) -> None:
    with_letters_in_the_font = [name for name in LANGUAGES if name not in ("हिन्दी", "العربية", "ไทย")]
    found = samples()
    pages = [
        "\n".join(line[:80].rstrip(" -") for line in found[name].splitlines()) for name in with_letters_in_the_font
    ]
    document = read_one(write_pdf(tmp_path / "a.pdf", pages, font=FONT))
    assert document.problem is None
    assert [section.text for section in document.sections] == pages


@pytest.mark.skipif(not FONT.exists(), reason="the font is not installed")
def test_an_arabic_pdf(tmp_path: Path) -> None:
    words = "مكتب الميناء في الساعة السابعة"
    # A page holds right-to-left text in the order in which it is seen, that is, from its last letter.
    document = read_one(write_pdf(tmp_path / "a.pdf", [words[::-1]], font=FONT))
    assert document.sections[0].text == words


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        ("Deutsch", "cp1252"),
        ("Français", "cp1252"),
        ("Español", "cp1252"),
        ("Português", "cp1252"),
        ("Italiano", "cp1252"),
        ("العربية", "cp1256"),
        ("ไทย", "cp874"),
    ],
)
def test_old_encodings_are_found(tmp_path: Path, language: str, encoding: str) -> None:
    path = tmp_path / "a.txt"
    content = samples()[language].encode(encoding, "ignore")
    path.write_bytes(content)
    document = read_one(path)
    assert document.sections[0].text == content.decode(encoding)
    assert document.problem
    assert "which is a guess" in document.problem
