"""Reviews of a session, and what a person dismissed in them and why, in the session file.

A dismissal is of a fingerprint, so that it holds for every later review in which the code is the same. Reviews go
where their session goes: into its export, into branches of it, away with it. Knows no model.
"""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.core import session_rows as rows
from app.core.database import translated
from app.core.errors import ReviewRefused
from app.core.review.comparing_runs import remembered
from app.core.review.finding import Review
from app.core.review.review_json import review_from_json, review_to_json
from app.core.session_file import SessionFile

MOST_REVIEWS = 20
"""Of a session; older ones are removed."""


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """A review as it stands in a list. saved: in UTC."""

    id: int
    saved: datetime.datetime
    what: str
    findings: int


class ReviewFile(SessionFile):
    """The session file as far as it holds reviews. Methods may raise StoreError, and SessionUnknown."""

    def add_review(self, session: int, review: Review) -> int:
        """Save a review, stopped ones too; its number. The oldest over MOST_REVIEWS are removed."""
        with self._changing(session) as connection:
            number = insert_review(connection, session, review)
            connection.execute(
                "DELETE FROM reviews WHERE session_id = ? AND id NOT IN"
                " (SELECT id FROM reviews WHERE session_id = ? ORDER BY id DESC LIMIT ?)",
                (session, session, MOST_REVIEWS),
            )
        return number

    def reviews(self, session: int) -> list[ReviewSummary]:
        """The session's reviews, the newest first."""
        query = "SELECT id, saved, what, findings FROM reviews WHERE session_id = ? ORDER BY id DESC"
        with translated(self.path):
            found = self._connection.execute(query, (session,)).fetchall()
        return [ReviewSummary(number, rows.moment(saved), what, count) for number, saved, what, count in found]

    def review(self, session: int, number: int) -> Review:
        """One of them, with what has been dismissed by now. Raises ReviewRefused when it is not there."""
        with translated(self.path):
            found = self._connection.execute(
                "SELECT review FROM reviews WHERE session_id = ? AND id = ?", (session, number)
            ).fetchone()
            if not found:
                raise ReviewRefused(f"There is no review number {number} in this session.", hint="Run it again.")
            dismissed = read_dismissals(self._connection, session)
        review = review_from_json(found[0])
        plain = tuple(replace(checked, dismissed=None) for checked in review.findings)
        return replace(review, findings=remembered(plain, dismissed))

    def remove_review(self, session: int, number: int) -> None:
        """Remove a review for good; its dismissals stay."""
        with self._changing(session) as connection:
            connection.execute("DELETE FROM reviews WHERE session_id = ? AND id = ?", (session, number))

    def dismiss(self, session: int, fingerprint: str, reason: str) -> None:
        """From now on findings with this fingerprint are dismissed, for `reason`, which may be empty."""
        with self._changing(session) as connection:
            insert_dismissals(connection, session, {fingerprint: reason})

    def undo_dismiss(self, session: int, fingerprint: str) -> None:
        """They are not any more."""
        with self._changing(session) as connection:
            connection.execute(
                "DELETE FROM dismissals WHERE session_id = ? AND fingerprint = ?", (session, rows.storable(fingerprint))
            )

    def dismissals(self, session: int) -> dict[str, str]:
        """Fingerprint to reason."""
        with translated(self.path):
            return read_dismissals(self._connection, session)


def insert_review(connection: sqlite3.Connection, session: int, review: Review) -> int:
    """Write a review; its number."""
    cursor = connection.execute(
        "INSERT INTO reviews (session_id, saved, what, findings, review) VALUES (?, ?, ?, ?, ?)",
        (session, rows.now(), rows.storable(review.what), len(review.findings), review_to_json(review)),
    )
    return int(cursor.lastrowid or 0)


def read_reviews(connection: sqlite3.Connection, session: int) -> tuple[Review, ...]:
    """All reviews of a session, the oldest first, as they were saved."""
    query = "SELECT review FROM reviews WHERE session_id = ? ORDER BY id"
    return tuple(review_from_json(text) for (text,) in connection.execute(query, (session,)))


def insert_dismissals(connection: sqlite3.Connection, session: int, dismissed: Mapping[str, str]) -> None:
    """Write what was dismissed, over what was there."""
    connection.executemany(
        "INSERT OR REPLACE INTO dismissals (session_id, fingerprint, reason, dismissed) VALUES (?, ?, ?, ?)",
        [
            (session, rows.storable(fingerprint), rows.storable(reason), rows.now())
            for fingerprint, reason in dismissed.items()
        ],
    )


def read_dismissals(connection: sqlite3.Connection, session: int) -> dict[str, str]:
    """Fingerprint to reason."""
    query = "SELECT fingerprint, reason FROM dismissals WHERE session_id = ? ORDER BY dismissed, fingerprint"
    return dict(connection.execute(query, (session,)))


def copy_reviews(connection: sqlite3.Connection, session: int, new: int) -> None:
    """Give session `new` the reviews and dismissals of `session`."""
    for table, columns in (
        ("reviews", "saved, what, findings, review"),
        ("dismissals", "fingerprint, reason, dismissed"),
    ):
        connection.execute(
            f"INSERT INTO {table} (session_id, {columns}) SELECT ?, {columns} FROM {table} WHERE session_id = ?",
            (new, session),
        )
