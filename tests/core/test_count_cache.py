"""Counts that were made before are not made again, and are the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.assemble import count_documents
from app.core.count_cache import CountCache
from app.core.models import ENGINE_COMMAND, find_model
from app.core.prompt import PromptDocument
from engine.backends.local import LocalBackend
from engine.protocol import LoadOptions
from ingest.document import Section, Span


class Counting(LocalBackend):
    """Remembers what it was asked to count."""

    asked: list[str]

    def count(self, texts: Sequence[str], *, stop: Callable[[], bool] | None = None) -> list[int]:
        self.asked += texts
        return super().count(texts, stop=stop)


@pytest.fixture(scope="module")
def backend() -> Iterator[Counting]:
    model = find_model(None)
    assert model is not None
    backend = Counting(ENGINE_COMMAND)
    backend.asked = []
    backend.load(LoadOptions(path=str(model), n_ctx=0, vocabulary_only=True))
    yield backend
    backend.close()


TEXTS = ["The berth is let to the pilot office. " * n for n in (10, 30, 100)] + ["short", "", "Ägypten, 東京 " * 40]


def test_what_was_counted_is_not_counted_again(tmp_path: Path, backend: Counting) -> None:
    exact = backend.count(TEXTS)
    cache = CountCache(tmp_path / "counts.db")
    assert cache.count(backend, TEXTS) == exact
    cache.close()
    backend.asked.clear()
    again = CountCache(tmp_path / "counts.db")
    fresh = "A new sentence. " * 50
    assert again.count(backend, [*TEXTS, fresh]) == [*exact, *LocalBackend.count(backend, [fresh])]
    assert backend.asked == ["short", "", "A new sentence. " * 50]
    again.close()


def test_another_vocabulary_knows_nothing_of_it(tmp_path: Path, backend: Counting) -> None:
    cache = CountCache(tmp_path / "counts.db")
    cache.count(backend, TEXTS)
    info = backend._info
    assert info is not None
    try:
        backend._info = replace(info, vocabulary="another")
        backend.asked.clear()
        cache.count(backend, TEXTS)
        assert backend.asked == TEXTS
        backend._info = replace(info, vocabulary="")
        backend.asked.clear()
        cache.count(backend, TEXTS)
        assert backend.asked == TEXTS
    finally:
        backend._info = info
        cache.close()


def test_a_damaged_file_costs_only_time(tmp_path: Path, backend: Counting) -> None:
    path = tmp_path / "counts.db"
    path.write_bytes(b"this is no database" * 500)
    exact = backend.count(TEXTS)
    cache = CountCache(path)
    assert cache.count(backend, TEXTS) == exact
    assert cache.count(backend, TEXTS) == exact
    cache.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM counts").fetchone()[0] == 4


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path, backend: Counting) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    cache = CountCache(blocked / "counts.db")
    assert cache.count(backend, TEXTS) == backend.count(TEXTS)
    cache.close()


def test_documents_are_counted_alike_with_and_without(tmp_path: Path, backend: Counting) -> None:
    documents = [
        PromptDocument(f"S{i}", f"{i}.txt", "text", [Section("all", Span(lines=(1, 1)), text)])
        for i, text in enumerate(TEXTS, 1)
    ]
    cache = CountCache(tmp_path / "counts.db")
    plain = count_documents(backend, documents, "header")
    assert count_documents(backend, documents, "header", known=cache) == plain
    backend.asked.clear()
    assert count_documents(backend, documents, "header", known=cache) == plain
    assert not any(len(text) > 500 for text in backend.asked)
    cache.close()
