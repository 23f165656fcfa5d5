"""The session file behind the window: every read and write in one lane, with one open store.

Knows no widget; the work itself is app.core's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from app.core.failures import Failure
from app.core.read_states import forget_documents, forget_session, open_shelf
from app.core.sessions import Store
from app.services.courtesy import Courtesy
from app.services.lane import Call, Lane

T = TypeVar("T")


class Library(QObject):
    """`listed` comes after every change of the list of sessions, with all of them; `trouble` with a sentence."""

    listed = Signal(list)
    trouble = Signal(object)

    def __init__(self, courtesy: Courtesy, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._courtesy = courtesy
        self._lane = Lane("sessions", self)
        self._store: Store | None = None

    @property
    def busy(self) -> bool:
        """Whether something is still being written or read."""
        return self._lane.busy

    def run(
        self,
        work: Callable[[Store], T],
        *,
        done: Callable[[T], None] | None = None,
        failed: Callable[[Failure], None] | None = None,
    ) -> Call[T]:
        """Do `work` with the store, one thing after the other. Without `failed`, a failure goes to `trouble`."""
        return self._lane.run(lambda _: work(self._opened()), done=done, failed=failed or self.trouble.emit)

    def do(self, work: Callable[[], T], *, failed: Callable[[Failure], None] | None = None) -> None:
        """Write something else that is kept, in turn with the rest."""
        self._lane.run(lambda _: work(), failed=failed or self.trouble.emit)

    def refresh(self) -> None:
        """Read the list again."""
        self.run(lambda store: store.sessions(), done=self.listed.emit)

    def rename(self, session: int, name: str) -> None:
        """Call it `name`; a name that is taken goes to `trouble`."""
        self._change(lambda store: store.rename(session, name))

    def set_pinned(self, session: int, pinned: bool) -> None:
        """Keep it at the top, or no longer."""
        self._change(lambda store: store.set_pinned(session, pinned))

    def delete(self, session: int) -> None:
        """Take it out of the list, and what was read for it alone off the disk; `undo_delete` brings it back."""

        def delete(store: Store) -> None:
            store.delete(session)
            forget_session(session, store.only_in(session))

        self._change(delete)

    def undo_delete(self, session: int) -> None:
        """Bring it back."""
        self._change(lambda store: store.undo_delete(session))

    def read_held(self, done: Callable[[int], None]) -> None:
        """How many bytes on disk hold what was read."""
        self._lane.run(lambda _: open_shelf().size(), done=done, failed=self.trouble.emit)

    def free_read(self, done: Callable[[int], None]) -> None:
        """Remove all that was read from the disk; done: with the bytes that are left."""

        def free(_: Call[int]) -> int:
            shelf = open_shelf()
            shelf.free(everything=True)
            forget_documents(None)
            return shelf.size()

        self._lane.run(free, done=done, failed=self.trouble.emit)

    def close(self) -> None:
        """Write what waits to be written, then let the file go."""
        self._lane.run(lambda _: self._close_store())
        self._lane.finish()

    def _change(self, work: Callable[[Store], Any]) -> None:
        self.run(work, done=lambda _: self.refresh())

    def _opened(self) -> Store:
        """In the lane's thread, which the store belongs to."""
        if self._store is None:
            self._store = Store.open()
            self._store.pause(self._courtesy.after_you)
        return self._store

    def _close_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
