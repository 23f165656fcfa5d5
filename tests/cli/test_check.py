"""`check` measures, keeps, tells again, draws; every figure it prints comes from stored trials."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.make_gguf import Sizes, write_random
from tests.running import ROOT, Program

CHECK = ("check", "--ctx", 4096, "--tasks", "multikey", "--threads", 1, "--json")
WHOLE = (*CHECK, "--time", 600)
GLANCE = (*CHECK, "--time", 1)
"""Under load not even one length is done in it."""
FIELDS = {
    "cells": {"task", "length", "depth", "n", "passed", "low", "high", "state"},
    "trials": {"task", "length", "depth", "seed", "expected", "got", "margin", "passed"},
    "preconditions": {"name", "holds", "expected", "found"},
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of heads that a quantised cache can hold."""
    sizes = Sizes(width=64, heads=2, kv_heads=1, feed_forward=64)
    return write_random(tmp_path_factory.mktemp("models") / "small.gguf", sizes=sizes)


@pytest.fixture
def program(tmp_path: Path, small: Path) -> Program:
    """main.py with that model."""
    return Program(tmp_path / "data", str(small))


def test_a_model_of_random_weights_is_red_and_everything_is_kept(program: Program, tmp_path: Path) -> None:
    svg, html = tmp_path / "map.svg", tmp_path / "check.html"
    ran = program(*WHOLE, "--svg", svg, "--html", html)
    found = ran.json
    assert found["verified"] == {"retrieval": 0, "reasoning": None}
    for name, fields in FIELDS.items():
        assert found[name] and all(set(entry) >= fields for entry in found[name])
    assert {cell["state"] for cell in found["cells"]} <= {"fail", "undecided", "untested"}
    assert [length["state"] for length in found["lengths"]] == ["fail"] * 3
    assert not any(trial["passed"] for trial in found["trials"])
    assert set(found["tokens"]) == {"read", "asked"} and found["tokens"]["read"] > 3000
    assert len(found["fingerprint"]) == 32 and found["facts"]["kv"] == "f16" and found["kept"] == 1
    conditions = {condition["name"]: condition for condition in found["preconditions"]}
    assert not [name for name, condition in conditions.items() if condition["holds"] is False], conditions
    assert conditions["loaded: keys"] == {"name": "loaded: keys", "holds": True, "expected": "f16", "found": "f16"}
    assert found["verdict"] in html.read_text("utf-8")
    assert ElementTree.fromstring(svg.read_text("utf-8")).tag.endswith("svg")

    again = program(*WHOLE)
    assert again.json["trials"] == found["trials"] and again.json["known"] == len(found["trials"])
    words = program(*[word for word in WHOLE if word != "--json"])
    assert "--fresh measures anew" in words.err and words.out.splitlines()[0] == found["verdict"]
    assert "multikey (retrieval)" in words.out and "✗" in words.out

    _turn(program.data / "selfcheck.db", length=1024)
    moved = program(*WHOLE, "--svg", svg, "--force").json
    assert moved["verified"] == {"retrieval": 1024, "reasoning": None}
    assert moved["verdict"] != found["verdict"]
    before, after = ({(c["length"], c["depth"]): c["passed"] for c in r["cells"]} for r in (found, moved))
    assert {length for length, depth in before if before[length, depth] != after[length, depth]} == {1024}
    assert "verified to 1K" in svg.read_text("utf-8")

    fresh = program(*GLANCE, "--fresh", "--seed", 5).json
    assert fresh["kept"] == 2 and fresh["known"] == 0
    assert {trial["seed"] for trial in fresh["trials"]} <= {5}


def _turn(path: Path, *, length: int) -> None:
    """Make all stored answers at one length right ones, with some at each depth."""
    database = sqlite3.connect(path)
    with database:
        database.execute("UPDATE trials SET passed = 1 WHERE length = ?", (length,))
        columns = [row[1] for row in database.execute("PRAGMA table_info(trials)")]
        names = ", ".join(name for name in columns if name not in ("id", "depth", "number"))
        copy = f"INSERT INTO trials ({names}, depth, number) SELECT {names}, ?, ? FROM trials WHERE length = ? LIMIT 1"
        database.executemany(
            copy, [(depth, 90_000 + depth + n, length) for depth in range(10, 100, 20) for n in range(4)]
        )
    database.close()


@pytest.mark.long
def test_two_caches_are_asked_the_same(program: Program, tmp_path: Path) -> None:
    svg = tmp_path / "map.svg"
    found = program(*WHOLE, "--kv", "f16,q8_0", "--max-tokens", 4096, "--svg", svg).json
    one, other = found["caches"]
    assert (one["kv"], other["kv"]) == ("f16", "q8_0") and found["kv"] == "f16"
    assert one["fingerprint"] != other["fingerprint"]
    questions: list[list[Any]] = [[t["question"] for t in report["trials"]] for report in (one, other)]
    assert questions[0] and questions[0][:3] == questions[1][:3]
    (other,) = found["comparison"]
    assert (other["kv"], other["lost"], other["gained"]) == ("q8_0", 0, 0) and other["pairs"] > 0
    assert other["margin"] is not None
    assert (tmp_path / "map-f16.svg").exists() and (tmp_path / "map-q8_0.svg").exists() and not svg.exists()


def test_rulers_tasks_are_scored_as_published(program: Program) -> None:
    arguments = ("check", "--ctx", 4096, "--threads", 1, "--suite", "ruler", "--tasks", "vt", "--time", 1, "--json")
    found = program(*arguments).json
    assert found["level"] == "ruler" and found["kinds"] == {"vt": "reasoning"}
    assert found["verified"] == {"retrieval": None, "reasoning": None}, "another suite verifies nothing of ours"
    assert set(found["ruler"]) == {"effective", "threshold", "averages", "scores"}
    for trial in found["trials"]:
        assert trial["how"] == "generated" and 0 <= trial["share"] <= 1


def test_rulers_question_answering_asks_ones_own_questions(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    rows = [
        {
            "question": f"Who wrote letter {n}?",
            "answers": [f"clerk {n}"],
            "context": f"Letter {n} is by clerk {n}. " * 9,
        }
        for n in range(60)
    ]
    file.write_text("\n".join(map(json.dumps, rows)))
    arguments = ("check", "--ctx", 4096, "--threads", 1, "--suite", "ruler", "--tasks", "qa", "--questions", file)
    found = program(*arguments, "--json").json
    assert found["kinds"] == {"qa": "reasoning"} and found["trials"] and found["ended"] == "done"
    assert all(
        trial["question"].split("Question: ")[1] in {row["question"] for row in rows} for trial in found["trials"]
    )
    file.write_text("{}")
    assert "Line 1 of the questions" in program(*arguments, "--json", code=1).error["message"]


def test_a_cache_that_cannot_be_had_takes_nothing_away(program: Program, tiny_llama4: Path) -> None:
    ran = program(*GLANCE, "--kv", "f16", "--kv", "q8_0", "--model", tiny_llama4, code=1)
    assert ran.json["kv"] == "f16" and "caches" not in ran.json
    assert "q8_0: This model's keys hold 16 values" in ran.err


def test_on_own_documents(program: Program, tmp_path: Path) -> None:
    text = "\n\n".join(f"The harbour master wrote letter {n} about crane {n * 3} and its rope." for n in range(600))
    (tmp_path / "letters.md").write_text(text)
    (tmp_path / "more.txt").write_text("One more line.")
    paths = (tmp_path / "letters.md", tmp_path / "more.txt")
    found = program(*GLANCE, "--on", *paths).json
    assert found["text"] == "own documents (2 sources)"
    error = program(*GLANCE, "--on", tmp_path / "more.txt", code=1).error
    assert error["kind"] == "too_little_text"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--kv", "q5_1"), 2, "“q5_1” is no type of KV cache."),
        (("letters.md",), 2, "letters.md is no option."),
        (("--suite", "ruler", "--level", "quick"), 2, "--suite and --level exclude each other."),
        (("--questions", "a.jsonl"), 2, "Questions of your own go with RULER."),
        (("--suite", "ruler", "--questions", "/no/such.jsonl"), 2, "/no/such.jsonl cannot be read"),
        (("--suite", "ruler", "--on", "a.txt"), 2, "--suite and --on exclude each other."),
        (("--svg", "/no/such/folder/map.svg"), 2, "There is no folder /no/such/folder."),
        (("--svg", __file__), 2, f"{__file__} is there already."),
        (("--tasks", "needles"), 1, "There is no task “needles” in the self-check."),
        (("--max-tokens", "2000"), 1, "A self-check needs 4,096 tokens of context, and here are 2,000."),
        (("--model", "/no/model.gguf"), 1, ""),
    ],
)
def test_bad_usage_is_one_sentence(program: Program, arguments: tuple[str, ...], code: int, words: str) -> None:
    ran = program("check", "--ctx", 4096, "--json", *arguments, code=code)
    assert words in ran.error["message"]


@pytest.mark.long
def test_killed_interrupted_and_gone_on_with(program: Program) -> None:
    database = program.data / "selfcheck.db"
    arguments = [str(word) for word in (*WHOLE, "--level", "standard")]
    environment = {**os.environ, **program.settings}

    def begun(more_than: int) -> subprocess.Popen[bytes]:
        """A check of which more than so many answers are kept."""
        command = [sys.executable, str(ROOT / "main.py"), *arguments]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        while _kept(database) <= more_than:
            assert process.poll() is None
            time.sleep(0.02)
        return process

    killed = begun(1)
    killed.kill()
    killed.communicate()
    before = _kept(database)
    interrupted = begun(before)
    interrupted.send_signal(signal.SIGINT)
    out, _ = interrupted.communicate()
    assert interrupted.returncode == 1
    stopped = json.loads(out)
    assert stopped["ended"] == "cancelled" and stopped["kept"] == 1
    assert before <= stopped["known"] < len(stopped["trials"]) == _kept(database)
    done = program(*arguments).json
    assert done["ended"] == "done" and done["kept"] == 1 and done["known"] == len(stopped["trials"])
    assert done["trials"][: done["known"]] == stopped["trials"]
    numbers = [(t["task"], t["length"], t["seed"], t["number"]) for t in done["trials"]]
    assert len(set(numbers)) == len(numbers), "nothing was asked twice"


def _kept(path: Path) -> int:
    """How many answers are in the file."""
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM trials").fetchone()[0])
    except sqlite3.OperationalError:
        # It is being made.
        return 0
