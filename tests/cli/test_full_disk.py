"""A disk that fills up costs the saving, with a sentence, and not the answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Program
from tests.small_disk import small_disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 300 kB."""
    with small_disk(tmp_path / "disk", "300k") as folder:
        yield folder


def test_an_answer_comes_though_the_disk_is_full(disk: Path, notes: Path, tiny_llama4: Path) -> None:
    program = Program(disk, str(tiny_llama4))
    (notes / "long.txt").write_text("".join(f"line {i * 7919 % 10007} is unlike the others\n" for i in range(20_000)))
    ran = program("ask", notes, "-q", "Who was the operator?", "--mode", "evidence", "--json")
    assert ran.json[0]["passages"]
    assert ran.json[0]["session"] is None or not ran.json[0]["session"]["saved"]
    assert ran.err.count("Not saved") == ran.err.count("disk is full") == 1, ran.err
    assert program("sessions", "list", "--json", code=None).code in (0, 1)
