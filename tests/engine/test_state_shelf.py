"""The folder of read states: what is found, what goes when the quota is reached, and several processes in it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from array import array
from pathlib import Path

import pytest

from engine.errors import StateError
from engine.fingerprint import Fingerprint
from engine.machine import KEY_NAME, machine_identity, machine_key
from engine.state_file import PART_SUFFIX, SUFFIX, Blob, StateHead
from engine.state_shelf import StateShelf
from tests.engine.asking import ROOT, tokens_of

MARK = Fingerprint.of({"model": "m", "kv": "f16"})
SIZE = 100_000
FILE = SIZE + 20_000
"""About what a file with SIZE bytes of data takes, and a little more."""


def head_of(tokens: array[int], *, mark: Fingerprint = MARK, anywhere: bool = True, size: int = SIZE) -> StateHead:
    return StateHead(
        fingerprint=mark.digest,
        facts=mark.facts,
        model="Model",
        made=time.time(),
        tokens=tokens,
        prefix=len(tokens) - 10,
        places=(),
        stretches=((0, len(tokens)),) if anywhere else ((len(tokens) - 10, len(tokens)),),
        blobs=(Blob(0, len(tokens), size),),
    )


def put(shelf: StateShelf, head: StateHead, *, used: float = 0.0) -> Path:
    """Take a state in. used: seconds ago."""
    path = shelf.take_in(shelf.writer(head), head)
    os.utime(path, (time.time() - used,) * 2)
    return path


def find(shelf: StateShelf, tokens: array[int], *, mark: Fingerprint = MARK, least: int = 1) -> tuple[Path, int] | None:
    told: list[str] = []
    found = shelf.find(mark, tokens, least=least, tell=told.append)
    assert told == []
    return (found.path, found.usable) if found else None


def test_the_state_that_serves_best_is_found(tmp_path: Path) -> None:
    shelf = StateShelf(tmp_path / "states")
    base = tokens_of(1000, 1, 900)
    free = put(shelf, head_of(base + tokens_of(500, 2, 900)))
    end = put(shelf, head_of(base + tokens_of(700, 3, 900), anywhere=False))
    put(shelf, head_of(base + tokens_of(900, 2, 900), mark=Fingerprint.of({"model": "other"})))
    assert find(shelf, base + tokens_of(2000, 2, 900)) == (free, 1500)
    assert find(shelf, base + tokens_of(2000, 3, 900)) == (end, 1700)
    assert find(shelf, base + tokens_of(2000, 4, 900)) == (free, 1000), "this one can be returned to anywhere"
    assert find(shelf, base[:600]) == (free, 600)
    assert find(shelf, base[:600], least=601) is None
    assert find(shelf, tokens_of(2000, 9, 900)) is None


def test_a_longer_state_takes_the_place_of_a_shorter_one(tmp_path: Path) -> None:
    shelf = StateShelf(tmp_path)
    base = tokens_of(1000, 1, 900)
    before = put(shelf, head_of(base))
    put(shelf, head_of(base[:500], mark=Fingerprint.of({"model": "other"})))
    put(shelf, head_of(base[:990] + tokens_of(500, 2, 900)))
    assert not before.exists()
    assert len(shelf.stored()) == 2
    put(shelf, head_of(base[:990] + tokens_of(900, 2, 900), anywhere=False))
    assert len(shelf.stored()) == 3, "the longest cannot go back to where the other ends"


def test_over_the_quota_the_one_used_longest_ago_goes(tmp_path: Path) -> None:
    shelf = StateShelf(tmp_path, 3 * FILE)
    paths = [put(shelf, head_of(tokens_of(1000, i, 900)), used=1000 - i) for i in range(3)]
    assert all(path.exists() for path in paths)
    found = shelf.find(MARK, tokens_of(1000, 0, 900), least=1, tell=lambda _: None)
    assert found is not None
    with shelf.open(found, stop=lambda: False):
        pass
    head = head_of(tokens_of(1000, 9, 900))
    writer = shelf.writer(head)
    assert shelf.size() <= 3 * FILE, "room is made before it is taken"
    fourth = shelf.take_in(writer, head)
    assert [path.exists() for path in (*paths, fourth)] == [True, False, True, True]
    assert shelf.size() <= 3 * FILE
    assert StateShelf(tmp_path, FILE).trim() > 0
    assert [row.path for row in shelf.stored()] == [fourth]


def test_what_is_larger_than_the_quota_is_not_written_and_pushes_nothing_out(tmp_path: Path) -> None:
    shelf = StateShelf(tmp_path, 2 * FILE)
    small = put(shelf, head_of(tokens_of(1000, 1, 900)))
    with pytest.raises(StateError, match="may take on disk") as caught:
        shelf.writer(head_of(tokens_of(1000, 2, 900), size=3 * FILE))
    assert "--quota" in caught.value.hint
    assert small.exists()


def test_the_list_names_what_is_there(tmp_path: Path) -> None:
    shelf = StateShelf(tmp_path)
    assert StateShelf(tmp_path / "missing").stored() == []
    older = put(shelf, head_of(tokens_of(1000, 1, 900)), used=50)
    newer = put(shelf, head_of(tokens_of(1200, 2, 900)))
    (tmp_path / f"broken{SUFFIX}").write_bytes(b"x" * 100)
    os.utime(tmp_path / f"broken{SUFFIX}", (0, 0))
    rows = shelf.stored()
    assert [row.path for row in rows] == [newer, older, tmp_path / f"broken{SUFFIX}"]
    assert [len(row.head.tokens) if row.head else None for row in rows] == [1200, 1000, None]
    assert rows[0].size == newer.stat().st_size


def test_disk_is_freed(tmp_path: Path) -> None:
    shelf = StateShelf(tmp_path)
    put(shelf, head_of(tokens_of(1000, 1, 900)), used=40 * 86_400)
    recent = put(shelf, head_of(tokens_of(1000, 2, 900)))
    (tmp_path / f"broken{SUFFIX}").write_bytes(b"x" * 100)
    (tmp_path / f"left{PART_SUFFIX}").write_bytes(b"x" * 100)
    before = shelf.size()
    freed = shelf.free()
    assert [row.path for row in shelf.stored()] == [recent]
    assert freed == before - shelf.size() - 100, "what others left behind is not counted"
    size = shelf.size()
    assert shelf.free(everything=True) == size
    assert [path.name for path in tmp_path.iterdir()] == [KEY_NAME]


def test_what_another_process_writes_is_left_alone(tmp_path: Path) -> None:
    shelf = StateShelf(tmp_path)
    head = head_of(tokens_of(1000, 1, 900))
    writer = shelf.writer(head)
    other = StateShelf(tmp_path)
    other.sweep()
    other.free(everything=True)
    path = shelf.take_in(writer, head)
    assert path.exists()


def test_what_belongs_to_nobody_else_goes_with_its_owner(tmp_path: Path) -> None:
    shelf = StateShelf(tmp_path)
    base = tokens_of(1000, 1, 900)
    alone, shared, nobodys = (head_of(tokens_of(1000, seed, 900)) for seed in (2, 3, 4))
    first = shelf.take_in(shelf.writer(alone), alone, "1")
    second = shelf.take_in(shelf.writer(shared), shared, "1")
    shelf.note_owner(second, "21")
    third = put(shelf, nobodys)
    size = first.stat().st_size
    assert shelf.forget("1") == size
    assert [path.exists() for path in (first, second, third)] == [False, True, True]
    assert shelf.forget("1") == shelf.forget("2") == 0
    assert second.exists()
    longer = head_of(shared.tokens[:990] + base)
    fourth = shelf.take_in(shelf.writer(longer), longer, "5")
    assert not second.exists()
    assert shelf.forget("5") == 0, "it took the place of one that is of 21 too"
    assert shelf.forget("21") > 0
    assert not fourth.exists()
    assert [path.suffix for path in tmp_path.iterdir() if path.name != KEY_NAME] == [SUFFIX]


def test_a_file_that_vanished_meanwhile_is_no_trouble(tmp_path: Path) -> None:
    shelf = StateShelf(tmp_path)
    path = put(shelf, head_of(tokens_of(1000, 1, 900)))
    assert find(shelf, tokens_of(1000, 1, 900)) is not None
    path.unlink()
    assert find(shelf, tokens_of(1000, 1, 900)) is None


def test_several_processes_fill_one_folder(tmp_path: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from tests.engine.asking import tokens_of
from tests.engine.test_state_shelf import FILE, MARK, head_of
from engine.state_shelf import StateShelf
shelf = StateShelf(Path({str(tmp_path)!r}), 4 * FILE)
number = int(sys.argv[1])
for i in range(12):
    tokens = tokens_of(1000, i * (number if i % 2 else 1), 900)
    head = head_of(tokens)
    shelf.take_in(shelf.writer(head), head)
    found = shelf.find(MARK, tokens, least=1, tell=print)
    if found:
        try:
            shelf.open(found, stop=lambda: False).__exit__(None, None, None)
        except FileNotFoundError:
            pass
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(number)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for number in (3, 5)
    ]
    for process in processes:
        out, _ = process.communicate(timeout=120)
        assert (process.returncode, out) == (0, "")
    shelf = StateShelf(tmp_path, 4 * FILE)
    rows = shelf.stored()
    assert rows and all(row.head is not None for row in rows)
    assert shelf.size() <= 4 * FILE
    assert not list(tmp_path.glob(f"*{PART_SUFFIX}"))


def test_the_key_of_this_machine_is_made_once(tmp_path: Path) -> None:
    key = machine_key(tmp_path)
    assert len(key) == 32
    assert machine_key(tmp_path) == key
    assert (tmp_path / KEY_NAME).stat().st_mode & 0o777 == 0o600
    other = tmp_path / "other"
    other.mkdir()
    assert machine_key(other) != key
    assert machine_identity(machine_key(other)) != machine_identity(key)
    (tmp_path / KEY_NAME).write_bytes(b"short")
    assert len(machine_key(tmp_path)) == 32
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [KEY_NAME]
