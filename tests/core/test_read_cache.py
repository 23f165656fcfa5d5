"""A file that did not change is not read twice; whatever changes about it or about how it is read counts."""

from __future__ import annotations

import os
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.core import read_cache
from app.core.read_cache import KnownSources, ReadCache
from app.core.read_states import forget_session
from app.core.sessions import Store
from app.core.settings import load, save
from app.core.workspace import Workspace
from ingest.document import Document
from ingest.open_path import open_paths
from ingest.pool import PdfPool
from ingest.recognition import Recognition
from ingest.view import AS_IT_STANDS, View
from tests.ingest.pdfs import write_pdf

LONG_AGO_NS = 1_700_000_000_000_000_000


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "lease.pdf"
    write_pdf(path, ["The berth is let to the pilot office.", "It ends in March."])
    _age(path)
    return path


def _age(path: Path) -> None:
    """Old enough that a change of the file would show in its times."""
    os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS))


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sessions and settings of a test go into its own folder."""
    monkeypatch.setenv("PLUMBLINE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of these tests are minutes old."""
    later = time.time_ns() + 60_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: later)


@pytest.fixture
def readers_started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that a PDF reader was given."""
    given: list[str] = []
    submit = PdfPool.submit

    def watched(self: PdfPool, job: object) -> None:
        given.append(job.path)  # type: ignore[attr-defined]
        submit(self, job)  # type: ignore[arg-type]

    monkeypatch.setattr(PdfPool, "submit", watched)
    return given


def read(path: Path, cache: ReadCache | KnownSources, view: View = AS_IT_STANDS) -> Document:
    (document,) = open_paths([path], known=cache, view=view).documents
    return document


@pytest.mark.usefixtures("settled")
def test_an_unchanged_file_is_fetched_and_equal(tmp_path: Path, pdf: Path, readers_started: list[str]) -> None:
    first = read(pdf, ReadCache(tmp_path / "read.db"))
    later = ReadCache(tmp_path / "read.db")
    assert read(pdf, later) == first
    assert first.sections[0].places
    assert readers_started == [str(pdf)]


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("change", ["content", "touched", "view", "readers"])
def test_what_changed_is_read_again(
    tmp_path: Path, pdf: Path, readers_started: list[str], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    cache = ReadCache(tmp_path / "read.db")
    read(pdf, cache)
    view = AS_IT_STANDS
    if change == "content":
        write_pdf(pdf, ["The berth is free."])
        _age(pdf)
    elif change == "touched":
        os.utime(pdf)
    elif change == "view":
        view = View(mask=True)
    else:
        monkeypatch.setattr(read_cache, "readers", lambda: "newer")
    document = read(pdf, cache, view)
    assert len(readers_started) == 2
    expected = "The berth is free." if change == "content" else "The berth is let to the pilot office."
    assert document.sections[0].text == expected


@pytest.mark.usefixtures("settled")
def test_what_a_password_opened_is_not_kept(tmp_path: Path, pdf: Path) -> None:
    cache = ReadCache(tmp_path / "read.db")
    open_paths([pdf], known=cache, passwords=["harbour"])
    assert cache.find(str(pdf), AS_IT_STANDS, None) is None
    open_paths([pdf], known=cache)
    assert cache.find(str(pdf), AS_IT_STANDS, None) is not None
    assert cache.find(str(pdf), AS_IT_STANDS, Recognition("eng", "/usr/share")) is None


def test_a_file_that_was_just_written_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "fresh.pdf"
    write_pdf(path, ["Just written."])
    cache = ReadCache(tmp_path / "read.db")
    read(path, cache)
    assert cache.find(str(path), AS_IT_STANDS, None) is None


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("damage", ["row", "file"])
def test_damage_costs_only_time(tmp_path: Path, pdf: Path, readers_started: list[str], damage: str) -> None:
    path = tmp_path / "read.db"
    cache = ReadCache(path)
    first = read(pdf, cache)
    cache.close()
    if damage == "row":
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE documents SET body = x'00ff00'")
    else:
        path.write_bytes(b"no database" * 1000)
    assert read(pdf, ReadCache(path)) == first
    assert len(readers_started) == 2


def test_an_open_source_is_given_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("def berth():\n    return 4\n")
    (document,) = open_paths([path]).documents
    known = KnownSources(ReadCache(tmp_path / "read.db"))
    known.use(Workspace().add([document]))
    assert read(path, known) is document
    assert read(path, known, View(detail="name")) is not document
    path.write_text("def berth():\n    return 5\n")
    os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS))
    assert read(path, known).sections[0].text != document.sections[0].text
    known.use(Workspace().add([replace(document, status="failed")]))
    assert read(path, known) is not document


@pytest.mark.usefixtures("settled")
def test_what_is_not_to_be_kept_is_not(tmp_path: Path, pdf: Path, data_folder: Path) -> None:
    read(pdf, ReadCache(tmp_path / "read.db", keeping=False))
    assert ReadCache(tmp_path / "read.db").find(str(pdf), AS_IT_STANDS, None) is None
    assert not list(tmp_path.glob("read.db*")), "there is nothing to put into a file"
    save(replace(load().preferences, keep_read=False))
    read(pdf, KnownSources(ReadCache(tmp_path / "read.db")))
    assert ReadCache(tmp_path / "read.db").find(str(pdf), AS_IT_STANDS, None) is None


@pytest.mark.usefixtures("settled")
def test_a_deleted_session_takes_what_was_read_for_it_alone_along(tmp_path: Path, data_folder: Path) -> None:
    own, shared = tmp_path / "own.pdf", tmp_path / "shared.pdf"
    for path in (own, shared):
        write_pdf(path, [f"What only {path.stem} says."])
        _age(path)
    cache = ReadCache()
    documents = open_paths([own, shared], known=cache).documents
    with Store.open() as store:
        first, second = store.create("first"), store.create("second")
        store.add_documents(first, Workspace().add(documents).entries)
        store.add_documents(second, Workspace().add(documents[1:]).entries)
        store.delete(first)
        forget_session(first, store.only_in(first))
    fresh = ReadCache()
    assert fresh.find(str(own), AS_IT_STANDS, None) is None
    assert fresh.find(str(shared), AS_IT_STANDS, None) == documents[1]
    fresh.close()
    cache.close()
    assert b"own says" not in b"".join(path.read_bytes() for path in data_folder.glob("read.db*"))
