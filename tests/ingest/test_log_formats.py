from __future__ import annotations

import datetime
import io
from collections.abc import Iterator

import pytest

from ingest.decode import Encoding
from ingest.log_formats import LogFormat, Sample, formats, pick_format
from ingest.log_records import Batch, batches
from ingest.log_times import NS

EVERY = {found.name: found for found in formats()}
SAMPLES = [pytest.param(f, s, id=f"{f.name}-{n}") for f in formats() for n, s in enumerate(f.samples)]


def moment(text: str) -> int:
    """Nanoseconds since 1970 of an ISO time; without a zone as if in UTC."""
    whole, _, rest = text.removesuffix("Z").partition(".")
    at = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.UTC)
    return int(at.timestamp()) * NS + int(rest.ljust(9, "0") or 0)


def split(text: str | bytes, log_format: LogFormat, mtime: str = "2026-07-01T00:00:00") -> list[Batch]:
    content = text if isinstance(text, bytes) else text.encode()
    local = int(datetime.datetime.fromisoformat(mtime).timestamp()) * NS
    return list(batches(io.BytesIO(content), log_format, Encoding(), mtime_ns=local))


def records(found: list[Batch]) -> Iterator[tuple[int | None, str | None, str | None, str]]:
    for batch in found:
        yield from zip(batch.times, batch.levels, batch.sources, batch.messages, strict=True)


def test_every_format_has_a_sample_and_a_title() -> None:
    assert len(EVERY) > 35
    assert all(f.samples and f.title for f in EVERY.values())


@pytest.mark.parametrize(("log_format", "sample"), SAMPLES)
def test_a_sample_is_one_record_with_its_parts(log_format: LogFormat, sample: Sample) -> None:
    text = sample.text.lstrip("\n")
    for content in (text, f"{text}\n{text}\n"):
        for time, level, source, message in records(split(content, log_format, sample.mtime)):
            assert time == (moment(sample.time) if sample.time else None)
            assert (level or "", source or "", message) == (sample.level, sample.source, sample.message)
    (batch,) = split(f"{text}\n{text}\n", log_format, sample.mtime)
    height = text.rstrip("\n").count("\n") + 1 + text.endswith("\n")
    assert list(batch.lines) == [1, 1 + height]
    assert batch.zone_seen == (sample.time.endswith("Z"))


@pytest.mark.parametrize(("log_format", "sample"), SAMPLES)
def test_a_sample_is_known_by_how_it_looks(log_format: LogFormat, sample: Sample) -> None:
    assert pick_format((sample.text.lstrip("\n") + "\n") * 5).name == log_format.name
