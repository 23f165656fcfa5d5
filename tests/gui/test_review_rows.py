"""Which findings are listed, in which groups and order; what a suggested change looks like as rows; what is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.review.finding import SEVERITIES
from app.ui.review import words
from app.ui.review.diff_rows import DiffRow, diff_rows
from app.ui.review.findings import group_name
from app.ui.review.rows import Choice, FindingRow, Grouping, HeadingRow, Row, rows_of, tally
from tests.gui import reviews

ROWS = [FindingRow(checked) for checked in reviews.checked()]


def titles(rows: list[Row]) -> list[str]:
    return [row.words or row.apart if isinstance(row, HeadingRow) else row.checked.finding.title for row in rows]


def listed(choice: Choice, findings: list[FindingRow] = ROWS) -> list[Row]:
    return rows_of(findings, choice, says=group_name)


def test_the_gravest_come_first_and_what_is_not_confirmed_stands_apart_at_the_end() -> None:
    rows = listed(Choice())
    graves = [SEVERITIES.index(row.checked.finding.severity) for row in rows[:7] if isinstance(row, FindingRow)]
    assert len(graves) == 7
    assert graves == sorted(graves)
    assert rows[7] == HeadingRow("", 1, "unconfirmed")
    assert titles(rows)[8:] == ["The clock is read twice and the results may differ"]


def test_groups_hold_every_finding_once_under_their_names() -> None:
    by_file = listed(Choice(group="file"))
    headings = [(row.words, row.count) for row in by_file if isinstance(row, HeadingRow)]
    assert headings == [("crane/slew_guard.py", 2), ("gateway/session.py", 3), ("store/history.go", 2), ("", 1)]
    by_severity = [row.words for row in listed(Choice(group="severity")) if isinstance(row, HeadingRow)]
    assert by_severity == ["Errors", "Warnings", "Notes", ""]
    groups: tuple[Grouping, ...] = ("none", "file", "severity", "category")
    for group in groups:
        rows = listed(Choice(group=group))
        assert sorted(t for t in titles(rows) if t[0].isupper() and len(t) > 20) == sorted(
            row.checked.finding.title for row in ROWS
        )


def test_findings_are_sorted_by_place_and_by_how_sure_they_are() -> None:
    places = [row.checked.finding for row in listed(Choice(sort="place")) if isinstance(row, FindingRow)][:7]
    assert [(f.path, f.first) for f in places] == sorted((f.path, f.first) for f in places)
    sure = [row.checked.finding.confidence for row in listed(Choice(sort="confidence")) if isinstance(row, FindingRow)]
    assert sure[:7] == sorted(sure[:7], key=lambda value: -(value or 0))
    unsure = replace(ROWS[0].checked, finding=replace(ROWS[0].checked.finding, confidence=None))
    last = listed(Choice(sort="confidence"), [FindingRow(unsure), *ROWS[1:6]])[-1]
    assert isinstance(last, FindingRow)
    assert last.checked is unsure


@pytest.mark.parametrize(
    ("choice", "count"),
    [
        (Choice(text="SESSION"), 3),
        (Choice(text="cwe-89"), 1),
        (Choice(text="log password"), 1),
        (Choice(text="password nowhere"), 0),
        (Choice(severities=frozenset(("note",))), 1),
        (Choice(severities=frozenset(("note", "error"))), 4),
        (Choice(kinds=frozenset(("injection", "time-twice"))), 2),
        (Choice(text="session", severities=frozenset(("warning",))), 1),
    ],
)
def test_words_severities_and_kinds_narrow_the_list(choice: Choice, count: int) -> None:
    assert len([row for row in listed(choice) if isinstance(row, FindingRow)]) == count
    assert choice.narrows


def test_what_was_dismissed_is_counted_and_listed_only_when_asked_for() -> None:
    rows = [replace(ROWS[0], checked=replace(ROWS[0].checked, dismissed="Intended")), *ROWS[1:]]
    assert ROWS[0].checked.finding.title not in titles(listed(Choice(), rows))
    shown = listed(Choice(dismissed=True), rows)
    assert shown[-2] == HeadingRow("", 1, "dismissed")
    assert titles(shown)[-1] == ROWS[0].checked.finding.title
    numbers = tally(rows)
    assert (numbers.listed, numbers.unconfirmed, numbers.dismissed) == (7, 1, 1)


def test_a_comparison_tells_new_from_known_and_lists_what_is_gone() -> None:
    rows = [
        FindingRow(ROWS[0].checked, "new"),
        FindingRow(ROWS[1].checked, "still"),
        FindingRow(ROWS[2].checked, "fixed"),
    ]
    assert titles(listed(Choice(), rows))[2:] == ["fixed", ROWS[2].checked.finding.title]
    assert titles(listed(Choice(changes=frozenset(("new",))), rows)) == [ROWS[0].checked.finding.title]
    assert tally(rows).changes == {"new": 1, "still": 1, "fixed": 1}
    assert tally(rows).listed == 2


def test_the_line_says_what_was_reviewed_and_how_sure_it_is() -> None:
    review = reviews.reviewed().review
    said = words.reviewed(review, tally(ROWS))
    assert said == "148 files in one pass · bugs, security · 8 findings, 1 not confirmed by the code"
    two = replace(review, passes=(reviews.passed(1, "bugs", 1), reviews.passed(2, "bugs", 0)))
    assert words.reviewed(two, tally(ROWS[:1])) == "148 files in 2 passes · bugs, security · 1 finding"
    assert words.reviewed(review, tally([])).endswith("· nothing found")


def test_a_name_that_hides_its_ending_is_written_out() -> None:
    finding = replace(ROWS[0].checked.finding, path="a\u202eyp.txt\n", first=3)
    assert words.place(finding) == "a\\u202eyp.txt\\n:3"


DIFF = """diff --git a/x.py b/x.py
--- a/x.py
+++ b/x.py
@@ -3,3 +3,4 @@ def f():
 keep
-old
+new
+-- newer
 last
@@ -20 +21 @@ class G:
-gone
\\ No newline at end of file
"""


def test_a_diff_becomes_rows_with_the_numbers_of_both_sides() -> None:
    assert diff_rows(DIFF) == [
        DiffRow(" ", "keep", 3, 3),
        DiffRow("-", "old", 4, 0),
        DiffRow("+", "new", 0, 4),
        DiffRow("+", "-- newer", 0, 5),
        DiffRow(" ", "last", 5, 6),
        DiffRow("@", "class G:"),
        DiffRow("-", "gone", 20, 0),
    ]


def test_what_is_no_diff_is_shown_as_it_is() -> None:
    assert diff_rows("use a set instead\n") == [DiffRow("?", "use a set instead")]
    assert diff_rows("") == []
    assert diff_rows("@@ -1 +1 @@\n-a\nwhat\n+b\n")[1] == DiffRow("?", "what")
