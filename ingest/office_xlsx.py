"""A workbook becomes sections of some hundred rows of one sheet: a line for each row that holds anything, cells apart
by tabs, values as they are shown. Formulas give the value that was last computed. Runs in the child process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ingest.office_format import shown
from ingest.office_parts import Part, Parts, Remarks, named, one_line, tidy
from ingest.office_zip import checked

ROWS = 300
MOST_CHARACTERS = 30_000

_BEAT_ROWS = 2000
_MOST_COLUMNS_APART = 60
_FIRST_OF_ITS_OWN = 164


def parts(content: bytes, remarks: Remarks) -> Parts:
    """The sheets of an .xlsx file. Raises whatever the libraries raise on a damaged one."""
    import openpyxl

    book = openpyxl.load_workbook(checked(content), read_only=True, data_only=True, keep_links=False)
    hidden: list[str] = []
    damaged: list[str] = []
    uncomputed = 0
    sheets = list(book.worksheets)
    for sheet in sheets:
        title = one_line(sheet.title)
        yield None
        if sheet.sheet_state != "visible":
            hidden.append(title)
        rows = _Rows(sheet)
        try:
            yield from _sheet(rows, title, hidden=sheet.sheet_state != "visible")
        except MemoryError:
            raise
        # Each sheet lies in a member of its own; the others may be whole.
        except Exception:
            damaged.append(title)
        uncomputed += rows.uncomputed
    if damaged and len(damaged) == len(sheets):
        raise ValueError("no sheet can be read")
    if hidden:
        noun, verb = ("The sheet", "is") if len(hidden) == 1 else ("The sheets", "are")
        remarks.said.append(f"{noun} {named(hidden)} {verb} hidden in the workbook.")
    if damaged:
        remarks.said.append(f"Not all of {named(damaged)} could be read: the file is damaged there.")
    if uncomputed:
        noun = "1 formula has" if uncomputed == 1 else f"{uncomputed:,} formulas have"
        remarks.said.append(
            f"{noun} no value in the file, because it was never computed; the formula is shown instead. "
            "Open the workbook in a spreadsheet program, save it, and add it again."
        )


def _sheet(rows: _Rows, title: str, *, hidden: bool) -> Parts:
    numbers: list[int] = []
    lines: list[str] = []
    characters = 0
    first = True
    label = f"{title} (hidden)" if hidden else title
    for number, line in rows:
        if line is None:
            yield None
            continue
        numbers.append(number)
        lines.append(line)
        characters += len(line)
        if len(lines) >= ROWS or characters > MOST_CHARACTERS:
            yield _part(label, title, numbers, lines, whole=False)
            numbers, lines, characters, first = [], [], 0, False
    if lines:
        yield _part(label, title, numbers, lines, whole=first)


def _part(label: str, title: str, numbers: list[int], lines: list[str], *, whole: bool) -> Part:
    first, last = numbers[0], numbers[-1]
    return Part(
        label if whole else f"{label}, rows {first} to {last}",
        "\n".join(lines),
        lines=(first, last),
        part=title,
        line_map=tuple(numbers) if last - first + 1 != len(numbers) else (),
    )


class _Rows:
    """The rows of a sheet that hold anything: number and line. None instead of a line is a sign of life."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self._forms: dict[int, str] = {}
        self.uncomputed = 0

    def __iter__(self) -> Iterator[tuple[int, str | None]]:
        """All rows in the file's order, whatever the sheet says of its own size."""
        from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

        rows = self

        class Parser(WorkSheetParser):  # type: ignore[misc]
            """Gives the formula where it has no value."""

            def parse_cell(self, element: Any) -> dict[str, Any]:
                cell: dict[str, Any] = super().parse_cell(element)
                if cell["value"] is None:
                    formula = element.find(FORMULA_TAG)
                    if formula is not None and formula.text:
                        rows.uncomputed += 1
                        cell["value"] = f"={formula.text}"
                return cell

        book = self._sheet.parent
        with self._sheet._get_source() as source:
            parser = Parser(
                source,
                self._sheet._shared_strings,
                data_only=True,
                epoch=book.epoch,
                date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )
            for count, (number, cells) in enumerate(parser.parse(), 1):
                if count % _BEAT_ROWS == 0:
                    yield number, None
                line = self._line(cells)
                if line:
                    yield number, line

    def _line(self, cells: Sequence[dict[str, Any]]) -> str:
        written: list[tuple[int, str]] = []
        for cell in cells:
            value = cell["value"]
            if value is None:
                continue
            text = value if isinstance(value, str) else shown(value, self._form(cell["style_id"]))
            text = text if text.isascii() and text.isprintable() else one_line(tidy(text))
            if text and not text.isspace():
                written.append((cell["column"], text))
        if not written:
            return ""
        written.sort(key=lambda pair: pair[0])
        if written[-1][0] - len(written) > _MOST_COLUMNS_APART:
            return _far_apart(written)
        line: list[str] = []
        at = 1
        for column, text in written:
            line.append("\t" * (column - at))
            line.append(text)
            at = column
        return "".join(line)

    def _form(self, style: int) -> str:
        form = self._forms.get(style)
        if form is None:
            form = self._forms[style] = self._look_up(style)
        return form

    def _look_up(self, style: int) -> str:
        from openpyxl.styles.numbers import BUILTIN_FORMATS

        book = self._sheet.parent
        try:
            number = book._cell_styles[style].numFmtId
            if number < _FIRST_OF_ITS_OWN:
                return str(BUILTIN_FORMATS.get(number, "General"))
            return str(book._number_formats[number - _FIRST_OF_ITS_OWN])
        except IndexError:
            return "General"


def _far_apart(cells: Sequence[tuple[int, str]]) -> str:
    """Cells of a row with little between them: each behind its column's letters."""
    from openpyxl.utils import get_column_letter

    return "\t".join(f"{get_column_letter(column)}: {text}" for column, text in cells)
