"""The heat map: every cell in its place, readable in both themes, and nothing in it but what the trials say."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from app.core.contrast import contrast
from app.core.selfcheck.colours import Palette, palette
from app.core.selfcheck.heat_map import LABELS, HeatMap, cells_geometry, hatching, heat_map, heat_of
from app.core.selfcheck.heat_svg import heat_map_svg
from app.core.selfcheck.recall import recall_by_length, recall_chart
from engine.selfcheck.plan import Plan
from engine.selfcheck.report import Precondition, Report
from engine.selfcheck.verdicts import cells, verdict, verified
from tests.engine.selfcheck.sample_reports import sampled

LENGTHS = (1024, 4096, 32768, 98304, 131072)
TASKS = ("single", "multikey", "absent", "multivalue", "variable", "latent")
LIGHT, DARK = palette("light"), palette("dark")
SVG = "{http://www.w3.org/2000/svg}"


def share(task: str, length: int, depth: int | None) -> float:
    """All to 96K; at 128K nothing in the middle."""
    return 1.0 if length <= 98304 else 0.0 if depth is None or 30 < depth < 70 else 0.9


def sample(
    *, lengths: tuple[int, ...] = LENGTHS, tasks: tuple[str, ...] = TASKS, each: int = 20, bands: int = 10
) -> Report:
    return sampled(share, Plan("standard", lengths, tasks, bands=bands, each=each))


def test_every_cell_is_placed_once_by_length_and_depth() -> None:
    report = sample()
    placed = cells_geometry(report, 760, LIGHT)
    assert {p.cell for p in placed} == set(cells(report)) and len(placed) == len(cells(report))
    rects = [p.rect for p in placed]
    assert len(set(rects)) == len(rects)
    for p in placed:
        x, _, width, height = p.rect
        assert x >= LABELS and x + width <= 760 and width > 20 and height > 15
    multikey = [p for p in placed if p.cell.task == "multikey"]
    by_place = {(p.rect[0], p.rect[1]): p.cell for p in multikey}
    columns, rows = sorted({x for x, _ in by_place}), sorted({y for _, y in by_place})
    assert [by_place[x, rows[0]].length for x in columns] == list(LENGTHS)
    assert [by_place[columns[0], y].depth for y in rows] == list(report.depths)


def test_spread_tasks_are_one_row_each() -> None:
    placed = cells_geometry(sample(), 760, LIGHT, tasks=["multivalue", "variable"])
    assert {p.cell.task: len({q.rect[1] for q in placed if q.cell.task == p.cell.task}) for p in placed} == {
        "multivalue": 1,
        "variable": 1,
    }


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_figures_can_be_read_on_every_colour(colours: Palette) -> None:
    placed = cells_geometry(sample(each=7), 760, colours)
    assert {p.heat for p in placed} >= {0, 6}
    assert all(contrast(p.ink, p.fill) >= 4.5 for p in placed)
    assert contrast(colours.brass, colours.surface) >= 3
    assert contrast(colours.text2, colours.surface) >= 4.5 and contrast(colours.bad, colours.surface) >= 4.5


def test_only_all_is_the_first_colour_and_only_none_the_last() -> None:
    assert [heat_of(passed, 20, 7) for passed in (20, 19, 14, 13, 9, 6, 1, 0)] == [0, 1, 2, 3, 4, 5, 6, 6]
    assert heat_of(999, 1000, 7) == 1


def test_states_are_told_without_colour() -> None:
    report = sample(each=4)
    placed = {(p.cell.task, p.cell.length, p.cell.depth): p for p in cells_geometry(report, 760, LIGHT)}
    good, bad = placed["multikey", 4096, 45], placed["multikey", 131072, 45]
    assert good.hatched and good.cell.state == "undecided" and good.text == "4/4"
    assert not bad.hatched and bad.cell.state == "fail" and bad.text == "0/4"
    assert good.words == (
        "multikey, 4,096 tokens, depth 45 %: 4 of 4 found, not decided by so few; "
        "the true share lies between 51 and 100 % (95 % confidence)"
    )
    untested = replace(report, trials=tuple(t for t in report.trials if t.task != "absent"))
    empty = [p for p in cells_geometry(untested, 760, LIGHT) if p.cell.task == "absent"]
    assert empty and all(p.text == "" and p.heat is None and not p.hatched for p in empty)
    assert empty[0].words.endswith(": not tested")
    svg = heat_map_svg(untested, theme="light")
    assert svg.count('class="empty"') == len(empty) + 1, "one of them in the legend"


def test_the_plumb_line_stands_at_the_verified_length() -> None:
    report = sample()
    assert verified(report).retrieval == verified(report).reasoning == 98304
    drawn = heat_map(report, 760, LIGHT)
    right = {p.rect[0] + p.rect[2] for p in drawn.cells if p.cell.length == 98304}
    left = {p.rect[0] for p in drawn.cells if p.cell.length == 131072}
    # One for each map, but for that of the task that verifies nothing.
    assert len(drawn.plumbs) == 5
    for plumb in drawn.plumbs:
        assert plumb.length == 98304 and max(right) < plumb.x < min(left)
    failed = replace(report, preconditions=(Precondition("one BOS", False, "1", "2"),))
    assert not heat_map(failed, 760, LIGHT).plumbs
    assert "one BOS" in heat_map_svg(failed)


def test_one_stored_trial_moves_cell_verdict_and_picture() -> None:
    # Eighteen hits and no more decide a task at a length.
    report = sampled(lambda *_: 1.0, Plan("standard", (1024, 4096), ("multikey",), bands=2, most=40))
    assert verified(report).retrieval == 4096 and "4K" in verdict(report)
    at = next(i for i, t in enumerate(report.trials) if t.length == 4096)
    turned = replace(report.trials[at], passed=False)
    changed = replace(report, trials=(*report.trials[:at], turned, *report.trials[at + 1 :]))
    assert verified(changed).retrieval == 1024
    assert verdict(changed) != verdict(report)
    before, after = (
        {(p.cell.length, p.cell.depth): p.text for p in cells_geometry(r, 700, LIGHT)} for r in (report, changed)
    )
    assert {key for key in before if before[key] != after[key]} == {(4096, turned.depth)}
    one, other = (heat_map_svg(r, theme="light") for r in (report, changed))
    assert "verified to 4K" in one and "verified to 4K" not in other and "verified to 1K" in other


@pytest.mark.parametrize(("count", "each"), [(1, 3), (2, 140), (3, 20), (6, 140), (9, 20), (12, 3), (12, 140)])
def test_no_text_is_wider_than_its_place(count: int, each: int) -> None:
    lengths = (1000, 1024, 2048, 4096, 8192, 12345, 16384, 32768, 65536, 98304, 131072, 1048576)[:count]
    svg = heat_map_svg(sample(lengths=lengths, tasks=("multikey", "variable"), each=each, bands=2), 300)
    root = ElementTree.fromstring(svg)
    width = float(root.get("width", "0"))
    column = (width - 48 - LABELS) / count
    for text in root.iter(f"{SVG}text"):
        # A bold figure of a wide font takes 0.7 of its height.
        wide = len(text.text or "") * float(text.get("font-size", "12")) * 0.62
        x = float(text.get("x", "0"))
        first = {"start": x, "middle": x - wide / 2, "end": x - wide}[text.get("text-anchor", "start")]
        assert first >= -24 and first + wide <= width - 24 + 1, text.text
        if (text.get("class") or "").startswith("i") and text.text not in ("all", "half", "none"):
            assert wide <= column - 2, text.text


def test_the_picture_is_whole_and_says_each_cell() -> None:
    report = sample()
    for theme in ("light", "dark", None):
        root = ElementTree.fromstring(heat_map_svg(report, theme=theme))
        titles = [title.text or "" for title in root.iter(f"{SVG}title")]
        assert titles[0] == verdict(report)
        assert len([title for title in titles if "confidence)" in title]) == len(cells(report))
        assert root.get("width") and not list(root.iter(f"{SVG}image")) and not list(root.iter(f"{SVG}script"))
    followed = heat_map_svg(report)
    assert "prefers-color-scheme: dark" in followed
    kinds = set(re.findall(r'class="([^"]+)"', followed))
    used = {name for kind in kinds for name in kind.split()}
    styled = set(re.findall(r"\.([a-z0-9-]+)\{", followed))
    assert used <= styled, "each coloured element can be turned dark"


def test_hatching_stays_inside_its_cell() -> None:
    rect = (10.0, 20.0, 50.0, 28.0)
    lines = hatching(rect)
    assert len(lines) > 8
    for x1, y1, x2, y2 in lines:
        assert all(10 <= x <= 60 for x in (x1, x2)) and all(20 <= y <= 48 for y in (y1, y2))
        assert abs(abs(x1 - x2) - abs(y1 - y2)) < 1e-9, "all slant alike"


def test_recall_by_length_with_its_interval() -> None:
    report = sample()
    found = {(r.kind, r.length): r for r in recall_by_length(report)}
    assert set(found) == {(kind, n) for kind in ("smoke", "retrieval", "reasoning") for n in LENGTHS}
    low = found["retrieval", 131072]
    assert low.n == 2 * 200 + 200 and low.low < low.share < low.high < 0.9
    assert found["retrieval", 1024].share == 1.0 and found["retrieval", 1024].low > 0.99
    chart = recall_chart(report, 760, top=100)
    maps: HeatMap = heat_map(report, 760, LIGHT)
    middles = {p.cell.length: p.rect[0] + p.rect[2] / 2 for p in maps.cells}
    (smoke, retrieval, reasoning) = chart.paths
    for path in chart.paths:
        assert all(point.top <= point.y <= point.bottom for point in path)
        assert all(abs(point.x - middles[point.recall.length]) <= 14 for point in path)
    assert retrieval[0].x == middles[1024], "the classes stand beside each other under the column"
    assert smoke[0].y == reasoning[0].y < retrieval[-1].y
