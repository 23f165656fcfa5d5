"""What goes with a prompt so that quotations can be held to it: the very text between its marks, and no heading."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from app.core.answering import ModelReader, Settings
from app.core.marks import MARK_STYLES, MarkStyle
from app.core.prompt import PromptDocument, mark_documents
from app.core.records import MessageRecord
from app.core.verbatim import NUMBERED, QUOTED, quotable_text
from app.core.workspace import Workspace
from engine.backends.local import LocalBackend
from engine.protocol import Answer, Prompt, Sampling
from ingest.document import Section, Span
from ingest.open_path import open_paths
from tests.engine.asking import COMMAND

CODE = "".join(f"line {n}\n" for n in range(1, 95))
DOCUMENTS = [
    PromptDocument(
        "S1", "a.pdf", "pdf", [Section("", Span(page=n), f"Page {n} is here. «Größe» 漢字。\n") for n in (1, 2)]
    ),
    PromptDocument("S2", "b.py", "code", [Section("", Span(lines=(1, 94)), CODE)]),
]


@pytest.mark.parametrize("style", MARK_STYLES)
def test_each_mark_names_the_text_behind_it(style: MarkStyle) -> None:
    pieces = list(mark_documents(DOCUMENTS, style))
    marks = [mark for piece in pieces for mark in piece.marks]
    data = quotable_text(marks, DOCUMENTS, style)
    assert data is not None
    texts = data.text.decode("utf-8", "surrogateescape").split("\udcff")
    assert data.names == tuple(mark.name for mark in marks)
    assert len(texts) == len(marks)
    prompt = "".join(piece.text for piece in pieces)
    opens, closes = ("‹", "› ") if style == "numbered" else ("[", "]\n")
    for name, text in zip(data.names, texts, strict=True):
        assert f"{opens}{name}{closes}{text}\n\n" in prompt
    assert data.rules == (NUMBERED if style == "numbered" else QUOTED)


def test_code_and_apostrophes_open_no_quotation() -> None:
    openers = {opens for opens, _ in QUOTED.pairs}
    assert {'"', "“", "„", "«", "»", "「"} <= openers
    assert not openers & {"'", "‘", "`"}
    assert QUOTED.literal == "`"


class Told(LocalBackend):
    """Remembers the prompts."""

    prompts: list[Prompt]

    def ask(self, prompt: Prompt, **told: object) -> Answer:
        self.prompts.append(prompt)
        return super().ask(prompt, **told)  # type: ignore[arg-type]


def test_readers_hold_answers_to_the_documents_unless_told_otherwise(
    tmp_path: Path, tiny_llama4: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "note.md").write_text("# Stop\n\nThe crane stopped at nine.\n", encoding="utf-8")
    workspace = Workspace().add(open_paths([tmp_path / "w"]).documents, [tmp_path / "w"])
    plain = Settings(tiny_llama4, datetime.date(2026, 3, 14), n_ctx=1024, threads=1, max_answer=4)
    grammar = Sampling(grammar='root ::= "a"')
    backend = Told(COMMAND)
    backend.prompts = []
    try:
        for verbatim, sampling in ((True, Sampling()), (False, Sampling()), (True, grammar)):
            settings = Settings(
                plain.model, plain.date, 1024, threads=1, max_answer=4, verbatim=verbatim, sampling=sampling
            )
            reader = ModelReader(backend, workspace, settings)
            reader.open(["When?"])
            reader.ask("When?")
        monkeypatch.setattr("engine.quotable.MOST_BYTES", 10)
        reader = ModelReader(backend, workspace, plain)
        reader.open(["When?"])
        reader.ask("When?")
        assert len(reader.problems) == 1
        assert "checked as always" in reader.problems[0]
    finally:
        backend.close()
    held, free, formed, too_much = (prompt.quotable for prompt in backend.prompts)
    assert held is not None
    assert b"The crane stopped at nine." in held.text
    assert free is formed is too_much is None


@pytest.mark.parametrize("kept", [None, "x", [1], [[1, "x"]], [[True, None]], [[0, float("nan")]]])
def test_log_probabilities_of_a_strange_session_are_none(kept: object) -> None:
    now = datetime.datetime.now(datetime.UTC)
    message = MessageRecord(1, "assistant", "a", "model", {"logprobs": kept}, {}, {}, finished=True, created=now)
    assert message.logprobs == ()
