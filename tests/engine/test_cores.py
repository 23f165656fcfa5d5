"""Cores that may be used, from files as systems with and without containers have them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.cores import cpu_quota, usable_cores, usable_threads


def machine(root: Path, groups: str, **files: str) -> Path:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(groups)
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name.replace("__", "/").replace("--", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


def test_no_limit_where_there_are_no_groups_or_none_is_set(tmp_path: Path) -> None:
    assert cpu_quota(tmp_path) is None
    assert cpu_quota(machine(tmp_path, "0::/user/mine\n", **{"user__mine__cpu--max": "max 100000"})) is None


def test_the_narrowest_of_the_groups_around_counts(tmp_path: Path) -> None:
    files = {"a__cpu--max": "150000 100000", "a__b__cpu--max": "400000 100000"}
    assert cpu_quota(machine(tmp_path, "0::/a/b\n", **files)) == 1.5


def test_version_1_and_a_path_that_is_not_seen_inside_a_container(tmp_path: Path) -> None:
    groups = "4:memory:/x\n1:cpu,cpuacct:/docker/abc\n"
    files = {"cpu__cpu--cfs_quota_us": "300000", "cpu__cpu--cfs_period_us": "100000"}
    assert cpu_quota(machine(tmp_path, groups, **files)) == 3.0


@pytest.mark.parametrize("quota", ["-1", "", "nonsense", "0"])
def test_no_quota_of_version_1(tmp_path: Path, quota: str) -> None:
    files = {"cpu__cpu--cfs_quota_us": quota, "cpu__cpu--cfs_period_us": "100000"}
    assert cpu_quota(machine(tmp_path, "1:cpu:/\n", **files)) is None


@pytest.mark.parametrize(("quota", "threads"), [("50000", 1), ("100000", 1), ("990000000", None)])
def test_threads_follow_the_quota_down_to_one(tmp_path: Path, quota: str, threads: int | None) -> None:
    root = machine(tmp_path, "0::/\n", **{"cpu--max": f"{quota} 100000"})
    assert usable_threads(root) == (threads or usable_threads())


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no process to cores")
def test_a_process_bound_to_one_core_uses_one() -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert usable_threads() == usable_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)
    assert 1 <= usable_cores() <= len(allowed)
