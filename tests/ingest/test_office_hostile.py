"""Office files made to do harm: each costs one sentence and a bounded time, and nothing is left running."""

from __future__ import annotations

import json
import random
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ingest import office_child
from ingest.document import Document
from ingest.errors import Stopped
from ingest.office import IsOffice, OfficeReader
from ingest.office_parts import Part, Parts, Remarks, Unreadable
from ingest.office_zip import MOST_MEMBERS, checked
from ingest.pdf import read_frame
from ingest.pdf_child import PdfChild
from tests.ingest.office_files import (
    change_member,
    code_cell,
    docx_body,
    message,
    packed,
    write_docx,
    write_epub,
    write_mbox,
    write_notebook,
    write_pptx,
    write_xlsx,
    write_zip,
)
from tests.ingest.reading import read, read_one
from tests.ingest.warm import read_warm

DAMAGED = "it is damaged or cut short. Get a complete copy."
TYPES = "[Content_Types].xml"


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    before = {child.pid for child in psutil.Process().children()}
    yield
    assert len({child.pid for child in psutil.Process().children()} - before) <= 1


def writers() -> dict[str, Callable[[Path], Path]]:
    return {
        "a.docx": lambda path: write_docx(path, [("Heading 1", "One"), ("", "text"), ("table", [["a", "b"]])]),
        "a.pptx": lambda path: write_pptx(path, [("Title", "body", "notes")]),
        "a.xlsx": lambda path: write_xlsx(path, {"S": [["a", 1.5], ["b", 2]]}),
        "a.epub": lambda path: write_epub(path, [("One", "<h1>One</h1><p>text</p>")]),
        "a.eml": lambda path: Path(path.write_bytes(bytes(message())) and path),
        "a.mbox": lambda path: write_mbox(path, [message(), message("Two")]),
        "a.ipynb": lambda path: write_notebook(path, [code_cell("x = 1\ny")]),
    }


@pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.xlsx", "a.epub"])
def test_cut_short(tmp_path: Path, name: str) -> None:
    path = writers()[name](tmp_path / name)
    whole = path.read_bytes()
    for share in (0.3, 0.9):
        path.write_bytes(whole[: int(len(whole) * share)])
        found = read(path)
        said = [d.problem for d in found.documents] + [s.reason for s in found.skipped]
        assert len(said) == 1
        assert said[0]
        assert share < 0.9 or (said[0].startswith("It cannot be read as a") and said[0].endswith(DAMAGED))


def test_a_bomb_is_told_by_its_table_of_contents(tmp_path: Path) -> None:
    path = write_docx(tmp_path / "a.docx", [("", "x")])
    change_member(path, {"word/media/a.xml": bytes(200_000_000)})
    assert path.stat().st_size < 1_000_000
    problem = read_warm(path).problem
    assert problem
    assert problem.startswith("It would take 200.8 MB unpacked, ")
    assert problem.endswith(" times its size: it was not unpacked.")


def test_a_table_of_contents_that_lies_cannot_unpack_more_than_it_says(tmp_path: Path) -> None:
    path = docx_body(tmp_path / "a.docx", f"<w:p><w:r><w:t>{'x' * 5_000_000}</w:t></w:r></w:p>")
    content = bytearray(path.read_bytes())
    at = content.rfind(b"word/document.xml") - 46
    assert content[at : at + 4] == b"PK\x01\x02"
    struct.pack_into("<I", content, at + 24, 1000)
    path.write_bytes(content)
    document = read_warm(path)
    assert (document.status, document.problem) == ("failed", f"It cannot be read as a Word document: {DAMAGED}")


@pytest.mark.long
def test_a_hundred_thousand_members(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr(TYPES, "")
        archive.writestr("word/document.xml", "")
        for number in range(MOST_MEMBERS):
            archive.writestr(str(number), "")
    problem = read_warm(tmp_path / "a.docx").problem
    assert problem == "It holds 100,002 members, which no office file does: it was not unpacked."


def test_too_many_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.office_zip.MOST_MEMBERS", 2)
    assert checked(packed({"a": b"", "b": b""}))
    with pytest.raises(Unreadable, match="It holds 3 members, which no office file does"):
        checked(packed({"a": b"", "b": b"", "c": b""}))


LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 20}">' for i in range(10))
    + "]>"
)


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.epub", "a.pptx"])
@pytest.mark.parametrize("what", ["laughs", "deep", "external"])
def test_xml_made_to_do_harm(tmp_path: Path, name: str, what: str) -> None:
    path = writers()[name](tmp_path / name)
    member = {
        "a.docx": "word/document.xml",
        "a.xlsx": "xl/worksheets/sheet1.xml",
        "a.epub": "EPUB/content.opf",
        "a.pptx": "ppt/slides/slide1.xml",
    }[name]
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")

    def harm(xml: bytes) -> bytes:
        text = xml.decode()
        start = text.index("?>") + 2 if text.startswith("<?xml") else 0
        if what == "laughs":
            text = text[:start] + LAUGHS + text[start:]
            return text.replace(">text<", ">&k;<").replace(">body<", ">&k;<").encode()
        if what == "external":
            entity = f'<!DOCTYPE l [<!ENTITY a SYSTEM "file://{secret}">]>'
            text = text[:start] + entity + text[start:]
            return text.replace(">text<", ">&a;<").replace(">body<", ">&a;<").replace("<v>1.5<", "<v>&a;<").encode()
        end = text.rindex("</")
        return f"{text[:end]}{'<a>' * 100_000}{'</a>' * 100_000}{text[end:]}".encode()

    document = read_warm(change_member(path, {member: harm}))
    assert document.problem or document.sections
    text = "".join(section.text for section in document.sections)
    assert "the secret" not in text
    assert len(text) < 1_000


def answers_of(request: dict[str, object], content: bytes, folder: Path) -> list[dict[str, Any]]:
    """What the child would answer."""
    with (folder / "answers").open("wb") as stream:
        office_child._Answer(stream, {"page_seconds": 5, "name": "a", **request}).give(content)
    found: list[dict[str, Any]] = []
    with (folder / "answers").open("rb") as stream:
        while (frame := read_frame(stream)) is not None:
            found.append(json.loads(frame))
    return found


@pytest.mark.long
def test_more_memory_than_allowed_is_a_sentence(tmp_path: Path) -> None:
    # An element of four bytes takes thirty times its size in memory.
    large = docx_body(tmp_path / "a.docx", "<a/>" * 24_000_000)
    small = write_docx(tmp_path / "b.docx", [("", "still at work")])
    first, second = read(large, small, page_seconds=250).documents
    assert first.problem == (
        "It cannot be read as a Word document: that takes more than 2.1 GB of memory. Save it in parts."
    )
    assert second.sections[0].text == "still at work"


def test_no_memory_left_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(content: bytes, remarks: Remarks) -> Parts:
        yield Part("one", "text")
        raise MemoryError

    monkeypatch.setattr(office_child, "reader_of", lambda _: greedy)
    assert answers_of({"form": "docx"}, b"x", tmp_path)[-1] == {"failed": "memory", "detail": "2.1 GB"}


def test_a_child_that_took_much_memory_leaves_and_the_next_file_finds_another(tmp_path: Path) -> None:
    # Four million properties of a run that is shown all the same.
    properties = "<a/>" * 4_000_000
    large = docx_body(tmp_path / "a.docx", f"<w:p><w:r><w:rPr>{properties}</w:rPr><w:t>large</w:t></w:r></w:p>")
    small = write_docx(tmp_path / "b.docx", [("", "small")])
    before = {child.pid for child in psutil.Process().children()}
    reader = OfficeReader()

    def text_of(path: Path) -> tuple[str, set[int]]:
        document = reader.read(IsOffice(str(path), "docx", 1, path.name))
        assert isinstance(document, Document)
        return document.sections[0].text, {child.pid for child in psutil.Process().children()} - before

    try:
        (first, used), (second, after) = text_of(large), text_of(small)
        assert (first, second) == ("large", "small")
        assert used != after
        assert text_of(small)[1] == after
    finally:
        reader.close()


def hanging(seconds: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OfficeReader:
    """A reader whose child never answers."""
    module = tmp_path / "sleeping_child.py"
    module.write_text("import time\ndef serve():\n    time.sleep(600)\n")

    def start(_: str) -> PdfChild:
        child = PdfChild.__new__(PdfChild)
        monkeypatch.setattr("ingest.pdf_child._ROOT", tmp_path)
        monkeypatch.setattr("ingest.pdf_child._SECONDS_TO_START", 0.0)
        child.__init__("sleeping_child")  # type: ignore[misc]
        return child

    monkeypatch.setattr("ingest.office.PdfChild", start)
    return OfficeReader(seconds=seconds)


def test_a_file_that_takes_too_long_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = hanging(0.3, monkeypatch, tmp_path)
    outcome = reader.read(IsOffice("a.docx", "docx", 5, "a.docx", b"bytes"))
    assert isinstance(outcome, Document)
    assert outcome.problem == "It cannot be read as a Word document: it took longer than 0.3 s."
    assert outcome.status == "failed"


def test_a_notebook_that_takes_too_long_is_read_as_source_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = hanging(0.3, monkeypatch, tmp_path)
    text = Document("a.ipynb", "code", "ok")
    assert reader.read(IsOffice("a.ipynb", "notebook", 5, "a.ipynb", b"bytes", text)) is text


def test_reading_can_be_stopped_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = hanging(600, monkeypatch, tmp_path)
    began = time.monotonic()

    def stop() -> None:
        if time.monotonic() - began > 0.2:
            raise Stopped("enough")

    with pytest.raises(Stopped):
        reader.read(IsOffice("a.docx", "docx", 5, "a.docx", b"bytes"), stop)
    living = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    assert not [child for child in living if "sleeping_child" in " ".join(child.cmdline())]


def test_a_child_that_was_killed_while_it_waited_is_replaced(tmp_path: Path) -> None:
    path = write_docx(tmp_path / "a.docx", [("", "words")])
    before = {child.pid for child in psutil.Process().children()}
    reader = OfficeReader()
    job = IsOffice(str(path), "docx", 1, path.name)
    try:
        assert isinstance(first := reader.read(job), Document)
        (child,) = [c for c in psutil.Process().children() if c.pid not in before]
        child.kill()
        psutil.wait_procs([child], timeout=10)
        assert reader.read(job) == first
    finally:
        reader.close()


def test_a_text_without_end_is_cut_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_child, "MOST_CHARACTERS", 20_000)
    path = write_xlsx(tmp_path / "a.xlsx", {"S": [["word" * 20] * 5] * 900})
    closed = answers_of({"form": "xlsx"}, path.read_bytes(), tmp_path)[-1]
    (said,) = closed["closed"]["said"]
    assert said.endswith("million characters of text: what follows S, rows 1 to 75 was left out.")


def test_piped_files_are_read(tmp_path: Path) -> None:
    content = write_docx(tmp_path / "a.docx", [("", "words")]).read_bytes()
    (document,) = read(stdin=content).documents
    assert (document.path, document.kind, document.sections[0].text) == ("<stdin>", "document", "words")
    assert document.size == len(content)


def test_a_file_that_may_not_be_larger(tmp_path: Path) -> None:
    path = write_docx(tmp_path / "a.docx", [("", "words")])
    (skipped,) = read(path, max_file_bytes=1000).skipped
    assert skipped.reason.startswith("larger than 1 kB (")


def mutate(content: bytes, rng: random.Random) -> bytes:
    held = bytearray(content)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(held)) if held else 0
        match rng.randrange(5):
            case 0:
                del held[at:]
            case 1 if held:
                held[at] ^= 1 << rng.randrange(8)
            case 2:
                held[at : at + rng.randrange(40)] = rng.randbytes(rng.randrange(40))
            case 3:
                held[at:at] = held[rng.randrange(len(held) or 1) :][: rng.randrange(400)]
            case _:
                del held[at : at + rng.randrange(200)]
    return bytes(held)


def mutate_inside(path: Path, rng: random.Random) -> None:
    """Change a member and pack it again, so that what unpacks is wrong, not the packing."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for name in rng.sample(sorted(members), k=min(2, len(members))):
        members[name] = mutate(members[name], rng)
    write_zip(path, members)


def fuzz(folder: Path, seeds: range) -> int:
    """How many mutated files were read; every one comes out as text, or with a reason."""
    files = {name: write(folder / name) for name, write in writers().items()}
    whole = {name: path.read_bytes() for name, path in files.items()}
    done = 0
    for seed in seeds:
        rng = random.Random(seed)
        for name, path in files.items():
            path.write_bytes(whole[name])
            if zipfile.is_zipfile(path) and rng.random() < 0.6:
                mutate_inside(path, rng)
            else:
                path.write_bytes(mutate(whole[name], rng))
        found = read(*files.values(), page_seconds=20)
        # What is left of an office file may be a ZIP archive, which is read member by member.
        told = [*(document.archive or document.path for document in found.documents), *(s.path for s in found.skipped)]
        assert all(any(said.startswith(str(path)) for said in told) for path in files.values())
        for document in found.documents:
            assert document.sections or document.problem, document
            assert "seconds" not in (document.problem or "")
            for section in document.sections:
                section.text.encode()
                assert "\0" not in section.text
        done += len(files)
    return done


def test_mutated_files(tmp_path: Path) -> None:
    assert fuzz(tmp_path, range(2)) == 14


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_many_mutated_files(tmp_path: Path) -> None:
    assert fuzz(tmp_path, range(100, 150)) >= 200


def test_the_reader_stays_small_in_this_process(tmp_path: Path) -> None:
    """What parses is loaded by the child alone."""
    import subprocess
    import sys

    path = write_docx(tmp_path / "a.docx", [("", "words")])
    script = (
        "import sys; from ingest.open_path import open_paths; (d,) = open_paths([sys.argv[1]]).documents; "
        "assert d.sections; print([m for m in ('lxml', 'docx', 'pptx', 'openpyxl', 'ebooklib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_workbook_that_says_it_is_huge_is_read_for_what_it_holds(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"S": [["a"]]})
    change_member(
        path, {"xl/worksheets/sheet1.xml": lambda xml: xml.replace(b'ref="A1:A1"', b'ref="A1:XFD1048576"', 1)}
    )
    assert read_one(path).sections[0].text == "a"
