"""The schema through llama.cpp's own grammar: what it takes, what it refuses, and that every answer ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.review.parsing import parse_findings
from app.core.review.schema import MOST_LINE, MOST_QUOTED, MOST_SUGGESTED, finding_schema, path_of, shown_path
from engine.protocol import Sampling
from tests.core.review.answers import answer, finding
from tests.core.review.grammars import Grammars, grammars
from tests.engine.asking import loaded, prompt_of

PATHS = [
    "a.py",
    "my file.c",
    'q"uo\\te\n.rs',
    "é/ß.go",
    "漢字.ts",
    "\U0001f600.js",
    "bad\udcff.kt",
    "100%.sh",
    "a%20b.py",
    "it's.rb",
]
SCHEMA = finding_schema(PATHS, categories=["bugs", "security"], most=3)


@pytest.fixture(scope="module")
def grammar(tiny_llama4: Path) -> Iterator[Grammars]:
    with grammars(tiny_llama4) as opened:
        yield opened


@pytest.mark.parametrize("path", PATHS)
def test_every_name_comes_through_grammar_and_parser(grammar: Grammars, path: str) -> None:
    text = answer(finding(path=shown_path(path)))
    assert grammar.taken(text, SCHEMA) is None
    jsonschema.validate(json.loads(text), SCHEMA)
    found, problems = parse_findings(text, (), checklist="bugs", seen_in=1)
    assert (found[0].path, problems) == (path, [])


@pytest.mark.parametrize(
    "fields",
    [
        {"quote": ["\tif (a[\"x\"] != 'ß') {  // \\d+ 漢字", ""], "suggestion": ["--- a/x", "+++ b/x", "@@ -1 +1 @@"]},
        {"cwe": ""},
        {"cwe": "CWE-1"},
        {"cwe": "CWE-1333"},
        {"first": -5, "last": 10**12},
        {"quote": ["x" * MOST_LINE] * MOST_QUOTED, "suggestion": ["+" * MOST_LINE] * MOST_SUGGESTED},
    ],
)
def test_what_a_finding_may_hold(grammar: Grammars, fields: dict[str, Any]) -> None:
    text = answer(finding(**fields), finding(), finding(**fields))
    assert grammar.taken(text, SCHEMA) is None
    jsonschema.validate(json.loads(text), SCHEMA)


@pytest.mark.parametrize(
    "fields",
    [
        {"path": "b.py"},
        {"severity": "fatal"},
        {"category": "taste"},
        {"cwe": "79"},
        {"cwe": "CWE-01"},
        {"cwe": "CWE-12345"},
        {"first": "3"},
        {"quote": []},
        {"quote": ["x" * (MOST_LINE + 1)]},
        {"quote": ["x"] * (MOST_QUOTED + 1)},
        {"suggestion": [""] * (MOST_SUGGESTED + 1)},
        {"title": ""},
        {"more": 1},
    ],
)
def test_what_it_may_not_hold(grammar: Grammars, fields: dict[str, Any]) -> None:
    text = answer(finding(**fields))
    came = grammar.taken(text, SCHEMA)
    assert came is not None
    assert text.startswith(came)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(text), SCHEMA)


def test_there_are_none_or_some_and_not_too_many(grammar: Grammars) -> None:
    assert grammar.taken('{"findings": []}', SCHEMA) is None
    assert grammar.taken(answer(*[finding()] * 3), SCHEMA) is None
    assert grammar.taken(answer(*[finding()] * 4), SCHEMA) is not None
    assert grammar.taken(answer(finding())[:-1], SCHEMA) is not None


def test_a_pass_of_many_files_has_a_grammar(grammar: Grammars) -> None:
    paths = [f"package/of/some/depth/module_{n}/file_{n}.py" for n in range(1_000)]
    schema = finding_schema(paths, categories=["bugs"])
    assert grammar.taken(answer(finding(path=paths[-1])), schema) is None


@pytest.mark.parametrize("arguments", [([], ["a"], 1), (["a"], [], 1), (["a"], ["b"], 0), (["a", "a"], ["b"], 1)])
def test_what_no_review_can_be_asked(arguments: tuple[list[str], list[str], int]) -> None:
    paths, categories, most = arguments
    with pytest.raises(ValueError):
        finding_schema(paths, categories=categories, most=most)


@given(st.text(st.characters(), min_size=1))
def test_names_are_shown_and_found_again(path: str) -> None:
    raw = path.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
    assert path_of(shown_path(raw)) == raw
    assert shown_path(raw).isprintable() or not raw.isprintable()


def test_nonsense_of_a_random_model_is_findings_or_a_sentence(tiny_llama4: Path) -> None:
    schema = finding_schema(["a.py", "b.py"], categories=["bugs"], most=2)
    with loaded(tiny_llama4) as backend:
        for seed in range(4):
            prompt = prompt_of(backend, "def f():\n    return 1\n", "Review.", answer=700)
            sampling = Sampling(temperature=1.0, top_p=1.0, seed=seed, schema=json.dumps(schema))
            given_answer = backend.ask(type(prompt)(prompt.tokens, prompt.prefix, prompt.max_answer, sampling=sampling))
            found, problems = parse_findings(given_answer.text, given_answer.logprobs, checklist="b", seen_in=1)
            assert bool(problems) == (given_answer.ending == "length")
            assert all(item.confidence is not None and 0 <= item.confidence <= 1 for item in found)
