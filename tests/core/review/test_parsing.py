"""Answers to findings: whole ones, cut-off ones, and how sure the model was."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.review.parsing import LARGEST_LINE, parse_findings
from tests.core.review.answers import answer, finding, logprobs

TWO = answer(finding(), finding(path="b.py", severity="error", suggestion=["--- a/b.py", "+++ b/b.py"]))


def test_findings_come_with_all_their_fields() -> None:
    found, problems = parse_findings(TWO, logprobs(TWO), checklist="Bugs", seen_in=4)
    assert problems == []
    first, second = found
    assert (first.path, first.first, first.last, first.severity) == ("a.py", 3, 4, "warning")
    assert (first.category, first.cwe, first.checklist, first.seen_in) == ("bugs", "CWE-193", "Bugs", 4)
    assert first.quote == "    if left == 0:\n        return total"
    assert (first.title, first.explanation) == ("The last item is left out", "The loop ends one item early.")
    assert first.suggestion == ""
    assert (second.severity, second.suggestion) == ("error", "--- a/b.py\n+++ b/b.py\n")
    assert parse_findings('{"findings": []}', (), checklist="", seen_in=1) == ([], [])


@pytest.mark.parametrize("ascii_only", [True, False])
def test_wherever_an_answer_is_cut_off_the_complete_findings_are_kept(ascii_only: bool) -> None:
    text = answer(finding(title="Größe"), finding(quote=['say("\\")', "漢字"]), finding(), ascii_only=ascii_only)
    whole, _ = parse_findings(text, (), checklist="b", seen_in=1)
    counts = []
    for end in range(len(text)):
        found, problems = parse_findings(text[:end], (), checklist="b", seen_in=1)
        assert found == whole[: len(found)]
        # The bracket behind the last finding is enough: nothing is missing then.
        assert len(problems) == (0 if text[:end].endswith("]") and len(found) == 3 else 1)
        counts.append(len(found))
    assert sorted(set(counts)) == [0, 1, 2, 3]
    assert counts == sorted(counts)
    cut = text[: text.rindex('"path"')]
    assert parse_findings(cut, (), checklist="b", seen_in=7)[1] == [
        "The answer of pass 7 breaks off; 2 complete findings before that were kept."
    ]


@pytest.mark.parametrize("text", ["", "None.", "{", "[[[[", '{"results": []}', "[" * 100_000, '{"a":' * 50_000])
def test_what_holds_no_findings_is_one_sentence(text: str) -> None:
    found, problems = parse_findings(text, (), checklist="b", seen_in=2)
    assert found == []
    assert problems == ["The answer of pass 2 holds no findings that can be read."]


@pytest.mark.parametrize(
    "wrapped", ["```json\n{}\n```", "Here is [1] what I found:\n{}\nDone {{}}", "<think>{{x}} [y]</think>{}", "{}"]
)
def test_words_around_an_answer_are_passed_over(wrapped: str) -> None:
    text = wrapped.replace("{}", TWO, 1) if "{{" not in wrapped else wrapped.format(TWO)
    assert len(parse_findings(text, (), checklist="b", seen_in=1)[0]) == 2
    alone = json.dumps(json.loads(TWO)["findings"])
    assert len(parse_findings(alone, (), checklist="b", seen_in=1)[0]) == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"path": 3}, "has no path"),
        ({"severity": "fatal"}, "has the unknown severity 'fatal'"),
        ({"severity": ["error"]}, "has no severity"),
        ({"first": True}, "does not say in which lines"),
        ({"last": "4"}, "does not say in which lines"),
        ({"quote": [1]}, "quotes no code"),
        ({"quote": None}, "quotes no code"),
        ({"title": None}, "has no title"),
    ],
)
def test_a_finding_that_lacks_something_is_left_out_and_named(fields: dict[str, Any], said: str) -> None:
    text = answer(finding(), finding(**fields), finding())
    found, problems = parse_findings(text, (), checklist="b", seen_in=3)
    assert len(found) == 2
    assert problems == [f"Finding 2 of pass 3 {said}; it was left out."]


def test_what_models_write_without_a_grammar_is_understood() -> None:
    text = answer(
        finding(quote="x = 1\n\ty = 2\n", suggestion="--- a\n+++ b\n", cwe="cwe-079", title=" two\n words "),
        finding(first=10**30, last=-(10**30), cwe=None, suggestion=None, title="\ud800\0"),
        ascii_only=True,
    )
    first, second = parse_findings(text, (), checklist="b", seen_in=1)[0]
    assert (first.quote, first.suggestion) == ("x = 1\n\ty = 2", "--- a\n+++ b\n")
    assert (first.cwe, first.title) == ("", "two words")
    assert (second.first, second.last) == (LARGEST_LINE, -1)
    second.title.encode()
    assert "\0" not in second.title


def sure(text: str, chosen: dict[str, float], *, otherwise: float = -9.0, step: int = 1) -> list[tuple[int, float]]:
    """Tokens of `step` characters; those of the values named in `chosen` with that log-probability."""
    values = [otherwise] * len(text)
    for part, value in chosen.items():
        start = text.index(part)
        values[start : start + len(part)] = [value] * len(part)
    return [(start, values[start]) for start in range(0, len(text), step)]


def test_confidence_is_that_of_severity_lines_and_quotation_alone() -> None:
    text = answer(finding(first=31, last=47, quote=["call()"]))
    chosen = {"warning": math.log(0.9), "31": math.log(0.5), "47": math.log(0.25), "call()": math.log(0.2)}
    (found,), _ = parse_findings(text, sure(text, chosen), checklist="b", seen_in=1)
    # The signs around the quotation's line are its list's, and so decided with it.
    inside = 6 * math.log(0.2) + 2 * -9.0
    lines = (2 * math.log(0.5) + 2 * math.log(0.25)) / 4
    assert found.confidence == pytest.approx(math.exp((math.log(0.9) + lines + inside / 8) / 3))
    certain = dict.fromkeys(("warning", "31", "47", '"call()"'), 0.0)
    assert parse_findings(text, sure(text, certain), checklist="b", seen_in=1)[0][0].confidence == 1.0
    for part in certain:
        doubtful = parse_findings(text, sure(text, {**certain, part: -3.0}), checklist="b", seen_in=1)[0][0]
        assert doubtful.confidence is not None
        assert doubtful.confidence < 0.7


def test_tokens_across_borders_and_parts_of_characters_count_with_their_value() -> None:
    text = answer(finding(quote=["漢"]))
    start = text.index("漢")
    tokens = [(at, -0.5) for at in range(0, start - 4, 4)] + [(start - 1, -2.0)]
    # Three tokens for the three bytes of one character: the first two begin where the character does.
    tokens += [(start, -1.0), (start, -1.0), (start, -4.0)] + [(at, -0.5) for at in range(start + 1, len(text))]
    (found,), _ = parse_findings(text, tokens, checklist="b", seen_in=1)
    quote = (-2.0 - 1.0 - 1.0 - 4.0 - 0.5) / 5
    assert found.confidence == pytest.approx(math.exp((quote - 0.5 - 0.5) / 3))


def test_all_parts_of_a_first_character_count() -> None:
    # Without a grammar a quotation may be one string, which then begins with the character itself.
    text = answer(finding(quote="漢"))
    start = text.index("漢")
    tokens = [(at, -0.5) for at in range(start)] + [(start, -1.0), (start, -1.0), (start, -4.0)]
    tokens += [(at, -0.5) for at in range(start + 1, len(text))]
    (found,), _ = parse_findings(text, tokens, checklist="b", seen_in=1)
    assert found.confidence == pytest.approx(math.exp((-2.0 - 0.5 - 0.5) / 3))


def test_without_probabilities_there_is_no_confidence() -> None:
    for given_ones in ((), [(0, -math.inf), (5, math.nan)]):
        assert parse_findings(TWO, given_ones, checklist="b", seen_in=1)[0][0].confidence is None


@given(st.text(), st.lists(st.tuples(st.integers(0, 50), st.floats(-20, 0)), max_size=10))
def test_any_text_is_findings_or_a_sentence(text: str, values: list[tuple[int, float]]) -> None:
    found, problems = parse_findings(text, sorted(values), checklist="b", seen_in=1)
    assert found == []
    assert len(problems) <= 1
