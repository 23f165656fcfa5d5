"""One finding from several passes, the same finding in two reviews, and what stays the same about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.core.review.comparing_runs import compare, failing, remembered
from app.core.review.finding import Checked, Finding, PassReport, Review
from app.core.review.merging import merge
from app.core.review.verifying import check_finding

CODE = """\
import os


class Shelf:
    def first(self):
        item = self.items[0]
        return item.name

    def last(self):
        item = self.items[-1]
        return item.name


def first(items):
    item = items[0]
    return item.name
"""
FINDING = Finding("a.py", 6, 6, "warning", "bugs", "Empty shelves", "Fails.", "        item = self.items[0]")


def found(code: str = CODE, **fields: Any) -> Checked:
    checked = check_finding(replace(FINDING, **fields), {"a.py": code, "b.py": code})
    assert checked.quoted != "unconfirmed"
    return checked


RETURN = "        return item.name"


@pytest.mark.parametrize(
    "code",
    [
        "# a line\n\n" + CODE,
        CODE.replace("import os\n", ""),
        CODE.replace("\n", "\r\n"),
        CODE.replace("        item = self.items[0]", "        item   =  self.items[0] "),
        CODE.replace("        return item.name\n\n    def last", "        return item\n\n    def last"),
        "def first(items):\n    return 1\n\n\n" + CODE,
        CODE.replace("    def last", "    def middle(self):\n        pass\n\n    def last"),
    ],
)
def test_a_fingerprint_stays_when_lines_move(code: str) -> None:
    line = next(n for n, text in enumerate(code.split("\n"), 1) if "self.items[0]" in text)
    quote = code.split("\n")[line - 1]
    moved = check_finding(replace(FINDING, first=line, last=line, quote=quote), {"a.py": code})
    assert moved.quoted == "confirmed"
    assert moved.fingerprint == found().fingerprint
    assert len(moved.fingerprint) == 32
    assert check_finding(FINDING, {"a.py": code.replace("   =  ", " = ")}).fingerprint == found().fingerprint


def test_equal_code_in_different_places_has_different_fingerprints() -> None:
    places = {7, 11, 16}
    prints = {found(first=n, last=n, quote=RETURN if n < 16 else "    return item.name").fingerprint for n in places}
    assert len(prints) == 3
    twice = "def f():\n    a()\n    b()\n    a()\n"
    one, two = (found(twice, first=n, last=n, quote="    a()").fingerprint for n in (2, 4))
    assert one != two
    # In C the head stands above the brace.
    c = "void f(void)\n{\n    go();\n}\n\nvoid g(void)\n{\n    go();\n}\n"
    one, two = (found(c, first=n, last=n, quote="    go();").fingerprint for n in (3, 8))
    assert one != two
    alone = c[c.index("void g") :]
    assert two == found(alone, first=3, last=3, quote="    go();").fingerprint
    assert one == found(c.replace("f(void)\n{", "f(void)\n{\n    start();"), first=4, last=4, quote="go();").fingerprint


@pytest.mark.parametrize("fields", [{"path": "b.py"}, {"category": "style"}, {"quote": RETURN, "first": 7, "last": 7}])
def test_another_finding_has_another_fingerprint(fields: dict[str, Any]) -> None:
    assert found(**fields).fingerprint != found().fingerprint


def test_what_does_not_count_for_a_fingerprint() -> None:
    fields: dict[str, Any] = {
        "title": "x",
        "explanation": "y",
        "severity": "note",
        "confidence": 0.3,
        "suggestion": "z",
        "seen_in": 9,
    }
    assert found(**fields).fingerprint == found().fingerprint
    assert found(first=5, last=7).fingerprint == found().fingerprint
    assert found(quote="   6|         item = self.items[0]").fingerprint == found().fingerprint
    lost = check_finding(replace(FINDING, quote="gone()"), {"a.py": CODE}).fingerprint
    assert lost == check_finding(replace(FINDING, quote="gone()", first=2, last=3), {}).fingerprint


def test_findings_of_several_passes_become_one() -> None:
    one = found(checklist="bugs", seen_in=1, confidence=0.4)
    two = found(checklist="bugs", seen_in=2, first=5, last=7, confidence=0.9, title="No items")
    other = found(checklist="security", seen_in=3, category="security", title="Crash on empty input")
    longer = found(checklist="bugs", seen_in=4, last=7, quote=FINDING.quote + "\n" + RETURN, confidence=0.1)
    (merged,) = merge([one, two, other, longer])
    assert merged.finding.confidence == 0.9
    assert merged.also == ("bugs, pass 1", "security, pass 3", "bugs, pass 4")
    assert merge([merged, one])[0].also == merged.also


def test_the_best_of_several_is_kept_where_the_first_stood() -> None:
    elsewhere = found(first=15, last=15, quote="    item = items[0]", title="Other")
    severe = found(severity="error", seen_in=2)
    applies = replace(found(seen_in=3), patch="applies")
    unconfirmed = replace(found(seen_in=4, severity="error", confidence=1.0), quoted="unconfirmed", patch="applies")
    fails = replace(found(seen_in=5, severity="error"), patch="fails")
    assert merge([unconfirmed, elsewhere, fails, severe, applies]) == (
        replace(applies, also=("pass 4", "pass 5", "pass 2")),
        elsewhere,
    )
    assert merge([fails, severe, elsewhere])[0].finding is severe.finding
    assert merge([]) == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"path": "b.py"},
        {"first": 10, "last": 10, "quote": "        item = self.items[-1]"},
        {"cwe": "CWE-125"},
        {"quote": "        item = self.items[0]\n" + RETURN, "last": 7, "category": "style"},
        {"seen_in": 1, "title": "The variable is badly named"},
    ],
)
def test_different_findings_stay_two(fields: dict[str, Any]) -> None:
    one = found(seen_in=1, cwe="CWE-476")
    assert len(merge([one, found(**{"seen_in": 2, "cwe": "CWE-476", **fields})])) == 2


def test_one_pass_may_repeat_itself() -> None:
    assert len(merge([found(), found(title="Shelves that are empty")])) == 1
    unconfirmed = replace(
        found(last=7, quote=FINDING.quote + "\nx()"[:0] + "\n" + RETURN, seen_in=2), quoted="unconfirmed"
    )
    assert len(merge([found(), unconfirmed])) == 2


def review(*findings: Checked, files: tuple[str, ...] = ("a.py", "b.py"), problem: str = "") -> Review:
    passes = (PassReport(1, files, "bugs", 10, 0, 10, 5, 1.0, len(findings), problem),)
    return Review("/r", "2 files", ("bugs",), "m", "2026-03-14T12:00:00+00:00", findings, passes)


def test_two_reviews_are_compared() -> None:
    gone, stays, fresh = found(), found(quote=RETURN, first=7, last=7), found(path="b.py")
    result = compare([gone, stays], review(fresh, stays))
    assert (result.new, result.still, result.fixed, result.unseen) == ((fresh,), (stays,), (gone,), ())
    for after in (review(fresh, files=("b.py",)), review(fresh, problem="It was too long.")):
        assert compare([gone], after).unseen == (gone,)
        assert compare([gone], after).fixed == ()
    assert compare([gone], replace(review(), passes=())).fixed == (gone,)


def test_a_finding_that_quotes_more_is_known_again() -> None:
    longer = found(last=7, quote=FINDING.quote + "\n" + RETURN, title="Other words")
    assert longer.fingerprint != found().fingerprint
    for before, after in ((found(), longer), (longer, found())):
        result = compare([before], review(after))
        assert (result.new, result.still, result.fixed) == ((), (after,), ())
    # One earlier finding stands for one later one.
    other = replace(longer, fingerprint="f" * 32)
    assert len(compare([found()], review(longer, other)).new) == 1
    for fields in ({"category": "style"}, {"path": "b.py"}):
        assert compare([found(**fields)], review(longer)).new == (longer,)


def test_what_fails_a_check() -> None:
    levels = [found(severity=s, title=s, quote=q, first=n, last=n) for s, q, n in (
        ("error", RETURN, 7), ("warning", FINDING.quote, 6), ("note", "class Shelf:", 4))]  # fmt: skip
    assert [len(failing(levels, level)) for level in ("error", "warning", "note")] == [1, 2, 3]
    assert failing(levels, "note", levels[:2]) == (levels[2],)
    assert failing([replace(f, dismissed="") for f in levels], "note") == ()
    assert failing([replace(f, quoted="unconfirmed") for f in levels], "note") == ()
    assert failing([replace(f, quoted="moved") for f in levels], "error") != ()


def test_dismissals_are_remembered_by_fingerprint() -> None:
    one, two = found(), found(path="b.py")
    remembered_ones = remembered([one, two], {two.fingerprint: "tested elsewhere"})
    assert [f.dismissed for f in remembered_ones] == [None, "tested elsewhere"]
