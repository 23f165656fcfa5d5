"""`ask` and `sessions` as people run them."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.make_gguf import Sizes, write_random
from tests.running import ROOT, Program

ANSWER = {"question", "answer", "mode", "citations", "passages", "tokens", "seconds", "model", "session", "ending"}


def test_the_second_question_reads_only_itself(program: Program, notes: Path) -> None:
    ran = program(
        "ask",
        notes,
        "-q",
        "Who was the operator?",
        "-q",
        "When did it stop?",
        "--max-answer",
        8,
        "--threads",
        1,
        "--json",
    )
    one, two = ran.json
    assert set(one) >= ANSWER
    assert one["mode"] == "model"
    for answer in (one, two):
        tokens = answer["tokens"]
        assert tokens["prefix"] + tokens["question"] == tokens["reused"] + tokens["decoded"]
        assert tokens["context"] == tokens["prefix"] + tokens["question"] + tokens["answer"] + tokens["free"]
    assert one["tokens"]["reused"] == 0
    assert two["tokens"]["reused"] >= two["tokens"]["prefix"]
    budget = re.findall(r"Context ([\d,]+) = system ([\d,]+) \+ documents ([\d,]+) \+ conversation ([\d,]+)", ran.err)
    assert len(budget) == 2
    shown = [int(figure.replace(",", "")) for figure in budget[0]]
    assert shown[1] + shown[2] + shown[3] == one["tokens"]["decoded"]
    counted = program("tokens", notes, "--max-answer", 8, "--json").json["budget"]
    assert counted["system"] + counted["documents"] == one["tokens"]["prefix"]


def test_a_session_is_gone_on_with_and_renamed_searched_exported_deleted(
    program: Program, notes: Path, tmp_path: Path
) -> None:
    (first,) = program(
        "ask", notes, "-q", "Who was the operator?", "--mode", "evidence", "--session", "Crane", "--json"
    ).json
    assert first["session"] == {"id": 1, "name": "Crane", "saved": True}
    (again,) = program("ask", "-q", "When did the crane stop?", "--session", "Crane", "--max-answer", 4, "--json").json
    assert again["mode"] == "model"
    assert again["session"]["id"] == 1
    shown = program("sessions", "show", "Crane", "--json").json
    assert [m["text"] for m in shown["messages"] if m["role"] == "user"] == [
        "Who was the operator?",
        "When did the crane stop?",
    ]
    assert all(m["finished"] for m in shown["messages"])
    assert shown["messages"][1]["passages"][0]["text"] == first["passages"][0]["text"]
    assert shown["messages"][3]["tokens"]["decoded"] == again["tokens"]["decoded"]
    hits = program("sessions", "search", "operator", "--json").json["hits"]
    assert {hit["place"] for hit in hits} == {"question", "document"}
    program("sessions", "rename", "Crane", "TC-4")
    assert "## Question 2" in program("sessions", "export", "TC-4").out
    program("sessions", "export", "TC-4", "-o", tmp_path / "out.md")
    assert program("sessions", "export", "TC-4", "-o", tmp_path / "out.md", code=2).out == ""
    program("sessions", "delete", "1")
    assert program("sessions", "list", "--json").json == {"sessions": []}
    assert program("sessions", "show", "TC-4", "--json", code=1).error["kind"] == "session_unknown"
    program("sessions", "delete", "TC-4", "--undo")
    assert [s["name"] for s in program("sessions", "list", "--json").json["sessions"]] == ["TC-4"]


def test_history_is_read_only_when_asked_for(program: Program, notes: Path) -> None:
    arguments = ("ask", notes, "-q", "Who?", "-q", "When?", "--max-answer", 4, "--threads", 1, "--json")
    alone = program(*arguments).json[1]["tokens"]["question"]
    assert program(*arguments, "--with-history").json[1]["tokens"]["question"] > alone


def test_no_save_leaves_nothing(program: Program, notes: Path) -> None:
    (answer,) = program("ask", notes, "-q", "Who?", "--mode", "evidence", "--no-save", "--json").json
    assert answer["session"] is None
    assert not (program.data / "plumbline.db").exists()


def test_evidence_is_verbatim(program: Program, notes: Path) -> None:
    (answer,) = program("ask", notes, "-q", "who was the operator", "--mode", "evidence", "--json").json
    passage = answer["passages"][0]
    first, last = passage["lines"]
    lines = Path(passage["path"]).read_text().split("\n")
    assert "\n".join(lines[first - 1 : last]) == passage["text"]
    assert "Passages, no model" in program("ask", notes, "-q", "operator", "--mode", "evidence").out


@pytest.mark.parametrize(
    "question", ['" OR 1', "NEAR(a b)", "crane AND NOT *", "-^:{}()", "a:b", "ünïcödé\u0000", "'; DROP TABLE passages"]
)
def test_a_question_full_of_operators_is_only_words(program: Program, notes: Path, question: str) -> None:
    if "\0" in question:
        question = question.replace("\0", "")
    program("ask", notes, "-q", question, "--mode", "evidence", "--json")


def test_over_budget_is_refused_with_choices_that_fit(program: Program, notes: Path) -> None:
    (notes / "long.txt").write_text("many words stand here. " * 300)
    arguments = ("ask", notes, "-q", "Who?", "--max-answer", 200, "--threads", 1, "--json")
    error = program(*arguments, "--ctx", 1000, code=1).error
    assert error["kind"] == "over_budget"
    assert error["budget"]["over"] > 0
    choices = {choice["kind"]: choice for choice in error["choices"]}
    assert set(choices) == {"context", "leave_out", "evidence"}
    assert f"--ctx {choices['context']['value']}" in error["hint"]
    assert choices["leave_out"]["keys"] == ["S1"]
    program(*arguments, "--ctx", choices["context"]["value"])
    assert program(*arguments, "--ctx", choices["context"]["value"] - 1, code=1).error["budget"]["over"] == 1
    (answer,) = program(*arguments, "--ctx", 1000, "--leave-out", "S1").json
    assert answer["tokens"]["free"] >= 0


def test_one_question_over_budget_does_not_stop_the_others(program: Program, notes: Path) -> None:
    long = "why " * 1500
    ran = program(
        "ask", notes, "-q", "Who?", "-q", long, "-q", "When?", "--ctx", 1200, "--max-answer", 8, "--json", code=1
    )
    one, two, three = ran.json
    assert two["error"]["kind"] == "over_budget"
    assert two["question"] == long
    assert one["tokens"]["answer"] and three["tokens"]["answer"]


def test_what_cannot_be_asked_is_bad_usage(program: Program, notes: Path) -> None:
    for arguments in (
        ("ask", notes),
        ("ask", notes, "-q", "  "),
        ("ask", "-q", "who?"),
        ("ask", notes, "-q", "who?", "--ctx", 0),
        ("ask", notes, "-q", "who?", "--ctx", -3),
        ("ask", notes, "-q", "who?", "--kv", "f8"),
        ("ask", notes, "-q", "who?", "--pages", "x"),
        ("ask", notes, "-q", "who?", "--session", "A", "--no-save"),
        ("nonsense",),
    ):
        assert program(*arguments, "--json", code=2).error["kind"] == "usage", arguments


def test_what_the_world_refuses_is_one_sentence(program: Program, notes: Path, tmp_path: Path) -> None:
    ask = ("ask", notes, "-q", "who?", "--json")
    assert program(*ask, "--ctx", 10_000_000, code=1).error["kind"] == "context"
    assert program(*ask, "--model", tmp_path / "gone.gguf", code=1).error["kind"] == "model_file"
    assert program("ask", tmp_path / "gone", "-q", "who?", "--json", code=1).error["kind"] == "nothing_read"
    assert program(*ask, "--leave-out", "*", code=1).error["kind"] == "nothing_read"
    assert program("ask", "-q", "who?", "--session", "Never", "--json", code=1).error["kind"] == "session_unknown"
    endless = write_random(
        tmp_path / "endless.gguf",
        template="{% for a in range(99999999) %}{% for b in range(99999999) %}{% endfor %}{% endfor %}",
    )
    assert program(*ask, "--model", endless, code=1).error["kind"] == "template"
    silent = write_random(tmp_path / "silent.gguf", without_template=True)
    assert program(*ask, "--model", silent, code=1).error["kind"] == "template"


def test_a_session_whose_model_is_gone_says_so_and_takes_another(program: Program, notes: Path, tmp_path: Path) -> None:
    model = write_random(tmp_path / "mine.gguf")
    ask = ("ask", "-q", "who?", "--session", "A", "--max-answer", 2, "--json")
    program(ask[0], notes, *ask[1:], "--model", model)
    model.unlink()
    error = program(*ask, code=1).error
    assert "mine.gguf" in error["message"]
    (answer,) = program(*ask, "--model", program.model).json
    assert answer["model"] == program.model


def test_what_was_read_of_a_log_is_kept_though_the_file_changes(program: Program, notes: Path) -> None:
    log = notes / "app.log"
    log.write_text("".join(f"2026-03-14T10:00:{i:02} INFO line {i}\n" for i in range(60)))
    ask = ("-q", "INFO?", "--session", "A", "--max-answer", 2, "--threads", 1, "--json")
    (first,) = program("ask", notes, *ask).json
    log.write_text("another log altogether\n")
    (again,) = program("ask", *ask).json
    assert again["tokens"]["prefix"] == first["tokens"]["prefix"]
    assert [h["place"] for h in program("sessions", "search", "line 37", "--json").json["hits"]] == ["document"]
    (updated,) = program("ask", notes, *ask).json
    assert updated["tokens"]["prefix"] < first["tokens"]["prefix"]


def test_several_processes_work_in_one_session(program: Program, notes: Path) -> None:
    program("ask", notes, "-q", "first", "--mode", "evidence", "--session", "A")
    command = [sys.executable, str(ROOT / "main.py"), "ask", "--mode", "evidence", "--session", "A", "-q"]
    environment = {**os.environ, "PLUMBLINE_DATA": str(program.data)}
    running = [
        subprocess.Popen(
            [*command, f"question {i}"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for i in range(4)
    ]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    messages = program("sessions", "show", "A", "--json").json["messages"]
    assert sorted(m["text"] for m in messages if m["role"] == "user") == ["first", *(f"question {i}" for i in range(4))]


def test_a_damaged_or_foreign_session_file_is_left_as_it_is(program: Program, notes: Path) -> None:
    program.data.mkdir()
    file = program.data / "plumbline.db"
    file.write_bytes(b"no database at all" * 1000)
    before = file.read_bytes()
    assert program("sessions", "list", "--json", code=1).error["kind"].startswith("store")
    (answer,) = program("ask", notes, "-q", "operator", "--mode", "evidence", "--json").json
    assert answer["passages"]
    assert answer["session"] is None
    assert program("ask", notes, "-q", "operator", "--session", "A", "--json", code=1).error["kind"].startswith("store")
    assert file.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_keeps_what_was_written(program: Program, notes: Path, tmp_path: Path) -> None:
    model = write_random(tmp_path / "wide.gguf", sizes=Sizes(layers=8, width=256, feed_forward=512))
    environment = {**os.environ, "PLUMBLINE_DATA": str(program.data)}
    command = [sys.executable, str(ROOT / "main.py"), "ask", str(notes), "-q", "who?", "--model", str(model)]
    command += ["--max-answer", "20000", "--session", "A", "--threads", "1", "--json"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        _wait_for_words(program.data / "plumbline.db")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert b"Traceback" not in err
    (answer,) = json.loads(out)
    assert answer["ending"] == "cancelled"
    assert answer["answer"]
    assert program("sessions", "show", "A", "--json").json["messages"][1]["text"] == answer["answer"]


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_the_engine_killed_in_the_middle_of_an_answer_is_started_again(
    program: Program, notes: Path, tmp_path: Path
) -> None:
    model = write_random(tmp_path / "wide.gguf", sizes=Sizes(layers=8, width=256, feed_forward=512))
    environment = {**os.environ, "PLUMBLINE_DATA": str(program.data)}
    command = [sys.executable, str(ROOT / "main.py"), "ask", str(notes), "-q", "who?", "--model", str(model)]
    command += ["--max-answer", "400", "--session", "A", "--threads", "1", "--json"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        _wait_for_words(program.data / "plumbline.db")
        (engine,) = psutil.Process(process.pid).children()
        engine.kill()
        out, err = process.communicate(timeout=120)
    assert b"Traceback" not in err
    assert err.count(b"The engine stopped") == 1
    (answer,) = json.loads(out)
    (alone,) = program("ask", notes, "-q", "who?", "--model", model, "--max-answer", 400, "--threads", 1, "--json").json
    assert answer["answer"] == alone["answer"]


def _wait_for_words(database: Path) -> None:
    """Until an answer has begun to be saved."""
    for _ in range(2000):
        if database.exists():
            connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)
            try:
                if connection.execute("SELECT 1 FROM messages WHERE role = 'assistant' AND text <> ''").fetchone():
                    return
            except sqlite3.OperationalError:
                pass
            finally:
                connection.close()
        time.sleep(0.02)
    raise AssertionError("no word was saved")
