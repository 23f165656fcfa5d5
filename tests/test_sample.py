"""The bundled sample is whole, answers its own questions and can be made again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.open_path import open_paths
from resources.sample.make_sample import HANDBOOK, write

SAMPLE = HANDBOOK.parent
ROWS = json.loads((SAMPLE.parent / "questions.json").read_text(encoding="utf-8"))


def texts(*paths: Path) -> dict[str, str]:
    """Each document's text by its path inside the sample."""
    ingested = open_paths(list(paths))
    assert not ingested.skipped
    return {
        str(Path(d.path).relative_to(paths[0])) if paths[0].is_dir() else d.path: "\n".join(s.text for s in d.sections)
        for d in ingested.documents
    }


@pytest.fixture(scope="module")
def sample() -> dict[str, str]:
    """The sample as the program reads it."""
    return texts(SAMPLE)


@pytest.mark.parametrize("row", [r for r in ROWS if r["quote"]], ids=lambda r: r["question"])
def test_every_answer_stands_in_the_file_it_names(sample: dict[str, str], row: dict[str, str]) -> None:
    assert " ".join(row["quote"].split()) in " ".join(sample[row["file"]].split())


def test_nothing_but_the_workspace_is_read(sample: dict[str, str]) -> None:
    assert sorted(sample) == ["controller/limits.py", "controller/watch.py", "crane.log", "handbook.pdf", "meeting.md"]


def test_the_handbook_can_be_made_again(tmp_path: Path) -> None:
    write(tmp_path / "handbook.pdf")
    (again,) = texts(tmp_path / "handbook.pdf").values()
    assert [again] == list(texts(HANDBOOK).values())
