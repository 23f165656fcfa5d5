"""Every span, followed back to the file, yields the text it claims, whatever is in the file."""

from __future__ import annotations

import html
import tempfile
from pathlib import Path

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ingest.ansi import without_ansi
from ingest.document import Document
from tests.ingest.reading import read

SOME_LINES = st.lists(
    st.text(st.characters(codec="utf-8"), max_size=30)
    | st.sampled_from(
        [
            "# Heading",
            "Under",
            "===",
            "---",
            "```",
            "- # item",
            "2026-01-02 10:00:00 INFO x",
            "\x1b[1mx\x1b[0m",
            "",
            "\t",
        ]
    ),
    max_size=40,
)
ENDS = st.sampled_from(["\n", "\r\n"])


def read_as(name: str, content: bytes) -> tuple[Document, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        documents = read(path).documents
        for document in documents:
            for section in document.sections:
                assert isinstance(section.text, str)
        return tuple(_with_text_in_memory(document) for document in documents)


def _with_text_in_memory(document: Document) -> Document:
    from dataclasses import replace

    return replace(document, sections=tuple(replace(section, body=section.text) for section in document.sections))


def shown(content: bytes) -> str:
    """What the file's text must come out as."""
    return content.decode().removeprefix("\ufeff").replace("\r\n", "\n").replace("\0", "\ufffd")


@settings(deadline=None, max_examples=150)
@given(SOME_LINES, ENDS, st.sampled_from(["a.txt", "a.py", "a.md", "a.log"]), st.data())
def test_lines_and_bytes_lead_back(lines: list[str], end: str, name: str, data: st.DataObject) -> None:
    content = end.join(lines).encode()
    text = shown(content)
    # A NUL in every second place means UTF-16, even if the words were meant otherwise.
    assume(content[::2].count(0) < 4 and content[1::2].count(0) < 4)
    for document in read_as(name, content):
        # Of a log, what tells terminals colours is no part.
        clean = without_ansi if document.kind == "log" else str
        in_file = clean(text).split("\n")
        for section in document.sections:
            assert section.span.lines
            first, last = section.span.lines
            assert "\n".join(in_file[first - 1 : last]).startswith(section.text.removesuffix("\n"))
            if section.span.bytes:
                start, stop = section.span.bytes
                assert clean(shown(content[start:stop])) == section.text
            start = data.draw(st.integers(0, len(section.text) - 1))
            stop = data.draw(st.integers(start + 1, len(section.text)))
            place = section.locate(start, stop).lines
            assert place
            quoted = "\n".join(in_file[place[0] - 1 : place[1]]) + "\n"
            assert section.text[start:stop] in quoted
        if document.status == "ok" and document.sections:
            joined = "".join(section.text for section in document.sections)
            assert joined.split() == clean(text).split()


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["p", "h2", "b", "td", "pre", "li", "span", "title"]),
            st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=20),
            st.sampled_from(["", "\n", " ", "\n\n"]),
        ),
        max_size=12,
    )
)
def test_every_line_of_a_page_stands_in_its_line_of_the_file(parts: list[tuple[str, str, str]]) -> None:
    body = "".join(f"<{tag}>{html.escape(text)}</{tag}>{gap}" for tag, text, gap in parts)
    source = f"<!doctype html>{body}"
    for document in read_as("a.html", source.encode()):
        visible = [html.unescape(line) for line in source.replace("\r\n", "\n").split("\n")]
        for section in document.sections:
            at = 0
            for line in section.text.split("\n"):
                place = section.locate(at, at + max(1, len(line))).lines
                assert place
                assert place[0] == place[1]
                for word in line.split():
                    assert any(word[n:] in visible[place[0] - 1] for n in range(len(word)))
                at += len(line) + 1
        words = "".join("".join(section.text.split()) for section in document.sections)
        assert words == "".join("".join(text.split()) for _, text, _ in parts)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=400), st.sampled_from(["a.txt", "a.py", "a.md", "a.html", "a.log", "a.gz", "a.bin"]))
def test_any_bytes_come_out_as_text_that_can_be_saved_or_with_a_reason(content: bytes, name: str) -> None:
    for document in read_as(name, content):
        assert document.sections or document.problem
        for section in document.sections:
            assert "\0" not in section.text
            section.text.encode("utf-8")
            assert section.text.strip()
            assert section.span.lines
