"""How `ask` lets its answers be chosen: sampling, stop strings, grammars, quotations held to the documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.sessions import Store
from tests.running import Program


def ask(program: Program, notes: Path, *options: object, answer: int = 12) -> dict[str, object]:
    base = ("ask", notes, "-q", "Who was the operator?", "--max-answer", answer, "--threads", 1, "--json")
    (reply,) = program(*base, *options).json
    assert isinstance(reply, dict)
    return reply


def test_log_probabilities_are_printed_when_wanted_and_kept_in_any_case(program: Program, notes: Path) -> None:
    plain = ask(program, notes, "--no-save", "--logprobs")
    rows = plain["logprobs"]
    assert isinstance(rows, list)
    assert "".join(row["text"] for row in rows) == plain["answer"]
    assert all(row["logprob"] <= 0 for row in rows)
    drawn = ask(program, notes, "--temperature", 1.2, "--top-p", 1, "--seed", 3, "--session", "kept")
    assert "logprobs" not in drawn
    assert drawn["answer"] != plain["answer"]
    with Store.open(program.data / "plumbline.db") as store:
        answer = store.load(store.find("kept")).messages[1]
    assert answer.text == drawn["answer"]
    assert len(answer.logprobs) > 5
    assert all(0 <= start < len(answer.text) and value < 0 for start, value in answer.logprobs)


def test_a_stop_string_and_a_grammar(program: Program, notes: Path, tmp_path: Path) -> None:
    grammar = tmp_path / "g.gbnf"
    grammar.write_text('root ::= "He was on duty; " [a-z]{4}', encoding="utf-8")
    options = ("--grammar", grammar, "--stop", "xx", "--stop", " duty", "--no-save")
    assert ask(program, notes, *options, answer=40)["answer"] == "He was on"


def test_bad_options_are_sentences(program: Program, notes: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.write_text("root ::= [", encoding="utf-8")
    reply = program("ask", notes, "-q", "x", "--grammar", bad, "--json", "--no-save", code=1).json[0]
    assert reply["error"]["kind"] == "grammar"
    assert "\n" not in reply["error"]["message"]
    (tmp_path / "empty").write_bytes(b" ")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name, words in (("nosuch", "cannot be read"), ("empty", "is empty"), ("binary", "no text")):
        error = program("ask", notes, "-q", "x", "--schema", tmp_path / name, "--json", code=2).error
        assert words in error["message"]
    both = program("ask", notes, "-q", "x", "--schema", bad, "--grammar", bad, "--json", code=2).error
    assert "exclude each other" in both["message"]


@pytest.mark.parametrize("option", [("--temperature", -1), ("--top-p", 2), ("--min-p", "x"), ("--seed", -1)])
def test_values_out_of_range(program: Program, notes: Path, option: tuple[str, object]) -> None:
    program("ask", notes, "-q", "x", *option, "--json", code=2)
