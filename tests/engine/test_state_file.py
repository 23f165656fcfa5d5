"""The file of a read state: what went in comes out, or nothing does."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from array import array
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import Cancelled, StateDamaged, StateError
from engine.state_file import PART_SUFFIX, PIECE, Blob, StateHead, StateWriter, open_state, read_head, size_of
from tests.engine.asking import ROOT
from tests.small_disk import small_disk

KEY = bytes(range(32))
SIZES = (3 * PIECE + 12_345, 77, 0, 5000)


def head_of(sizes: tuple[int, ...] = SIZES, *, tokens: int = 3000) -> StateHead:
    return StateHead(
        fingerprint="0123456789abcdef" * 2,
        facts={"kv": "f16", "rope": {"freq": 1e6}},
        model="Model “with” a name",
        made=1_700_000_000.5,
        tokens=array("i", range(tokens)),
        prefix=tokens - 100,
        places=(1024, 2048),
        stretches=((10, 20), (2500, 3000)),
        blobs=tuple(Blob(i, i + 1, size) for i, size in enumerate(sizes)),
    )


def blobs_of(sizes: tuple[int, ...] = SIZES) -> list[bytes]:
    return [random.Random(i).randbytes(size) for i, size in enumerate(sizes)]


def write(path: Path, sizes: tuple[int, ...] = SIZES) -> StateHead:
    head = head_of(sizes)
    writer = StateWriter(path.parent, head, KEY)
    for view, blob in zip(writer.blobs, blobs_of(sizes), strict=True):
        view[:] = blob
    writer.finish(path)
    return head


def parts(folder: Path) -> list[Path]:
    return list(folder.glob(f"*{PART_SUFFIX}"))


@pytest.mark.parametrize("sizes", [SIZES, (), (1,), (PIECE,), (4096, 4096)])
def test_what_went_in_comes_out(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    path = tmp_path / "a.state"
    head = write(path, sizes)
    assert parts(tmp_path) == []
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_size == size_of(head)
    assert read_head(path, KEY) == head
    with open_state(path, KEY) as state:
        assert state.head == head
        assert [bytes(view) for view in state.blobs] == blobs_of(sizes)
        assert all(not view.readonly for view in state.blobs), "llama.cpp's bindings take writable memory only"
        if sizes and sizes[0]:
            state.blobs[0][0] ^= 255
    with open_state(path, KEY):
        pass


def test_no_byte_may_be_another(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    write(path, (70_001, 77))
    raw = path.read_bytes()
    chance = random.Random(7)
    # All of the beginning and of the end, the borders of pieces of it, and bytes in between.
    places = {*range(300), *range(len(raw) - 120, len(raw)), *(chance.randrange(len(raw)) for _ in range(400))}
    for place in sorted(places):
        # Also such bytes are proven that only fill up a page.
        path.write_bytes(raw[:place] + bytes([raw[place] ^ (1 << chance.randrange(8))]) + raw[place + 1 :])
        with pytest.raises(StateDamaged):
            open_state(path, KEY).__exit__(None, None, None)
    path.write_bytes(raw)
    with open_state(path, KEY):
        pass


def test_no_file_may_be_shorter_or_longer(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    write(path, (9000,))
    raw = path.read_bytes()
    for length in (0, 1, 8, 31, 40, 64, 65, 500, 12_000, len(raw) - 32, len(raw) - 1):
        path.write_bytes(raw[:length])
        with pytest.raises(StateDamaged):
            open_state(path, KEY)
    path.write_bytes(raw + b"\0")
    with pytest.raises(StateDamaged):
        open_state(path, KEY)


def test_the_pieces_of_a_file_cannot_change_places(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    write(path, (3 * PIECE,))
    raw = path.read_bytes()
    start = len(raw) - 32 - 3 * PIECE
    one, two = raw[start : start + PIECE], raw[start + PIECE : start + 2 * PIECE]
    path.write_bytes(raw[:start] + two + one + raw[start + 2 * PIECE :])
    with pytest.raises(StateDamaged):
        open_state(path, KEY)


def test_a_file_of_another_key_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    write(path)
    with pytest.raises(StateDamaged, match="another computer"):
        open_state(path, bytes(32))
    with pytest.raises(StateDamaged):
        read_head(path, bytes(32))


def test_proving_can_be_stopped(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    write(path)
    with pytest.raises(Cancelled):
        open_state(path, KEY, stop=lambda: True)


def test_a_file_that_is_dropped_leaves_nothing(tmp_path: Path) -> None:
    writer = StateWriter(tmp_path, head_of(), KEY)
    assert len(parts(tmp_path)) == 1
    writer.drop()
    writer.drop()
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="could not be kept on disk: No such file"):
        StateWriter(tmp_path / "missing", head_of(), KEY)
    writer = StateWriter(tmp_path, head_of((10,)), KEY)
    with pytest.raises(StateError, match="could not be kept on disk"):
        writer.finish(tmp_path / "missing" / "a.state")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    with small_disk(tmp_path / "disk", "1m") as folder:
        yield folder


def test_a_full_disk_is_found_before_anything_is_written(disk: Path) -> None:
    write(disk / "a.state", (500_000,))
    with pytest.raises(StateError, match="the disk is full") as caught:
        write(disk / "b.state", (600_000,))
    assert caught.value.hint
    assert [path.name for path in disk.iterdir()] == ["a.state"]
    with open_state(disk / "a.state", KEY):
        pass


def test_room_is_taken_where_the_system_cannot_reserve_it(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "posix_fallocate")
    write(disk / "a.state", (500_000,))
    with open_state(disk / "a.state", KEY) as state:
        assert bytes(state.blobs[0]) == blobs_of((500_000,))[0]
    with pytest.raises(StateError, match="the disk is full"):
        write(disk / "b.state", (600_000,))
    assert [path.name for path in disk.iterdir()] == ["a.state"]


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_a_process_killed_while_writing_leaves_no_file_of_that_name(tmp_path: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from tests.engine.test_state_file import write
i = 0
while True:
    write(Path({str(tmp_path)!r}) / f"{{i}}.state", (2_000_000,))
    if i == 0:
        print("going", flush=True)
    i += 1
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    for path in tmp_path.glob("*.state"):
        with open_state(path, KEY) as state:
            assert bytes(state.blobs[0]) == blobs_of((2_000_000,))[0]


def test_where_a_state_can_be_gone_on_from(tmp_path: Path) -> None:
    head = head_of()
    for shared, usable in ((0, 0), (5, 0), (15, 15), (20, 20), (500, 20), (1024, 1024), (2400, 2048), (2700, 2700)):
        assert head.usable(shared) == usable, shared
    assert replace(head, places=(), stretches=()).usable(2999) == 0
    assert replace(head, places=(), stretches=()).usable(3000) == 3000
