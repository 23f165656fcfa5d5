"""Beyond a limit, texts stay in their files; what is read later is what was read first, or is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest import whole_text
from ingest.document import Document
from ingest.errors import SourceChanged, SourceGone
from ingest.open_path import open_paths
from ingest.view import View
from ingest.whole_text import WholeText

LIMIT = 30_000


@pytest.fixture(autouse=True)
def low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that small files reach."""
    monkeypatch.setattr(whole_text.Holding.__init__, "__defaults__", (LIMIT,))


def write_tree(folder: Path) -> dict[str, str]:
    """Ten source files, 8 kB each, in several encodings; their texts by name."""
    texts: dict[str, str] = {}
    folder.mkdir()
    for number in range(10):
        text = f"# Größe {number}\n" + f"berth_{number} = 4  # Kaimauer für Lotsen\n" * 200
        encoding = ("utf-8", "utf-16", "latin-1")[number % 3]
        (folder / f"{number}.py").write_bytes(text.encode(encoding))
        texts[f"{number}.py"] = text
    return texts


def left(documents: tuple[Document, ...]) -> list[Document]:
    return [d for d in documents if isinstance(d.sections[0].body, WholeText)]


def test_texts_beyond_the_limit_stay_in_their_files_and_are_the_same(tmp_path: Path) -> None:
    texts = write_tree(tmp_path / "tree")
    documents = open_paths([tmp_path / "tree"]).documents
    assert {Path(d.path).name: d.sections[0].text for d in documents} == texts
    held = [d for d in documents if d not in left(documents)]
    assert sum(len(d.sections[0].text) for d in held) <= LIMIT
    assert len(left(documents)) == 6


def test_a_file_that_changed_or_went_is_refused(tmp_path: Path) -> None:
    write_tree(tmp_path / "tree")
    first, second, *_ = left(open_paths([tmp_path / "tree"]).documents)
    Path(first.path).write_text("another text")
    with pytest.raises(SourceChanged, match=r"has changed since it was added"):
        first.sections[0].body.read()  # type: ignore[union-attr]
    Path(second.path).unlink()
    with pytest.raises(SourceGone, match="no longer there"):
        second.sections[0].body.read()  # type: ignore[union-attr]


def test_what_is_not_the_file_itself_is_held(tmp_path: Path) -> None:
    """Outlines, pages and small files: their text stands in no file as it is."""
    write_tree(tmp_path / "tree")
    for number in range(3):
        rows = "".join(f"<p>Berth {n} is let.</p>\n" for n in range(500))
        (tmp_path / "tree" / f"page{number}.html").write_text(f"<!doctype html><html><body>{rows}</body></html>")
    documents = open_paths([tmp_path / "tree"], view=View(detail="outline")).documents
    assert not any(d.kind == "html" for d in left(documents))
    assert not any("…" in d.sections[0].text for d in left(documents))
