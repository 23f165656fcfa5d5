"""Keeps the open session in its file as it changes. The session is made when there is first something to keep.

Knows no widget and no engine.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from app.core.errors import StoreError
from app.core.failures import Failure
from app.core.recording import Recorder
from app.core.records import SessionSummary
from app.core.sessions import Store
from app.core.workspace import Workspace
from app.services.library import Library

T = TypeVar("T")


@dataclass(slots=True)
class _Slot:
    """A session's number, written in the library's thread as soon as it exists, so that what is saved next knows it."""

    number: int | None = None
    asked_for: bool = False
    name: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


class Keeper(QObject):
    """`named`: the session has a number and a name, or others than before."""

    named = Signal()

    def __init__(self, library: Library, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._slot = _Slot()
        self.name = ""
        library.listed.connect(self._listed)

    @property
    def number(self) -> int | None:
        """The session's number in the file, None while there is nothing to keep."""
        return self._slot.number

    def suggest(self, name: str) -> None:
        """What the session is called when it is made, unless it was made already."""
        if not self._slot.asked_for:
            self._slot.name = name

    def open(self, summary: SessionSummary | None, settings: Mapping[str, Any] = MappingProxyType({})) -> None:
        """Keep this session from now on; None: a new one, once there is something to keep. settings: what it has."""
        self._slot = _Slot(summary.id, True, settings=dict(settings)) if summary is not None else _Slot()
        self.name = summary.name if summary is not None else ""
        self.named.emit()

    def ensure(self, *, system: str) -> None:
        """Make the session, if there is none, before whatever is saved next."""
        slot = self._slot
        if slot.asked_for:
            return
        slot.asked_for = True
        slot.settings = settings = {"date": datetime.date.today().isoformat()}

        def create(store: Store) -> str:
            slot.number = store.create(_free_name(store, slot.name), system_prompt=system, settings=settings)
            return store.summary(slot.number).name

        def created(name: str) -> None:
            if slot is self._slot:
                self.name = name
                self.named.emit()
            self._library.refresh()

        self._library.run(create, done=created)

    def save(self, before: Workspace, now: Workspace) -> None:
        """Save what of the sources changed."""
        slot = self._slot
        self._library.run(lambda store: Recorder(store, slot.number, on_trouble=_raise).documents(before, now))

    def in_session(self, work: Callable[[Store, int], T], *, done: Callable[[T], None] | None = None) -> None:
        """Do something with the session in the file, behind everything that is still being saved; nothing without one.

        `done` is called with what `work` returned, unless another session was opened meanwhile.
        """
        slot = self._slot

        def finished(result: T) -> None:
            if done is not None and slot is self._slot:
                done(result)

        if slot.asked_for:
            self._library.run(lambda store: work(store, slot.number or 0), done=finished)

    def configure(self, **changes: Any) -> None:
        """Save another system prompt or other settings; see `Store.configure`."""
        slot = self._slot
        if slot.asked_for:
            self._library.run(lambda store: store.configure(slot.number or 0, **changes))

    def remember(self, **settings: Any) -> None:
        """Save these with the session's other settings."""
        slot = self._slot
        slot.settings = {**slot.settings, **settings}
        self.configure(settings=slot.settings)

    def keep_view(self, view: Mapping[str, Any]) -> None:
        """Save what the window wants back when the session is opened again."""
        slot = self._slot
        if slot.asked_for:
            self._library.run(lambda store: store.set_view(slot.number or 0, view))

    def when_saved(self, then: Callable[[int | None], None], failed: Callable[[Failure], None]) -> None:
        """Call `then` with the session's number when everything up to now is in the file."""
        slot = self._slot
        self._library.run(lambda _: slot.number, done=then, failed=failed)

    def _listed(self, sessions: list[SessionSummary]) -> None:
        """Follow a new name."""
        name = next((s.name for s in sessions if s.id == self.number), self.name)
        if name != self.name:
            self.name = name
            self.named.emit()


def _free_name(store: Store, name: str) -> str | None:
    """`name`, numbered when it is taken; None, for the store's own way to number, when there is none."""
    if not name.strip():
        return None
    taken = {summary.name.casefold() for summary in store.sessions()}
    numbered = (name if i == 1 else f"{name} {i}" for i in itertools.count(1))
    return next(n for n in numbered if n.casefold() not in taken)


def _raise(sentence: str) -> None:
    raise StoreError(sentence)
