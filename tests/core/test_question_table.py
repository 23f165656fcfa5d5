"""A list of questions becomes a table: each document read once, failures in their cells, stopped and gone on with."""

from __future__ import annotations

import csv
import datetime
import io
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.core.answering import ModelReader, Settings
from app.core.combining import excerpts_of
from app.core.conversing import Conversing
from app.core.failures import Failure
from app.core.question_output import to_csv, to_markdown
from app.core.question_queue import QuestionQueue, QueueProgress, QueueTold
from app.core.question_table import Cell, QuestionListRefused, Questions, Row, Table, parse_questions
from app.core.recording import Recorder, open_session
from app.core.records import StoredCitation
from app.core.sessions import Store
from app.core.workspace import Entry, Workspace
from engine.backends.local import LocalBackend
from engine.errors import ContextError, ModelFileError
from ingest.document import Document, Section, Span
from ingest.open_path import open_paths
from tests.engine.asking import COMMAND, ROOT
from tests.ingest.pdfs import write_pdf

(POCKET,) = (ROOT / "resources" / "pocket").glob("plumbline-pocket-*.gguf")
DATE = datetime.date(2026, 3, 14)
LESSOR, END = "Who is the lessor?", "When does the lease end?"


@pytest.fixture(scope="module")
def backend() -> Iterator[LocalBackend]:
    """An engine that the tests share, as nothing that one of them did may change what the next one is told."""
    backend = LocalBackend(COMMAND)
    yield backend
    backend.close()


@pytest.fixture
def leases(tmp_path: Path) -> Workspace:
    """Three leases; one is a PDF with a page in front."""
    folder = tmp_path / "leases"
    folder.mkdir()
    (folder / "a.txt").write_text("A lease of a crane.\n\nThe lessor is Halloran Steel. The lease ends in 2031.\n")
    write_pdf(folder / "b.pdf", ["A lease of a quay.", "The lessor is Baltic Freight. The lease ends in 2029."])
    (folder / "c.txt").write_text("Nothing of that kind stands here.\n")
    return Workspace().add(open_paths([folder]).documents, [folder])


def settings(model: Path = POCKET, **changes: object) -> Settings:
    base = Settings(model, DATE, n_ctx=2048, threads=1, max_answer=48)
    return replace(base, **changes)  # type: ignore[arg-type]


class Heard:
    """What a queue told."""

    def __init__(self) -> None:
        self.progress: list[QueueProgress] = []
        self.cells: list[tuple[Row, int, Cell]] = []
        self.said: list[str] = []
        self.told = QueueTold(
            progress=self.progress.append, cell=lambda *cell: self.cells.append(cell), said=self.said.append
        )


def texts(table: Table) -> list[list[str]]:
    return [[cell.text if cell else "" for cell in row.cells] for row in table.rows]


def test_each_document_by_itself_then_combined(backend: LocalBackend, leases: Workspace) -> None:
    heard = Heard()
    asked = Questions((LESSOR, END), per_document=True, combine="{question}")
    table = QuestionQueue(Conversing(backend), leases, settings(), asked).run(heard.told)
    assert [(row.kind, row.entry.key if row.entry else None) for row in table.rows] == [
        ("document", "S1"),
        ("document", "S2"),
        ("document", "S3"),
        ("combined", None),
    ]
    first, second, third, combined = table.rows
    for row, name in ((first, "Halloran Steel"), (second, "Baltic Freight")):
        cell = row.cells[0]
        assert cell is not None and row.entry is not None
        assert name in cell.text
        (citation,) = cell.citations
        assert (citation.state, citation.key) == ("exact", row.entry.key)
        assert citation.section is not None
        words = row.entry.document.sections[citation.section].text[citation.start : citation.end]
        assert words == citation.quote
    assert second.cells[0] is not None and second.cells[0].citations[0].span.page == 2
    assert third.cells[0] is not None and not third.cells[0].citations
    # The last question has read quotes only, and still leads to the documents.
    last = combined.cells[0]
    assert last is not None and last.failure is None
    assert last.citations and all(c.state == "exact" for c in last.citations)
    for citation in last.citations:
        entry = next(e for e in leases.entries if e.key == citation.key)
        assert citation.section is not None
        text = entry.document.sections[citation.section].text
        assert text[citation.start : citation.end] == citation.quote
        assert citation.span.lines == (3, 3) if entry.name == "a.txt" else citation.span.page == 2
    assert (table.total, table.done + table.failed) == (8, 8)
    assert heard.progress[-1].tokens_read == table.tokens_read
    assert [p.done + p.failed for p in heard.progress] == sorted(p.done + p.failed for p in heard.progress)


def test_every_document_is_read_once(backend: LocalBackend, leases: Workspace) -> None:
    asked = Questions((LESSOR, END, "Who signed?"), per_document=True)
    table = QuestionQueue(Conversing(backend), leases, settings(), asked).run(QueueTold())
    for row in table.rows:
        first, *others = [cell.tokens for cell in row.cells if cell is not None]
        assert all(later["reused"] >= first["prefix"] for later in others)
    assert table.tokens_read == sum(cell.tokens["decoded"] for cell in table.cells)


def test_an_answer_is_what_the_question_alone_would_get(backend: LocalBackend, leases: Workspace) -> None:
    asked = Questions((LESSOR, END), per_document=True)
    table = QuestionQueue(Conversing(backend), leases, settings(), asked).run(QueueTold())
    backend.close()
    for row in table.rows:
        assert row.entry is not None
        for cell, question in zip(row.cells, asked.texts, strict=True):
            reader = ModelReader(backend, Workspace((row.entry,)), settings())
            reader.open([question])
            assert cell is not None and cell.text == reader.ask(question).text


def test_all_documents_together(backend: LocalBackend, leases: Workspace) -> None:
    table = QuestionQueue(Conversing(backend), leases, settings(), Questions((LESSOR, END))).run(QueueTold())
    (row,) = table.rows
    assert (row.kind, row.entry, table.done) == ("together", None, 2)
    first, second = row.cells
    assert first is not None and second is not None
    assert second.tokens["reused"] >= first.tokens["prefix"]


def test_a_document_over_budget_says_so_and_the_others_go_on(
    backend: LocalBackend, leases: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "long.txt").write_text("Many words stand here. " * 400)
    long = leases.add(open_paths([tmp_path / "long.txt"]).documents).reorder(["S4"])
    asked = Questions((LESSOR, "Who? " * 1500, END), per_document=True, combine="{question}")
    heard = Heard()
    table = QuestionQueue(Conversing(backend), long, settings(), asked).run(heard.told)
    kinds = [[cell.failure.kind if cell and cell.failure else "" for cell in row.cells] for row in table.rows]
    assert kinds[0] == ["over_budget"] * 3
    assert kinds[1:4] == [["", "over_budget", ""]] * 3
    assert kinds[4][0] == "" and "over_budget" not in kinds[4]
    assert "tokens too long" in table.rows[0].cells[0].failure.message  # type: ignore[union-attr]
    assert len(heard.cells) == table.total == 15


def test_a_source_that_changed_fails_its_own_row(backend: LocalBackend, tmp_path: Path) -> None:
    folder = tmp_path / "w"
    folder.mkdir()
    (folder / "a.log").write_text("".join(f"2026-03-14T10:00:00 INFO worker {i} is done\n" for i in range(50)))
    (folder / "b.txt").write_text("A lease of a crane.\n\nThe lessor is Halloran Steel. The lease ends in 2031.\n")
    workspace = Workspace().add(open_paths([folder]).documents, [folder])
    (folder / "a.log").write_text("another log\n")
    table = QuestionQueue(Conversing(backend), workspace, settings(), Questions((LESSOR,), per_document=True)).run(
        QueueTold()
    )
    changed, good = (row.cells[0] for row in table.rows)
    assert changed is not None and changed.failure is not None and changed.failure.kind == "source"
    assert good is not None and "Halloran" in good.text


def test_without_a_model_nothing_is_asked(backend: LocalBackend, leases: Workspace, tmp_path: Path) -> None:
    queue = QuestionQueue(Conversing(backend), leases, settings(tmp_path / "gone.gguf"), Questions((LESSOR,)))
    with pytest.raises(ModelFileError):
        queue.run(QueueTold())
    queue = QuestionQueue(Conversing(backend), leases, settings(n_ctx=10_000_000), Questions((LESSOR,)))
    with pytest.raises(ContextError):
        queue.run(QueueTold())


def test_stopped_it_keeps_what_is_done_and_goes_on_where_it_ended(
    backend: LocalBackend, leases: Workspace, tmp_path: Path
) -> None:
    asked = Questions((LESSOR, END), per_document=True, combine="{question}")
    whole = QuestionQueue(Conversing(backend), leases, settings(), asked).run(QueueTold())
    with Store.open(tmp_path / "s.db") as store:
        number, _ = open_session(store, "Leases", settings={})

        def run(stop_after: int) -> tuple[Table, Heard]:
            heard = Heard()
            saved = store.load(number)
            recorder = Recorder(store, number, on_trouble=pytest.fail)
            recorder.documents(saved.workspace, leases)
            queue = QuestionQueue(
                Conversing(backend), leases, settings(), asked, recorder=recorder, before=saved.messages
            )

            def progress(state: QueueProgress) -> None:
                heard.progress.append(state)
                if state.done - state.kept >= stop_after and state.question:
                    queue.cancel()

            with recorder:
                return queue.run(replace(heard.told, progress=progress)), heard

        first, _ = run(3)
        assert first.cancelled
        assert first.done == 3
        assert [cell is None for row in first.rows for cell in row.cells] == [False] * 3 + [True] * 5
        second, heard = run(99)
        assert not second.cancelled
        assert [cell.kept for cell in second.cells][:3] == [True] * 3
        assert heard.progress[-1].kept == 3
        assert texts(second) == texts(whole)
        assert [c.citations for c in second.cells] == [c.citations for c in whole.cells]
        third, _ = run(99)
        assert third.tokens_read == 0
        assert [cell.kept for cell in third.cells if cell.failure is None] == [True] * third.done
        # They are ordinary messages, each question with the document that it was asked of.
        finished = [m for m in store.load(number).messages if m.finished]
        questions = [m.text for m in finished if m.role == "user"]
        assert f"S2 b.pdf: {LESSOR}" in questions
        answers = {m.text for m in finished if m.role == "assistant"}
        assert answers == {cell.text for cell in second.cells if cell.failure is None}


def test_an_answer_that_was_stopped_in_the_middle_is_no_answer(
    backend: LocalBackend, leases: Workspace, tiny_llama: Path, tmp_path: Path
) -> None:
    asked = Questions((LESSOR,), per_document=True)
    chosen = settings(tiny_llama, n_ctx=4096, max_answer=2500)
    with Store.open(tmp_path / "s.db") as store:
        number, _ = open_session(store, None, settings={})
        recorder = Recorder(store, number, on_trouble=pytest.fail)
        recorder.documents(Workspace(), leases)
        queue = QuestionQueue(Conversing(backend), leases, chosen, asked, recorder=recorder)

        def progress(state: QueueProgress) -> None:
            # All of the document is read: words come from now on.
            if state.reading is not None and state.reading.done == state.reading.total:
                queue.cancel()

        with recorder:
            table = queue.run(QueueTold(progress=progress))
        assert table.cancelled
        assert not list(table.cells)
        assert not any(m.finished for m in store.load(number).messages if m.role == "assistant")


def test_what_was_answered_of_another_text_is_asked_again(
    backend: LocalBackend, leases: Workspace, tmp_path: Path
) -> None:
    asked = Questions((LESSOR,), per_document=True)
    with Store.open(tmp_path / "s.db") as store:
        number, _ = open_session(store, None, settings={})
        recorder = Recorder(store, number, on_trouble=pytest.fail)
        recorder.documents(Workspace(), leases)
        QuestionQueue(Conversing(backend), leases, settings(), asked, recorder=recorder).run(QueueTold())
        before = store.load(number).messages
    path = Path(leases.entries[0].document.path)
    path.write_text("A lease of a crane.\n\nThe lessor is Ostend Cranes. The lease ends in 2031.\n")
    changed = leases.add(open_paths([path]).documents)
    table = QuestionQueue(Conversing(backend), changed, settings(), asked, before=before).run(QueueTold())
    assert [cell.kept for cell in table.cells] == [False, True, True]
    assert "Ostend" in texts(table)[0][0]
    other = QuestionQueue(Conversing(backend), leases, settings(max_answer=47), asked, before=before)
    assert not any(cell.kept for cell in other.run(QueueTold()).cells)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_an_engine_that_dies_costs_a_sentence_and_no_answer(
    backend: LocalBackend, leases: Workspace, tmp_path: Path
) -> None:
    asked = Questions((LESSOR, END), per_document=True)
    whole = QuestionQueue(Conversing(backend), leases, settings(), asked).run(QueueTold())
    heard = Heard()
    written: list[str] = []

    class Killing(Recorder):
        """Ends the engine with the first words, and says what is in the file when the answer begins anew."""

        def add(self, text: str) -> None:
            super().add(text)
            self.flush()
            if not written and backend.pid is not None:
                written.append(store.load(number).messages[-1].text)
                os.kill(backend.pid, signal.SIGKILL)

        def begin_again(self) -> None:
            super().begin_again()
            written.append(store.load(number).messages[-1].text)

    with Store.open(tmp_path / "s.db") as store:
        number, _ = open_session(store, None, settings={})
        recorder = Killing(store, number, on_trouble=pytest.fail)
        recorder.documents(Workspace(), leases)
        table = QuestionQueue(Conversing(backend), leases, settings(), asked, recorder=recorder).run(heard.told)
        answers = [m.text for m in store.load(number).messages if m.role == "assistant"]
    assert written[0] and written[1:] == [""]
    assert len(heard.said) == 1
    assert texts(table) == texts(whole)
    assert answers == [text for row in texts(table) for text in row]


# Files of questions.


@pytest.mark.parametrize(
    ("raw", "questions"),
    [
        (b"one?\n\n# no question\n  two? \r\n", ("one?", "two?")),
        (b"\xef\xbb\xbfone?\n", ("one?",)),
        (b' ["one?", "two\\nlines?"]', ("one?", "two\nlines?")),
    ],
)
def test_a_list_is_lines_or_json(raw: bytes, questions: tuple[str, ...]) -> None:
    assert parse_questions(raw, "q.txt") == questions


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no question"),
        (b"# only remarks\n\n", "no question"),
        (b"\xff\xfe\x00", "no UTF-8"),
        (b"a\x00b", "bytes that no text has"),
        (b'["a?"', "begins like JSON and is none (line 1)"),
        (b"[" * 100_000, "begins like JSON"),
        (b'{"a": 1}', "no list"),
        (b'["a?", 7]', "item 2"),
        (b'["a?", " "]', "item 2"),
        (b'["\\ud800"]', "item 1"),
        (b"q?\n" * 10_001, "10,001 questions"),
    ],
)
def test_what_is_no_list_is_refused_in_a_sentence(raw: bytes, words: str) -> None:
    with pytest.raises(QuestionListRefused) as caught:
        parse_questions(raw, "q.txt")
    assert words in str(caught.value)
    assert "q.txt" in str(caught.value)
    assert "\n" not in str(caught.value)


# What the combination reads.


def _cited(key: str, section: int, start: int, end: int, state: str = "exact") -> StoredCitation:
    return StoredCitation(1, "", state, key=key, section=section, start=start, end=end)


def test_excerpts_are_whole_sentences_of_verified_quotes_alone() -> None:
    text = "One stands first. Two is the second one. Three ends it.\n\nFour is apart from them."
    sections = (Section("p. 4", Span(page=4), text), Section("p. 5", Span(page=5), text))
    entry = Entry("S7", "x.pdf", Document("/x.pdf", "pdf", "ok", sections=sections), pages=(5, 9))
    second = text.index("second")
    excerpts = excerpts_of(
        [entry],
        [
            _cited("S7", 1, second, second + 6),
            _cited("S7", 1, second + 7, second + 10, "near"),
            _cited("S7", 1, text.index("Four"), text.index("Four") + 4),
            _cited("S7", 1, 0, 3, "missing"),
            _cited("S7", 0, 0, 3),
            _cited("S8", 1, 0, 3),
        ],
    )
    (read,) = excerpts.workspace.entries
    assert read.key == "S7"
    assert [s.text for s in read.document.sections] == ["Two is the second one.", "Four is apart from them."]
    assert all(s.span.page == 5 for s in read.document.sections)
    assert [(o.section, o.start) for o in excerpts.origins["S7"]] == [(1, text.index("Two")), (1, text.index("Four"))]


# Files of answers.


HOSTILE = '=cmd|x <b>bold</b> [link](http://x) ![p](http://y) `a|b` \\| **no**\nsecond & "quoted" line'


def _table() -> Table:
    entry = Entry("S1", "a|b.txt", Document("/a|b.txt", "text", "ok"))
    citations = (
        StoredCitation(1, "some words", "exact", "S1 L1", "S1", 0, 3, 13, Span(lines=(2, 3))),
        StoredCitation(2, "other words", "missing", "S1 L9", found_elsewhere="b.txt, line 4"),
        StoredCitation(3, "said", "not_quoted"),
    )
    good = Cell(HOSTILE, "stop", citations)
    bad = Cell(failure=Failure("over_budget", "This is 5 tokens too long.", "Choose."))
    rows = (Row("document", entry, (good, bad)), Row("combined", None, (None, good)))
    return Table(Questions(("-1 or 2?", "What|now?"), per_document=True, combine="all?"), (entry,), rows)


def test_a_csv_holds_every_cell_and_no_formula() -> None:
    raw = to_csv(_table())
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["Key", "Document", "'-1 or 2?", "'-1 or 2? (citations)", "What|now?", "What|now? (citations)"]
    key, name, text, citations, failure, nothing = rows[1]
    assert (key, name, text, nothing) == ("S1", "a|b.txt", "'" + HOSTILE, "")
    assert citations.split("\n") == [
        "✓ a|b.txt (S1), lines 2 to 3: “some words”",
        "✗ S1 L9: “other words” (it stands in b.txt, line 4)",
        "– 1 statement without a quote",
    ]
    assert failure == "Not answered: This is 5 tokens too long."
    assert rows[2][:4] == ["", "Combined", "", ""]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


class _Cells(HTMLParser):
    """The tags of a page, and the text of each table cell."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.cells: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        if tag in ("td", "th"):
            self.cells.append("")
            self._inside = True
        if tag == "br":
            self.cells[-1] += "\n"

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.cells[-1] += data


def test_markdown_shows_every_cell_as_it_is_and_nothing_else() -> None:
    from markdown_it import MarkdownIt

    page = _Cells()
    html = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    page.feed(html.render(to_markdown(_table()).decode("utf-8")).split("</table>")[0])
    assert page.tags == {"table", "thead", "tbody", "tr", "th", "td", "br"}
    assert page.cells[:3] == ["Document", "-1 or 2?", "What|now?"]
    answer = page.cells[4]
    assert answer.startswith(HOSTILE + "\n✓ a|b.txt (S1), lines 2 to 3: “some words”")
    assert page.cells[5] == "Not answered: This is 5 tokens too long."
