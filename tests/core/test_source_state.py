"""Files that changed, went or were only touched since they were read, told apart."""

from __future__ import annotations

import gzip
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.core import source_state
from app.core.source_state import state_of
from app.core.workspace import Entry, Workspace
from ingest.open_path import open_paths
from tests.ingest.packing import zip_bytes
from tests.ingest.pdfs import write_pdf


def entry(path: Path) -> Entry:
    (read,) = Workspace().add(open_paths([path]).documents).entries
    return read


def touch(path: Path) -> None:
    now = path.stat()
    os.utime(path, ns=(now.st_atime_ns, now.st_mtime_ns + 5_000_000_000))


def a_note(folder: Path) -> Path:
    (folder / "note.md").write_text("The crane stopped at nine.\n")
    return folder / "note.md"


def a_log(folder: Path) -> Path:
    (folder / "crane.log").write_text("".join(f"2026-03-14T10:00:{i:02} INFO line {i}\n" for i in range(60)))
    return folder / "crane.log"


def a_packed_log(folder: Path) -> Path:
    (folder / "crane.log.gz").write_bytes(gzip.compress(a_log(folder).read_bytes()))
    return folder / "crane.log.gz"


def a_pdf(folder: Path) -> Path:
    return write_pdf(folder / "a.pdf", ["Ships pay a fee."])


@pytest.mark.parametrize("make", [a_note, a_log, a_packed_log, a_pdf])
def test_each_kind_of_file_is_known_again(tmp_path: Path, make: object) -> None:
    path: Path = make(tmp_path)  # type: ignore[operator]
    read = entry(path)
    assert state_of(read) == "same"
    content = path.read_bytes()
    touch(path)
    assert state_of(read) == "same"
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    touch(path)
    assert state_of(read) == "changed"
    path.write_bytes(content + b"more")
    assert state_of(read) == "changed"
    path.unlink()
    path.write_bytes(content)
    assert state_of(read) == "same"
    path.unlink()
    assert state_of(read) == "missing"


def test_what_lies_in_an_archive_changes_and_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zip_bytes({"d/note.md": b"The crane stopped at nine.\n"}))
    read = entry(path / "d" / "note.md")
    assert state_of(read) == "same"
    touch(path)
    assert state_of(read) == "changed"
    path.unlink()
    assert state_of(read) == "missing"
    path.mkdir()
    assert state_of(read) == "missing"


def test_a_folder_that_is_gone_or_in_the_way_means_missing(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    path = a_note(folder)
    read = entry(path)
    path.unlink()
    path.mkdir()
    assert state_of(read) == "missing"
    path.rmdir()
    folder.rmdir()
    assert state_of(read) == "missing"
    folder.write_text("a file now")
    assert state_of(read) == "missing"


def test_what_was_never_a_file_is_unknown(tmp_path: Path) -> None:
    (piped,) = Workspace().add(open_paths([], stdin=b"The crane stopped.\n").documents).entries
    assert state_of(piped) == "unknown"
    read = entry(a_note(tmp_path))
    assert state_of(replace(read, document=replace(read.document, path="/x\0y"))) == "unknown"


def test_a_long_file_that_was_touched_counts_as_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_note(tmp_path)
    read = entry(path)
    monkeypatch.setattr(source_state, "HASHED_AT_MOST", 5)
    assert state_of(read) == "same"
    touch(path)
    assert state_of(read) == "changed"


@pytest.mark.skipif(sys.platform == "win32", reason="needs named pipes")
def test_a_named_pipe_in_its_place_keeps_nobody_waiting(tmp_path: Path) -> None:
    path = a_note(tmp_path)
    read = entry(path)
    path.unlink()
    os.mkfifo(path)
    assert state_of(read) == "missing"


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")
def test_a_file_that_may_not_be_read_is_unknown(tmp_path: Path) -> None:
    path = a_note(tmp_path)
    read = entry(path)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert state_of(replace(read, document=replace(read.document, path=str(loop)))) == "unknown"
    too_long = str(tmp_path / ("x" * 300))
    assert state_of(replace(read, document=replace(read.document, path=too_long))) == "unknown"
