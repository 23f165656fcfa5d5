"""Reviews and dismissals in a real session file: kept, applied to later reviews, copied, exported, deleted."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.core import session_file
from app.core.errors import ReviewRefused, SessionUnknown
from app.core.export_json import to_json
from app.core.import_json import from_json
from app.core.review.review_file import MOST_REVIEWS
from app.core.review.verifying import check_finding
from app.core.sessions import Store
from tests.core.review.test_merging import CODE, FINDING, found
from tests.core.review.test_review_json import REVIEW


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "sessions.db") as opened:
        yield opened


def test_reviews_are_kept_and_found_again(store: Store, tmp_path: Path) -> None:
    session, other = store.create("Code"), store.create("Other")
    first = store.add_review(session, REVIEW)
    second = store.add_review(session, replace(REVIEW, what="1 file", findings=()))
    with Store.open(tmp_path / "sessions.db") as again:
        kept = again.reviews(session)
        assert [(r.id, r.what, r.findings) for r in kept] == [(second, "1 file", 0), (first, REVIEW.what, 2)]
        assert kept[0].saved.tzinfo == datetime.UTC
        undismissed = tuple(replace(checked, dismissed=None) for checked in REVIEW.findings)
        assert again.review(session, first) == replace(REVIEW, findings=undismissed)
        assert again.reviews(other) == []
        for where, number in ((other, first), (session, 99)):
            with pytest.raises(ReviewRefused):
                again.review(where, number)
    store.remove_review(session, first)
    assert [r.id for r in store.reviews(session)] == [second]
    with pytest.raises(SessionUnknown):
        store.add_review(99, REVIEW)


def test_a_dismissal_holds_for_a_later_review_of_moved_code(store: Store) -> None:
    session = store.create()
    before = found()
    store.add_review(session, replace(REVIEW, findings=(before,)))
    store.dismiss(session, before.fingerprint, "Shelves are never empty.")
    moved = check_finding(replace(FINDING, first=9, last=9), {"a.py": "# one\n# two\n\n" + CODE})
    assert moved.quoted == "confirmed"
    later = store.add_review(session, replace(REVIEW, findings=(moved, found(path="b.py"))))
    assert [f.dismissed for f in store.review(session, later).findings] == ["Shelves are never empty.", None]
    store.dismiss(session, before.fingerprint, "")
    assert store.review(session, later).findings[0].dismissed == ""
    assert store.dismissals(session) == {before.fingerprint: ""}
    store.undo_dismiss(session, before.fingerprint)
    assert store.review(session, later).findings[0].dismissed is None
    assert store.dismissals(store.create()) == {}


def test_the_oldest_reviews_make_room(store: Store) -> None:
    session, other = store.create(), store.create()
    kept = store.add_review(other, REVIEW)
    numbers = [store.add_review(session, REVIEW) for _ in range(MOST_REVIEWS + 2)]
    assert [r.id for r in store.reviews(session)] == numbers[:1:-1]
    assert [r.id for r in store.reviews(other)] == [kept]


def test_reviews_go_where_their_session_goes(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = store.create("Code")
    message = store.start_message(session, "user", text="?")
    store.add_review(session, REVIEW)
    store.dismiss(session, "a" * 32, "known \ud800")
    record = store.load(session)
    assert (record.reviews, record.dismissed) == ((REVIEW,), {"a" * 32: "known \\ud800"})
    branch = store.load(store.branch(session, message))
    assert (branch.reviews, branch.dismissed) == (record.reviews, record.dismissed)
    with Store.open(tmp_path / "elsewhere.db") as elsewhere:
        taken = elsewhere.load(elsewhere.import_session(from_json(to_json(record), "s.json")))
        assert (taken.reviews, taken.dismissed) == (record.reviews, record.dismissed)
    store.delete(session)
    store.undo_delete(session)
    assert len(store.reviews(session)) == 1
    store.delete(session)
    monkeypatch.setattr(session_file, "KEPT_AFTER_DELETION", datetime.timedelta(days=-1))
    with Store.open(tmp_path / "sessions.db"), closing(sqlite3.connect(tmp_path / "sessions.db")) as plain:
        left = plain.execute("SELECT (SELECT count(*) FROM reviews), (SELECT count(*) FROM dismissals)").fetchone()
    assert left == (1, 1)


def test_a_session_from_before_reviews_comes_in(store: Store) -> None:
    import json

    plain = json.loads(to_json(store.load(store.create("Old"))))
    del plain["reviews"], plain["dismissed"]
    record = from_json(json.dumps(plain).encode(), "s.json")
    assert (record.reviews, record.dismissed) == ((), {})
