"""The child that draws pages answers with sizes, pixels and words, and says in one word why it cannot."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.pdf_child import PdfChild
from tests.ingest.pdfs import library, write_pdf, write_protected


@pytest.fixture
def child() -> Iterator[PdfChild]:
    child = PdfChild("ingest.pdf_pages")
    yield child
    child.close()


def about(path: Path, **wanted: Any) -> dict[str, Any]:
    stat = path.stat()
    known = {
        "size": stat.st_size,
        "mtime_ns": stat.st_mtime_ns,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    return {"path": os.fsencode(path).hex(), "page_seconds": 30, **known, **wanted}


def ask(child: PdfChild, request: dict[str, Any]) -> dict[str, Any]:
    (answer,) = child.ask(request, None)
    return answer


def test_sizes_pixels_and_words_of_a_page(child: PdfChild, tmp_path: Path) -> None:
    path = tmp_path / "two.pdf"
    with library().open() as document:
        document.new_page(width=200, height=100)
        document.new_page(width=300, height=600).draw_rect((0, 0, 150, 300), color=None, fill=(1, 0, 0))
        document[1].insert_text((200, 500), "two words")
        document.save(str(path))
    sizes = ask(child, about(path, want="sizes", first=0, count=9))
    assert sizes["closed"] == {"pages": 2, "sizes": [[200.0, 100.0], [300.0, 600.0]]}
    tile = ask(child, about(path, want="tile", page=1, width=600, box=[200, 500, 400, 700]))
    place = tile["closed"]
    assert (place["left"], place["top"], place["width"], place["height"]) == (200, 500, 200, 200)

    def pixel(x: int, y: int) -> tuple[int, ...]:
        at = (y - 500) * place["stride"] + (x - 200) * 3
        return tuple(tile["content"][at : at + 3])

    assert pixel(210, 510) == pixel(297, 597) == (255, 0, 0)
    assert pixel(303, 510) == pixel(210, 603) == (255, 255, 255)
    words = ask(child, about(path, want="words", page=1))["closed"]["words"]
    assert [word[4] for word in words] == ["two", "words"]
    left, top, right, bottom = words[0][:4]
    assert (left, right < 240, 480 < top < bottom < 510) == (200, True, True)


def test_what_stands_in_the_way_is_said_and_the_child_goes_on(child: PdfChild, tmp_path: Path) -> None:
    good = write_pdf(tmp_path / "good.pdf", ["fine"])
    asked = about(good, want="words", page=0)
    assert ask(child, asked)["closed"]
    secret = write_protected(tmp_path / "secret.pdf", "hidden")
    asked_secret = about(secret, want="words", page=0)
    assert ask(child, asked_secret)["failed"] == "password"
    assert ask(child, {**asked_secret, "passwords": ["wrong"]})["failed"] == "password"
    assert ask(child, {**asked_secret, "passwords": ["wrong", "secret"]})["closed"]["words"][0][4] == "hidden"
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"nothing of the kind")
    assert ask(child, about(broken, want="words", page=0))["failed"] == "broken"
    assert ask(child, about(good, want="words", page=7))["failed"] == "broken"
    os.utime(good, (5, 5))
    assert ask(child, asked)["closed"], "the same content, only touched"
    write_pdf(good, ["fine!"])
    changed = good.stat().st_size
    assert ask(child, {**asked, "size": changed})["failed"] == "changed"
    good.unlink()
    answer = ask(child, asked)
    assert (answer["failed"], answer["detail"]) == ("gone", "it is no longer there")


def test_a_name_that_is_no_text_can_be_shown(child: PdfChild, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/r\xe8gles.pdf"))
    write_pdf(tmp_path / "plain.pdf", ["fine"]).rename(path)
    assert ask(child, about(path, want="words", page=0))["closed"]["words"][0][4] == "fine"
