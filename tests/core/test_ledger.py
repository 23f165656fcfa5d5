"""Sums of tokens that must add up, whatever is left out; what has to be read again after a change."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from app.core.budget import Budget
from app.core.ledger import DocumentTokens, Ledger, to_read, to_read_from
from app.core.workspace import Workspace
from engine.protocol import Standing
from ingest.document import Document, Section, Span

AROUND = Budget(context=1000, system=20, documents=0, conversation=10, answer=100)


def paged(name: str, pages: int) -> Document:
    """A document of so many pages."""
    sections = tuple(Section(f"p. {i}", Span(page=i), f"page {i}") for i in range(1, pages + 1))
    return Document(f"/x/{name}", "pdf", "ok", sections=sections)


def counted(pages: int, each: int) -> tuple[Workspace, Ledger]:
    """Two documents, the pages of the first of `each` tokens."""
    workspace = Workspace().add([paged("a.pdf", pages), paged("b.pdf", 1)])
    ledger = Ledger()
    first, second = workspace.entries
    ledger.put("S1", DocumentTokens(first.document, 5, (each,) * pages))
    ledger.put("S2", DocumentTokens(second.document, 5, (7,)))
    return workspace, ledger


def test_pages_and_inclusion_are_sums() -> None:
    workspace, ledger = counted(pages=10, each=30)
    whole = ledger.spending(workspace, AROUND)
    assert (whole.budget.documents, whole.exact) == (5 + 300 + 5 + 7, True)
    fewer = ledger.spending(workspace.set_pages("S1", (3, 4)), AROUND)
    assert fewer.budget.documents == 5 + 60 + 5 + 7
    without = ledger.spending(workspace.set_included(["S1"], False), AROUND)
    assert without.budget.documents == 5 + 7
    assert [share.key for share in without.shares] == ["S2"]


def test_a_document_that_was_read_again_is_not_counted_yet() -> None:
    workspace, ledger = counted(pages=2, each=30)
    again = workspace.add([paged("a.pdf", 2)])
    spending = ledger.spending(again, AROUND)
    assert (spending.exact, spending.uncounted) == (False, 1)
    assert [e.key for e in ledger.uncounted(again)] == ["S1"]


def test_where_order_matters_only_counts_for_this_order_are_exact() -> None:
    workspace, ledger = counted(pages=2, each=30)
    assert not ledger.spending(workspace, AROUND, signature="now").exact
    ledger.put_in_order("now", {"S1": 70, "S2": 12})
    assert ledger.spending(workspace, AROUND, signature="now").budget.documents == 82
    later = ledger.spending(workspace, AROUND, signature="later")
    assert (later.exact, later.budget.documents) == (False, 5 + 60 + 5 + 7)


def test_every_choice_that_leaves_out_or_limits_fits() -> None:
    workspace, ledger = counted(pages=40, each=30)
    spending = ledger.spending(workspace, AROUND)
    assert spending.budget.over
    choices = ledger.choices(workspace, spending.budget, largest_context=500)
    kinds = {choice.kind for choice in choices}
    assert kinds == {"leave_out", "pages", "evidence"}
    for choice in choices:
        if choice.kind == "leave_out":
            assert not ledger.spending(workspace.set_included(choice.keys, False), AROUND).budget.over
        elif choice.kind == "pages":
            assert not ledger.spending(workspace.limit_pages((1, choice.value)), AROUND).budget.over


parts = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 99)), max_size=8)


@given(parts, parts, st.sets(st.integers(0, 800)))
def test_where_the_engine_can_go_back_to_anything_only_what_differs_is_read(
    before: list[tuple[str, int]], now: list[tuple[str, int]], places: set[int]
) -> None:
    ends = list(accumulate(tokens for _, tokens in before))
    held = ends[-1] if ends else 0
    anywhere = Standing(held, (), 100.0, stretches=((0, held),))
    assert to_read_from(anywhere, ends, before, now) == to_read(before, now)
    nowhere = Standing(held, (), 0.0)
    same_from_the_start = now[: len(before)] == before
    expected = to_read(before, now) if same_from_the_start else sum(tokens for _, tokens in now)
    assert to_read_from(nowhere, ends, before, now) == expected
    some = Standing(held, tuple(sorted(place for place in places if place <= held)), 100.0)
    assert to_read(before, now) <= to_read_from(some, ends, before, now) <= sum(tokens for _, tokens in now)


@given(parts, parts)
def test_what_is_read_again_begins_at_the_first_difference(
    before: list[tuple[str, int]], now: list[tuple[str, int]]
) -> None:
    total = sum(tokens for _, tokens in now)
    assert to_read(now, now) == 0
    assert to_read([], now) == total
    assert 0 <= to_read(before, now) <= total
    assert to_read(before, before + now) == total
