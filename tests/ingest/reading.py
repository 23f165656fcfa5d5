"""Shorthand that ingest tests share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingest.document import Document, Ingested
from ingest.open_path import open_paths


def read_one(path: Path, **options: Any) -> Document:
    """The one document at `path`."""
    (document,) = read(path, **options).documents
    return document


def read(*paths: Path, **options: Any) -> Ingested:
    """open_paths."""
    return open_paths(paths, **options)


def why_skipped(path: Path, **options: Any) -> str:
    """The one reason why `path` gave no document."""
    ingested = read(path, **options)
    assert not ingested.documents
    (skipped,) = ingested.skipped
    assert skipped.path == str(path)
    return skipped.reason
