"""The reviews of the open session and what was dismissed in them, in the session's file. Knows no widget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.core.review.finding import Review
from app.core.sessions import Store
from app.services.keeper import Keeper

_KEPT = 2
"""Reviews that are brought back: the last one, and the one that it is compared with."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a session holds. reviews: the newest first. dismissed: fingerprint to reason."""

    reviews: tuple[Review, ...]
    dismissed: Mapping[str, str]


class ReviewShelf:
    """Saves in turn with everything else of the session, which it makes if there is none."""

    def __init__(self, keeper: Keeper, system: Callable[[], str]) -> None:
        """system: the system prompt of a session that is made."""
        self._keeper, self._system = keeper, system

    def begin(self, name: str) -> None:
        """A review is to be kept. name: of a session made for it."""
        self._keeper.suggest(name)
        self._keeper.ensure(system=self._system())

    def add(self, review: Review) -> None:
        """Save a review."""
        self._keeper.in_session(lambda store, session: store.add_review(session, review))

    def dismiss(self, fingerprint: str, reason: str | None) -> None:
        """Remember why a finding is none; None: that it is one after all."""

        def work(store: Store, session: int) -> None:
            if reason is None:
                store.undo_dismiss(session, fingerprint)
            else:
                store.dismiss(session, fingerprint, reason)

        self._keeper.in_session(work)

    def look(self, found: Callable[[Kept], None]) -> None:
        """What the open session holds."""

        def work(store: Store, session: int) -> Kept:
            newest = store.reviews(session)[:_KEPT]
            reviews = tuple(store.review(session, one.id) for one in newest)
            return Kept(reviews, store.dismissals(session))

        self._keeper.in_session(work, done=found)
