"""A program with an empty data directory for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.running import Program


@pytest.fixture
def program(tmp_path: Path, tiny_llama4: Path) -> Program:
    """main.py with a random-weight model."""
    return Program(tmp_path / "data", str(tiny_llama4))


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A folder with a note and a piece of code."""
    folder = tmp_path / "notes"
    (folder / "src").mkdir(parents=True)
    (folder / "note.md").write_text("# Crane\n\nThe crane stopped at 09:14.\n\nThe operator was Ana Reyes.\n")
    (folder / "src" / "stop.py").write_text("def stop(crane):\n    return crane.off()\n")
    return folder
