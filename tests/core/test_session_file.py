"""The file that holds all sessions: brought up to date, shared by processes, refused in one sentence, never spoiled."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.core import migrations
from app.core.database import connect, make_writable
from app.core.errors import (
    CoreError,
    StoreDamaged,
    StoreForeign,
    StoreFull,
    StoreLocked,
    StoreNewer,
    StoreReadOnly,
)
from app.core.failures import describe
from app.core.paths import database_path, log_dir
from app.core.sessions import Store
from app.core.workspace import Workspace
from ingest.document import Document, Section, Span

ROOT = Path(__file__).parents[2]


def one_sentence(error: CoreError) -> None:
    text = str(error)
    assert text.endswith(".") and "\n" not in text and "Traceback" not in text
    failure = describe(error)
    assert failure is not None and failure.message == text and failure.hint


def filled(path: Path) -> Path:
    with Store.open(path) as store:
        session = store.create("Bay")
        sections = tuple(
            Section(f"{i}", Span(lines=(i, i)), f"line {i} {os.urandom(2000).hex()}") for i in range(1, 60)
        )
        store.add_documents(session, Workspace().add([Document("/a", "text", "ok", sections=sections)]).entries)
        store.start_message(session, "user", text="What?")
    return path


def test_the_file_lies_where_the_platform_or_the_user_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLUMBLINE_DATA", raising=False)
    assert database_path().name == "plumbline.db"
    assert "plumbline" in database_path().parent.parts[-1]
    monkeypatch.setenv("PLUMBLINE_DATA", str(tmp_path / "new" / "folder"))
    assert log_dir() == tmp_path / "new" / "folder" / "log"
    with Store.open() as store:
        assert store.path == tmp_path / "new" / "folder" / "plumbline.db"
        assert store.path.exists()


def test_migrations_are_recorded_and_run_once(tmp_path: Path) -> None:
    path = filled(tmp_path / "s.db")
    with sqlite3.connect(path) as plain:
        names = [name for (name,) in plain.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]
    plain.close()
    assert names == [m.__name__ for m in migrations.MIGRATIONS]
    with Store.open(path) as store:
        assert [s.name for s in store.sessions()] == ["Bay"]


def test_each_version_is_brought_up_to_date_with_its_data(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    _apply(path, migrations.MIGRATIONS[:1])
    with sqlite3.connect(path) as plain:
        plain.execute("INSERT INTO sessions (name, created, changed) VALUES ('old', '2026-01-01T00:00:00+00:00', '')")
        plain.execute("UPDATE sessions SET changed = created")
    plain.close()
    with Store.open(path) as store:
        session = store.find("old")
        store.start_message(session, "user", text="still there")
        assert [h.session for h in store.search("still")] == [session]


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = filled(tmp_path / "s.db")
    before = _dump(path)

    def adds_a_table(db: object) -> None:
        db.executescript("CREATE TABLE half (x); INSERT INTO half VALUES (1);")  # type: ignore[attr-defined]

    def breaks(db: object) -> None:
        db.executescript("ALTER TABLE sessions ADD COLUMN colour; INSERT INTO nowhere VALUES (1);")  # type: ignore[attr-defined]

    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        _apply(path, (*migrations.MIGRATIONS, adds_a_table, breaks))
    assert _dump(path) == before


def test_a_newer_file_is_refused_and_not_written(tmp_path: Path) -> None:
    path = filled(tmp_path / "s.db")

    def of_tomorrow(db: object) -> None:
        db.executescript("CREATE TABLE tomorrow (x)")  # type: ignore[attr-defined]

    _apply(path, (*migrations.MIGRATIONS, of_tomorrow))
    before = path.read_bytes()
    with pytest.raises(StoreNewer, match=r"newer version.*of_tomorrow") as caught:
        Store.open(path)
    one_sentence(caught.value)
    assert path.read_bytes() == before


def _apply(path: Path, which: tuple[migrations.Migration, ...]) -> None:
    connection = connect(path)
    make_writable(connection)
    try:
        migrations.migrate(connection, path, which)
    finally:
        connection.close()


def _dump(path: Path) -> list[str]:
    plain = sqlite3.connect(path)
    lines = [str(row) for row in plain.execute("SELECT * FROM sqlite_master")] + list(plain.iterdump())
    plain.close()
    return lines


def _text(path: Path) -> None:
    path.write_text("Dear diary, " * 1000)


def _half_a_header(path: Path) -> None:
    path.write_bytes(filled(path).read_bytes()[:60])


def _cut(path: Path) -> None:
    path.write_bytes(filled(path).read_bytes()[: 3 * 4096 + 100])


def _overwritten(path: Path) -> None:
    raw = bytearray(filled(path).read_bytes())
    raw[100:4096] = os.urandom(3996)
    path.write_bytes(raw)


@pytest.mark.parametrize("spoil", [_text, _half_a_header, _cut, _overwritten])
def test_a_damaged_file_is_refused_and_left_alone(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    path = tmp_path / "s.db"
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(StoreDamaged, match=str(path)) as caught:
        Store.open(path)
    one_sentence(caught.value)
    assert path.read_bytes() == before


def test_damage_found_later_is_said_as_well(tmp_path: Path) -> None:
    path = filled(tmp_path / "s.db")
    plain = sqlite3.connect(path)
    roots = plain.execute("SELECT rootpage FROM sqlite_master WHERE name IN ('sections', 'texts')").fetchall()
    plain.close()
    raw = bytearray(path.read_bytes())
    for (root,) in roots:
        raw[(root - 1) * 4096 : root * 4096] = b"\xff" * 4096
    path.write_bytes(raw)
    with Store.open(path) as store:
        assert [s.name for s in store.sessions()] == ["Bay"]
        with pytest.raises(StoreDamaged) as caught:
            store.load(store.find("Bay"))
        one_sentence(caught.value)


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "photos.db"
    with sqlite3.connect(path) as plain:
        plain.execute("CREATE TABLE photos (name)")
    plain.close()
    before = path.read_bytes()
    with pytest.raises(StoreForeign) as caught:
        Store.open(path)
    one_sentence(caught.value)
    assert path.read_bytes() == before


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.db").mkdir()
    with pytest.raises(StoreReadOnly) as caught:
        Store.open(tmp_path / "s.db")
    one_sentence(caught.value)
    (tmp_path / "file").touch()
    with pytest.raises(StoreReadOnly) as caught:
        Store.open(tmp_path / "file" / "s.db")
    one_sentence(caught.value)


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Root may write anything, so give that up for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")
def test_a_read_only_file_is_refused_and_left_alone() -> None:
    import tempfile

    # Not under tmp_path, whose parents only its owner may enter.
    with tempfile.TemporaryDirectory() as folder:
        path = filled(Path(folder) / "s.db")
        before = path.read_bytes()
        path.chmod(0o444)
        path.parent.chmod(0o555)
        with _as_nobody():
            with pytest.raises(StoreReadOnly, match=r"s\.db") as caught:
                Store.open(path)
            with pytest.raises(StoreReadOnly):
                Store.open(path.parent / "new" / "s.db")
        path.parent.chmod(0o755)
        one_sentence(caught.value)
        assert path.read_bytes() == before


def test_a_locked_file_is_said_to_be_locked(tmp_path: Path) -> None:
    path = filled(tmp_path / "s.db")
    other = sqlite3.connect(path, isolation_level=None)
    with Store.open(path, busy_seconds=0.05) as store:
        other.execute("BEGIN IMMEDIATE")
        assert [s.name for s in store.sessions()] == ["Bay"]
        with pytest.raises(StoreLocked) as caught:
            store.create("another")
        other.execute("ROLLBACK")
        store.create("another")
    one_sentence(caught.value)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreLocked):
        Store.open(path, busy_seconds=0.05)
    other.close()


def test_a_full_disk_keeps_what_was_saved(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db") as store:
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages + 40}")
        _fill(store)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("mount"), reason="mounting needs root"
)
def test_a_really_full_disk_keeps_what_was_saved(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("this root may not mount")
    try:
        with Store.open(disk / "s.db") as store:
            _fill(store)
        with Store.open(disk / "s.db") as store:
            assert len(store.load(store.find("Bay")).messages) > 1
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def _fill(store: Store) -> None:
    session = store.create("Bay")
    saved: list[str] = []

    def save_until_full() -> None:
        for _ in range(1000):
            text = os.urandom(4000).hex()
            store.start_message(session, "user", text=text)
            saved.append(text)

    with pytest.raises(StoreFull, match="full") as caught:
        save_until_full()
    one_sentence(caught.value)
    assert saved
    assert [m.text for m in store.load(session).messages] == saved
    assert store._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


WRITER = """
import sys
from pathlib import Path
from app.core.sessions import Store
from app.core.workspace import Workspace
from ingest.document import Document, Section, Span
path, name = Path(sys.argv[1]), sys.argv[2]
sys.stdin.readline()
with Store.open(path) as store:
    session, _ = store.open_or_create("shared")
    for i in range(30):
        store.start_message(session, "user", text=f"{name} {i}")
        answer = store.start_message(session, "assistant")
        store.append_answer(answer, f"{name} ")
        store.append_answer(answer, f"answer {i}")
        store.finish_message(answer, text=f"{name} answer {i}")
print("done")
"""


def test_two_processes_work_on_the_same_session_from_its_creation_on(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    children = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("left", "right")
    ]
    outputs: dict[int, tuple[str, str]] = {}
    waiting = [
        threading.Thread(target=lambda i=i, c=c: outputs.update({i: c.communicate("go\n")}))
        for i, c in enumerate(children)
    ]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join()
    assert [outputs[i] for i in (0, 1)] == [("done\n", ""), ("done\n", "")]
    with Store.open(path) as store:
        (summary,) = store.sessions()
        messages = store.load(summary.id).messages
        assert len(messages) == 120
        assert all(m.finished for m in messages)
        for name in ("left", "right"):
            own = [m.text for m in messages if m.text.startswith(name)]
            assert own == [t for i in range(30) for t in (f"{name} {i}", f"{name} answer {i}")]


def test_what_one_process_saves_another_sees(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db") as one, Store.open(tmp_path / "s.db") as two:
        session = one.create("Bay")
        answer = one.start_message(session, "assistant")
        one.append_answer(answer, "half")
        assert two.load(session).messages[0].text == "half"
        two.rename(session, "Cove")
        assert one.find("Cove") == session


def test_a_large_document_keeps_nobody_waiting(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    sections = tuple(Section(f"{i}", Span(page=i), os.urandom(20_000).hex()) for i in range(1, 200))
    entries = Workspace().add([Document("/large.pdf", "pdf", "ok", sections=sections)]).entries
    done = threading.Event()

    def add() -> None:
        with Store.open(path) as store:
            store.add_documents(store.create("large"), entries)
        done.set()

    adding = threading.Thread(target=add)
    with Store.open(path, busy_seconds=2.0) as store:
        session = store.create("small")
        answer = store.start_message(session, "assistant")
        adding.start()
        appended = 0
        while not done.is_set() or not appended:
            store.append_answer(answer, "x")
            appended += 1
        adding.join()
        assert store.load(session).messages[0].text == "x" * appended
        assert store.load(store.find("large")).workspace.entries == entries


def test_an_error_of_ours_is_not_dressed_up(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db") as store:
        store._connection.execute("DROP TABLE citations")
        answer = store.start_message(store.create(), "assistant")
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            store.finish_message(answer, text="x")
        store.append_answer(answer, "still open: the failed step was undone whole")
