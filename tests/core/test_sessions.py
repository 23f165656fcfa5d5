"""What is saved comes back as it was, in every script, and can be found, renamed, deleted and exported."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.errors import NameTaken, SessionUnknown
from app.core.records import StoredCitation, StoredPassage, TextNotKept
from app.core.sessions import Store
from app.core.workspace import Workspace
from ingest.document import Document, Place, Section, Span
from ingest.errors import SourceGone

LANGUAGES = Path(__file__).parents[1] / "data" / "languages.txt"


@dataclass(frozen=True)
class Stretch:
    text: str

    def read(self) -> str:
        return self.text


def page(number: int, text: str) -> Section:
    place = Place(0, len(text), (72.0, 36.123456789, 500.5, 48.0))
    return Section(f"page {number}", Span(page=number, rects=(place.rect,)), text, (place,))


def workspace() -> Workspace:
    pdf = Document(
        "/files/bay.pdf", "pdf", "ok", sections=(page(1, "Ships report."), page(2, "Ships pay a fee.")), size=9
    )
    code = Document(
        "/files/a.py", "code", "repaired", "Read as Latin-1.", (Section("a.py", Span(lines=(1, 2)), "a = 1\nb = 2"),)
    )
    log = Document(
        "/files/x.log",
        "log",
        "ok",
        sections=(
            Section("lines 1 to 2", Span(lines=(1, 2), bytes=(0, 20)), Stretch("10:00 start\n10:01 ok")),
            Section("lines 3 to 4", Span(lines=(3, 4), bytes=(20, 50)), Stretch("10:02 overload\n10:03 stop")),
        ),
        sha256="aa" * 32,
        mtime_ns=5,
    )
    return Workspace().add([pdf, code, log])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "sessions.db") as opened:
        yield opened


def test_documents_come_back_as_they_were(store: Store) -> None:
    entries = workspace().entries
    session = store.create("Bay", system_prompt="Be exact.", settings={"ctx": 4096, "kv": "q8_0"})
    store.add_documents(session, entries)
    store.set_included(session, ["S2"], included=False)
    store.set_included(session, ["S1"], included=True, pages=(2, 2))

    record = store.load(session)

    assert record.system_prompt == "Be exact."
    assert record.settings == {"ctx": 4096, "kv": "q8_0"}
    assert record.workspace.last_key == 3
    pdf, code, log = record.workspace.entries
    assert pdf == replace(entries[0], pages=(2, 2))
    assert code == replace(entries[1], included=False)
    assert record.incomplete == ("S3",)
    assert [s.span for s in log.document.sections] == [s.span for s in entries[2].document.sections]
    assert all(isinstance(s.body, TextNotKept) for s in log.document.sections)
    with pytest.raises(SourceGone, match=r"x\.log"):
        log.document.sections[0].body.read()  # type: ignore[union-attr]
    assert store.load(session, with_text=False).workspace.entries[0].document.sections == ()


def test_prompted_log_text_is_kept_even_when_the_same_file_is_added_again(store: Store) -> None:
    entries = workspace().entries
    session = store.create()
    store.add_documents(session, entries)
    store.keep_text(session, "S3", {1: "10:02 overload\n10:03 stop"})
    store.add_documents(session, entries)
    record = store.load(session)
    assert [e.key for e in record.workspace.entries] == ["S1", "S2", "S3"]
    first, second = record.workspace.entries[2].document.sections
    assert isinstance(first.body, TextNotKept)
    assert second.text == "10:02 overload\n10:03 stop"

    changed = replace(entries[2], document=replace(entries[2].document, sha256="bb" * 32))
    store.add_documents(session, [changed])
    assert isinstance(store.load(session).workspace.entries[2].document.sections[1].body, TextNotKept)


def test_a_path_that_is_no_unicode_comes_back(store: Store) -> None:
    path = "/files/caf\udce9.txt"
    session = store.create()
    store.add_documents(session, Workspace().add([Document(path, "text", "empty", "Nothing in it.")]).entries)
    assert store.load(session).workspace.entries[0].document.path == path


def test_the_same_text_is_stored_once(store: Store) -> None:
    for name in ("one", "two"):
        store.add_documents(store.create(name), workspace().entries)
    with sqlite3.connect(store.path) as plain:
        assert plain.execute("SELECT count(*) FROM texts").fetchone() == (3,)
        assert plain.execute("SELECT count(*) FROM sections").fetchone() == (10,)
    plain.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), max_size=4))
def test_any_text_comes_back_and_is_found(store: Store, texts: list[str]) -> None:
    session = store.create()
    document = Document("/t", "text", "ok", sections=tuple(Section("", Span(lines=(1, 1)), t) for t in texts))
    store.add_documents(session, Workspace().add([document]).entries)
    loaded = store.load(session).workspace.entries[0].document
    assert [s.text for s in loaded.sections] == texts
    for position, text in enumerate(texts):
        for word in text.split()[:2]:
            hits = store.search(word, 1000)
            assert (session, position) in {(h.session, h.section) for h in hits}


def conversation(store: Store, session: int) -> int:
    store.start_message(session, "user", text="How much is the fee?")
    answer = store.start_message(session, "assistant")
    for piece in ("The fee ", "is 12."):
        store.append_answer(answer, piece)
    store.finish_message(
        answer,
        text="“Ships pay a fee.” [S1 p.2]",
        citations=[
            StoredCitation(
                1, "Ships pay a fee.", "exact", "S1 p.2", "S1", 1, 0, 16, Span(page=2, rects=((1, 2, 3, 4),))
            ),
            StoredCitation(2, "Ships report.", "missing", "S1 p.2", found_elsewhere="S1 p.1"),
        ],
        passages=[StoredPassage(1, "S2", 0, 0, 5, Span(lines=(1, 1)), "a = 1", 2.5)],
        tokens={"prefix": 10, "answer": 4},
        seconds={"total": 0.5},
        model={"name": "Scout", "path": Path("/m.gguf")},
    )
    return answer


def test_a_conversation_comes_back_with_its_support(store: Store) -> None:
    session = store.create("Bay")
    store.add_documents(session, workspace().entries)
    answer = conversation(store, session)
    question, reply = store.load(session).messages
    assert (question.role, question.text, question.finished) == ("user", "How much is the fee?", True)
    assert (reply.id, reply.text, reply.finished) == (answer, "“Ships pay a fee.” [S1 p.2]", True)
    assert reply.tokens == {"prefix": 10, "answer": 4}
    assert reply.timings == {"total": 0.5}
    assert reply.model == {"name": "Scout", "path": "/m.gguf"}
    assert [c.state for c in reply.citations] == ["exact", "missing"]
    assert reply.citations[0].span == Span(page=2, rects=((1, 2, 3, 4),))
    assert reply.citations[1].found_elsewhere == "S1 p.1"
    assert reply.passages[0].text == "a = 1"
    assert reply.passages[0].span == Span(lines=(1, 1))


def test_an_answer_that_was_cut_off_is_kept_and_found(store: Store) -> None:
    session = store.create()
    answer = store.start_message(session, "assistant")
    store.append_answer(answer, "The halyard ")
    store.append_answer(answer, "broke")
    (message,) = store.load(session).messages
    assert (message.text, message.finished) == ("The halyard broke", False)
    assert [h.message for h in store.search("HALYARD broke")] == [answer]
    assert "interrupted" in store.export_markdown(session)


def test_a_finished_or_unknown_answer_takes_nothing_more(store: Store) -> None:
    answer = conversation(store, store.create())
    with pytest.raises(SessionUnknown):
        store.append_answer(answer, "more")
    with pytest.raises(SessionUnknown):
        store.finish_message(answer + 1, text="x")


def test_lone_surrogates_in_a_question_do_not_stop_saving(store: Store) -> None:
    session = store.create("a\udc80")
    store.start_message(session, "user", text="what\ud800 is\0 this")
    assert store.load(session).messages[0].text == "what\\ud800 is\0 this"


def test_names(store: Store) -> None:
    first, second = store.create("  Harbour \n fees "), store.create()
    assert [s.name for s in store.sessions()] == ["Session 1", "Harbour fees"]
    assert store.find("Harbour fees") == first == store.find(first) == store.find(str(first))
    assert store.open_or_create("Harbour fees") == (first, False)
    third, created = store.open_or_create("New")
    assert created and third not in (first, second)
    with pytest.raises(NameTaken, match="Harbour fees"):
        store.create("Harbour fees")
    with pytest.raises(NameTaken, match="Harbour fees"):
        store.rename(second, "Harbour fees")
    with pytest.raises(NameTaken):
        store.rename(second, " \t ")
    store.rename(second, "Crane")
    store.rename(second, "Crane")
    assert store.find("Crane") == second
    for unknown in ("nothing", 999, 1 << 80, "999"):
        with pytest.raises(SessionUnknown, match=str(unknown)):
            store.find(unknown)
    with pytest.raises(SessionUnknown):
        store.add_documents(999, workspace().entries)


def test_a_deleted_session_can_be_brought_back(store: Store) -> None:
    session = store.create("Bay")
    store.start_message(session, "user", text="capstan")
    store.delete(session)
    assert store.sessions() == []
    assert store.search("capstan") == []
    assert [s.id for s in store.sessions(deleted=True)] == [session]
    again = store.create("Bay")
    store.undo_delete(session)
    assert {s.id: s.name for s in store.sessions()} == {again: "Bay", session: "Bay 1"}
    assert [h.session for h in store.search("capstan")] == [session]


def test_sessions_deleted_long_ago_leave_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    with Store.open(path) as store:
        empty = _everything(path)
        kept, old, recent = store.create("kept"), store.create("old"), store.create("recent")
        shared = Document("/s", "text", "ok", sections=(Section("", Span(lines=(1, 1)), "shared words"),))
        store.add_documents(kept, Workspace().add([shared]).entries)
        store.add_documents(old, Workspace().add([shared]).add(e.document for e in workspace().entries).entries)
        conversation(store, old)
        store.remove_documents(old, ["S2"])
        store.delete(old)
        store.delete(recent)
    _shift_deletion(path, old, days=31)
    _shift_deletion(path, recent, days=29)
    with Store.open(path) as store:
        assert [s.id for s in store.sessions(deleted=True)] == [recent]
        with pytest.raises(SessionUnknown):
            store.load(old)
        assert store.search("shared words")[0].session == kept
        store.delete(kept)
    _shift_deletion(path, kept, days=31)
    _shift_deletion(path, recent, days=31)
    with Store.open(path):
        assert _everything(path) == empty


def _everything(path: Path) -> dict[str, int]:
    plain = sqlite3.connect(path)
    parts = ("citations", "passages", "removed_documents")
    tables = ("sessions", "documents", "sections", "texts", "messages", *parts)
    counts = {t: plain.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables}
    for index in ("text_index", "message_index"):
        plain.execute(f"CREATE VIRTUAL TABLE temp.{index}_words USING fts5vocab('main', '{index}', 'row')")
        counts[index] = plain.execute(f"SELECT count(*) FROM temp.{index}_words").fetchone()[0]
    plain.close()
    return counts


def _shift_deletion(path: Path, session: int, *, days: int) -> None:
    moment = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days)
    with sqlite3.connect(path) as plain:
        plain.execute("UPDATE sessions SET deleted_at = ? WHERE id = ?", (moment.isoformat(), session))
    plain.close()


def test_pinned_sessions_come_first_then_the_last_changed(store: Store) -> None:
    a, b, c = (store.create(name) for name in "abc")
    store.configure(a, system_prompt="x", settings={"n": 1})
    store.set_pinned(b, True)
    assert [s.id for s in store.sessions()] == [b, a, c]
    assert store.load(a).system_prompt == "x"
    assert store.load(a).settings == {"n": 1}


def test_search_finds_every_language(store: Store) -> None:
    session = store.create("All")
    blocks = LANGUAGES.read_text(encoding="utf-8").split("\n# ")
    sections = tuple(Section(b.split("\n")[0].lstrip("# "), Span(lines=(i, i)), b) for i, b in enumerate(blocks, 1))
    store.add_documents(session, Workspace().add([Document("/l", "text", "ok", sections=sections)]).entries)
    for section in sections:
        word = max(section.text.split("\n", 1)[1].split()[:12], key=len)
        hits = store.search(word)
        assert section.label in [hit.label for hit in hits], word
        assert all(hit.place == "document" and hit.key == "S1" for hit in hits)


@pytest.mark.parametrize("text", ['"', "AND", "NEAR(a b)", "body:x", "*", "(", "a OR b", "''", "x'y\"z", "-", "^a"])
def test_search_reads_no_operators(store: Store, text: str) -> None:
    session = store.create("Operators")
    other = store.create("Other")
    store.start_message(other, "user", text="plain words without any of them")
    message = store.start_message(session, "user", text=f"before {text} after")
    assert message in [hit.message for hit in store.search(text)]
    assert [hit.message for hit in store.search(f"before {text} after")] == [message]


def test_search_takes_short_words_and_names(store: Store) -> None:
    session = store.create("Übersicht 7")
    store.start_message(session, "user", text="Wo ist ein Ei?")
    store.start_message(session, "user", text="Die große STRASSE")
    assert [h.place for h in store.search("üb")] == ["name"]
    assert [h.snippet for h in store.search("EI?")] == ["Wo ist ein Ei?"]
    assert [h.snippet for h in store.search("große straße")] == ["Die große STRASSE"]
    assert store.search("ei nicht") == []
    assert store.search("  ") == []
    assert len(store.search("i", limit=2)) == 2


def test_each_hit_can_be_opened(store: Store) -> None:
    session = store.create("Harbour capstan")
    store.add_documents(session, workspace().entries)
    store.start_message(session, "user", text="Where is the capstan?")
    answer = store.start_message(session, "assistant")
    store.finish_message(answer, text="The capstan is in the bay; ships report.")
    name, said, asked = sorted(store.search("capstan"), key=lambda hit: ("name", "answer", "question").index(hit.place))
    assert (name.session, name.session_name, name.message) == (session, "Harbour capstan", None)
    texts = {m.id: m.text for m in store.load(session, with_text=False).messages}
    assert said.message == answer and asked.message is not None
    assert texts[asked.message] == "Where is the capstan?"
    (page,) = (hit for hit in store.search("ships report") if hit.place == "document")
    assert (page.session, page.key, page.section) == (session, "S1", 0)
    store.rename(session, "Crane")
    assert {hit.place for hit in store.search("capstan")} == {"question", "answer"}
    assert [hit.place for hit in store.search("crane")] == ["name"]


def test_snippets_show_the_words(store: Store) -> None:
    session = store.create()
    store.start_message(session, "user", text="filler " * 100 + "the\n brass   sextant " + "filler " * 100)
    (hit,) = store.search("brass sextant")
    assert hit.snippet.startswith("… ")
    assert hit.snippet.endswith(" …")
    assert "the brass sextant filler" in hit.snippet


def test_export_says_everything_in_words(store: Store) -> None:
    session = store.create("Bay")
    store.add_documents(session, workspace().entries)
    store.set_included(session, ["S3"], included=False)
    conversation(store, session)
    text = store.export_markdown(session)
    for expected in (
        "# Bay\n",
        "- **S1** bay.pdf (pdf): `/files/bay.pdf`",
        "`/files/a.py` Read as Latin-1.",
        "left out",
        "> How much is the fee?",
        "“Ships pay a fee.” [S1 p.2]",
        "1. [S1 p.2] found word for word in bay.pdf (S1), page 2\n\n   > Ships pay a fee.",
        "NOT FOUND in the place it names; it stands in S1 p.1",
        "1. a.py (S2), line 1\n\n   > a = 1",
        "*Model: Scout*",
    ):
        assert expected in text
