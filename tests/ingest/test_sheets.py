"""Workbooks and tables of values: rows that lead back to their cells and lines, values as they are shown."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.document import Span
from ingest.office_format import shown
from ingest.sheet import LINES, csv_sections, delimiter_of
from tests.ingest.office_files import change_member, write_xlsx
from tests.ingest.warm import read_warm


def test_each_sheet_is_read_row_by_row(tmp_path: Path) -> None:
    path = write_xlsx(
        tmp_path / "book",
        {
            "Costs": [["ship", "fee"], [], ["Aurora", 1250.75], [None, None, "far\nright"]],
            "Empty": [],
            "Notes": [["x"]],
        },
    )
    document = read_warm(path)
    assert (document.kind, document.status, document.problem) == ("sheet", "ok", None)
    costs, notes = document.sections
    assert (costs.label, costs.text) == ("Costs", "ship\tfee\nAurora\t1250.75\n\t\tfar right")
    assert (costs.span, costs.line_map) == (Span(lines=(1, 4), part="Costs"), (1, 3, 4))
    start = costs.text.index("Aurora")
    assert costs.locate(start, start + 6) == Span(lines=(3, 3), part="Costs")
    assert costs.locate(0, len(costs.text)) == Span(lines=(1, 4), part="Costs")
    assert (notes.span, notes.line_map) == (Span(lines=(1, 1), part="Notes"), ())


def test_every_row_of_a_long_sheet_leads_back_to_its_cell(tmp_path: Path) -> None:
    import openpyxl

    rows = [[f"row {n}", n] if n % 7 else [] for n in range(1, 1001)]
    path = write_xlsx(tmp_path / "a.xlsx", {"Long": rows})
    document = read_warm(path)
    sheet = openpyxl.load_workbook(path)["Long"]
    assert [section.label for section in document.sections][:2] == ["Long, rows 1 to 349", "Long, rows 351 to 699"]
    seen = 0
    for section in document.sections:
        at = 0
        for line in section.text.split("\n"):
            span = section.locate(at, at + len(line))
            assert span.lines
            assert span.lines[0] == span.lines[1]
            assert span.part == "Long"
            name, number = line.split("\t")
            cells = sheet[span.lines[0]]
            assert (name, int(number)) == (cells[0].value, cells[1].value)
            at += len(line) + 1
            seen += 1
    assert seen == sum(1 for row in rows if row)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (1250, "General", "1250"),
        (0.1 + 0.2, "General", "0.3"),
        (1e21, "General", "1E+21"),
        (1250.755, "#,##0.00", "1,250.76"),
        (-1250.5, "#,##0.00", "-1,250.50"),
        (1234567, "#,##0", "1,234,567"),
        (0.125, "0%", "13%"),
        (0.125, "0.0%", "12.5%"),
        (-0.035, "0.00%", "-3.50%"),
        (1250.75, '#,##0.00 "EUR"', "1,250.75 EUR"),
        (1250.75, "[$€-407] #,##0.00", "€ 1,250.75"),
        (1250.75, '"$"#,##0.00_);("$"#,##0.00)', "$1,250.75"),
        (-1250.75, '"$"#,##0.00_);("$"#,##0.00)', "($1,250.75)"),
        (-5, "0;[Red]-0", "-5"),
        (0, '0;-0;"none"', "none"),
        (7, "000", "007"),
        (0.5, "#.##", ".5"),
        (1.5, "0.0##", "1.5"),
        (12345.678, "0.00E+00", "1.23E+04"),
        (1234567, '0.0,,"M"', "1.2M"),
        (0.004, "0.00", "0.00"),
        (-0.004, "0.00", "0.00"),
        (0.5, "# ?/?", "0.5"),
        (5, "[<10]0.0;0", "5"),
        (True, "General", "TRUE"),
        ("'=SUM", "@", "'=SUM"),
        (datetime(2026, 3, 14), "mm-dd-yy", "2026-03-14"),
        (datetime(2026, 3, 14, 7, 30), "m/d/yy h:mm", "2026-03-14 07:30"),
        (datetime(2026, 3, 14), "dd.mm.yyyy", "14.03.2026"),
        (datetime(2026, 3, 4), "d\\-mmm\\-yy", "4-Mar-26"),
        (datetime(2026, 3, 14), 'dddd, d" of "mmmm', "Saturday, 14 of March"),
        (datetime(2026, 3, 14, 19, 5, 9), "h:mm AM/PM", "7:05 PM"),
        (datetime(2026, 3, 14, 19, 5, 9), "hh:mm:ss", "19:05:09"),
        (datetime(2026, 3, 14, 19, 5, 9), "[$-F800]dddd, mmmm dd, yyyy", "2026-03-14 19:05:09"),
        (time(7, 5), "h:mm", "7:05"),
        (date(2026, 3, 14), "yyyy-mm-dd", "2026-03-14"),
        (timedelta(hours=30, minutes=5), "[h]:mm", "30:05"),
    ],
)
def test_values_are_shown_as_their_cells_show_them(value: object, form: str, text: str) -> None:
    assert shown(value, form) == text


@settings(deadline=None, max_examples=300)
@given(
    st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(10**18), 10**18) | st.datetimes(),
    st.text(st.sampled_from('0#?.,%;"[]$E+-_* ymdhsAP/\\@General'), max_size=14),
)
def test_no_format_is_too_strange(value: object, form: str) -> None:
    assert isinstance(shown(value, form), str)


def test_dates_and_percentages_of_a_real_workbook(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([date(2026, 3, 14), datetime(2026, 3, 14, 7, 30), 0.035, True, "=1/0", None])
    sheet["C1"].number_format = "0.0%"
    book.save(tmp_path / "a.xlsx")
    document = read_warm(tmp_path / "a.xlsx")
    assert document.sections[0].text == "2026-03-14\t2026-03-14 7:30:00\t3.5%\tTRUE\t=1/0"
    assert document.problem
    assert document.problem.startswith("1 formula has no value in the file, because it was never computed")


def test_formulas_give_the_value_that_was_last_computed(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"S": [[1, 2, "=A1+B1"]]})
    change_member(path, {"xl/worksheets/sheet1.xml": lambda xml: xml.replace(b"<v></v>", b"<v>3</v>")})
    document = read_warm(path)
    assert (document.sections[0].text, document.problem) == ("1\t2\t3", None)


def test_hidden_sheets_are_named(tmp_path: Path) -> None:
    import openpyxl

    path = write_xlsx(tmp_path / "a.xlsx", {"Open": [["a"]], "Secret": [["b"]]})
    book = openpyxl.load_workbook(path)
    book["Secret"].sheet_state = "veryHidden"
    book.save(path)
    document = read_warm(path)
    assert document.problem == "The sheet Secret is hidden in the workbook."
    assert [(section.label, section.span.part) for section in document.sections] == [
        ("Open", "Open"),
        ("Secret (hidden)", "Secret"),
    ]


def test_cells_far_apart_cost_what_they_hold(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = "first"
    sheet["XFD1"] = "last column"
    sheet["B1048576"] = "last row"
    book.save(tmp_path / "a.xlsx")
    (section,) = read_warm(tmp_path / "a.xlsx").sections
    assert section.text == "A: first\tXFD: last column\n\tlast row"
    assert section.line_map == (1, 1048576)


def test_a_damaged_sheet_costs_itself_only(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"Whole": [["a"]], "Broken": [["b"], ["c"]]})
    document = read_warm(change_member(path, {"xl/worksheets/sheet2.xml": lambda xml: xml[: xml.index(b'r="2"') + 3]}))
    assert document.sections[0].text == "a"
    assert document.problem == "Not all of Broken could be read: the file is damaged there."


def test_a_short_table_is_one_section_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("ship;fee\r\nAurora;1.250,75\r\nÅsa;\r\n".encode("cp1252"))
    document = read_warm(path)
    assert (document.kind, document.status) == ("sheet", "ok")
    assert document.problem == "It is not in UTF-8; it was read as windows-1252, which is a guess."
    (section,) = document.sections
    assert (section.label, section.text) == ("a.csv", "ship;fee\nAurora;1.250,75\nÅsa;\n")
    assert section.span == Span(lines=(1, 3))


CELLS = st.text(st.sampled_from('ab",;\n\t x'), max_size=8)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=40), st.sampled_from(",;\t"), st.booleans()
)
def test_sections_end_between_records_and_hold_the_file_as_it_is(
    rows: list[list[str]], delimiter: str, quoted: bool
) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(
        written, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    )
    writer.writerows([["number", "name"], *rows] * 30)
    text = written.getvalue()
    sections = csv_sections("a.csv", text)
    lines = text.split("\n")
    assert "".join(section.text for section in sections) == text
    following = 1
    for section in sections:
        assert section.span.lines
        first, last = section.span.lines
        assert first == following
        assert section.text == "".join(f"{line}\n" for line in lines[first - 1 : last])
        following = last + 1
        if delimiter_of(text) == delimiter:
            assert len(list(csv.reader(io.StringIO(section.text, newline=""), delimiter=delimiter, strict=True))) > 0
    if delimiter_of(text) == delimiter and len(sections) > 1:
        # Read one by one, the sections hold the records of the whole.
        apart = [row for s in sections for row in csv.reader(io.StringIO(s.text, newline=""), delimiter=delimiter)]
        assert apart == list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@pytest.mark.parametrize("start", ['"never closed\n', 'a,"b" c,"\n', "\r\n", "\ra\r"])
def test_quotes_that_lie_bound_the_sections_all_the_same(start: str) -> None:
    text = start + "a,b\n" * 100_000
    sections = csv_sections("a.csv", text)
    assert "".join(section.text for section in sections) == text
    assert max(section.text.count("\n") for section in sections[1:]) <= LINES
    assert len(sections[0].text) < 200_000


@pytest.mark.parametrize(
    ("sample", "sign"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n", ";"),
        ("a\tb, c\n1\t2\n", "\t"),
        ('"a,b"|c\n1|2\n', "|"),
        ("alone\n", ","),
    ],
)
def test_the_delimiter_is_found(sample: str, sign: str) -> None:
    assert delimiter_of(sample) == sign
