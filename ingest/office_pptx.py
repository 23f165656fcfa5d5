"""A presentation becomes a section for each slide: text, tables and charts in reading order, speaker's notes behind it.

Slide numbers, dates and footers that stand on every slide are left out, and so are pictures. Runs in the child process.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.office_parts import Part, Parts, Remarks, named, one_line, table_lines, tidy
from ingest.office_zip import checked

NOTES = "Speaker's notes:"

_DEEPEST_GROUP = 50
_MOST_POINTS = 500
_DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def parts(content: bytes, remarks: Remarks) -> Parts:
    """The slides of a .pptx file. Raises whatever the libraries raise on a damaged one."""
    from pptx.opc.constants import CONTENT_TYPE
    from pptx.opc.package import PartFactory
    from pptx.package import Package
    from pptx.parts.presentation import PresentationPart

    # Shows and templates are built in the same way.
    for other in (CONTENT_TYPE.PML_SLIDESHOW_MAIN, CONTENT_TYPE.PML_TEMPLATE_MAIN):
        PartFactory.part_type_for[other] = PresentationPart
    presentation = Package.open(checked(content)).main_document_part.presentation
    hidden: list[str] = []
    for number, slide in enumerate(presentation.slides, 1):
        yield None
        text = "\n".join(_slide(slide)).strip("\n")
        notes = _notes(slide)
        if notes:
            text = f"{text}\n\n{NOTES}\n{notes}".lstrip("\n")
        label = f"slide {number}"
        if slide._element.get("show") in ("0", "false"):
            hidden.append(str(number))
            label += " (hidden)"
        if text.strip():
            yield Part(label, tidy(text), page=number)
    if hidden:
        noun, verb = ("Slide", "is") if len(hidden) == 1 else ("Slides", "are")
        remarks.said.append(f"{noun} {named(hidden)} {verb} hidden in the presentation.")


def _slide(slide: Any) -> Iterator[str]:
    title = slide.shapes.title
    if title is not None:
        yield from _frame(title.text_frame)
    for shape in _shapes(slide.shapes, 0):
        if title is not None and shape._element is title._element:
            continue
        block = list(_shape(shape))
        if any(block):
            yield ""
            yield from block


def _shapes(shapes: Any, depth: int) -> Iterator[Any]:
    from pptx.enum.shapes import MSO_SHAPE_TYPE, PP_PLACEHOLDER

    running = (PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.HEADER)
    for shape in shapes:
        if shape.is_placeholder and shape.placeholder_format.type in running:
            continue
        if hasattr(shape, "shapes") and shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            if depth < _DEEPEST_GROUP:
                yield from _shapes(shape.shapes, depth + 1)
        else:
            yield shape


def _shape(shape: Any) -> Iterator[str]:
    if shape.has_text_frame:
        yield from _frame(shape.text_frame)
    elif getattr(shape, "has_table", False) and shape.has_table:
        yield from table_lines([[_cell(cell) for cell in row.cells] for row in shape.table.rows])
    elif getattr(shape, "has_chart", False) and shape.has_chart:
        yield from _chart(shape.chart)
    else:
        yield from _diagram(shape)


def _frame(frame: Any) -> Iterator[str]:
    for paragraph in frame.paragraphs:
        text = tidy(paragraph.text).strip()
        if text:
            yield f"{'  ' * (paragraph.level - 1)}- {text}" if paragraph.level else text


def _cell(cell: Any) -> str:
    return "" if cell.is_spanned else one_line(cell.text_frame.text)


def _chart(chart: Any) -> Iterator[str]:
    """A chart as the table of its values."""
    if chart.has_title and chart.chart_title.has_text_frame:
        yield f"Chart: {one_line(chart.chart_title.text_frame.text)}"
    else:
        yield "Chart:"
    for plot in chart.plots:
        series = list(plot.series)
        categories = [one_line(str(category)) for category in plot.categories][:_MOST_POINTS]
        rows = [["", *(one_line(str(one.name or "")) for one in series)]]
        columns = [list(one.values) for one in series]
        for at, category in enumerate(categories):
            rows.append([category, *(_number(column[at]) if at < len(column) else "" for column in columns)])
        yield from table_lines(rows)


def _number(value: Any) -> str:
    return "" if value is None else format(value, ".15g") if isinstance(value, float) else str(value)


def _diagram(shape: Any) -> Iterator[str]:
    """The texts of a diagram, which stand in a part of their own."""
    ids = shape._element.find(f".//{{{_DIAGRAM}}}relIds")
    if ids is None:
        return
    from lxml import etree

    related = shape.part.rels.get(ids.get(f"{_R}dm", ""))
    if related is None or related.is_external:
        return
    root = etree.fromstring(related.target_part.blob, etree.XMLParser(resolve_entities=False))
    for paragraph in root.iter(f"{_A}p"):
        text = one_line("".join(piece.text or "" for piece in paragraph.iter(f"{_A}t")))
        if text:
            yield f"- {text}"


def _notes(slide: Any) -> str:
    if not slide.has_notes_slide:
        return ""
    frame = slide.notes_slide.notes_text_frame
    return "\n".join(_frame(frame)) if frame is not None else ""
