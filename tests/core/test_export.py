"""An exported session shows everything that was said and checked, and loads, runs and leads to nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from bs4 import BeautifulSoup, Tag
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import ExportFailed
from app.core.export_html import to_html
from app.core.export_markup import to_html as markup
from app.core.export_pdf import to_pdf
from app.core.export_progress import ExportProgress
from app.core.exporting import export
from app.core.records import SessionRecord
from app.core.sessions import Store
from ingest.errors import Stopped
from tests.core.exported_session import ARABIC, EVIL, build
from tests.ingest.pdfs import library

TAGS = frozenset(
    "html head meta title style body main header section h1 h2 h3 h4 h5 h6 p div span b table thead tbody tr th td br"
    " hr a bdi mark blockquote ul ol li strong em s code pre".split()
)
ATTRIBUTES = frozenset("lang charset http-equiv content name class id dir href title start".split())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "sessions.db") as opened:
        yield opened


def parsed(html: str) -> BeautifulSoup:
    """The elements of a page, which must be of kinds that load and run nothing."""
    soup = BeautifulSoup(html, "html.parser")
    for element in soup.find_all(True):
        assert isinstance(element, Tag)
        assert element.name in TAGS, element
        assert set(element.attrs) <= ATTRIBUTES, element
    return soup


def test_the_page_loads_and_runs_nothing(store: Store) -> None:
    html = export(store, build(store), "html").decode()
    soup = parsed(html)
    (style,) = soup.find_all("style")
    sheet = style.get_text()
    assert not re.search(r"url|@import|expression|://", sheet)
    policy = str(soup.find("meta", attrs={"http-equiv": True})["content"])  # type: ignore[index]
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    links = [str(a["href"]) for a in soup.find_all("a")]
    assert len(links) == 3
    assert all(link.startswith("#") and soup.find(id=link[1:]) for link in links)


def test_the_page_says_everything(store: Store) -> None:
    soup = parsed(export(store, build(store), "html").decode())
    text = soup.get_text()
    # A name, a question, a heading, a source taken out, its model and places: what was written stands there as text.
    assert text.count(EVIL) >= 6
    assert soup.title is not None and soup.title.get_text() == f"Fees {EVIL}"
    for expected in (
        "handbook.pdf (pdf, pages 1 to 2)",
        "(html, left out)",
        "(text, taken out)",
        "caf\\xe9.html",
        "✓ 1 exact · ≈ 1 near · ? 1 not found · – 1 not quoted",
        "a link (https://example.org/page) and [image: a picture] and [bad](javascript:alert(4))",
        "≈ Same but for spacing, case or hyphens handbook.pdf (S1), page 1 [S1 p.1]",
        "This answer was interrupted.",
        "Passages, no model",
    ):
        assert expected in text, expected
    assert "y.png" not in text
    chips = {str(a["class"]): a.get_text() for a in soup.find_all("a")}
    assert chips == {
        "['chip', 'exact']": "[✓ S1 p.1]",
        "['chip', 'near']": "[≈ S1 p.1]",
        "['chip', 'missing']": "[? S1 p.1 not found]",
    }
    assert "“Ships pay a fee of 12 shillings.” [✓ S1 p.1] It says" in text
    assert [mark.get_text() for mark in soup.find_all("mark")] == [
        "Ships pay a fee of 12 shillings.",
        "ships\nreport at the gate",
    ]
    (arabic,) = (p for p in soup.find_all("p") if p.get_text() == ARABIC)
    assert arabic["dir"] == "auto"
    assert soup.find("td", string="1,200")["class"] == ["right"]  # type: ignore[index]


PIECES = (
    "<script> </style> <!-- ]]> ![ ]( ) [ x http://e.x/ ` ``` | a | |--| &lt; &#60; \" ' <a <http://e.x> javascript:"
    " data: * \\ # > -"
).split(" ")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, " ", "\n", "\n\n"]), max_size=24))
def test_no_markdown_gets_through_as_markup(pieces: list[str]) -> None:
    html = markup("".join(pieces))
    soup = parsed(html)
    assert not soup.find_all(("a", "style", "meta", "title", "html", "body"))


def text_of(_key: str, _section: int) -> None:
    return None


def read_pdf(content: bytes) -> tuple[int, str]:
    with library().open(stream=content, filetype="pdf") as document:
        assert not [link for page in document for link in page.get_links()]
        return document.page_count, "\n".join(page.get_text() for page in document)


def said(store: Store, answer: str, times: int = 1) -> SessionRecord:
    session = store.create()
    for _ in range(times):
        store.start_message(session, "user", text="Why?")
        store.finish_message(store.start_message(session, "assistant"), text=answer)
    return store.load(session)


def test_the_pdf_says_everything(store: Store) -> None:
    pages, text = read_pdf(export(store, build(store), "pdf"))
    assert pages >= 1
    words = " ".join(text.split())
    for expected in (
        "Question 1",
        "“Ships pay a fee of 12 shillings.” [✓ S1 p.1]",
        "[≈ S1 p.1]",
        "[? S1 p.1 not found]",
        "Found word for word",
        'code = "<b>"',
        "half an ans",
    ):
        assert expected in words, expected
    assert words.count("<script>alert(1)</script>") >= 5


@pytest.mark.parametrize(
    ("answer", "last"),
    [
        ("| a | b |\n|---|---|\n| " + "word " * 5000 + "last | x |", "last"),
        ("|" + " a |" * 60 + "\n|" + "---|" * 60 + "\n|" + " value |" * 59 + " last |", "last"),
        ("a" * 20_000 + " last", "last"),
        ("```\n" + "x = 1\n" * 2000 + "last\n```", "last"),
        ("&#0; \x00\x0b\x1b[0m\ufffe last", "last"),
        ("中文" * 5000 + " last", "last"),
    ],
    ids=["tall row", "wide table", "long word", "long code", "control characters", "ideographs"],
)
def test_whatever_an_answer_holds_becomes_pages(store: Store, answer: str, last: str) -> None:
    pages, text = read_pdf(to_pdf(said(store, answer), text_of))
    assert last in text
    assert pages < 60


def test_an_empty_session_is_a_page(store: Store) -> None:
    record = store.load(store.create("Nothing"))
    assert read_pdf(to_pdf(record, text_of))[0] == 1
    assert "None." in parsed(to_html(record, text_of)).get_text()


def test_a_dying_process_is_one_sentence(store: Store) -> None:
    killed: list[ExportProgress] = []

    def kill(page: ExportProgress) -> None:
        if not killed and page.pages:
            (child,) = (c for c in psutil.Process().children() if "app.core.export_pdf_child" in c.cmdline())
            child.kill()
            killed.append(page)

    with pytest.raises(ExportFailed, match=r"^The session could not be made a PDF: .*\.$") as caught:
        to_pdf(said(store, "word " * 3000, times=60), text_of, on_progress=kill)
    assert killed and "HTML" in caught.value.hint
    assert not [c for c in psutil.Process().children() if "app.core.export_pdf_child" in c.cmdline()]


def test_making_a_pdf_can_be_stopped(store: Store) -> None:
    pages: list[ExportProgress] = []
    with pytest.raises(Stopped):
        to_pdf(
            said(store, "word " * 3000, times=60),
            text_of,
            on_progress=pages.append,
            stop=lambda: sum(bool(p.pages) for p in pages) >= 2,
        )
    assert len(pages) < 300


def test_each_format_tells_how_far_it_is(store: Store) -> None:
    record = said(store, "word " * 300, times=9)
    questions: list[ExportProgress] = []
    to_html(record, text_of, on_progress=questions.append)
    assert [(state.done, state.total) for state in questions] == [(i, 9) for i in range(10)]
    pages: list[ExportProgress] = []
    to_pdf(record, text_of, on_progress=pages.append)
    assert [state.prepared for state in pages[:10]] == list(range(10))
    assert [state.pages for state in pages[10:]] == list(range(1, len(pages) - 9))
    shares = [state.share for state in pages]
    assert shares == sorted(shares) and shares[0] == 0 and 0.9 < shares[-1] <= 1
    assert [state.done for state in pages] == sorted(state.done for state in pages)
    assert pages[-1].total == 9


def test_making_a_page_of_html_can_be_stopped(store: Store) -> None:
    seen: list[ExportProgress] = []
    with pytest.raises(Stopped):
        to_html(
            said(store, "word", times=9), text_of, on_progress=seen.append, stop=lambda: bool(seen and seen[-1].done)
        )
    assert len(seen) == 2
