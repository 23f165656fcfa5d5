"""`tune` as people run it: measures the real model, is used by `ask` from then on, and can be forgotten."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.make_gguf import cut_in_half
from tests.rpc_server import rpc_server
from tests.running import Program


@pytest.fixture
def measured(program: Program) -> Any:
    return program("tune", program.model, "--seconds", 2, "--json").json


def test_fields_are_what_the_help_says_and_what_is_kept_is_used(program: Program, measured: Any, notes: Path) -> None:
    text = program("tune", "--help").out
    for name in [*measured, *measured["kept"], *measured["rows"][0]]:
        assert re.search(rf"\b{name}\b", text), name
    assert measured["model"] == program.model
    kept = {row["question"]: row["value"] for row in measured["rows"] if row["kept"]}
    assert kept.get("answer_threads", measured["kept"]["threads"]) == measured["kept"]["threads"]
    assert kept.get("batch", 512) == measured["kept"]["n_ubatch"]
    (entry,) = json.loads((program.data / "tuned.json").read_text()).values()
    assert {name: entry[name] for name in measured["kept"]} == measured["kept"]
    (reply,) = program("ask", notes, "-q", "Who?", "--max-answer", 2, "--no-save", "--json").json
    assert reply["tokens"]["answer"] > 0
    forgotten = program("tune", program.model, "--forget", "--json").json
    assert forgotten == {"model": program.model, "name": measured["name"], "forgotten": True}
    assert json.loads((program.data / "tuned.json").read_text()) == {}
    assert "nothing was kept" in program("tune", "--forget").out


def test_what_ask_loads_with_is_what_was_kept(program: Program, measured: Any, notes: Path) -> None:
    path = program.data / "tuned.json"
    plain = json.loads(path.read_text())
    for entry in plain.values():
        entry.update(n_batch=256, n_ubatch=64)
    path.write_text(json.dumps(plain))
    program("ask", notes, "-q", "Who?", "--max-answer", 2, "--no-save", "--json")
    log = (program.data / "log" / "engine.log").read_text("utf-8", "replace")
    assert re.findall(r"n_batch += (\d+)", log)[-1] == "256"
    assert re.findall(r"n_ubatch += (\d+)", log)[-1] == "64"


def test_people_read_a_table(program: Program) -> None:
    ran = program("tune", "--seconds", 1.5)
    assert ran.out.startswith("Random llama4\n  Threads for answering") or "not enough time" in ran.out
    assert re.search(r"kept: \d+ threads? for answering, \d+ for reading, batches of [\d,]+ \(\d s", ran.out)


def test_bad_models_and_bad_usage_are_one_sentence(program: Program, tmp_path: Path, tiny_llama: Path) -> None:
    broken = cut_in_half(tiny_llama, tmp_path / "half.gguf")
    assert "cut short" in program("tune", broken, "--json", code=1).error["message"]
    assert "There is no file" in program("tune", tmp_path / "gone.gguf", "--json", code=1).error["message"]
    assert program("tune", "", "--json", code=2).error["message"] == "The model's path is empty."
    assert "--seconds" in program("tune", "--seconds", 0, "--json", code=2).error["message"]
    assert not (program.data / "tuned.json").exists()


def test_a_server_that_cannot_be_reached_is_said_with_the_warning(program: Program, notes: Path) -> None:
    for command in (("tune",), ("devices",), ("ask", notes, "-q", "Who?", "--no-save")):
        ran = program(*command, "--rpc", "127.0.0.1:1", "--json", code=1)
        said = json.dumps(ran.json)
        assert "The RPC server 127.0.0.1:1 cannot be reached" in said, command
        assert "networks that you trust" in ran.err


def test_devices_are_listed(program: Program) -> None:
    result = program("devices", "--json").json
    text = program("devices", "--help").out
    for name in [*result, *result["devices"][0]]:
        assert re.search(rf"\b{name}\b", text), name
    assert [device for device in result["devices"] if device["kind"] == "cpu"]
    assert program("devices").out.startswith("CPU")


@pytest.mark.long
def test_a_question_is_answered_on_another_machine_as_it_is_here(program: Program, notes: Path) -> None:
    ask = ("ask", notes, "-q", "Who?", "--max-answer", 12, "--threads", 1, "--no-save", "--json")
    (here,) = program(*ask).json
    with rpc_server() as (server, _):
        (there,) = program(*ask, "--rpc", server).json
    assert there["answer"] == here["answer"]
    log = (program.data / "log" / "engine.log").read_text("utf-8", "replace")
    assert f"RPC0[{server}] model buffer size" in log
    assert "offloaded 5/5 layers" in log
