"""Rotated logs: together, oldest first, whatever names them; everything else as before."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ingest.rotation import in_order, together
from tests.ingest.packing import PACKERS, tar_bytes
from tests.ingest.reading import read
from tests.ingest.test_log import line

SETS = [
    ["app.log.10.gz", "app.log.2.gz", "app.log.1", "app.log"],
    ["app.log-20260313", "app.log-20260314.xz", "app.log-20260314-1773471601.zst", "app.log.2", "app.log"],
    ["catalina.2026-03-13.log", "catalina.2026-03-14.log.gz", "catalina.2026-03-15.log"],
    ["syslog.2.gz", "syslog.1", "syslog"],
    ["web.2026-03-13.0.log", "web.2026-03-14.0.log", "web.2026-03-14.1.log", "web.2026-03-14.10.log", "web.log"],
    ["x.2.log.bz2", "x.1.log", "x.log"],
    ["timed.log.2026-03-14_06", "timed.log.2026-03-14_07", "timed.log"],
    ["old.log.3", "old.log.2"],
    ["app.log.2.gz", "app.log.1.gz", "app.log.gz"],
]
OTHERS = [
    ["chapter.1", "chapter.10", "chapter.2"],
    ["part-1.log", "part-2.log"],
    ["report-2025-12-30.pdf", "report-2025.pdf", "report-2026-01-02.pdf"],
    ["1", "2.log", "a", "b.2020"],
]


@pytest.mark.parametrize("names", SETS, ids=lambda names: names[-1])
def test_a_set_comes_oldest_first(names: list[str]) -> None:
    for seed in range(5):
        shuffled = random.Random(seed).sample(names, len(names))
        assert in_order(shuffled) == names
        assert together(shuffled) == names
        assert in_order([f"d/{name}" for name in shuffled]) == [f"d/{name}" for name in names]


@pytest.mark.parametrize("names", OTHERS, ids=lambda names: names[0])
def test_what_was_never_rotated_keeps_its_order(names: list[str]) -> None:
    shuffled = random.Random(1).sample(names, len(names))
    assert in_order(shuffled) == sorted(names)
    assert together(shuffled) == shuffled


def test_sets_stand_where_their_log_would_and_folders_are_apart() -> None:
    names = ["a.txt", "app.log.1", "app.log", "app2.log", "b/app.log.1", "b/app.log", "c"]
    assert in_order(sorted(names)) == names
    assert together(["z", "app.log", "b/app.log", "a", "app.log.1", "b/app.log.1"]) == [
        "z", "app.log.1", "app.log", "b/app.log.1", "b/app.log", "a",
    ]  # fmt: skip


def test_rotated_logs_are_read_in_order_and_lead_to_their_own_files(tmp_path: Path) -> None:
    names = SETS[1]
    contents = {name: b"".join(map(line, range(n * 100, n * 100 + 100))) for n, name in enumerate(names)}
    folder = tmp_path / "logs"
    folder.mkdir()
    packed = {
        name: PACKERS[name.rpartition(".")[2]](content) if name.endswith((".xz", ".zst")) else content
        for name, content in contents.items()
    }
    for name, content in packed.items():
        (folder / name).write_bytes(content)
    archive = tmp_path / "logs.tar"
    archive.write_bytes(tar_bytes(dict(sorted(packed.items()))))
    by_name = [folder / name for name in sorted(names)]
    for documents in (read(folder).documents, read(*by_name).documents, read(archive).documents):
        assert [Path(document.path).name for document in documents] == names
        for document, content in zip(documents, contents.values(), strict=True):
            assert document.sections[0].text.encode() == content
            assert document.sections[0].span.lines == (1, 100)
