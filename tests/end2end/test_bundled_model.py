"""What people see first: the bundled model on the bundled sample, with nothing named on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.core.models import BUNDLED
from resources.sample.make_sample import HANDBOOK
from tests.end2end.test_main_job import text_at
from tests.running import Program

SAMPLE = HANDBOOK.parent
ROWS: list[dict[str, Any]] = json.loads((SAMPLE.parent / "questions.json").read_text(encoding="utf-8"))
RIGHT_AT_LEAST = 5
"""Of the questions that the sample answers; what the card says, less what another machine's rounding may cost."""


@pytest.fixture(scope="module")
def replies(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The answers to all questions about the sample."""
    program = Program(tmp_path_factory.mktemp("bundled"))
    asked = [argument for row in ROWS for argument in ("-q", row["question"])]
    ran = program("ask", SAMPLE, *asked, "--max-answer", 120, "--threads", 1, "--json")
    answers: list[dict[str, Any]] = ran.json
    return answers


def plain(text: str) -> str:
    return " ".join(text.split())


def test_no_model_needs_to_be_named(replies: list[dict[str, Any]]) -> None:
    assert {Path(reply["model"]).parent for reply in replies} == {BUNDLED}
    assert {reply["mode"] for reply in replies} == {"model"}


def test_most_questions_are_answered_with_the_right_words(replies: list[dict[str, Any]]) -> None:
    right = [
        row["question"]
        for row, reply in zip(ROWS, replies, strict=True)
        if row["quote"]
        and any(
            c["state"] in ("exact", "near")
            and Path(c["path"]).name == Path(row["file"]).name
            and (plain(c["quote"]) in plain(row["quote"]) or plain(row["quote"]) in plain(c["quote"]))
            for c in reply["citations"]
        )
    ]
    assert len(right) >= RIGHT_AT_LEAST, right


def test_every_citation_that_is_called_exact_leads_to_its_very_words(replies: list[dict[str, Any]]) -> None:
    exact = [c for reply in replies for c in reply["citations"] if c["state"] == "exact"]
    assert exact
    for citation in exact:
        assert plain(citation["quote"]) in plain(text_at(citation))


def test_what_is_no_quote_is_never_called_one(replies: list[dict[str, Any]]) -> None:
    everything = plain("\n".join(text_at({"path": str(p), "lines": [1, 10**6]}) for p in SAMPLE.rglob("*.[mpl]*[dyg]")))
    handbook = plain("\n".join(text_at({"path": str(HANDBOOK), "page": page}) for page in (1, 2, 3)))
    for reply in replies:
        for citation in reply["citations"]:
            stands = plain(citation["quote"]) in everything + " " + handbook
            assert stands or citation["state"] != "exact"


def test_the_first_run_shows_checked_citations(tmp_path: Path) -> None:
    ran = Program(tmp_path / "data")()
    assert "Context 32,768 = system" in ran.err
    assert ran.out.count("word for word") == 2
    assert "handbook.pdf, page" in ran.out


def test_each_question_reads_only_itself(replies: list[dict[str, Any]]) -> None:
    first, *others = [reply["tokens"] for reply in replies]
    assert first["reused"] == 0
    assert all(tokens["reused"] >= tokens["prefix"] == first["prefix"] for tokens in others)
