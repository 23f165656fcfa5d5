"""Limits of control groups, read from files laid out as the kernel lays them out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from engine.cpu_features import of_features
from engine.free_memory import allowed_by_groups, free_memory

GIB = 1 << 30


def lay_out(root: Path, files: Mapping[str, str | int]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    return root


def test_the_tightest_group_around_the_process_counts(tmp_path: Path) -> None:
    root = lay_out(
        tmp_path,
        {
            "proc/self/cgroup": "0::/box/inner",
            "sys/fs/cgroup/box/memory.max": 4 * GIB,
            "sys/fs/cgroup/box/memory.current": 3 * GIB,
            "sys/fs/cgroup/box/memory.stat": f"anon 1\ninactive_file {GIB // 2}\nactive_file {GIB // 4}",
            "sys/fs/cgroup/box/inner/memory.max": "max",
            "sys/fs/cgroup/box/inner/memory.current": GIB,
        },
    )
    assert allowed_by_groups(root) == GIB + GIB // 2 + GIB // 4
    lay_out(root, {"sys/fs/cgroup/box/inner/memory.max": 2 * GIB})
    assert allowed_by_groups(root) == GIB


def test_a_container_sees_its_own_group_as_the_root(tmp_path: Path) -> None:
    root = lay_out(
        tmp_path,
        {"proc/self/cgroup": "0::/", "sys/fs/cgroup/memory.max": GIB, "sys/fs/cgroup/memory.current": GIB // 4},
    )
    assert allowed_by_groups(root) == GIB - GIB // 4


def test_version_1(tmp_path: Path) -> None:
    group = "sys/fs/cgroup/memory/docker/abc"
    root = lay_out(
        tmp_path,
        {
            "proc/self/cgroup": "12:cpu,cpuacct:/docker/abc\n5:memory:/docker/abc\n1:name=systemd:/x",
            f"{group}/memory.limit_in_bytes": 3 * GIB,
            f"{group}/memory.usage_in_bytes": 2 * GIB,
            f"{group}/memory.stat": f"cache 5\ntotal_inactive_file {GIB}",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": 9223372036854771712,
            "sys/fs/cgroup/memory/memory.usage_in_bytes": 7 * GIB,
        },
    )
    assert allowed_by_groups(root) == 2 * GIB


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"proc/self/cgroup": "0::/gone"},
        {"proc/self/cgroup": "nonsense"},
        {"proc/self/cgroup": "0::/", "sys/fs/cgroup/memory.max": "max", "sys/fs/cgroup/memory.current": 1},
        {"proc/self/cgroup": "0::/", "sys/fs/cgroup/memory.max": 5},
    ],
)
def test_without_a_limit_there_is_none(tmp_path: Path, files: dict[str, str | int]) -> None:
    assert allowed_by_groups(lay_out(tmp_path, files)) is None


def test_a_group_over_its_limit_leaves_nothing(tmp_path: Path) -> None:
    files: dict[str, str | int] = {
        "proc/self/cgroup": "0::/",
        "sys/fs/cgroup/memory.max": 5,
        "sys/fs/cgroup/memory.current": 9,
    }
    assert allowed_by_groups(lay_out(tmp_path, files)) == 0


def test_what_is_free_is_never_more_than_there_is() -> None:
    assert 0 < free_memory() <= psutil.virtual_memory().total


def test_weights_are_repacked_for_processors_that_have_kernels_for_it() -> None:
    assert of_features(frozenset({"sse2"})) == frozenset()
    assert of_features(frozenset({"avx2", "amx_tile", "avx512f"})) == frozenset()
    plain, wide = of_features(frozenset({"avx2"})), of_features(frozenset({"avx2", "avx512f"}))
    assert {"q4_0", "q4_k"} <= plain < wide and "q2_k" in wide and "q8_0" not in wide
