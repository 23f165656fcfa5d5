"""A finding held against the code: confirmed, moved, unconfirmed; lines, names, white space."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.review.finding import Finding
from app.core.review.verifying import NEIGHBOURHOOD, check_finding

CODE = """\
def mean(values):
    total = 0
    for value in values:
        total += value

    return total / len(values)


def spread(values):
    middle = mean(values)
    return max(abs(value - middle) for value in values)
"""
TEXTS = {"a.py": CODE, "b.py": "x = 1\n" * 100 + "y = 2\n" + "x = 1\n" * 10}
QUOTE = "    return total / len(values)"


def finding(quote: str = QUOTE, first: int = 6, last: int = 6, path: str = "a.py", suggestion: str = "") -> Finding:
    return Finding(path, first, last, "error", "bugs", "Empty lists", "Divides by zero.", quote, suggestion)


@pytest.mark.parametrize(
    "quote",
    [
        QUOTE,
        QUOTE + "   \n",
        QUOTE.strip(),
        "\n" + QUOTE + "\n\n",
        QUOTE + "\r\n",
        "   6| " + QUOTE,
        "6|" + QUOTE,
        "        total += value\n\n    return total / len(values)",
        "    total += value\n\nreturn total / len(values)",
        "total += value\n\n    return total / len(values)",
        "   4|         total += value\n   5|\n   6|     return total / len(values)",
    ],
)
@pytest.mark.parametrize("code", [CODE, CODE.replace("\n", "\r\n"), CODE.replace("\n", "  \n")])
def test_code_that_stands_there_is_confirmed(quote: str, code: str) -> None:
    checked = check_finding(finding(quote, first=4), {"a.py": code})
    assert (checked.quoted, checked.reason) == ("confirmed", "")
    assert (checked.finding.first, checked.finding.last) == (4, 6)


@pytest.mark.parametrize(
    "quote",
    [
        "    return total / len(value)",
        "    return total/len(values)",
        "    Return total / len(values)",
        "      return total / len(values)",
        "return total",
        "        total += value\n    return total / len(values)",
        "        total += value\n\n        return total / len(values)",
        "   7|         total += value\n   8| x",
        "{0}\n{0}".format("    total = 0"),
    ],
)
def test_code_that_stands_nowhere_is_not(quote: str) -> None:
    checked = check_finding(finding(quote, first=4), TEXTS)
    assert checked.quoted == "unconfirmed"
    assert checked.reason == "The quoted code stands nowhere in a.py."
    assert (checked.finding.first, checked.finding.last) == (4, 6)


def test_code_that_stands_elsewhere_once_moves_the_lines() -> None:
    for first, last in ((1, 1), (10, 11), (5, 5), (7, 8)):
        checked = check_finding(finding(first=first, last=last), TEXTS)
        assert (checked.quoted, checked.reason) == ("moved", "")
        assert (checked.finding.first, checked.finding.last) == (6, 6)
    two = check_finding(finding("        total += value\n\n" + QUOTE, first=6, last=6), TEXTS)
    assert (two.quoted, two.finding.first, two.finding.last) == ("moved", 4, 6)


def test_of_several_places_only_one_nearby_is_taken() -> None:
    code = "\n".join(f"v{n} = {n}" for n in range(1, 201)).replace("v20 = 20", "same").replace("v150 = 150", "same")
    texts = {"a.py": code}
    near = check_finding(finding("same", 20 + NEIGHBOURHOOD, 20 + NEIGHBOURHOOD), texts)
    assert (near.quoted, near.finding.first) == ("moved", 20)
    far = check_finding(finding("same", 21 + NEIGHBOURHOOD, 21 + NEIGHBOURHOOD), texts)
    assert far.quoted == "unconfirmed"
    assert far.reason == "The quoted code does not stand at line 41 but at the lines 20, 150."
    above = check_finding(finding("same", 150 - NEIGHBOURHOOD, 150 - NEIGHBOURHOOD), texts)
    assert (above.quoted, above.finding.first) == ("moved", 150)
    assert check_finding(finding("same", 149 - NEIGHBOURHOOD, 149 - NEIGHBOURHOOD), texts).quoted == "unconfirmed"
    both = check_finding(finding("same", 21, 149), texts)
    assert both.quoted == "unconfirmed"
    assert check_finding(finding("same", 1, 200), texts).quoted == "confirmed"
    many = check_finding(finding("x = 1", 101, 101, "b.py"), TEXTS)
    assert many.reason == "The quoted code does not stand at line 101 but at the lines 1, 2, 3 and 107 more places."


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (finding(first=6, last=12), "a.py has 11 lines, and it names lines 6 to 12. The quoted code stands at line 6."),
        (finding(first=0), "a.py has 11 lines, and it names lines 0 to 6. The quoted code stands at line 6."),
        (finding("no", 40, 40), "a.py has 11 lines, and it names line 40."),
        (finding(first=7), "Its lines run backwards, from 7 to 6. The quoted code stands at line 6."),
        (finding(path="c.py"), "No file 'c.py' was reviewed."),
        (finding(" \n\t"), "It quotes no code."),
    ],
)
def test_what_cannot_be_is_unconfirmed_and_says_why(wrong: Finding, reason: str) -> None:
    checked = check_finding(wrong, TEXTS)
    assert (checked.quoted, checked.reason) == ("unconfirmed", reason)
    assert checked.finding == wrong


def test_a_suggestion_is_tried_where_the_code_stands() -> None:
    good = "@@\n-    return total / len(values)\n+    return total / max(1, len(values))\n"
    checked = check_finding(finding(first=2, last=2, suggestion=good), TEXTS)
    assert (checked.quoted, checked.patch, checked.reason) == ("moved", "applies", "")
    assert checked.finding.suggestion.startswith("--- a/a.py\n+++ b/a.py\n@@ -3,7 +3,7 @@\n")
    bad = replace(finding(), suggestion=good.replace("total /", "sum /"))
    checked = check_finding(bad, TEXTS)
    assert (checked.quoted, checked.patch, checked.finding.suggestion) == ("confirmed", "fails", bad.suggestion)
    assert checked.reason == "The suggested change does not apply: the lines that it changes stand nowhere."
    broken = check_finding(finding(suggestion=good.replace("max(1", "max((1")), TEXTS)
    assert (broken.quoted, broken.patch) == ("confirmed", "breaks")
    assert broken.reason.startswith("With the suggested change a.py is no longer valid Python: ")
    unchecked = check_finding(finding("nothing", suggestion=good), TEXTS)
    assert (unchecked.quoted, unchecked.patch) == ("unconfirmed", "applies")
