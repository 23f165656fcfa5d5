"""The chart of what was found at each length, as SVG. Classes differ by the form of their points and lines."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.selfcheck import svg
from app.core.selfcheck.colours import Colours
from app.core.selfcheck.heat_map import LABELS, Label
from app.core.selfcheck.recall import Chart, Point

_DASHES = ("", "5 3", "1 3")


def chart_elements(chart: Chart, colours: Colours, *, top: float = 0.0) -> Iterator[str]:
    """The elements of a chart whose upper edge is at `top`."""
    for y in chart.lines:
        line = f"M{svg.number(LABELS)} {svg.number(y)}H{svg.number(chart.width)}"
        yield svg.element("path", d=line, kind="grid", stroke=colours.line, fill="none")
    x = LABELS
    for index, path in enumerate(chart.paths):
        yield svg.element("g", _sign(index, colours), transform=f"translate({x + 8:g} {top + 10:g})")
        yield svg.text(Label(x + 20, top + 14, path[0].recall.kind, "head", "start"), colours)
        x += 110
    for label in chart.labels:
        yield svg.text(label, colours)
    for index, path in enumerate(chart.paths):
        line = "L".join(f"{svg.number(point.x)} {svg.number(point.y)}" for point in path)
        dashes = _DASHES[index % len(_DASHES)]
        yield svg.element("path", d=f"M{line}", kind="trace", stroke=colours.edge, fill="none", stroke_dasharray=dashes)
        for point in path:
            yield svg.titled(point.recall.words, "".join(_point(point, index, colours)))


def _point(point: Point, index: int, colours: Colours) -> Iterator[str]:
    x, y, top, bottom = (svg.number(value) for value in (point.x, point.y, point.top, point.bottom))
    left, right = svg.number(point.x - 4), svg.number(point.x + 4)
    whisker = f"M{x} {top}V{bottom}M{left} {top}H{right}M{left} {bottom}H{right}"
    yield svg.element("path", d=whisker, kind="whisker", stroke=colours.text, stroke_width=1.2, fill="none")
    yield svg.element("g", _sign(index, colours), transform=f"translate({x} {y})")


def _sign(index: int, colours: Colours) -> str:
    """A full circle, an empty square, a full triangle."""
    full = {"fill": colours.text, "stroke": colours.text, "kind": "full"}
    if index % 3 == 0:
        return svg.element("circle", r=4, **full)
    if index % 3 == 1:
        hollow = {"fill": colours.surface, "stroke": colours.text, "kind": "hollow"}
        return svg.rect((-4, -4, 8, 8), stroke_width=1.6, **hollow)
    return svg.element("path", d="M0 -5l5 8h-10z", **full)
