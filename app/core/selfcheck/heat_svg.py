"""Heat maps as SVG: readable without the program, in a light and a dark theme, and without seeing colours.

Each cell carries its figures as a title. Knows no Qt.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from html import escape

from app.core.selfcheck import svg
from app.core.selfcheck.colours import Colours, Theme, palette
from app.core.selfcheck.heat_map import LABELS, HeatMap, Label, PlacedCell, Plumb, Rect, hatching, heat_map
from app.core.selfcheck.wording import took_words
from engine.selfcheck.report import Report
from engine.selfcheck.verdicts import verdict

NARROWEST_COLUMN = 52.0
_NARROWEST = 594.0
"""What the legend takes."""
_MARGIN, _LINE, _LEGEND = 24.0, 20.0, 34.0
_VERDICT = 15.0
_CHARACTER, _SMALL_CHARACTER = 9.4, 7.5
"""Width of a character of the verdict and of what stands below, on the average of a wide font."""
_SWATCH = 34.0


def heat_map_svg(
    report: Report, width: float = 760.0, *, theme: Theme | None = None, tasks: Sequence[str] | None = None
) -> str:
    """A picture of its own: the verdict, the legend, and a map for each task. theme: None follows the reader's.

    It grows wider than `width` where so many lengths need it.
    """
    inner = max(width - 2 * _MARGIN, LABELS + NARROWEST_COLUMN * len(report.lengths), _NARROWEST)
    colours = palette(theme or "light")
    lines = textwrap.wrap(verdict(report), int(inner / _CHARACTER))
    about = textwrap.wrap(_about(report), int(inner / _SMALL_CHARACTER))
    labels = [Label(0, 14 + i * _LINE, line, "title", "start", _VERDICT) for i, line in enumerate(lines)]
    labels += [Label(0, 14 + i * _LINE, line, "head", "start") for i, line in enumerate(about, len(lines))]
    top = _LINE * len(labels) + 8
    drawn = heat_map(report, inner, colours, tasks=tasks, top=top + _LEGEND)
    whole, height = inner + 2 * _MARGIN, drawn.height + 2 * _MARGIN
    parts = [f"<title>{escape(' '.join(lines))}</title>"]
    if theme is None:
        parts.append(f"<style>{svg.TABULAR}@media (prefers-color-scheme: dark){{{svg.dark_style()}}}</style>")
    parts.append(svg.rect((0, 0, whole, height), kind="ground", fill=colours.surface))
    inside = [*(svg.text(label, colours) for label in labels), *legend(colours, inner, top), *drawing(drawn, colours)]
    parts.append(svg.element("g", "\n".join(inside), transform=f"translate({_MARGIN:g} {_MARGIN:g})"))
    return picture("\n".join(parts), whole, height)


def picture(content: str, width: float, height: float) -> str:
    """`content` as an SVG of its own."""
    wide, high = svg.number(width), svg.number(height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" '
        f'font-family="{svg.FONT}" font-size="12" role="img">\n{content}\n</svg>\n'
    )


def drawing(drawn: HeatMap, colours: Colours) -> Iterator[str]:
    """The elements of maps."""
    for cell in drawn.cells:
        yield svg.titled(cell.words, "".join(_cell(cell, colours)))
    for label in drawn.labels:
        yield svg.text(label, colours)
    for plumb in drawn.plumbs:
        yield svg.titled(f"verified to {plumb.length:,} tokens", "".join(_plumb(plumb, colours)))


def legend(colours: Colours, width: float, y: float) -> Iterator[str]:
    """What colours and signs mean, in one line flush right."""
    words = {0: "all", 3: "half", 6: "none"}
    x = max(0.0, width - len(colours.heat) * (_SWATCH + 2) - 338)
    yield svg.text(Label(x, y + 12.5, "found", "head", "start"), colours)
    x += 42
    for heat, field in enumerate(colours.heat):
        yield svg.rect((x, y, _SWATCH, 17), rx=2, kind=f"cell h{heat}", fill=field, stroke=colours.line)
        if heat in words:
            yield _ink_text(x + _SWATCH / 2, y + 12.5, words[heat], heat, svg.ink_on(field, colours), size=11)
        x += _SWATCH + 2
    x += 12
    for state, heat, wide in (("undecided", 1, 106.0), ("failed", 4, 82.0), ("untested", 0, 0.0)):
        place = (x, y, 24.0, 17.0)
        ink = svg.ink_on(colours.heat[heat], colours)
        if state == "untested":
            yield _empty(place, colours)
        else:
            field = colours.heat[heat]
            yield svg.rect(place, rx=2, kind=f"cell h{heat}", fill=field, stroke=colours.line)
            yield _hatch(place, heat, ink) if state == "undecided" else _cross(place, heat, ink)
        yield svg.text(Label(x + 30, y + 12.5, state, "head", "start"), colours)
        x += wide


def _cell(placed: PlacedCell, colours: Colours) -> Iterator[str]:
    if placed.heat is None:
        yield _empty(placed.rect, colours)
        return
    x, y, width, height = placed.rect
    kind = f"h{placed.heat}"
    yield svg.rect(placed.rect, rx=2, kind=f"cell {kind}", fill=placed.fill, stroke=colours.line)
    if placed.hatched:
        yield _hatch(placed.rect, placed.heat, placed.ink)
        # The figures stand on the plain colour, not on the lines.
        plate = len(placed.text) * placed.size * 0.62 + 6, placed.size * 1.24
        place = (x + (width - plate[0]) / 2, y + (height - plate[1]) / 2, *plate)
        yield svg.rect(place, kind=kind, fill=placed.fill)
    if placed.cell.state == "fail":
        yield _cross(placed.rect, placed.heat, placed.ink)
    bold = placed.cell.passed < placed.cell.n
    middle = y + height / 2 + placed.size * 0.36
    yield _ink_text(x + width / 2, middle, placed.text, placed.heat, placed.ink, size=placed.size, bold=bold)


def _ink_text(x: float, y: float, words: str, heat: int, ink: str, *, size: float, bold: bool = False) -> str:
    weight = "600" if bold else ""
    return svg.element(
        "text", words, x=x, y=y, text_anchor="middle", font_size=size, font_weight=weight, kind=f"i{heat}", fill=ink
    )


def _empty(place: Rect, colours: Colours) -> str:
    x, y, width, height = place
    inner = (x + 0.5, y + 0.5, width - 1, height - 1)
    return svg.rect(inner, rx=2, kind="empty", fill=colours.surface, stroke=colours.edge, stroke_dasharray="2 3")


def _hatch(place: Rect, heat: int, ink: str) -> str:
    lines = (tuple(map(svg.number, line)) for line in hatching(place))
    path = "".join(f"M{x1} {y1}L{x2} {y2}" for x1, y1, x2, y2 in lines)
    return svg.element("path", d=path, kind=f"s{heat}", stroke=ink, stroke_opacity=0.3, fill="none")


def _cross(place: Rect, heat: int, ink: str) -> str:
    x, y = svg.number(place[0] + place[2] - 10), svg.number(place[1] + 4)
    return svg.element("path", d=f"M{x} {y}l6 6m0 -6l-6 6", kind=f"s{heat}", stroke=ink, stroke_width=1.4, fill="none")


def _plumb(plumb: Plumb, colours: Colours) -> Iterator[str]:
    x, top, end = (svg.number(value) for value in (plumb.x, plumb.top, plumb.bottom))
    yield svg.element("path", d=f"M{x} {top}V{end}", kind="plumb", stroke=colours.brass, stroke_width=2.5)
    left, shoulder = svg.number(plumb.x - 4), svg.number(plumb.bottom - 4)
    yield svg.element("path", d=f"M{left} {shoulder}h8v4l-4 6l-4 -6z", kind="bob", fill=colours.brass)


def _about(report: Report) -> str:
    """What was checked, how, and how long it took."""
    parts = [report.model, f"context {report.context:,}", f"cache {report.kv}", f"level {report.level}"]
    return " · ".join(part for part in [*parts, took_words(report.seconds)] if part)
