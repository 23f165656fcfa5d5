"""What source files define, in each language: whole, broken, hostile."""

from __future__ import annotations

import ast
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ingest.outline
from ingest.grammars import KINDS, grammar_of, grammars, loaded
from ingest.outline import LARGEST_SOURCE, LONGEST_SIGNATURE, Outline, Symbol, outline, symbols
from ingest.outline_reader import read_outline

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "tests" / "data" / "code"
SAMPLES = sorted(path.name for path in CODE.iterdir() if path.suffix != ".txt")


def sample(name: str) -> str:
    return (CODE / name).read_text(encoding="utf-8")


def read(name: str, text: str) -> Outline:
    """In this process: what the child would answer."""
    found = read_outline(name, text)
    assert found is not None
    return found


def names(name: str, text: str) -> list[str]:
    return [symbol.name for symbol in read(name, text).symbols]


def as_lines(name: str, found: Outline) -> list[str]:
    shown = [f"{name} {found.language} {found.doc_line or '-'}"]
    for s in found.symbols:
        doc = f" doc {s.doc_line}" if s.doc_line else ""
        shown.append(f"{'  ' * (s.level + 1)}{s.kind} {s.name} {s.first_line}-{s.last_line}{doc}")
    return shown


def expected() -> dict[str, list[str]]:
    """tests/data/code/outlines.txt: file, language, line of its own description; indented: kind, name, lines."""
    found: dict[str, list[str]] = {}
    for line in (CODE / "outlines.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith(" "):
            found[line.split()[0]] = []
            current = found[line.split()[0]]
        current.append(line)
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_each_language(name: str) -> None:
    assert as_lines(name, read(name, sample(name))) == expected()[name]


def test_every_grammar_has_a_sample_and_loads() -> None:
    seen = {grammar_of(name, sample(name)) for name in SAMPLES}
    assert seen == set(grammars())
    for grammar in grammars():
        _, query = loaded(grammar)
        captured = {query.capture_name(i) for i in range(query.capture_count)}
        known = {"name", "declarator", "body", "outer", "lead", "comment", "inner_doc", *dict(grammar.must)}
        assert captured - KINDS <= known, grammar.name


def assert_stands_in(text: str, found: Outline) -> None:
    """Every word of a symbol stands where it says, and nested symbols inside one another."""
    lines = text.split("\n")
    open_symbols: list[Symbol] = []
    for symbol in found.symbols:
        assert symbol.kind in KINDS
        assert 1 <= symbol.first_line <= symbol.signature_line <= symbol.last_line <= len(lines)
        signature = symbol.signature[:LONGEST_SIGNATURE]
        place = "\n".join(lines[symbol.signature_line - 1 :])
        assert signature and place[: place.index(signature)].count("\n") == 0
        if symbol.doc_line is not None:
            assert 1 <= symbol.doc_line <= len(lines)
            assert lines[symbol.doc_line - 1].strip()
        del open_symbols[symbol.level :]
        assert len(open_symbols) == symbol.level
        if open_symbols:
            assert open_symbols[-1].first_line <= symbol.first_line
        open_symbols.append(symbol)


@pytest.mark.parametrize("name", SAMPLES)
def test_words_stand_where_they_are_said_to(name: str) -> None:
    assert_stands_in(sample(name), read(name, sample(name)))


def test_signatures_are_the_words_of_the_file() -> None:
    found = {s.name: s for s in read("harbour.py", sample("harbour.py")).symbols}
    assert found["Berth"].signature == "class Berth(Generic[T]):"
    assert found["free"].first_line + 1 == found["free"].signature_line
    assert found["arrivals"].signature == "async def arrivals() -> AsyncIterator[str]:"
    assert found["TIDES"].signature == "TIDES ="
    assert found["LONGEST"].signature == "LONGEST = 400"
    assert found["logged"].doc == "Say when `work` begins."
    moor = [s for s in read("Harbour.java", sample("Harbour.java")).symbols if s.name == "moor"]
    assert moor[0].signature == "@Deprecated\n    public <S> S moor(String name) throws java.io.IOException"
    assert moor[0].doc == "Moors by name."
    ship = next(s for s in read("harbour.cpp", sample("harbour.cpp")).symbols if s.name == "Ship")
    assert ship.signature == "template <typename T, int N = 2>\nclass Ship : public Thing"
    assert next(s for s in read("Harbour.cs", sample("Harbour.cs")).symbols if s.name == "Berth").doc == (
        "Where a ship lies."
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_line_ends_marks_and_missing_newlines_change_nothing(name: str) -> None:
    text = sample(name)
    plain = outline(name, text)
    assert plain == read(name, text)
    assert outline(name, "\ufeff" + text.replace("\n", "\r\n")) == plain
    assert outline(name, text.rstrip("\n")).symbols == plain.symbols


@pytest.mark.parametrize("name", SAMPLES)
def test_broken_source_gives_what_it_can(name: str) -> None:
    text = sample(name)
    whole = set(names(name, text))
    # A block that is never closed, at the end: all before it is still there.
    found = read(name, text + "\n(((( {{{{ \"'\n")
    assert found.problem and "may miss something" in found.problem
    assert len(whole & {s.name for s in found.symbols}) >= 0.6 * len(whole), name
    cut = read(name, text[: len(text) * 2 // 3])
    assert len(whole & {s.name for s in cut.symbols}) >= 0.3 * len(whole), name


@settings(max_examples=120)
@given(st.sampled_from(SAMPLES), st.randoms(use_true_random=False))
def test_words_of_mutated_source_stand_where_they_are_said_to(name: str, chosen: random.Random) -> None:
    text = mutated(sample(name), chosen)
    assert_stands_in(text, read(name, text))


def mutated(text: str, chosen: random.Random) -> str:
    pieces = ["{", "}", "(", ")", '"', "'", '"""', "/*", "<", "`", "<<E\n", "\n", "\\\n", "é", "𝒳", "\t", "#", "//"]
    for _ in range(chosen.choice([1, 2, 5])):
        at = chosen.randrange(len(text) + 1)
        match chosen.randrange(3):
            case 0:
                text = text[:at] + chosen.choice(pieces) * chosen.choice([1, 1, 5]) + text[at:]
            case 1:
                text = text[:at] + text[at + chosen.randrange(60) :]
            case _:
                other = chosen.randrange(len(text) + 1)
                text = text[:at] + text[other : other + chosen.randrange(100)] + text[at:]
    return text


def test_what_python_itself_finds_is_found_on_the_same_lines() -> None:
    """Against the `ast` of the standard library: every class and function of this program."""
    seen = 0
    for path in sorted((ROOT / "ingest").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        seen += compare_with_ast(path.name, text)
    assert seen > 200


@pytest.mark.long
def test_the_whole_standard_library_as_python_itself_finds_it() -> None:
    seen = 0
    for path in sorted(Path(ast.__file__).parent.rglob("*.py")):
        if not {"site-packages", "test", "tests", "lib2to3"} & set(path.parts) and path.stat().st_size < LARGEST_SOURCE:
            try:
                text = path.read_bytes().decode("utf-8").replace("\r\n", "\n")
            except UnicodeDecodeError:
                continue
            seen += compare_with_ast(path.name, text)
    assert seen > 10_000


def compare_with_ast(name: str, text: str) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    wanted = {
        (node.name, node.lineno, node.end_lineno, (ast.get_docstring(node, clean=False) or "").strip() != "")
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    found = [s for s in read(name, text).symbols if s.kind in ("class", "function", "method")]
    assert {w[:2] for w in wanted} == {(s.name, s.signature_line) for s in found}, name
    lines, ends = text.split("\n"), {w[:2]: w[2] for w in wanted}
    for symbol in found:
        # A comment that ends a block belongs to it; `ast` knows no comments.
        behind = lines[ends[symbol.name, symbol.signature_line] : symbol.last_line]
        assert all(line.lstrip().startswith("#") or not line.strip() for line in behind), (name, symbol)
    documented = {(s.name, s.signature_line) for s in found if s.doc_line is not None and s.doc_line > s.signature_line}
    assert documented <= {w[:2] for w in wanted if w[3]}, name
    return len(wanted)


@pytest.mark.parametrize(
    ("name", "text", "language"),
    [
        ("a.PY", "", "Python"),
        ("run", "#!/usr/bin/env -S python3.11 -u\n", "Python"),
        ("run", "#!/bin/sh -e\n", "Bash"),
        ("run", "#! /usr/bin/env FOO=1 node\n", "JavaScript"),
        ("Gemfile", "", "Ruby"),
        (".bashrc", "", "Bash"),
        ("a.h", "int f(void);\nstruct a { int class; };\n", "C"),
        ("a.h", "#pragma once\nnamespace a {\nint f();\n}\n", "C++"),
        ("a.tsx", "", "TypeScript"),
        ("notes.txt", "class A:\n", None),
        ("run", "#!/usr/bin/env\n", None),
        ("a.", "", None),
        ("py", "", None),
    ],
)
def test_language_by_name_and_first_line(name: str, text: str, language: str | None) -> None:
    grammar = grammar_of(name, text)
    assert (grammar.name if grammar else None) == language


def test_headings_are_what_markdown_has() -> None:
    text = "---\na: b\n---\n# One\n\nwords\n\n## Two `x`\nUnder\n=====\n"
    assert [(s.name, s.kind, s.level, s.first_line, s.last_line) for s in symbols("a.md", text)] == [
        ("One", "heading", 0, 4, 7),
        ("Two x", "heading", 1, 8, 8),
        ("Under", "heading", 0, 9, 10),
    ]
    assert symbols("a.md", "no heading") == ()


def test_files_of_no_known_language_have_no_symbols() -> None:
    assert outline("a.toml", "[a]\nb = 1\n") == Outline(None)
    assert symbols("", "") == ()


def test_a_text_that_is_too_large_says_so() -> None:
    found = outline("a.py", "x = 1\n" * (LARGEST_SOURCE // 6 + 1))
    assert (found.language, found.symbols) == ("Python", ())
    assert found.problem == "It has no outline: it is larger than 1 MB."


def test_a_large_generated_file_is_read() -> None:
    text = "".join(f"def function_{n}(x):\n    return x + {n}\n\n" for n in range(20_000))
    found = outline("generated.py", text, seconds=100).symbols
    assert len(found) == 20_000
    assert (found[-1].name, found[-1].first_line) == ("function_19999", 59_998)


def test_only_the_first_of_several_begins_with_what_is_in_front() -> None:
    found = read("a.js", "export const a = () => 1, b = () => 2;\n").symbols
    assert [s.signature for s in found] == ["export const a = () =>", "b = () =>"]
    found = read("a.go", "package a\n\nconst (\n\tx = 1\n\ty = 2\n)\n").symbols
    assert [s.signature for s in found] == ["x = 1", "y = 2"]


def test_what_cannot_be_text_does_no_harm() -> None:
    assert [s.name for s in symbols("a.py", "x = '\ud800'\ndef f():\n    pass\n")] == ["f"]
    assert [s.name for s in symbols("a.py", "def f():\r    pass\r")][:1] == ["f"]


@pytest.fixture
def fresh() -> Iterator[None]:
    """The process that reads outlines begins and ends with the test."""
    ingest.outline._CHILD.close()
    yield
    ingest.outline._CHILD.close()
    assert not readers()


def readers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "ingest.outline_reader" in child.cmdline()]


def hostile() -> tuple[str, str]:
    """A small file over which the parser's error recovery takes seconds in one step."""
    return "a.rs", sample("harbour.rs") * 30 + "fn a() { " + 'r#"<' * 200 + "{(" * 30_000 + "<" * 30_000


@pytest.mark.usefixtures("fresh")
def test_a_text_that_takes_too_long_costs_a_sentence_and_the_next_is_read() -> None:
    name, text = hostile()
    began = time.monotonic()
    found = outline(name, text, seconds=0.3)
    assert found == Outline("Rust", problem="It has no outline: making one took too long, or too much memory."), (
        time.monotonic() - began
    )
    assert [s.name for s in symbols("a.py", "def f(): ...")] == ["f"]
    assert len(readers()) == 1


@pytest.mark.usefixtures("fresh")
def test_a_reader_that_was_ended_is_started_again() -> None:
    assert symbols("a.py", "def f(): ...")
    (first,) = readers()
    os.kill(first.pid, signal.SIGKILL)
    assert [s.name for s in symbols("a.py", "def g(): ...")] == ["g"]
    (second,) = readers()
    assert second.pid != first.pid


@pytest.mark.usefixtures("fresh")
def test_many_threads_share_one_reader() -> None:
    found: list[tuple[Symbol, ...]] = [()] * 8

    def work(number: int) -> None:
        for _ in range(5):
            found[number] = symbols("a.py", f"def f{number}(): ...")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [s.name for (s,) in found] == [f"f{n}" for n in range(8)]
    assert len(readers()) == 1


def test_the_reader_ends_with_the_program() -> None:
    code = """
        import psutil
        from ingest.outline import symbols
        assert symbols("a.py", "def f(): ...")
        print(*[child.pid for child in psutil.Process().children()])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (pid,) = map(int, done.stdout.split())
    assert not psutil.pid_exists(pid)


def test_the_answer_holds_every_field() -> None:
    assert {f.name for f in fields(Outline)} == {"language", "symbols", "problem", "doc_line"}
    found = outline("harbour.py", sample("harbour.py"))
    assert found.doc_line == 1
    assert all(isinstance(symbol, Symbol) for symbol in found.symbols)
