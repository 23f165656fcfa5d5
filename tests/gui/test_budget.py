"""The bar shows the budget and nothing else: segments add up, tiny sources stand together, the limit is where it is."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.core.budget import Budget
from app.core.ledger import Share, Spending
from app.ui.budget.bar import BudgetBar
from app.ui.budget.geometry import lay_out, ticks
from app.ui.theme.style import Theme
from app.ui.theme.tokens import THEMES


def spending(tokens: list[int], context: int, *, system: int = 20, question: int = 10, answer: int = 100) -> Spending:
    """A budget over sources of so many tokens."""
    shares = tuple(Share(f"S{i}", f"n{i}", i - 1, t) for i, t in enumerate(tokens, 1))
    return Spending(Budget(context, system, sum(tokens), question, answer), shares, exact=True)


@given(st.lists(st.integers(1, 50_000), max_size=60), st.integers(1_000, 1_000_000), st.integers(300, 3000))
def test_segments_add_up_and_do_not_overlap(tokens: list[int], context: int, width: int) -> None:
    budget = spending(tokens, context)
    layout = lay_out(budget, width)
    shown = sum(s.tokens for s in layout.segments)
    assert shown == (context if not budget.budget.over else budget.budget.prompt + budget.budget.answer)
    assert all(a.right <= b.left + 1e-6 for a, b in itertools.pairwise(layout.segments))
    assert all(0 <= s.left <= s.right <= width + 1e-6 for s in layout.segments)
    assert sorted(k for s in layout.segments for k in s.keys) == sorted(f"S{i}" for i in range(1, len(tokens) + 1))
    assert (layout.limit is not None) == bool(budget.budget.over)
    if layout.limit is not None:
        assert layout.limit < width


def test_ten_thousand_small_sources_are_a_handful_of_segments() -> None:
    layout = lay_out(spending([1000] * 10_000, 10_485_760), 1200)
    assert len(layout.segments) < 20
    assert sum(len(s.keys) for s in layout.segments) == 10_000


@given(st.integers(600, 20_000_000), st.integers(300, 3000))
def test_the_scale_begins_at_0_ends_at_the_context_and_has_room(context: int, width: int) -> None:
    marks = ticks(context, width)
    assert marks[0] == (0, "0")
    assert marks[-1][0] == width
    assert all(b[0] - a[0] > 40 for a, b in itertools.pairwise(marks))


def test_arrows_walk_the_segments_and_enter_chooses(theme: Theme, qtbot: QtBot) -> None:
    from PySide6.QtCore import Qt

    bar = BudgetBar(theme, lambda segment: f"{segment.kind} {segment.tokens}")
    bar.animated = False
    qtbot.addWidget(bar)
    bar.resize(900, 48)
    bar.show()
    bar.show_spending(spending([300, 400], 2000), unread=frozenset({"S2"}), verified=1200)
    bar.setFocus()
    for _ in range(2):
        qtbot.keyClick(bar, Qt.Key.Key_Right)
    assert bar.segments[bar.current].tokens == 400
    with qtbot.waitSignal(bar.chosen) as chosen:
        qtbot.keyClick(bar, Qt.Key.Key_Return)
    assert chosen.args == ["S2"]
    with qtbot.waitSignal(bar.chosen) as chosen:
        qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.segment_rect(1).center().toPoint())
    assert chosen.args == ["S1"]


def test_what_is_read_and_unread_looks_different(theme: Theme, qtbot: QtBot) -> None:
    bar = BudgetBar(theme, lambda segment: segment.kind)
    bar.animated = False
    qtbot.addWidget(bar)
    bar.resize(900, 48)
    bar.show_spending(spending([300, 400], 2000), unread=frozenset({"S2"}), verified=None)
    image = bar.grab().toImage()
    ratio = image.devicePixelRatio()

    def colour(index: int) -> str:
        rect = bar.segment_rect(index)
        return image.pixelColor(int((rect.right() - 6) * ratio), int((rect.center().y() + 6) * ratio)).name().upper()

    light = THEMES["light"]
    assert colour(1) == light.sources[0]
    assert colour(2) not in (light.sources[1], light.surface)
