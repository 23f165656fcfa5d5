from __future__ import annotations

from pathlib import Path

import pytest

from ingest.document import Span
from tests.ingest.reading import read, read_one, why_skipped

REPLACEMENT = "\ufffd"


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.py", "x = 1\n", "code"),
        ("Makefile", "all:\n\techo\n", "code"),
        ("run", "#!/bin/sh\necho\n", "code"),
        ("data.csv", "a,b\n1,2\n", "sheet"),
        ("README.md", "# a\n", "markdown"),
        ("notes", "just words\n", "text"),
        ("letter.pdf", "a text that is no PDF\n", "text"),
        ("page.txt", "<!DOCTYPE html><p>x", "html"),
        ("page.htm", "<p>x", "html"),
        ("view.php", "<html><?php ?>", "code"),
        ("build.log", "anything\n", "log"),
    ],
)
def test_what_kind_a_text_is(tmp_path: Path, name: str, content: str, kind: str) -> None:
    assert read_one(write(tmp_path / name, content)).kind == kind


@pytest.mark.parametrize(("content", "lines"), [("a\nb\n", 2), ("a\nb", 2), ("a", 1), ("a\r\nb\r\n\r\n", 3)])
def test_a_file_is_one_section_with_its_lines(tmp_path: Path, content: str, lines: int) -> None:
    (section,) = read_one(write(tmp_path / "a.py", content)).sections
    assert section.label == "a.py"
    assert section.span == Span(lines=(1, lines))
    assert section.text == content.replace("\r\n", "\n")


def test_a_place_in_a_file_has_its_lines(tmp_path: Path) -> None:
    (section,) = read_one(write(tmp_path / "a.py", "one\r\ntwo\r\nthree\r\n")).sections
    assert section.locate(4, 7) == Span(lines=(2, 2))
    assert section.locate(0, 13) == Span(lines=(1, 3))
    assert section.locate(0, 4) == Span(lines=(1, 1))


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n", b"\xef\xbb\xbf", "\u3000\n".encode()])
@pytest.mark.parametrize("name", ["a.txt", "a.log", "a.md", "a.html", "a.py", "a.pdf"])
def test_a_file_without_text_says_so(tmp_path: Path, name: str, content: bytes) -> None:
    first = write(tmp_path / name, content)
    second = write(tmp_path / "z.txt", "goes on")
    empty, other = read(first, second).documents
    assert (empty.status, empty.sections) == ("empty", ())
    assert empty.problem in ("The file is empty.", "The file holds nothing but white space.")
    assert other.sections[0].text == "goes on"


def test_markdown_is_cut_at_its_own_headings_only(tmp_path: Path) -> None:
    text = (
        "---\ntitle: front\n---\nbefore\n\n# One *bold* [link](http://x)\ntext\n\n```\n# code\n```\n\n- # in a list\n"
        "\n> # in a quote\n\nTwo\n===\nend\n\n### Three ###\n"
    )
    path = write(tmp_path / "a.md", text)
    sections = read_one(path).sections
    assert [section.label for section in sections] == ["a.md", "One bold link", "Two", "Three"]
    assert "".join(section.text for section in sections) == text
    lines = text.splitlines(keepends=True)
    for section in sections:
        assert section.span.lines
        first, last = section.span.lines
        assert "".join(lines[first - 1 : last]) == section.text


def test_markdown_with_odd_line_separators_keeps_its_lines(tmp_path: Path) -> None:
    text = "intro\u2028still\x0cthe first\n# Head\x0b\nbody\n"
    _, second = read_one(write(tmp_path / "a.md", text)).sections
    assert second.span.lines == (2, 3)
    assert second.text == "# Head\x0b\nbody\n"


HTML = """<!doctype html>
<html><head><title>Harbour &amp; rules</title><style>p { color: red }</style>
<script>document.write("<p>never</p>")</script></head>
<body><!-- hidden --><p>Opens at <b>seven</b>
and closes</p><p>late</p>
<h2>Fees <i>2019</i></h2>
<table><tr><td>tug</td><td>1&nbsp;250</td></tr><tr><td>pilot<td>5 &lt; 6</table>
<pre>
  kept   spaces
</pre>AT&T a&lang=en &nosuch; <template>never</template>x<br>y</body></html>
"""


def test_html_becomes_its_visible_text_with_the_lines_of_the_file(tmp_path: Path) -> None:
    first, second = read_one(write(tmp_path / "a.html", HTML)).sections
    assert (first.label, second.label) == ("Harbour & rules", "Fees 2019")
    assert first.text == "Harbour & rules\nOpens at seven\nand closes\nlate"
    assert second.text == ("Fees 2019\ntug\t1\u00a0250\npilot\t5 < 6\n  kept   spaces\nAT&T a&lang=en &nosuch; x\ny")
    for section, expected in ((first, (2, 4, 5, 5)), (second, (6, 7, 7, 9, 10, 10))):
        assert section.line_map == expected
        at = 0
        for line, number in zip(section.text.split("\n"), expected, strict=True):
            assert section.locate(at, at + len(line)).lines == (number, number)
            at += len(line) + 1


def test_a_page_that_shows_nothing_says_so(tmp_path: Path) -> None:
    document = read_one(write(tmp_path / "a.html", "<html><script>let x = 1</script><img src=x></html>"))
    assert document.status == "empty"
    assert document.problem == "The page shows no text: everything is scripts, pictures or markup."


@pytest.mark.parametrize("hostile", ["<a", "<!--", "<p x=", "<![CDATA[", "&#", "</", "<div>"])
def test_broken_markup_ends_soon_and_loses_no_other_text(tmp_path: Path, hostile: str) -> None:
    document = read_one(write(tmp_path / "a.html", f"<p>before</p>{hostile * 50_000}"))
    assert "before" in "".join(section.text for section in document.sections)


def test_nuls_and_half_surrogates_are_shown_one_for_one(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", b"a\0b \xed\xa0\x80 \xed\xb0\x80 c \xc3\xa9\n")
    document = read_one(path)
    assert document.status == "ok"
    assert document.sections[0].text == f"a{REPLACEMENT}b {REPLACEMENT} {REPLACEMENT} c é\n"
    assert document.problem == "3 characters are no valid text (NUL or broken encoding) and shown as \ufffd."
    document.sections[0].text.encode()


def test_a_replacement_character_that_stands_in_the_file_is_no_problem(tmp_path: Path) -> None:
    assert read_one(write(tmp_path / "a.txt", f"as {REPLACEMENT} is")).problem is None
    document = read_one(write(tmp_path / "a.txt", f"ééééééé {REPLACEMENT} ".encode() + b"\xff\n"))
    assert document.problem == "1 character is no valid text (NUL or broken encoding) and shown as \ufffd."


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_unicode_in_every_form(tmp_path: Path, encoding: str) -> None:
    text = "The harbour office opens early; größere Schiffe warten.\n"
    content = text.encode(encoding)
    if encoding == "utf-16-be":
        content = b"\xfe\xff" + content
    document = read_one(write(tmp_path / "a.txt", content))
    assert document.sections[0].text == text
    assert (document.problem is None) == (encoding != "utf-16-le")


def test_an_encoding_that_had_to_be_guessed_is_named(tmp_path: Path) -> None:
    document = read_one(write(tmp_path / "a.c", b"int x; // gr\xf6\xdfer\n" + b"int y;\n" * 200))
    assert document.sections[0].text.startswith("int x; // größer\n")
    assert document.problem == "It is not in UTF-8; it was read as windows-1252, which is a guess."


def test_a_character_cut_at_the_end_of_the_sample_is_no_sign_of_another_encoding(tmp_path: Path) -> None:
    text = "x" * 65_535 + "é" * 10
    document = read_one(write(tmp_path / "a.txt", text))
    assert (document.problem, document.sections[0].text) == (None, text)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.bin", bytes(range(256)) * 20, "binary: it holds no text"),
        ("a", b"\x7fELF" + bytes(100), "binary: a program"),
        ("a.txt", b"PK\x03\x04" + bytes(100), "a ZIP archive that is damaged or cut short; get a complete copy"),
        ("a.py", b"\x89PNG\r\n\x1a\n" + bytes(100), "binary: a PNG image, although it is named a.py"),
        ("m.gguf", b"GGUF\x03\x00\x00\x00" + bytes(100), "binary: a GGUF model"),
        ("a.tar", b"name".ljust(257, b"\0") + b"ustar" + bytes(300), "a tar archive that is damaged or cut short"),
    ],
)
def test_binary_files_are_skipped_with_a_reason(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    assert why_skipped(write(tmp_path / name, content)) == reason


def test_words_that_look_like_the_start_of_a_binary_file_are_text(tmp_path: Path) -> None:
    assert read_one(write(tmp_path / "a.txt", "GGUF files hold models.\n")).kind == "text"
    assert read_one(write(tmp_path / "a.py", "TEXT = '%PDF-1.7'\n")).kind == "code"


def test_a_file_over_the_limit_is_skipped_with_both_sizes(tmp_path: Path) -> None:
    assert why_skipped(write(tmp_path / "a.txt", "x" * 2500), max_file_bytes=2000) == "larger than 2 kB (2.5 kB)"
    assert read_one(tmp_path / "a.txt", max_file_bytes=2500).status == "ok"


def test_a_file_that_vanishes_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.txt", "a"), write(tmp_path / "b.txt", "b")
    calls = 0

    def vanish() -> bool:
        nonlocal calls
        calls += 1
        first.unlink(missing_ok=True)
        return False

    ingested = read(first, second, stop=vanish)
    assert calls
    assert [document.path for document in ingested.documents] == [str(second)]
    assert ingested.skipped[0].reason == "it is no longer there"
