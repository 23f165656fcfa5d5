"""The whole way, from a folder to a saved session, each step through the program's own door."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from tests.end2end.conftest import CONTRACT, LOG, NOTES
from tests.ingest.pdfs import library
from tests.running import Program


def text_at(passage: dict[str, Any]) -> str:
    """The very text at the place that a passage or citation names, read without the program."""
    path = Path(passage["path"])
    if "page" in passage:
        with library().open(str(path)) as document:
            words: str = document[passage["page"] - 1].get_text()
        return words
    first, last = passage["lines"]
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return "\n".join(raw.decode("utf-8").split("\n")[first - 1 : last])


@pytest.fixture
def program(tmp_path: Path, tiny_llama4: Path) -> Program:
    """main.py with a random-weight model."""
    return Program(tmp_path / "data", str(tiny_llama4))


def test_from_a_folder_to_a_session(program: Program, workspace: Path) -> None:
    read = program("ingest", workspace, "--json").json
    names = {str(Path(d["path"]).relative_to(workspace)) for d in read["documents"]}
    assert names == {
        "contract.pdf", "service.log.gz", "billing/retry.py", "billing/lib/bank.py", "billing/.gitignore",
        *(f"notes/{name}" for name in NOTES),
    }  # fmt: skip
    assert all(d["status"] == "ok" for d in read["documents"])
    budget = program("tokens", workspace, "--json").json["budget"]
    assert budget["documents"] == sum(d["tokens"] for d in read["documents"])

    ask = ("--session", "Case", "--max-answer", 6, "--threads", 1, "--json")
    one, two = program("ask", workspace, "-q", "What is the monthly rent?", "-q", "Who is the lessor?", *ask).json
    assert one["tokens"]["prefix"] == budget["system"] + budget["documents"]
    assert (one["tokens"]["reused"], one["tokens"]["decoded"]) == (
        0,
        one["tokens"]["prefix"] + one["tokens"]["question"],
    )
    assert two["tokens"]["reused"] >= two["tokens"]["prefix"]
    assert two["tokens"]["decoded"] <= two["tokens"]["question"]
    assert two["tokens"]["reused"] + two["tokens"]["decoded"] == two["tokens"]["prefix"] + two["tokens"]["question"]

    (three,) = program("ask", "-q", "When does the lease end?", *ask).json
    assert three["tokens"]["prefix"] == one["tokens"]["prefix"], "the reopened session holds the very same documents"
    messages = program("sessions", "show", "Case", "--json").json["messages"]
    assert [m["text"] for m in messages if m["role"] == "assistant"] == [one["answer"], two["answer"], three["answer"]]
    hits = program("sessions", "search", "Bank zurückgewiesen", "--json").json["hits"]
    assert [h["document"] for h in hits] == ["service.log.gz"]
    assert "swordfish" not in program("sessions", "export", "Case").out
    assert not program("sessions", "search", "swordfish", "--json").json["hits"]


QUESTIONS = {
    "What is the monthly rent?": ("contract.pdf", CONTRACT[1].split("\n")[0]),
    "When does the lease end?": ("contract.pdf", CONTRACT[2].split("\n")[0]),
    "Where is charge_again defined?": ("retry.py", "def charge_again(order):"),
    "Wer hat die Zahlung 7781 zurückgewiesen?": ("service.log.gz", LOG[2]),
    "ดิสก์เต็ม": ("service.log.gz", LOG[4]),
    "إغلاق الجلسة": ("service.log.gz", LOG[3]),
    "Quelle cargaison un navire doit-il déclarer ?": ("fr.txt", NOTES["fr.txt"]),
    "बंदरगाह कार्यालय कब खुलता है?": ("hi.txt", NOTES["hi.txt"]),
    "سفينة حمولتها": ("ar.txt", NOTES["ar.txt"]),
    "เรือทุกลำต้องแจ้งสินค้า": ("th.txt", NOTES["th.txt"]),
    "hàng hóa của con tàu": ("vi.txt", NOTES["vi.txt"]),
    "kargamento ng barko": ("tl.txt", NOTES["tl.txt"]),
}


def test_passages_lead_back_to_the_very_text(program: Program, workspace: Path) -> None:
    asked = [argument for question in QUESTIONS for argument in ("-q", question)]
    replies = program("ask", workspace, *asked, "--mode", "evidence", "--json").json
    for reply, (name, words) in zip(replies, QUESTIONS.values(), strict=True):
        best = reply["passages"][0]
        assert Path(best["path"]).name == name, reply["question"]
        assert words in best["text"]
        assert " ".join(best["text"].split()) in " ".join(text_at(best).split())


@pytest.mark.parametrize("name", NOTES)
def test_each_language_is_counted_as_llama_cpp_would(program: Program, workspace: Path, name: str) -> None:
    counted = program("ingest", workspace / "notes" / name, "--json").json
    assert counted["counted_by"] == "tiktoken"
    (section,) = counted["documents"][0]["sections"]
    assert section["text"] == NOTES[name] + "\n"
    (answer,) = program(
        "ask", workspace / "notes" / name, "-q", NOTES[name], "--max-answer", 1, "--threads", 1, "--no-save", "--json"
    ).json
    budget = program("tokens", workspace / "notes" / name, "--json").json["budget"]
    assert answer["tokens"]["decoded"] == answer["tokens"]["prefix"] + answer["tokens"]["question"]
    assert answer["tokens"]["prefix"] == budget["system"] + budget["documents"]
