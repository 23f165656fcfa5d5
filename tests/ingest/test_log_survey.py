from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from ingest.errors import IngestError, Stopped
from ingest.log_survey import MOST_SOURCES, survey
from ingest.log_times import NS
from tests.ingest.reading import read
from tests.ingest.test_log_formats import moment


def lines(count: int, seconds: int = 1) -> str:
    start = moment("2026-03-14T00:00:00Z") // NS
    return "".join(
        f"{start + n * seconds}.5 {'ERROR' if n % 10 == 3 else 'INFO'} moved {n}\n\tand on\n" for n in range(count)
    )


def test_what_a_log_holds(tmp_path: Path) -> None:
    for name in ("a.log", "a.log.gz"):
        content = lines(1000).encode()
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
        seen = survey(tmp_path / name, buckets=100)
        assert (seen.format, seen.records, seen.bytes) == ("epoch", 1000, len(content))
        assert (seen.first, seen.last) == (moment("2026-03-14T00:00:00.5Z"), moment("2026-03-14T00:16:39.5Z"))
        assert (seen.zone_known, seen.since_start) == (True, False)
        assert dict(seen.by_level) == {"info": 900, "error": 100}
        assert seen.bucket == 10 * NS
        assert len(seen.buckets) == 100
        assert {tuple(counts.items()) for _, counts in seen.buckets} == {(("info", 9), ("error", 1))}
        assert seen.buckets[0][0] == moment("2026-03-14T00:00:00Z")
        assert all(start % seen.bucket == 0 for start, _ in seen.buckets)


@pytest.mark.parametrize(("count", "seconds"), [(5, 1), (1000, 1), (1000, 61), (700, 86_400), (300, 7 * 10**5)])
def test_stretches_of_time_hold_every_record_whatever_they_span(tmp_path: Path, count: int, seconds: int) -> None:
    (tmp_path / "a.log").write_text(lines(count, seconds))
    for buckets in (1, 7, 240):
        seen = survey(tmp_path / "a.log", buckets=buckets)
        assert len(seen.buckets) <= buckets + 1
        assert sum(sum(counts.values()) for _, counts in seen.buckets) == count
        starts = [start for start, _ in seen.buckets]
        assert starts == sorted(set(starts))
        assert seen.first is not None
        assert starts[0] <= seen.first < starts[0] + seen.bucket


def test_records_without_level_source_or_time_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("opened\n" + "".join(f"Mar 14 07:00:0{n} host app{n % 2}: x\n" for n in range(9)))
    seen = survey(tmp_path / "a.log")
    assert seen.records == 10
    assert dict(seen.by_level) == {None: 10}
    assert list(seen.by_source) == [("app0", 5), ("app1", 4), ("", 1)]
    assert not seen.zone_known
    assert sum(sum(counts.values()) for _, counts in seen.buckets) == 9, "what comes before any time is nowhere"


def test_sources_without_end_take_no_memory_without_end(tmp_path: Path) -> None:
    often = "2026-03-14T07:00:00Z host often: x\n"
    (tmp_path / "a.log").write_text("".join(f"2026-03-14T07:00:00Z host app{n}: x\n{often}" for n in range(30_000)))
    seen = survey(tmp_path / "a.log")
    assert len(seen.by_source) == MOST_SOURCES
    assert seen.by_source[0] == ("often", 30_000)
    assert seen.sources >= 30_000


def test_documents_that_are_no_file_are_looked_through_as_they_were_read(tmp_path: Path) -> None:
    (document,) = read(stdin=lines(100).encode()).documents
    assert survey(document).records == 100
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.writestr("a.log", lines(50))
    (member,) = read(tmp_path / "logs.zip").documents
    assert survey(member).records == 50


def test_a_survey_can_be_stopped_and_says_what_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(lines(1000))
    done: list[int] = []
    assert survey(tmp_path / "a.log", on_bytes=done.append).bytes == done[-1]
    with pytest.raises(Stopped):
        survey(tmp_path / "a.log", stop=lambda: True)
    with pytest.raises(IngestError, match=r"none\.log cannot be read: it is no longer there\."):
        survey(tmp_path / "none.log")
    (tmp_path / "b.log").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(90))
    with pytest.raises(IngestError, match=r"b\.log cannot be looked through as a log: binary: a PNG image"):
        survey(tmp_path / "b.log")
    (tmp_path / "c.log").write_text(lines(9), encoding="utf-16")
    with pytest.raises(IngestError, match="it is in utf-16"):
        survey(tmp_path / "c.log")
    (tmp_path / "d.log").touch()
    with pytest.raises(IngestError, match="it is empty"):
        survey(tmp_path / "d.log")
