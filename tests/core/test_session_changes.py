"""Branches, orders, removals and what a window wants back: saved as the workspace has them, keys never given twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from app.core import migrations
from app.core.database import connect, make_writable
from app.core.errors import MessageUnknown, SessionUnknown
from app.core.recording import Recorder
from app.core.records import RemovedDocument, SessionRecord, StoredCitation, StoredPassage
from app.core.sessions import Store
from app.core.workspace import Workspace
from ingest.document import Document, Place, Section, Span
from ingest.read_file import read_file
from ingest.source import Limits
from ingest.view import LogView, View


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "sessions.db") as opened:
        yield opened


def text(path: str, *parts: str) -> Document:
    sections = tuple(Section(f"part {i}", Span(lines=(i, i)), part) for i, part in enumerate(parts, 1))
    return Document(path, "text", "ok", sections=sections, sha256="ab" * 32)


def workspace() -> Workspace:
    places = (Place(0, 5, (1.0, 2.0, 3.0, 4.5)),)
    pdf = Document("/d/a.pdf", "pdf", "ok", sections=(Section("page 1", Span(page=1), "shared words", places),))
    return Workspace().add([pdf, text("/d/b.txt", "one", "two"), text("/d/c.txt", "only here: halyard")])


def turn(store: Store, session: int, question: str, *, finished: bool = True) -> int:
    store.start_message(session, "user", text=question)
    answer = store.start_message(session, "assistant")
    store.append_answer(answer, "The halyard")
    if finished:
        store.finish_message(
            answer,
            text=f"“halyard” [S3 p.1] to {question}",
            citations=[
                StoredCitation(
                    1, "halyard", "exact", "S3 p.1", "S3", 0, 11, 18, Span(lines=(1, 1)), answer_start=1, answer_end=8
                )
            ],
            passages=[StoredPassage(1, "S2", 1, 0, 3, Span(lines=(2, 2)), "two", 1.5)],
            tokens={"answer": 3},
            model={"name": "Scout"},
        )
    return answer


def content(record: SessionRecord) -> tuple[object, ...]:
    """What two sessions can have in common."""
    messages = tuple(replace(m, id=0) for m in record.messages)
    return record.system_prompt, record.settings, record.workspace, record.removed, messages, record.incomplete


def count(store: Store, table: str) -> int:
    plain = sqlite3.connect(store.path)
    number: int = plain.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    plain.close()
    return number


def test_a_branch_is_the_session_up_to_the_answer(store: Store) -> None:
    session = store.create("Bay", system_prompt="Be exact.", settings={"ctx": 4096})
    entries = workspace().add([Document("/d/x.log", "log", "empty", "Nothing in it.")]).entries
    store.add_documents(session, entries)
    store.set_included(session, ["S2"], included=False, pages=(1, 2))
    store.remove_documents(session, ["S4"])
    first = turn(store, session, "first")
    at_first = store.load(session)
    turn(store, session, "second", finished=False)
    texts = count(store, "texts")

    new = store.branch(session, first)

    assert content(store.load(new)) == content(at_first)
    assert store.summary(new).name == "Bay, branch"
    assert count(store, "texts") == texts
    assert {h.session for h in store.search("halyard first")} == {session, new}
    turn(store, new, "another way")
    assert len(store.load(session).messages) == 4
    assert store.load(new).workspace.add([text("/d/new.txt", "x")]).entries[-1].key == "S5"


def test_branches_of_branches_have_short_names(store: Store) -> None:
    session = store.create("Bay")
    answer = turn(store, session, "first")
    one = store.branch(session, answer)
    two = store.branch(one, store.load(one).messages[-1].id)
    store.branch(session, answer)
    assert [s.name for s in reversed(store.sessions())] == ["Bay", "Bay, branch", "Bay, branch 2", "Bay, branch 3"]
    assert content(store.load(two)) == content(store.load(session))


def test_an_answer_that_was_cut_off_is_branched_as_it_is(store: Store) -> None:
    session = store.create()
    answer = turn(store, session, "first", finished=False)
    new = store.load(store.branch(session, answer))
    assert [(m.text, m.finished) for m in new.messages] == [("first", True), ("The halyard", False)]


def test_only_what_the_session_holds_can_be_branched(store: Store) -> None:
    one, two = store.create(), store.create()
    answer = turn(store, one, "first")
    for session, message in ((two, answer), (one, answer + 1), (one, 1 << 80)):
        with pytest.raises(MessageUnknown, match=str(message)):
            store.branch(session, message)
    with pytest.raises(SessionUnknown):
        store.branch(999, answer)
    assert len(store.sessions()) == 2


def test_a_branch_outlives_its_origin(store: Store) -> None:
    session = store.create("Bay")
    store.add_documents(session, workspace().entries)
    new = store.branch(session, turn(store, session, "first"))
    store.remove_documents(session, ["S1", "S2", "S3"])
    assert store.load(new).workspace == workspace()


def test_an_order_is_saved_and_keys_stay(store: Store) -> None:
    session = store.create()
    store.add_documents(session, workspace().entries)
    store.set_order(session, ["S3", "S1", "S2"])
    assert store.load(session).workspace == workspace().reorder(["S3", "S1", "S2"])
    store.set_order(session, ["S2", "S9"])
    assert [e.key for e in store.load(session).workspace.entries] == ["S2", "S3", "S1"]
    store.add_documents(session, workspace().add([text("/d/d.txt", "d")]).entries[-1:])
    assert [e.key for e in store.load(session).workspace.entries] == ["S2", "S3", "S1", "S4"]


def test_what_is_removed_leaves_citations_and_nothing_else(store: Store) -> None:
    session, other = store.create("Bay"), store.create("Other")
    store.add_documents(session, workspace().entries)
    store.add_documents(other, workspace().entries[:1])
    turn(store, session, "first")
    before = store.load(session).messages

    store.remove_documents(session, ["S1", "S3", "S9"])

    record = store.load(session)
    assert [e.key for e in record.workspace.entries] == ["S2"]
    assert record.removed == (
        RemovedDocument("S1", "a.pdf", "/d/a.pdf", "pdf", None),
        RemovedDocument("S3", "c.txt", "/d/c.txt", "text", "ab" * 32),
    )
    assert record.messages == before
    assert "1. [S3 p.1] found word for word in c.txt (S3, taken out), line 1" in store.export_markdown(session)
    assert store.search("only here") == []
    assert [h.session for h in store.search("shared words")] == [other]
    assert count(store, "texts") == 3


def test_keys_of_removed_documents_are_never_given_again(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    with Store.open(path) as store:
        session = store.create()
        store.add_documents(session, workspace().entries)
        store.remove_documents(session, ["S2", "S3"])
    with Store.open(path) as store:
        assert store.load(session).workspace.add([text("/d/new.txt", "new")]).entries[-1].key == "S4"


def test_a_removal_can_be_undone(store: Store) -> None:
    session = store.create()
    store.add_documents(session, workspace().entries)
    store.remove_documents(session, ["S1"])
    with Recorder(store, session, on_trouble=pytest.fail) as recorder:
        recorder.documents(workspace().without(["S1"]), workspace())
    record = store.load(session)
    assert record.workspace == workspace()
    assert record.removed == ()


def test_the_recorder_saves_order_and_removals(store: Store) -> None:
    session = store.create()
    states = [Workspace(), workspace()]
    states.append(states[-1].without(["S2"]).reorder(["S3", "S1"]))
    states.append(states[-1].add([text("/d/d.txt", "d")]).reorder(["S4"]).set_included(["S1"], False))
    states.append(states[-1].add([text("/d/b.txt", "b again")]).set_pages("S3", (1, 2)))
    with Recorder(store, session, on_trouble=pytest.fail) as recorder:
        for before, now in pairwise(states):
            recorder.documents(before, now)
            assert store.load(session).workspace == now
    assert [e.key for e in states[-1].entries] == ["S4", "S3", "S1", "S5"]


def test_a_window_gets_back_what_it_saved(store: Store) -> None:
    session = store.create()
    assert store.load(session).view == {}
    changed = store.summary(session).changed
    view = {"scroll": 0.25, "source": "S3", "open": ["S1"], "splitter": None}
    store.set_view(session, view)
    assert store.load(session, with_text=False).view == view
    assert store.summary(session).changed == changed
    with pytest.raises(SessionUnknown):
        store.set_view(999, {})


def test_one_section_is_read_alone(store: Store) -> None:
    session = store.create()
    store.add_documents(session, workspace().entries)
    assert store.text(session, "S2", 1) == "two"
    assert store.text(session, "S2", 2) is store.text(session, "S9", 0) is None
    hit = next(h for h in store.search("halyard") if h.place == "document")
    assert hit.key is not None and hit.section is not None
    assert "halyard" in str(store.text(hit.session, hit.key, hit.section))


def test_lines_of_html_lead_back_after_loading(store: Store, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<html>\n<body>\n\n<p>One.</p>\n<!-- between\n-->\n<p>Two\nwords.</p></body></html>\n")
    document = read_file(str(page), Limits(1_000_000, 1_000_000), lambda done: None)
    assert isinstance(document, Document)
    session = store.create()
    store.add_documents(session, Workspace().add([document]).entries)
    (section,) = store.load(session).workspace.entries[0].document.sections
    at = section.text.index("Two")
    assert section.locate(at, at + 3) == document.sections[0].locate(at, at + 3) == Span(lines=(7, 7))


def test_an_older_file_knows_its_last_key_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    connection = connect(path)
    make_writable(connection)
    migrations.migrate(connection, path, migrations.MIGRATIONS[:3])
    connection.executemany(
        "INSERT INTO sessions (id, name, created, changed) VALUES (?, ?, '2026-01-01T00:00:00+00:00', '')",
        [(1, "old"), (2, "bare")],
    )
    connection.execute("UPDATE sessions SET changed = created")
    for key in ("S2", "S10", "S9"):
        connection.execute(
            "INSERT INTO documents (session_id, position, key, name, path, kind, status, size, mtime_ns, included)"
            " VALUES (1, 0, ?, 'n', '/n', 'text', 'ok', 0, 0, 1)",
            (key,),
        )
    connection.close()
    with Store.open(path) as store:
        assert [store.load(n).workspace.last_key for n in (1, 2)] == [10, 0]


def test_text_kept_of_a_log_is_not_taken_for_what_another_view_of_it_says(store: Store, tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    log.write_text("2026-03-14 06:41:17 WARN switch stale\n" * 2000, "utf-8")
    document = read_file(str(log), Limits(10**9, 10**9), lambda _: None)
    assert isinstance(document, Document)
    assert not isinstance(document.sections[0].body, str)
    session = store.create("A")
    before = Workspace().add([document])
    store.add_documents(session, before.entries)
    store.keep_text(session, "S1", {0: document.sections[0].text})
    same = replace(document, size=document.size)
    store.add_documents(session, before.add([same]).entries)
    assert store.text(session, "S1", 0) == document.sections[0].text
    store.add_documents(session, before.add([replace(document, view=View(log=LogView(fold=True)))]).entries)
    assert store.text(session, "S1", 0) is None
