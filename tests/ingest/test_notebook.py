"""Notebooks: cells and text outputs, each line leading to its line of the file."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.document import Document
from ingest.notebook import OUTPUT
from tests.ingest.office_files import code_cell, write_notebook
from tests.ingest.warm import read_warm

STREAM = {"output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"]}
FIGURE = {
    "output_type": "display_data",
    "metadata": {},
    "data": {"image/png": "iVBORw0KGgo=" * 50, "text/plain": ["<Figure size 640x480>"]},
}
FAILURE = {
    "output_type": "error",
    "ename": "ValueError",
    "evalue": "no",
    "traceback": ["\x1b[0;31mValueError\x1b[0m", "  line 1\n  line 2"],
}


def test_cells_and_their_outputs(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Tides\n", "\n", "By the hour."]},
        code_cell("import tides\n\ntides.show()", STREAM, FIGURE),
        code_cell(""),
        code_cell("1 / 0", FAILURE),
        code_cell("table", {"output_type": "execute_result", "data": {"text/html": "<table><tr><td>a<td>b</table>"}}),
    ]
    document = read_warm(write_notebook(tmp_path / "a.ipynb", cells))
    assert (document.kind, document.status) == ("code", "ok")
    assert document.problem == "1 picture among the outputs left out."
    assert [(section.label, section.text) for section in document.sections] == [
        ("cell 1 (markdown)", "# Tides\n\nBy the hour."),
        (
            "cell 2 (code)",
            f"import tides\n\ntides.show()\n{OUTPUT}\none\ntwo\n{OUTPUT}\n<Figure size 640x480>",
        ),
        ("cell 4 (code)", f"1 / 0\n{OUTPUT}\nValueError\n  line 1\n  line 2"),
        ("cell 5 (code)", f"table\n{OUTPUT}\na\tb"),
    ]
    assert [section.span.part for section in document.sections] == [section.label for section in document.sections]


def assert_lines_lead_back(document: Document, path: Path) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")
    for section in document.sections:
        at = 0
        for line in section.text.split("\n"):
            span = section.locate(at, at + max(1, len(line))).lines
            assert span
            assert span[0] == span[1]
            if line != OUTPUT:
                assert json.dumps(line, ensure_ascii=False)[1:-1] in lines[span[0] - 1]
            at += len(line) + 1


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\0\x1b"), max_size=20
)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.lists(TEXTS, max_size=4), st.lists(TEXTS, max_size=3)), min_size=1, max_size=5),
    st.sampled_from([1, None]),
)
def test_every_line_stands_in_its_line_of_the_file(
    cells: list[tuple[list[str], list[str]]], indent: int | None
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.ipynb"
        made = [
            code_cell("\n".join(source), {"output_type": "stream", "text": "\n".join(out)}) for source, out in cells
        ]
        for cell in made:
            cell["outputs"][0]["text"] = cell["outputs"][0]["text"].splitlines(keepends=True)
        write_notebook(path, made, indent=indent)
        document = read_warm(path)
        if any("".join((*source, *out)).strip() for source, out in cells):
            assert document.sections
        assert_lines_lead_back(document, path)


def test_a_passage_over_code_and_output_spans_both(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", [code_cell("show()", STREAM)])
    (section,) = read_warm(path).sections
    # Jupyter sorts keys: outputs stand above the source.
    span = section.locate(0, len(section.text)).lines
    assert span
    assert span[0] < span[1]


def test_old_notebooks(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "input": ["print(1)"], "outputs": [{"output_type": "pyout", "text": ["1"]}]}
    path = tmp_path / "old.ipynb"
    path.write_text(json.dumps({"nbformat": 3, "worksheets": [{"cells": [cell]}]}, indent=1))
    document = read_warm(path)
    assert document.sections[0].text == f"print(1)\n{OUTPUT}\n1"
    assert_lines_lead_back(document, path)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"cells":', '"parts":'),
        lambda text: '{"nbformat": 4, "cell_type": ' + "[" * 100_000,
        lambda text: text.replace("{", "{,", 1),
    ],
)
def test_what_is_no_notebook_is_read_as_source_text(tmp_path: Path, change: Any) -> None:
    path = write_notebook(tmp_path / "a.ipynb", [code_cell("show()", STREAM)])
    text = change(path.read_text())
    path.write_text(text)
    document = read_warm(path)
    assert (document.kind, document.status, document.problem) == ("code", "ok", None)
    assert [section.text for section in document.sections] == [text]


def test_strange_values_in_cells_do_no_harm(tmp_path: Path) -> None:
    strange: list[Any] = [
        {"cell_type": None, "source": {"a": 1}, "outputs": 5},
        {
            "cell_type": "code",
            "source": [1, None, "kept"],
            "outputs": [None, {"data": [], "text": 7}, {"data": {"text/plain": {}}}],
        },
        "no cell",
    ]
    document = read_warm(write_notebook(tmp_path / "a.ipynb", strange))
    assert [section.text.split("\n")[0] for section in document.sections] == ["kept"]
