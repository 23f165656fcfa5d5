"""`ingest` and `tokens` as people run them, mostly on what goes wrong."""

from __future__ import annotations

import gzip
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.main import COMMANDS
from tests.ingest.pdfs import write_pdf, write_protected
from tests.make_gguf import cut_in_half, write_embedding_model, write_projector, write_random
from tests.running import ROOT, Program


def test_fields_are_what_the_help_says(program: Program, notes: Path) -> None:
    result = program("ingest", notes, "--json").json
    text = program("ingest", "--help").out
    for name in [*result, *result["documents"][0], *result["documents"][0]["sections"][0]]:
        assert re.search(rf"\b{name}\b", text), name
    result = program("tokens", notes, "--json").json
    text = program("tokens", "--help").out
    for name in [*result, *result["documents"][0], *result["budget"]]:
        assert re.search(rf"\b{name}\b", text), name
    (answer,) = program("ask", notes, "-q", "operator", "--mode", "evidence", "--json").json
    text = program("ask", "--help").out
    for name in [*answer, *answer["tokens"], *answer["seconds"], *answer["passages"][0]]:
        assert re.search(rf"\b{name}\b", text), name


def test_counts_add_up_section_by_section(program: Program, notes: Path) -> None:
    documents = program("ingest", notes, "--json").json["documents"]
    tokens = program("tokens", notes, "--json").json
    assert [d["tokens"] for d in documents] == [d["tokens"] for d in tokens["documents"]]
    assert sum(d["tokens"] for d in documents) == tokens["budget"]["documents"]
    for document in documents:
        heading = document["tokens"] - sum(s["tokens"] for s in document["sections"])
        assert heading > 0
    budget = tokens["budget"]
    parts = ("system", "documents", "conversation", "answer", "free")
    assert budget["context"] == sum(budget[part] for part in parts)


def test_no_text_leaves_the_text_out(program: Program, notes: Path) -> None:
    (section, *_) = program("ingest", notes, "--no-text", "--json").json["documents"][0]["sections"]
    assert set(section) == {"label", "tokens", "span"}


def test_standard_input_is_a_document(program: Program) -> None:
    result = program("ingest", "-", "--json", stdin=b"piped words\n").json
    assert result["documents"][0]["sections"][0]["text"] == "piped words\n"
    assert program("ingest", "-", "--json", code=1).error["kind"] == "nothing_read"


def test_without_a_model_nothing_is_counted_and_tokens_says_what_it_needs(tmp_path: Path, notes: Path) -> None:
    program = Program(tmp_path / "data", str(tmp_path / "none.gguf"))
    error = program("tokens", notes, "--json", code=1).error
    assert error["kind"] == "model_file"
    assert "none.gguf" in error["message"]


@pytest.fixture
def trouble(tmp_path: Path) -> Path:
    """A folder with one good file and most of what goes wrong."""
    folder = tmp_path / "trouble"
    folder.mkdir()
    (folder / "good.txt").write_text("Good words stand here.\n")
    (folder / "empty.txt").touch()
    whole = write_pdf(tmp_path / "whole.pdf", ["page one"] * 5).read_bytes()
    (folder / "truncated.pdf").write_bytes(whole[: len(whole) // 3])
    write_protected(folder / "password.pdf", "secret words")
    (folder / "picture.pdf").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    (folder / "nul.txt").write_bytes(b"words\x00with\x00nuls \xed\xa0\x80 and half a pair\n")
    (folder / "half.log.gz").write_bytes(gzip.compress(b"2026-03-14 10:00:00 ERROR lost\n" * 5000)[:-40])
    if os.name != "nt":
        (folder / "loop").symlink_to(folder, target_is_directory=True)
        os.mkfifo(folder / "pipe")
        (folder / os.fsdecode(b"odd-\xff.txt")).write_text("odd name\n")
    return folder


def test_trouble_is_a_sentence_each_and_the_rest_goes_on(program: Program, trouble: Path) -> None:
    ran = program("ingest", trouble, "--json")
    documents = {Path(d["path"]).name: d for d in ran.json["documents"]}
    reasons = {Path(s["path"]).name: s["reason"] for s in ran.json["skipped"]}
    assert documents["good.txt"]["sections"][0]["text"] == "Good words stand here.\n"
    assert documents["password.pdf"]["status"] == "password_needed"
    assert documents["truncated.pdf"]["status"] in ("failed", "repaired", "zero_pages")
    assert documents["empty.txt"]["status"] == "empty"
    for name in ("password.pdf", "truncated.pdf", "empty.txt"):
        assert documents[name]["problem"]
    assert "picture.pdf" in reasons or documents["picture.pdf"]["problem"]
    assert "pipe" in reasons
    for sentence in [*reasons.values(), *(d["problem"] for d in documents.values() if d["problem"])]:
        assert "\n" not in sentence and sentence.strip(), sentence
    (answer,) = program("ask", trouble, "-q", "good words", "--mode", "evidence", "--json").json
    assert answer["passages"][0]["text"].startswith("Good words")
    for document in ran.json["documents"]:
        for section in document["sections"]:
            assert "\0" not in section["text"]


def test_passwords_open_protected_pdfs_and_are_repeated_nowhere(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "sealed"
    folder.mkdir()
    write_protected(folder / "a.pdf", "The first word is heron", user="Zr9 heron ", owner="x1")
    write_protected(folder / "b.pdf", "The second word is osprey", user="Zr9-osprey", owner="x2", method="RC4_128")
    kept = tmp_path / "passwords.txt"
    kept.write_bytes("\ufeffZr9-wrong\r\n\r\nZr9 heron \r\n".encode())
    ran = program("ingest", folder, "--json", code=1)
    assert ran.error["kind"] == "nothing_read"
    assert ran.error["hint"] == "Give its password with --password-file FILE."
    ran = program("ingest", folder, "--json", "--password-file", kept)
    first, second = ran.json["documents"]
    assert (first["status"], first["sections"][0]["text"]) == ("ok", "The first word is heron")
    assert second["status"] == "password_needed"
    assert "None of the given passwords opens it" in second["problem"]
    assert "--password-file FILE" in ran.err
    assert "Zr9" not in ran.out + ran.err
    both = ("--password", "Zr9-osprey", "--password-file", kept)
    assert [d["status"] for d in program("tokens", folder, "--json", *both).json["documents"]] == ["ok", "ok"]
    (answer,) = program(
        "ask", folder, "-q", "second word", "--mode", "evidence", "--session", "Sealed", "--json", *both
    ).json
    assert "osprey" in answer["passages"][0]["text"]
    kept_files = [path.read_bytes() for path in program.data.rglob("*") if path.is_file()]
    assert any(b"osprey" in content for content in kept_files)
    assert not any(b"Zr9" in content for content in kept_files)


def test_a_password_file_that_is_none_is_a_sentence(program: Program, notes: Path, tmp_path: Path) -> None:
    gone = program("ingest", notes, "--json", "--password-file", tmp_path / "none.txt", code=2).error
    assert gone["message"].startswith(f"The password file {tmp_path / 'none.txt'} cannot be read")
    (tmp_path / "bytes").write_bytes(b"caf\xe9")
    assert (
        "is not UTF-8"
        in program("ingest", notes, "--json", "--password-file", tmp_path / "bytes", code=2).error["message"]
    )


@pytest.mark.skipif(os.name == "nt", reason="permissions of another kind")
def test_a_folder_that_may_not_be_read_is_said(program: Program, notes: Path) -> None:
    closed = notes / "closed"
    closed.mkdir()
    (closed / "secret.txt").write_text("secret")
    closed.chmod(0)
    command = [sys.executable, str(ROOT / "main.py"), "ingest", str(notes), "--json"]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may read everything here")
        command = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *command]
    try:
        done = subprocess.run(command, env={**os.environ, **program.settings}, capture_output=True, check=False)
    finally:
        closed.chmod(0o755)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert [Path(s["path"]).name for s in result["skipped"]] == ["closed"]
    assert len(result["documents"]) == 2


@pytest.mark.parametrize("what", ["half", "text", "embedding", "projector", "missing", "folder"])
def test_what_is_no_model_is_said(program: Program, notes: Path, tmp_path: Path, tiny_llama4: Path, what: str) -> None:
    (tmp_path / "text.gguf").write_text("words\n" * 100)
    (tmp_path / "folder.gguf").mkdir()
    path = {
        "half": lambda: cut_in_half(tiny_llama4, tmp_path / "half.gguf"),
        "embedding": lambda: write_embedding_model(tmp_path / "embedding.gguf"),
        "projector": lambda: write_projector(tmp_path / "projector.gguf"),
    }.get(what, lambda: tmp_path / f"{what}.gguf")()
    for command in (("tokens", notes), ("ask", notes, "-q", "who?")):
        error = program(*command, "--model", path, "--json", code=1).error
        assert error["kind"] == "model_file"
        assert path.name in error["message"]


def test_a_model_without_a_template_still_counts_documents(program: Program, notes: Path, tmp_path: Path) -> None:
    silent = write_random(tmp_path / "silent.gguf", without_template=True)
    assert program("ingest", notes, "--model", silent, "--json").json["documents"][0]["tokens"] > 0
    assert program("tokens", notes, "--model", silent, "--json", code=1).error["kind"] == "template"


TEMPLATES = {
    "did not finish": "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}x",
    "is broken": "{% if %}",
    "would write more": "{% for i in range(99999) %}{{ 'x' * 9999 }}{% endfor %}",
    "recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a user message": "the same words whatever is said",
}


@pytest.mark.parametrize("words", TEMPLATES)
def test_a_template_that_cannot_be_used_is_said(program: Program, notes: Path, tmp_path: Path, words: str) -> None:
    model = write_random(tmp_path / "odd.gguf", template=TEMPLATES[words])
    error = program("tokens", notes, "--model", model, "--json", code=1).error
    assert error["kind"] == "template"
    assert words in error["message"]


@pytest.mark.parametrize("number", ["0", "-5", "some"])
@pytest.mark.parametrize("option", ["--ctx", "--max-answer", "--threads"])
def test_numbers_that_make_no_sense_are_bad_usage(program: Program, notes: Path, option: str, number: str) -> None:
    commands: list[list[object]] = [["ask", notes, "-q", "who?"]]
    if option != "--threads":
        commands.append(["tokens", notes])
    for command in commands:
        error = program(*command, f"{option}={number}", "--json", code=2).error
        assert error["kind"] == "usage"
        assert option in error["message"] and number in error["message"]


def test_more_threads_than_llama_cpp_can_have_are_bad_usage(program: Program, notes: Path) -> None:
    error = program("ask", notes, "-q", "who?", "--threads", 10**11, "--json", code=2).error
    assert "--threads" in error["message"]


@pytest.mark.parametrize("command", ["ingest", "tokens"])
def test_an_empty_path_is_not_the_current_folder(program: Program, command: str) -> None:
    assert program(command, "", "--json", code=2).error["message"] == "A path is empty."


def test_a_log_that_changed_since_it_was_saved_is_said(program: Program, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("".join(f"2026-03-14T10:00:{n:02} INFO worker request {n}\n" for n in range(40)))
    asking = ("--session", "changed", "--json")
    program("ask", log, "-q", "unheard words", "--mode", "evidence", *asking)
    log.write_text("".join(f"2026-03-15T10:00:{n:02} WARN another request {n}\n" for n in range(40)))
    passages = program("ask", "-q", "which request?", "--mode", "evidence", *asking)
    assert passages.json[0]["passages"] == []
    assert len(passages.json[0]["problems"]) == 1
    assert "app.log" in passages.err and "add the file again" in passages.err
    error = program("ask", "-q", "which request?", "--mode", "model", *asking, code=1).error
    assert "app.log" in error["message"] and "add the file again" in error["message"]


@pytest.mark.parametrize("command", ["ingest", "tokens"])
def test_nothing_to_read_is_bad_usage_or_failed_work(program: Program, tmp_path: Path, command: str) -> None:
    (tmp_path / "void").mkdir()
    assert program(command, "--json", code=2).error["kind"] == "usage"
    assert program(command, tmp_path / "void", "--json", code=1).error["kind"] == "nothing_read"
    assert program(command, tmp_path / "gone", "--json", code=1).error["kind"] == "nothing_read"


def test_a_large_log_is_read_without_being_held(program: Program, tmp_path: Path) -> None:
    _large_log(program, tmp_path, 3 << 20)


@pytest.mark.long
def test_a_log_of_200_mb_is_read_without_being_held(program: Program, tmp_path: Path) -> None:
    _large_log(program, tmp_path, 200 << 20)


def _large_log(program: Program, folder: Path, size: int) -> None:
    line = "2026-03-14T10:00:00.000 INFO worker-7 request {} took 12 ms\n"
    with (folder / "big.log").open("w") as file:
        number = 0
        while file.tell() < size:
            file.write("".join(line.format(n) for n in range(number, number + 1000)))
            number += 1000
    result = program("ingest", folder / "big.log", "--no-text", "--json").json
    (document,) = result["documents"]
    assert document["sections"][-1]["span"]["lines"][1] == number
    assert document["sections"][-1]["span"]["bytes"][1] == (folder / "big.log").stat().st_size
    error = program("ask", folder / "big.log", "-q", "which worker?", "--ctx", 4096, "--json", code=1).error
    assert error["kind"] == "over_budget"


@pytest.mark.parametrize("arguments", [["--help"], ["sessions", "list"], ["ask", "--help"]])
def test_nothing_heavy_is_imported_to_start(tmp_path: Path, arguments: list[str]) -> None:
    code = (
        f"import sys, runpy; sys.path.insert(0, {str(ROOT)!r}); sys.argv = ['main.py', *{arguments!r}]\n"
        f"try: runpy.run_path({str(ROOT / 'main.py')!r}, run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print('\\nLOADED', *sorted({m.split('.')[0] for m in sys.modules}), file=sys.stderr)"
    )
    # The first run makes the session file, which takes more than any other run.
    program = Program(tmp_path)
    program("sessions", "list")
    environment = {**os.environ, **program.settings}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    loaded = set(done.stderr.rsplit("LOADED", 1)[1].split())
    assert not loaded & {"PySide6", "pymupdf", "fitz", "llama_cpp", "numpy", "tiktoken", "torch", "jinja2"}


def test_every_command_has_help_and_a_module(program: Program) -> None:
    shown = program("--help").out
    for name, (module, _) in COMMANDS.items():
        assert name in shown
        assert importlib.import_module(module).command
        assert "--json" in program(name, "list" if name == "sessions" else "--help", "--help").out


def test_no_command_and_no_screen_answers_from_the_sample(tmp_path: Path) -> None:
    ran = Program(tmp_path / "data")()
    assert len([line for line in ran.err.splitlines() if line.startswith("There is no screen. ")]) == 1
    assert "Who built the crane in 2011?" in ran.out
    assert "The crane was built in 2011 by Halloran Steel." in ran.out
    assert "main.py ask" in ran.out
    assert not (tmp_path / "data" / "plumbline.db").exists()


def test_lines_hold_what_the_whole_holds(program: Program, notes: Path) -> None:
    whole = program("ingest", str(notes), "--json").json
    lines = [json.loads(line) for line in program("ingest", str(notes), "--jsonl").out.splitlines()]
    assert [line["document"] for line in lines[:-1]] == whole["documents"]
    assert lines[-1]["rest"]["skipped"] == whole["skipped"]
    assert lines[-1]["rest"]["counted_by"] == whole["counted_by"]


def test_counts_made_while_reading_are_those_of_the_whole_prompt(program: Program, tmp_path: Path) -> None:
    """Numbers of marks run on from document to document, and so do their tokens."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(150):
        (folder / f"note{number:03d}.txt").write_text(
            f"Berth {number} is let. The pilot pays {number * 7} a day.\n" * 8
        )
    ingested = program("ingest", str(folder), "--json", "--no-text").json
    counted = program("tokens", str(folder), "--json").json
    assert sum(d["tokens"] for d in ingested["documents"]) == counted["budget"]["documents"]
