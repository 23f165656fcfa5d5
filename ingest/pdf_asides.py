"""Takes running headers and footers out of the text of pages; they stay beside it, with their places. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from ingest.document import Aside, Place, Section
from ingest.running_lines import FEWEST_PAGES, Block, PageBlocks, running_lines


def without_running_lines(sections: Sequence[Section], heights: Sequence[float]) -> list[Section]:
    """`sections`, the pages of one PDF that are so high, with what runs through them as asides."""
    if len(sections) < FEWEST_PAGES:
        return list(sections)
    pages = [
        PageBlocks(
            height,
            [Block(place.rect[1], place.rect[3], section.text[place.start : place.end]) for place in section.places],
        )
        for section, height in zip(sections, heights, strict=True)
    ]
    return [_without(section, found) for section, found in zip(sections, running_lines(pages), strict=True)]


def _without(section: Section, numbers: Collection[int]) -> Section:
    places, text = section.places, section.text
    # A word that is broken between two recognised lines belongs to the places of both.
    taken = [
        n
        for n in sorted(numbers)
        if (not n or places[n - 1].end <= places[n].start)
        and (n + 1 == len(places) or places[n].end <= places[n + 1].start)
    ]
    if not taken:
        return section
    parts: list[str] = []
    kept: list[Place] = []
    length = done = 0
    for number, place in enumerate(places):
        if number in taken:
            # Its own words go, and what parted them from the words before.
            parts.append(text[done : places[number - 1].end] if number else "")
            length += len(parts[-1])
            done = place.end
            continue
        if not kept and done:
            done = place.start
        shift = length - done
        kept.append(Place(place.start + shift, place.end + shift, place.rect))
    parts.append(text[done:])
    asides = tuple(Aside(text[places[n].start : places[n].end], places[n].rect) for n in taken)
    span = replace(section.span, rects=tuple(place.rect for place in kept))
    return replace(section, span=span, body="".join(parts), places=tuple(kept), asides=asides)
