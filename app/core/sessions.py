"""Saved sessions: documents, questions, answers and what supports them, written down as they happen.

One SQLite file for all sessions; several processes may work in it, even on the same session, each transaction being
short. What was committed survives a killed process. A Store belongs to the thread that opened it.
Knows no model, no prompt and no command line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.core import document_rows, session_copy, text_store
from app.core import session_list as names
from app.core import session_rows as rows
from app.core.database import leave_a_gap, translated
from app.core.errors import SessionUnknown
from app.core.records import Role, SearchHit, SessionRecord, SessionSummary, StoredCitation, StoredPassage
from app.core.review.review_file import ReviewFile, read_dismissals, read_reviews
from app.core.session_batches import batches, texts_ahead
from app.core.workspace import Entry, Workspace

_TEXTS_PER_TRANSACTION = 64


class Store(ReviewFile):
    """The session file, open. Every method may raise StoreError; those that take a session also SessionUnknown."""

    def create(
        self, name: str | None = None, *, system_prompt: str = "", settings: Mapping[str, Any] | None = None
    ) -> int:
        """A new session's number. Without a name it is called "Session N". Raises NameTaken."""
        with self._writing() as connection:
            return names.create(connection, name, system_prompt=system_prompt, settings=settings or {})

    def open_or_create(
        self, name: str, *, system_prompt: str = "", settings: Mapping[str, Any] | None = None
    ) -> tuple[int, bool]:
        """The number of the session called `name`, and whether it was created just now."""
        with self._writing() as connection:
            found = names.by_name(connection, name)
            return (
                (found, False)
                if found
                else (names.create(connection, name, system_prompt=system_prompt, settings=settings or {}), True)
            )

    def find(self, session: str | int) -> int:
        """The number of the session with this name, or this number (also as text, when no session is called so)."""
        with translated(self.path):
            number = names.by_name(self._connection, session) if isinstance(session, str) else session
            if number is None and isinstance(session, str) and session.strip().isdecimal():
                number = int(session)
            if number is None:
                raise names.unknown(session)
            return self.summary(number).id

    def summary(self, session: int) -> SessionSummary:
        """One session, deleted or not."""
        with translated(self.path):
            row = self._connection.execute(names.SUMMARY + "WHERE id = ?", (names.sqlite_integer(session),)).fetchone()
        if row is None:
            raise names.unknown(session)
        return names.summary(row)

    def sessions(self, *, deleted: bool = False) -> list[SessionSummary]:
        """All sessions, or all deleted ones that can be brought back: pinned first, then last changed first."""
        state = "IS NOT NULL" if deleted else "IS NULL"
        query = f"{names.SUMMARY} WHERE deleted_at {state} ORDER BY pinned DESC, changed DESC, id DESC"
        with translated(self.path):
            return [names.summary(row) for row in self._connection.execute(query)]

    def rename(self, session: int, name: str) -> None:
        """Raises NameTaken, for an empty name too."""
        with self._changing(session) as connection:
            other = names.by_name(connection, name)
            if other not in (None, session):
                raise names.taken(name)
            connection.execute("UPDATE sessions SET name = ? WHERE id = ?", (names.clean(name), session))

    def set_pinned(self, session: int, pinned: bool) -> None:
        """Keep the session at the top of lists, or no longer."""
        with self._changing(session, touch=False) as connection:
            connection.execute("UPDATE sessions SET pinned = ? WHERE id = ?", (pinned, session))

    def configure(
        self, session: int, *, system_prompt: str | None = None, settings: Mapping[str, Any] | None = None
    ) -> None:
        """Save another system prompt or other settings; None leaves as is."""
        with self._changing(session) as connection:
            if system_prompt is not None:
                prompt = rows.storable(system_prompt)
                connection.execute("UPDATE sessions SET system_prompt = ? WHERE id = ?", (prompt, session))
            if settings is not None:
                connection.execute("UPDATE sessions SET settings = ? WHERE id = ?", (rows.as_json(settings), session))

    def set_view(self, session: int, view: Mapping[str, Any]) -> None:
        """Save what a window wants back, such as where it was scrolled to; what JSON holds. It counts as no change."""
        with self._changing(session, touch=False) as connection:
            connection.execute("UPDATE sessions SET view = ? WHERE id = ?", (rows.as_json(view), session))

    def branch(self, session: int, message: int) -> int:
        """The number of a new session with the same documents and settings and all messages up to and with `message`.

        Called "NAME, branch". Raises MessageUnknown.
        """
        with self._changing(session, touch=False) as connection:
            return session_copy.branch(connection, session, message)

    def import_session(self, record: SessionRecord) -> int:
        """The number of a new session that holds what `record` does, under its name or a numbered one.

        Until all of it is there it counts as deleted, so that nobody sees a half of it.
        """
        with self._writing() as connection:
            session = session_copy.begin(connection, record)
        self.add_documents(session, record.workspace.entries)
        with self._changing(session) as connection:
            session_copy.finish(connection, session, record)
        return session

    def delete(self, session: int) -> None:
        """Take the session out of lists and searches; `undo_delete` brings it back for 30 days."""
        with self._changing(session, touch=False) as connection:
            connection.execute("UPDATE sessions SET deleted_at = ? WHERE id = ?", (rows.now(), session))

    def only_in(self, session: int) -> list[str]:
        """Paths of the session's documents that no session in the list holds; called when it was deleted."""
        with translated(self.path):
            return document_rows.unused(self._connection, document_rows.paths(self._connection, session))

    def unused(self, paths: Sequence[str]) -> list[str]:
        """Those of `paths` that no session in the list holds."""
        with translated(self.path):
            return document_rows.unused(self._connection, paths)

    def undo_delete(self, session: int) -> None:
        """Bring a deleted session back, under a numbered name when its own is in use by now."""
        with self._changing(session, touch=False) as connection:
            (name,) = connection.execute("SELECT name FROM sessions WHERE id = ?", (session,)).fetchone()
            if names.by_name(connection, name) not in (None, session):
                name = names.free_name(connection, name)
            connection.execute("UPDATE sessions SET deleted_at = NULL, name = ? WHERE id = ?", (name, session))

    def add_documents(self, session: int, entries: Sequence[Entry]) -> None:
        """Save documents behind those there are; an entry with a key that is there takes its place.

        Lazy sections are saved without text, see `keep_text`. Written in several transactions, so that others
        need not wait long: a process that dies here leaves the documents saved so far, each of them whole.
        """
        for batch in batches(entries):
            for texts in texts_ahead(batch):
                with self._writing() as connection:
                    for text in texts:
                        text_store.keep(connection, text)
                leave_a_gap()
            with self._changing(session) as connection:
                query = "SELECT coalesce(max(position) + 1, 0) FROM documents WHERE session_id = ?"
                (first,) = connection.execute(query, (session,)).fetchone()
                for position, entry in enumerate(batch, first):
                    document_rows.insert_document(connection, session, position, entry)
            leave_a_gap()

    def keep_text(self, session: int, key: str, texts: Mapping[int, str]) -> None:
        """Save the text of lazy sections of document `key` once it is prompted. texts: by section index."""
        with self._changing(session) as connection:
            for position, text in texts.items():
                connection.execute(
                    "UPDATE sections SET text_id = ? WHERE position = ? AND document_id ="
                    " (SELECT id FROM documents WHERE session_id = ? AND key = ?)",
                    (text_store.keep(connection, text), position, session, key),
                )

    def set_included(
        self, session: int, keys: Iterable[str], *, included: bool, pages: tuple[int, int] | None = None
    ) -> None:
        """Say of documents whether they take part, and with which pages (1-based, inclusive; None: all)."""
        limits = document_rows.pages_json(pages)
        with self._changing(session) as connection:
            connection.executemany(
                "UPDATE documents SET included = ?, pages = ? WHERE session_id = ? AND key = ?",
                [(included, limits, session, key) for key in keys],
            )

    def set_order(self, session: int, keys: Sequence[str]) -> None:
        """Put the documents in the order of `keys`; those not named follow as they were. Keys stay what they are."""
        with self._changing(session) as connection:
            document_rows.order(connection, session, keys)

    def remove_documents(self, session: int, keys: Iterable[str]) -> None:
        """Take documents out, with the texts that nothing else refers to.

        Answers keep their citations, and the keys are never given again; `add_documents` with the same entry undoes it.
        """
        with self._changing(session) as connection:
            texts = document_rows.remove(connection, session, keys)
        for first in range(0, len(texts), _TEXTS_PER_TRANSACTION):
            leave_a_gap()
            with self._writing() as connection:
                text_store.drop_unused(connection, texts[first : first + _TEXTS_PER_TRANSACTION])

    def start_message(self, session: int, role: Role, *, text: str = "", mode: str = "model") -> int:
        """A new message's number. A question is complete with its text; an answer is open until `finish_message`."""
        with self._changing(session) as connection:
            cursor = connection.execute(
                "INSERT INTO messages (session_id, position, role, text, mode, finished, created) SELECT ?,"
                " coalesce(max(position) + 1, 0), ?, ?, ?, ?, ? FROM messages WHERE session_id = ?",
                (session, role, rows.storable(text), mode, role == "user", rows.now(), session),
            )
            number = int(cursor.lastrowid or 0)
            if role == "user":
                text_store.add_to_index(connection, "message_index", number, rows.storable(text))
        return number

    def append_answer(self, message: int, text: str) -> None:
        """Add what was just written to an open answer: one transaction, safe when this returns."""
        with self._writing() as connection:
            changed = connection.execute(
                "UPDATE messages SET text = text || ? WHERE id = ? AND NOT finished", (rows.storable(text), message)
            )
            if not changed.rowcount:
                raise SessionUnknown(f"There is no open answer number {message}; its session may have been deleted.")

    def empty_answer(self, message: int) -> None:
        """Take away what was added to an open answer, as it begins anew."""
        with self._writing() as connection:
            connection.execute("UPDATE messages SET text = '' WHERE id = ? AND NOT finished", (message,))

    def finish_message(
        self,
        message: int,
        *,
        text: str,
        citations: Sequence[StoredCitation] = (),
        passages: Sequence[StoredPassage] = (),
        tokens: Mapping[str, int] | None = None,
        seconds: Mapping[str, float] | None = None,
        model: Mapping[str, Any] | None = None,
    ) -> None:
        """Save an answer as it finally stands, in the place of what was appended, with what supports it."""
        final = rows.storable(text)
        with self._writing() as connection:
            found = connection.execute(
                "SELECT session_id FROM messages WHERE id = ? AND NOT finished", (message,)
            ).fetchone()
            if not found:
                raise SessionUnknown(f"There is no open answer number {message}; its session may have been deleted.")
            connection.execute(
                "UPDATE messages SET text = ?, model = ?, timings = ?, tokens = ?, finished = TRUE WHERE id = ?",
                (final, rows.as_json(model or {}), rows.as_json(seconds or {}), rows.as_json(tokens or {}), message),
            )
            text_store.add_to_index(connection, "message_index", message, final)
            rows.insert_support(connection, message, citations=citations, passages=passages)
            connection.execute("UPDATE sessions SET changed = ? WHERE id = ?", (rows.now(), found[0]))

    def search(self, text: str, limit: int = 20) -> list[SearchHit]:
        """Where every word of `text` stands in the sessions that are not deleted; see `session_search`."""
        from app.core.session_search import search_sessions

        with translated(self.path):
            return search_sessions(self._connection, text, limit)

    def load(self, session: int, *, with_text: bool = True) -> SessionRecord:
        """All of one session as of one moment. Without text, documents have no sections."""
        with self._reading() as connection:
            summary = self.summary(session)
            system_prompt, settings, view, last_key = connection.execute(
                "SELECT system_prompt, settings, view, last_key FROM sessions WHERE id = ?", (session,)
            ).fetchone()
            entries, incomplete = document_rows.read_entries(connection, session, with_text=with_text)
            removed = document_rows.read_removed(connection, session)
            messages = rows.read_messages(connection, session)
            reviews, dismissed = read_reviews(connection, session), read_dismissals(connection, session)
        return SessionRecord(
            summary=summary,
            system_prompt=system_prompt,
            settings=rows.from_json(settings),
            workspace=Workspace(entries, last_key),
            messages=messages,
            incomplete=incomplete,
            removed=removed,
            view=rows.from_json(view),
            reviews=reviews,
            dismissed=dismissed,
        )

    def text(self, session: int, key: str, section: int) -> str | None:
        """The text of one section of document `key`; None when it is not there or was never prompted."""
        with translated(self.path):
            return document_rows.read_text(self._connection, session, key, section)

    def export_markdown(self, session: int) -> str:
        """The session for people to read elsewhere: sources, questions, answers, evidence."""
        from app.core.session_export import to_markdown

        return to_markdown(self.load(session, with_text=False))
