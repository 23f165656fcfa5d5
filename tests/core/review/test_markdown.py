"""A review as Markdown: everything that was found is in it, and nothing that was found is markup."""

from __future__ import annotations

from dataclasses import replace

from markdown_it import MarkdownIt

from app.core.review.finding import Checked, Finding, Omitted, PassReport, Review
from app.core.review.markdown import review_to_markdown

FINDING = Finding(
    "src/a_b.py",
    3,
    4,
    "error",
    "bugs",
    "Uses *args* <b> | twice",
    "Line one.\n# no heading",
    "x = `1`\n```\ny",
    "",
    "CWE-20",
    0.875,
)
SURE = Checked(FINDING, "confirmed", "none", "1" * 32, also=("security, pass 2",))
REVIEW = Review("/r", "2 files", ("bugs", "security"), "a_model", "2026-03-14T12:00:00+00:00", (SURE,), ())


def headings(text: str) -> list[str]:
    tokens = MarkdownIt("commonmark").parse(text)
    return [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]


def test_a_finding_is_told_whole() -> None:
    text = review_to_markdown(REVIEW)
    assert headings(text) == ["Review of 2 files", "`src/a_b.py`", r"error: Uses \*args\* \<b\> \| twice"]
    assert "1 error." in text
    assert "`src/a_b.py:3-4` · bugs · CWE-20 · the quoted code stands there · confidence 88%" in text
    assert "also found by security, pass 2" in text
    assert "Line one.\n\\# no heading" in text
    fences = [token for token in MarkdownIt("commonmark").parse(text) if token.type == "fence"]
    assert [(fence.info, fence.content) for fence in fences] == [("python", FINDING.quote + "\n")]


def test_what_is_not_sure_stands_apart() -> None:
    unsure = replace(SURE, quoted="unconfirmed", reason="It stands *nowhere*.", fingerprint="2")
    other = replace(SURE, finding=replace(FINDING, path="a.py", severity="note", suggestion="-x\n+y\n"), patch="fails")
    gone = replace(SURE, dismissed="Known | old.", finding=replace(FINDING, first=9, last=9))
    report = PassReport(1, ("a.py",), "bugs", 1200, 100, 1100, 5, 1.0, 3, "It | broke off.")
    review = replace(
        REVIEW, findings=(unsure, SURE, other, gone), passes=(report,), omitted=(Omitted("b`\udcff", "Too large."),),
        cancelled=True,
    )  # fmt: skip
    text = review_to_markdown(review)
    order = [r"`a.py`", r"`src/a_b.py`", "Not confirmed by the code", "Dismissed", "Not reviewed", "Passes"]
    assert [heading for heading in headings(text) if heading in order] == order
    assert "1 error, 1 note, 1 not confirmed. It was stopped before the last pass." in text
    assert r"*It stands \*nowhere\*.*" in text
    assert "The suggested change does not apply.\n\n```diff\n-x\n+y\n```" in text
    assert r"- `src/a_b.py:9` Uses \*args\* \<b\> \| twice: Known \| old." in text
    assert "``` b``" not in text
    assert "- `` b`� ``: Too large." in text
    assert r"| 1 | bugs | 1 | 1,200 | 100 | 3 | It \| broke off. |" in text
    text.encode()


def test_nothing_found_is_said() -> None:
    text = review_to_markdown(replace(REVIEW, findings=()))
    assert "No confirmed findings." in text
    assert text.endswith("Nothing was found.\n")
