"""Word documents, presentations and e-books: what is read, where it stands, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.document import Span
from tests.ingest.office_files import (
    change_member,
    docx_body,
    packed,
    write_docx,
    write_epub,
    write_pptx,
    write_xlsx,
    write_zip,
)
from tests.ingest.reading import read, why_skipped
from tests.ingest.warm import read_warm


def p(inner: str, style: str = "", more: str = "") -> str:
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{more}</w:pPr>{inner}</w:p>"


def r(text: str, more: str = "") -> str:
    return f'<w:r><w:rPr>{more}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def test_a_word_document_is_cut_at_its_headings(tmp_path: Path) -> None:
    blocks = [
        ("", "Before everything."),
        ("Title", "Harbour rules"),
        ("Heading 1", "Tugs"),
        ("", "A vessel longer than 120 metres needs two tugs."),
        ("Heading 3", "Fees"),
        ("List Bullet", "salt"),
        ("List Bullet", "timber"),
        ("table", [["ship", "tugs"], ["Aurora", "2|3"]]),
        ("Heading 2", "Pilots"),
        ("", "They decide."),
    ]
    document = read_warm(write_docx(tmp_path / "rules", blocks))
    assert (document.kind, document.status, document.problem) == ("document", "ok", None)
    found = [(section.label, section.span.part, section.text) for section in document.sections]
    assert found == [
        ("rules", "", "Before everything."),
        ("Harbour rules", "Harbour rules", "# Harbour rules"),
        ("Tugs", "Tugs", "# Tugs\n\nA vessel longer than 120 metres needs two tugs."),
        (
            "Fees",
            "Tugs > Fees",
            "### Fees\n\n- salt\n- timber\n\n| ship | tugs |\n| --- | --- |\n| Aurora | 2\\|3 |",
        ),
        ("Pilots", "Tugs > Pilots", "## Pilots\n\nThey decide."),
    ]
    assert all(section.span == Span(part=section.span.part) for section in document.sections)
    assert document.size == (tmp_path / "rules").stat().st_size
    assert document.sha256


def test_changes_under_review_are_read_as_if_they_were_accepted(tmp_path: Path) -> None:
    body = p(
        r("The fee is ")
        + '<w:del w:id="1"><w:r><w:delText>900</w:delText></w:r></w:del>'
        + f'<w:del w:id="6">{r(" in a moved part")}</w:del>'
        + f'<w:ins w:id="2">{r("950")}</w:ins>'
        + f'<w:moveFrom w:id="3">{r(" moved away")}</w:moveFrom><w:moveTo w:id="4">{r(" moved here")}</w:moveTo>'
        + r(" hidden", "<w:vanish/>")
        + r(" euros.")
    )
    row = "<w:tr>{0}<w:tc><w:p>{1}</w:p></w:tc></w:tr>"
    gone = row.format('<w:trPr><w:del w:id="9"/></w:trPr>', r("gone"))
    body += f"<w:tbl>{row.format('', r('head'))}{gone}{row.format('', r('kept'))}</w:tbl>"
    (section,) = read_warm(docx_body(tmp_path / "a.docx", body)).sections
    assert section.text == "The fee is 950 moved here euros.\n\n| head |\n| --- |\n| kept |"


def test_notes_and_comments_stand_behind_their_section(tmp_path: Path) -> None:
    body = (
        p(r("One"), "Heading1")
        + p(
            r("Signed")
            + '<w:r><w:footnoteReference w:id="2"/></w:r>'
            + r(".")
            + '<w:r><w:commentReference w:id="0"/></w:r>'
        )
        + p(r("Two"), "Heading1")
        + p(r("Sealed") + '<w:r><w:endnoteReference w:id="5"/></w:r><w:r><w:footnoteReference w:id="3"/></w:r>')
    )
    document = read_warm(
        docx_body(
            tmp_path / "a.docx",
            body,
            footnotes=f'<w:footnote w:id="0" w:type="separator">{p(r("---"))}</w:footnote>'
            f'<w:footnote w:id="2">{p(r("By two witnesses."))}</w:footnote>'
            f'<w:footnote w:id="3">{p(r("Twice"))}{p(r("over"))}</w:footnote>',
            endnotes=f'<w:endnote w:id="5">{p(r("With wax."))}</w:endnote>',
            comments=f'<w:comment w:id="0" w:author="Ann Lee">{p(r("By whom?"))}</w:comment>',
        )
    )
    assert [section.text for section in document.sections] == [
        "# One\n\nSigned[^1].\n\n[^1]: By two witnesses.\n[Comment by Ann Lee: By whom?]",
        "# Two\n\nSealed[^e1][^2]\n\n[^e1]: With wax.\n[^2]: Twice over",
    ]


def test_lists_are_numbered_as_word_shows_them(tmp_path: Path) -> None:
    def level(at: int, form: str, text: str) -> str:
        return f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'

    numbering = (
        f'<w:abstractNum w:abstractNumId="7">{level(0, "decimal", "%1.")}{level(1, "lowerLetter", "%1.%2)")}'
        f"{level(2, 'upperRoman', '%3')}</w:abstractNum>"
        '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/>'
        "</w:lvlOverride></w:num>"
    )

    def item(text: str, depth: int, number: int = 1) -> str:
        numbered = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'
        return p(r(text), more=numbered)

    body = (
        item("first", 0) + item("inner", 1) + item("deeper", 2) + item("deeper", 2) + item("second", 0)
        + item("inner", 1) + p(r("Between.")) + item("anew", 0, 2) + item("third", 0)
        + p(r("Scope"), "Heading1", '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>')
    )  # fmt: skip
    document = read_warm(docx_body(tmp_path / "a.docx", body, numbering=numbering))
    first, last = document.sections
    assert first.text.splitlines() == [
        "1. first",
        "  1.a) inner",
        "    I deeper",
        "    II deeper",
        "2. second",
        "  2.a) inner",
        "",
        "Between.",
        "",
        "5. anew",
        "3. third",
    ]
    assert last.text == "# 4. Scope"


def test_tabs_breaks_controls_text_boxes_and_merged_cells(tmp_path: Path) -> None:
    box = f"<w:pict><w:txbxContent>{p(r('in a box'))}</w:txbxContent></w:pict>"
    body = (
        p(r("a") + "<w:r><w:tab/></w:r>" + r("b") + "<w:r><w:br/></w:r>" + r("c") + f"<w:r>{box}</w:r>")
        + f"<w:sdt><w:sdtPr/><w:sdtContent>{p(r('in a control'))}</w:sdtContent></w:sdt>"
        + "<w:tbl>"
        + "".join(
            f"<w:tr>{cells}</w:tr>"
            for cells in (
                f'<w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{p(r("wide"))}</w:tc><w:tc>{p(r("x"))}</w:tc>',
                f'<w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr>{p(r("tall"))}</w:tc>'
                f"<w:tc>{p(r('y'))}{p(r('z'))}</w:tc><w:tc>{p('')}</w:tc>",
                f"<w:tc><w:tcPr><w:vMerge/></w:tcPr>{p('')}</w:tc><w:tc>{p(r('1'))}</w:tc><w:tc>{p(r('2'))}</w:tc>",
            )
        )
        + "</w:tbl>"
    )
    (section,) = read_warm(docx_body(tmp_path / "a.docx", body)).sections
    assert section.text == (
        "a\tb\nc\n\nin a box\n\nin a control\n\n| wide |  | x |\n| --- | --- | --- |\n| tall | y z |  |\n|  | 1 | 2 |"
    )


def test_headers_and_footers_are_left_out(tmp_path: Path) -> None:
    import docx

    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Confidential"
    document.sections[0].footer.paragraphs[0].text = "Page 1"
    document.add_paragraph("The text.")
    document.save(str(tmp_path / "a.docx"))
    assert [section.text for section in read_warm(tmp_path / "a.docx").sections] == ["The text."]


def test_slides_with_tables_charts_and_notes(tmp_path: Path) -> None:
    import pptx
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    path = write_pptx(tmp_path / "show", [("Arrivals", "Aurora\nBorealis", "Say it slowly."), ("Hidden", "x", "")])
    show = pptx.Presentation(str(path))
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "Figures"
    size = Inches(1), Inches(1), Inches(4), Inches(2)
    table = slide.shapes.add_table(2, 2, *size).table
    for at, text in enumerate(("ship", "tugs", "Aurora", "2")):
        table.cell(at // 2, at % 2).text = text
    data = CategoryChartData()
    data.categories = ["2025", "2026"]
    data.add_series("visits", (17, 19.5))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *size, data)
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(*size).text_frame.text = "in a group"
    show.slides[1]._element.set("show", "0")
    show.save(str(path))

    document = read_warm(path)
    assert (document.kind, document.status) == ("slides", "ok")
    assert document.problem == "Slide 2 is hidden in the presentation."
    assert [(section.label, section.span) for section in document.sections] == [
        ("slide 1", Span(page=1)),
        ("slide 2 (hidden)", Span(page=2)),
        ("slide 3", Span(page=3)),
    ]
    assert document.sections[0].text == "Arrivals\n\nAurora\nBorealis\n\nSpeaker's notes:\nSay it slowly."
    assert document.sections[2].text == (
        "Figures\n\n| ship | tugs |\n| --- | --- |\n| Aurora | 2 |\n\n"
        "Chart:\n|  | visits |\n| --- | --- |\n| 2025 | 17 |\n| 2026 | 19.5 |\n\nin a group"
    )


def test_an_e_book_is_read_by_chapter_in_its_order(tmp_path: Path) -> None:
    chapters = [
        ("The pier", "<h1>The pier</h1><p>It is old.</p><h2>Stones</h2><p>From the north.</p>"),
        ("The <ship>", "<p>No heading here.</p>"),
    ]
    document = read_warm(write_epub(tmp_path / "book", chapters))
    assert (document.kind, document.status, document.problem) == ("document", "ok", None)
    assert [(section.label, section.span, section.text) for section in document.sections] == [
        ("The pier", Span(part="The pier"), "The pier\nIt is old."),
        ("Stones", Span(part="The pier > Stones"), "Stones\nFrom the north."),
        ("The <ship>", Span(part="The <ship>"), "No heading here."),
    ]


def test_a_book_that_lacks_a_chapter_and_its_contents_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = write_epub(tmp_path / "a.epub", [("One", "<p>first</p>"), ("Two", "<p>second</p>")])
    document = read_warm(
        change_member(path, {"EPUB/chapter1.xhtml": None, "EPUB/toc.ncx": None, "EPUB/nav.xhtml": b"<"})
    )
    assert [section.text for section in document.sections] == ["second"]
    assert document.problem == "Chapters that the e-book names are empty or not there: chapter1.xhtml."


def test_a_locked_book_says_so_and_one_with_locked_fonts_is_read(tmp_path: Path) -> None:
    def lock(name: str) -> bytes:
        return (
            '<encryption xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData><enc:CipherData>'
            f'<enc:CipherReference URI="{name}"/></enc:CipherData></enc:EncryptedData></encryption>'
        ).encode()

    path = write_epub(tmp_path / "a.epub", [("One", "<p>first</p>")])
    document = read_warm(change_member(path, {"META-INF/encryption.xml": lock("EPUB/font.otf")}))
    assert document.sections
    document = read_warm(change_member(path, {"META-INF/encryption.xml": lock("EPUB/chapter1.xhtml")}))
    assert document.status == "failed"
    assert document.problem == "The e-book is locked to a device or an account (DRM), so its text cannot be read."


OPEN_DOCUMENT = "application/vnd.oasis.opendocument."


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"mimetype": f"{OPEN_DOCUMENT}text".encode()}, "an OpenDocument text (.odt); save it as .docx, and add that"),
        (
            {"mimetype": f"{OPEN_DOCUMENT}spreadsheet".encode()},
            "an OpenDocument spreadsheet (.ods); save it as .xlsx, and add that",
        ),
        (
            {"[Content_Types].xml": b"", "xl/workbook.bin": b""},
            "an Excel binary workbook (.xlsb); save it as .xlsx, and add that",
        ),
        (
            {"Index/Document.iwa": b""},
            "a document of Apple's iWork; export it as .docx, .xlsx or .pptx, and add that",
        ),
    ],
)
def test_what_cannot_be_read_says_what_to_save_it_as(tmp_path: Path, members: dict[str, bytes], said: str) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(packed(members))
    if "mimetype" in members:
        # As the standard asks, first and not compressed.
        import zipfile

        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("mimetype", members["mimetype"])
    assert why_skipped(path) == said


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        ("WordDocument", "an old Word document (.doc); save it as .docx, and add that"),
        ("Workbook", "an old Excel workbook (.xls); save it as .xlsx, and add that"),
        (
            "EncryptedPackage",
            "an office document that is protected by a password; save a copy without one, and add that",
        ),
        ("__properties_version1.0", "an Outlook message (.msg); save it as .eml, and add that"),
        ("Else", "a file of an old Office program; save it as .docx, .xlsx or .pptx, and add that"),
    ],
)
def test_old_and_protected_files_are_told_apart(tmp_path: Path, stream: str, said: str) -> None:
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    header[30:32] = (9).to_bytes(2, "little")
    header[48:52] = (300).to_bytes(4, "little")
    entries = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", "CompObj", stream))
    path = tmp_path / "a.doc"
    path.write_bytes(bytes(header) + bytes(300 * 512) + entries.ljust(1024, b"\0"))
    assert why_skipped(path) == said
    path.write_bytes(bytes(header[:40]))
    assert why_skipped(path).startswith("a file of an old Office program")


def test_a_protected_member_is_a_password(tmp_path: Path) -> None:
    path = write_docx(tmp_path / "a.docx", [("", "x")])
    content = bytearray(path.read_bytes())
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    path.write_bytes(content)
    assert read_warm(path).problem == "It is protected by a password. Save a copy without one, and add that."


def test_an_empty_document_says_so(tmp_path: Path) -> None:
    document = read_warm(write_docx(tmp_path / "a.docx", []))
    assert (document.status, document.problem) == ("empty", "There is no text in it; it is a Word document.")


def test_names_say_nothing_and_plain_archives_are_no_office_files(tmp_path: Path) -> None:
    names = {
        write_docx(tmp_path / "a.txt", [("", "x")]): "document",
        write_xlsx(tmp_path / "b.pdf", {"S": [["y"]]}): "sheet",
        write_pptx(tmp_path / "c", [("z", "", "")]): "slides",
        write_epub(tmp_path / "d.zip", [("One", "<p>first</p>")]): "document",
    }
    write_zip(tmp_path / "e.docx", {"word/notes.txt": b"n"})
    kinds = {document.path: document.kind for document in read(tmp_path).documents}
    assert {Path(path): kind for path, kind in kinds.items() if Path(path) in names} == names


def test_templates_and_files_with_macros_are_read(tmp_path: Path) -> None:
    docx = write_docx(tmp_path / "a.docm", [("", "words")])
    pptx = write_pptx(tmp_path / "a.ppsx", [("shown", "", "")])
    xlsx = write_xlsx(tmp_path / "a.xlsm", {"S": [["value"]]})
    types = "[Content_Types].xml"
    for path, before, after in (
        (docx, b"openxmlformats-officedocument.wordprocessingml.document.main", b"ms-word.document.macroEnabled.main"),
        (pptx, b"presentationml.presentation.main", b"presentationml.slideshow.main"),
        (xlsx, b"openxmlformats-officedocument.spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main"),
    ):
        change_member(path, {types: lambda old, b=before, a=after: old.replace(b, a)})
    texts = [document.sections[0].text for document in read(docx, pptx, xlsx).documents]
    assert texts == ["words", "shown", "value"]


def test_one_child_reads_all_files_and_ends_with_the_reading(tmp_path: Path) -> None:
    import psutil

    for number in range(5):
        write_docx(tmp_path / f"{number}.docx", [("", f"number {number}")])
    before = {child.pid for child in psutil.Process().children()}
    seen: set[int] = set()

    def look(_: object) -> None:
        seen.update(child.pid for child in psutil.Process().children() if child.pid not in before)

    found = read(tmp_path, on_progress=look)
    assert [document.sections[0].text for document in found.documents] == [f"number {n}" for n in range(5)]
    assert len(seen) <= 1
    assert not any(psutil.pid_exists(pid) for pid in seen)
