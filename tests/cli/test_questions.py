"""`ask --questions` as people run it."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.make_gguf import Sizes, write_random
from tests.running import ROOT, Program

TABLE = {"questions", "per_document", "combine", "rows", "done", "failed", "total", "cancelled", "tokens_read"}
CELL = {"answer", "ending", "citations", "tokens", "seconds", "kept", "message"}


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Two questions."""
    file = tmp_path / "questions.txt"
    file.write_text("# What happened\nWho was the operator?\n\nWhen did the crane stop?\n")
    return file


@pytest.fixture
def pocket(tmp_path: Path) -> Program:
    """main.py with the bundled model."""
    return Program(tmp_path / "data")


def test_a_table_of_each_document_combined_in_every_format(
    pocket: Program, notes: Path, questions: Path, tmp_path: Path
) -> None:
    ran = pocket(
        *("ask", notes, "--questions", questions, "--per-document", "--combine", "{question}", "--threads", 1),
        *("--leave-out", "*.py", "--max-answer", 48, "--session", "Stop", "--json"),
        *("--csv", tmp_path / "t.csv", "--markdown", tmp_path / "t.md"),
    )
    table = ran.json
    assert set(table) >= TABLE
    assert table["questions"] == ["Who was the operator?", "When did the crane stop?"]
    document, combined = table["rows"]
    assert (document["kind"], document["document"]["key"]) == ("document", "S1")
    assert (combined["kind"], combined["document"]) == ("combined", None)
    for row in (document, combined):
        cell = row["cells"][0]
        assert set(cell) >= CELL
        assert "Ana Reyes" in cell["answer"]
        (citation,) = cell["citations"]
        assert (citation["state"], citation["key"], citation["lines"]) == ("exact", "S1", [5, 5])
        assert citation["path"] == str(notes / "note.md")
        assert cell["answer"][citation["start"] : citation["end"]] == citation["quote"]
    assert (table["done"], table["failed"], table["total"], table["cancelled"]) == (4, 0, 4, False)
    assert table["session"]["saved"]
    assert "4 of 4 questions answered" in ran.err
    _, first, last = csv.reader(io.StringIO((tmp_path / "t.csv").read_text("utf-8-sig"), newline=""))
    assert first[2] == document["cells"][0]["answer"]
    assert last[1] == "Combined"
    assert "Ana Reyes" in (tmp_path / "t.md").read_text()
    shown = pocket("sessions", "show", "Stop", "--json").json["messages"]
    assert next(m["text"] for m in shown if m["role"] == "user") == "S1 note.md: Who was the operator?"
    assert all(m["finished"] for m in shown)
    # The same again asks nothing.
    again = pocket(
        *("ask", "--questions", questions, "--per-document", "--combine", "{question}", "--session", "Stop"),
        *("--leave-out", "*.py", "--threads", 1, "--json"),
    )
    assert again.json["tokens_read"] == 0
    assert all(cell["kept"] for row in again.json["rows"] for cell in row["cells"])
    assert [r["cells"][0]["citations"] for r in again.json["rows"]] == [
        r["cells"][0]["citations"] for r in table["rows"]
    ]
    assert "4 of them were there already" in again.err
    assert len(pocket("sessions", "show", "Stop", "--json").json["messages"]) == len(shown)


def test_people_see_answers_with_their_citations(pocket: Program, notes: Path, questions: Path) -> None:
    ran = pocket("ask", notes / "note.md", "--questions", questions, "--max-answer", 48, "--threads", 1, "--no-save")
    assert "All documents together: Who was the operator?" in ran.out
    assert "✓ note.md, line 5" in ran.out


def test_a_document_over_budget_fails_its_row_and_the_exit_code(program: Program, notes: Path, questions: Path) -> None:
    (notes / "long.txt").write_text("many words stand here. " * 300)
    ran = program(
        *("ask", notes, "--questions", questions, "--per-document", "--ctx", 1000, "--max-answer", 8),
        *("--threads", 1, "--no-save", "--json"),
        code=1,
    )
    errors = [[cell.get("error", {}).get("kind") for cell in row["cells"]] for row in ran.json["rows"]]
    assert errors == [["over_budget"] * 2, [None] * 2, [None] * 2]
    assert "--ctx" in ran.json["rows"][0]["cells"][0]["error"]["hint"]
    assert (ran.json["done"], ran.json["failed"]) == (4, 2)


def test_what_cannot_be_asked_so_is_bad_usage(program: Program, notes: Path, questions: Path, tmp_path: Path) -> None:
    ask = ("ask", notes, "--questions")
    (tmp_path / "there.csv").write_text("mine")
    for arguments in (
        (*ask, tmp_path / "gone.txt"),
        (*ask, tmp_path),
        (*ask, questions, "--mode", "evidence"),
        (*ask, questions, "--with-history"),
        (*ask, questions, "--combine", "all?"),
        (*ask, questions, "--per-document", "--combine", " "),
        (*ask, questions, "--csv", tmp_path / "there.csv"),
        ("ask", notes, "-q", "who?", "--per-document"),
        ("ask", notes, "-q", "who?", "--csv", tmp_path / "new.csv"),
    ):
        assert program(*arguments, "--json", code=2).error["kind"] == "usage", arguments
    assert (tmp_path / "there.csv").read_text() == "mine"
    questions.write_bytes(b"\xff\xfe\x00w")
    assert program(*ask, questions, "--json", code=1).error["kind"] == "questions"
    questions.write_text('["who?"')
    assert "line 1" in program(*ask, questions, "--json", code=1).error["message"]


def test_a_table_is_printed_though_its_file_cannot_be_written(
    program: Program, notes: Path, questions: Path, tmp_path: Path
) -> None:
    ran = program(
        *("ask", notes, "--questions", questions, "--max-answer", 4, "--threads", 1, "--no-save", "--json"),
        *("--csv", tmp_path / "no" / "folder.csv"),
        code=1,
    )
    assert ran.json["done"] == 2
    assert "folder.csv could not be written" in ran.err


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_keeps_what_is_done_and_the_next_run_goes_on(program: Program, notes: Path, tmp_path: Path) -> None:
    model = write_random(tmp_path / "wide.gguf", sizes=Sizes(layers=8, width=256, feed_forward=512))
    listed = tmp_path / "many.json"
    listed.write_text(json.dumps([f"Question number {i}?" for i in range(40)]))
    arguments = ["ask", str(notes), "--questions", str(listed), "--model", str(model), "--max-answer", "60"]
    arguments += ["--session", "A", "--threads", "1", "--json"]
    environment = {**os.environ, **program.settings}
    command = [sys.executable, str(ROOT / "main.py"), *arguments]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        _wait_for_answers(program.data / "plumbline.db", 3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert b"Traceback" not in err
    assert b"goes on where it ended" in err
    first = json.loads(out)
    assert first["cancelled"]
    assert 3 <= first["done"] < 40
    answers = [cell["answer"] for cell in first["rows"][0]["cells"] if cell is not None]
    listed.write_text(json.dumps([f"Question number {i}?" for i in range(first["done"] + 2)]))
    second = program(*arguments).json
    kept = [cell["kept"] for cell in second["rows"][0]["cells"]]
    assert kept == [True] * first["done"] + [False] * 2
    assert [cell["answer"] for cell in second["rows"][0]["cells"]][: first["done"]] == answers


def _wait_for_answers(database: Path, count: int) -> None:
    for _ in range(3000):
        if database.exists():
            connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)
            try:
                finished = "SELECT count(*) FROM messages WHERE role = 'assistant' AND finished"
                if connection.execute(finished).fetchone()[0] >= count:
                    return
            except sqlite3.OperationalError:
                pass
            finally:
                connection.close()
        time.sleep(0.02)
    raise AssertionError("no answer was saved")
