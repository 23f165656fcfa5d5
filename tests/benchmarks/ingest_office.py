"""Seconds to read office files, e-books, tables, mail and notebooks, each against the bare library going through the
same file in the same run; and what it costs to start the child process that reads them.

    uv run tests/benchmarks/ingest_office.py [--quick]

The bare loops keep no places, headings, numbers of lists, notes, formats, hashes or reasons: python-docx's text of all
paragraphs and cells, python-pptx's text of all shapes, openpyxl's values of all rows, ebooklib with BeautifulSoup,
csv, email's preferred body, mailbox, json. Theirs run in this process, ours in a child that is warm.
"""

from __future__ import annotations

import argparse
import csv
import json
import mailbox
import random
import resource
import sys
import tempfile
import warnings
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from ingest.document import Document  # noqa: E402
from ingest.office import IsOffice, OfficeReader  # noqa: E402
from ingest.open_path import MAX_FILE_BYTES, MAX_LOG_BYTES, open_paths  # noqa: E402
from ingest.read_file import read_file  # noqa: E402
from ingest.source import Limits  # noqa: E402
from tests.benchmarks.ingest import WORDS, best, show  # noqa: E402
from tests.ingest.office_files import (  # noqa: E402
    code_cell,
    message,
    write_docx,
    write_epub,
    write_mbox,
    write_notebook,
    write_pptx,
    write_xlsx,
)

LIMITS = Limits(MAX_FILE_BYTES, MAX_LOG_BYTES)


def write_all(folder: Path, *, quick: bool) -> dict[str, Path]:
    """A large file of each kind."""
    chosen = random.Random(5)
    size = 1 if quick else 5

    def words(count: int) -> str:
        return " ".join(chosen.choices(WORDS, k=count))

    blocks: list[tuple[str, object]] = []
    for number in range(100 * size):
        blocks.append(("Heading 2", f"Chapter {number}"))
        blocks += [("", words(60)) for _ in range(8)]
        blocks.append(("table", [[words(2) for _ in range(3)] for _ in range(2)]))
    rows: list[list[object]] = [["name", "number", "share", "note"]]
    rows += [[words(1), n, n / 7, words(4)] for n in range(10_000 * size)]
    chapters = [
        (f"Chapter {n}", f"<h1>Chapter {n}</h1>" + "".join(f"<p>{words(80)}</p>" for _ in range(40)))
        for n in range(20 * size)
    ]
    cells = [code_cell("\n".join(words(6) for _ in range(12)), {"text": words(40)}) for _ in range(400 * size)]
    messages = [message(words(5), "\n".join(words(12) for _ in range(20)) + "\n") for _ in range(200 * size)]
    table = folder / "a.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows * 4)
    return {
        "Word document": write_docx(folder / "a.docx", blocks),
        "presentation": write_pptx(folder / "a.pptx", [(words(4), words(60), words(30)) for _ in range(40 * size)]),
        "workbook": write_xlsx(folder / "a.xlsx", {"Values": rows}),
        "e-book": write_epub(folder / "a.epub", chapters),
        "table (CSV)": table,
        "mailbox": write_mbox(folder / "a.mbox", messages),
        "notebook": write_notebook(folder / "a.ipynb", cells),
    }


def bare_docx(path: Path) -> None:
    """python-docx."""
    import docx

    document = docx.Document(str(path))
    for paragraph in document.paragraphs:
        paragraph.text  # noqa: B018
    for table in document.tables:
        for row in table.rows:
            for cell in row.cells:
                cell.text  # noqa: B018


def bare_pptx(path: Path) -> None:
    """python-pptx."""
    import pptx

    for slide in pptx.Presentation(str(path)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                shape.text_frame.text  # noqa: B018
        slide.notes_slide.notes_text_frame.text  # noqa: B018


def bare_xlsx(path: Path) -> None:
    """openpyxl."""
    import openpyxl

    for sheet in openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets:
        for row in sheet.iter_rows(values_only=True):
            "\t".join(map(str, row))


def bare_epub(path: Path) -> None:
    """ebooklib with BeautifulSoup."""
    import ebooklib
    from bs4 import BeautifulSoup
    from ebooklib import epub

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = epub.read_epub(str(path))
    for item in book.get_items_of_type(ebooklib.ITEM_DOCUMENT):
        BeautifulSoup(item.get_content(), "html.parser").get_text()


def bare_csv(path: Path) -> None:
    """csv."""
    with path.open(newline="", encoding="utf-8") as file:
        for _ in csv.reader(file):
            pass


def bare_mbox(path: Path) -> None:
    """mailbox and email."""
    box = mailbox.mbox(path, create=False)
    for key in box.iterkeys():
        mail = message_from_bytes(box.get_bytes(key), policy=policy.default)
        body = mail.get_body(("plain", "html"))
        assert body is not None
        str(mail["Subject"]), str(mail["From"]), str(mail["Date"]), body.get_content()
    box.close()


def bare_notebook(path: Path) -> None:
    """json."""
    for cell in json.loads(path.read_bytes())["cells"]:
        "".join(cell["source"])


BARE: dict[str, Callable[[Path], None]] = {
    "Word document": bare_docx,
    "presentation": bare_pptx,
    "workbook": bare_xlsx,
    "e-book": bare_epub,
    "table (CSV)": bare_csv,
    "mailbox": bare_mbox,
    "notebook": bare_notebook,
}


def compare(folder: Path, *, quick: bool) -> None:
    """A line for each kind of file, then the start of the child, then memory."""
    files = write_all(folder, quick=quick)
    reader = OfficeReader()
    rounds = 2 if quick else 3

    def read(path: Path) -> Document:
        outcome = read_file(str(path), LIMITS, lambda _: None)
        document = reader.read(outcome) if isinstance(outcome, IsOffice) else outcome
        assert isinstance(document, Document)
        assert document.status == "ok", document.problem
        return document

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ours: dict[str, float] = {}
    characters: dict[str, int] = {}
    for what, path in files.items():
        characters[what] = sum(len(section.text) for section in read(path).sections)
        ours[what] = best(rounds, lambda path=path: read(path))  # type: ignore[misc]
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    reader.close()
    for what, path in files.items():
        bare = best(rounds, lambda what=what, path=path: BARE[what](path))  # type: ignore[misc]
        show(f"{what}, {path.stat().st_size / 1e6:.1f} MB, {characters[what] / 1e6:.1f} M characters", ours[what], bare)
    small = write_docx(folder / "small.docx", [("", "words")])
    show(
        "small Word document, start of the child included", best(3, lambda: open_paths([small])), _start_of_docx(small)
    )
    print(f"memory of the reading process grew by {grown / 1024:.0f} MB")


def _start_of_docx(path: Path) -> float:
    import subprocess

    code = "import sys, docx; [p.text for p in docx.Document(sys.argv[1]).paragraphs]"
    return best(3, lambda: subprocess.run([sys.executable, "-c", code, str(path)], check=True))


def main() -> None:
    """All comparisons."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="Small files and two rounds.")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as name:
        compare(Path(name), quick=quick)


if __name__ == "__main__":
    main()
