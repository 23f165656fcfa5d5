"""Whether the open sources are still what lies on disk: looked at when asked, all the time in folders that are watched.

Nothing is read again by itself: a person says so, once for everything that changed. Knows no widget.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core.failures import Failure
from app.core.source_state import SourceState, state_of
from app.core.workspace import Entry, Workspace
from app.services.lane import Call, Lane, Mailbox

_WORDS: dict[SourceState, str] = {
    "changed": "The file has changed since it was read. Read it again from disk, or go on with what was read.",
    "missing": "The file is no longer there. What was read of it is kept.",
}
_QUIET_MS = 400
"""Changes that come closer together than this are one."""


class Freshness(QObject):
    """`changed`: `notes`, `stale` or `fresh` are others. `watching`: `folders` are others. `failed`: a Failure.

    notes: a sentence for each source that is no longer what was read. stale: keys of those that can be read again.
    fresh: files in watched folders that came after these were read.
    """

    changed = Signal()
    watching = Signal()
    failed = Signal(object)

    def __init__(self, workspace: Callable[[], Workspace], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._lane = Lane("freshness", self)
        self._mail = Mailbox(self)
        self._call: Call[dict[str, SourceState]] | None = None
        self._watch: tuple[threading.Event, threading.Thread] | None = None
        self.folders: tuple[Path, ...] = ()
        self.notes: dict[str, str] = {}
        self.stale: tuple[str, ...] = ()
        self.fresh: frozenset[Path] = frozenset()

    def look(self) -> None:
        """Compare every source with its file."""
        entries = self._workspace().entries
        if self._call is not None:
            self._call.cancel()

        def compare(call: Call[dict[str, SourceState]]) -> dict[str, SourceState]:
            return {entry.key: state_of(entry) for entry in entries if not call.cancelled}

        self._call = self._lane.run(compare, done=self._compared, failed=self.failed.emit)

    def to_read_again(self) -> list[Path]:
        """The files that changed and those that are new: what one click reads."""
        by_key = {entry.key: entry for entry in self._workspace().entries}
        changed = [Path(_on_disk(by_key[key])) for key in self.stale if key in by_key]
        return list(dict.fromkeys([*changed, *sorted(self.fresh)]))

    def arrived(self) -> None:
        """Sources were read, again or for the first time."""
        if self.fresh:
            # As texts: there may be ten thousand sources, and this is the window's thread.
            open_now = {entry.document.path for entry in self._workspace().entries}
            left = frozenset(path for path in self.fresh if str(path) not in open_now)
            if left != self.fresh:
                self.fresh = left
                self.changed.emit()
        if self.notes:
            self.look()

    def forget(self) -> None:
        """Other sources are open now: nothing is known of them, and no folder is watched."""
        self.watch(())
        self.fresh, self.stale, self.notes = frozenset(), (), {}
        self.changed.emit()

    def pass_over(self) -> None:
        """Files that came into watched folders are not wanted."""
        self.fresh = frozenset()
        self.changed.emit()

    def watch(self, folders: Sequence[Path]) -> None:
        """Watch these folders and no others."""
        wanted = tuple(dict.fromkeys(folders))
        if wanted == self.folders:
            return
        self._stop_watching()
        self.folders = wanted
        if wanted:
            stop = threading.Event()
            thread = threading.Thread(target=self._follow, args=(wanted, stop), name="watch", daemon=True)
            self._watch = (stop, thread)
            thread.start()
        self.watching.emit()

    def close(self) -> None:
        """Watch and compare no more."""
        self._stop_watching()
        self._lane.close()
        self._mail.close()

    def _stop_watching(self) -> None:
        if self._watch is not None:
            stop, thread = self._watch
            stop.set()
            thread.join()
            self._watch = None

    def _follow(self, folders: tuple[Path, ...], stop: threading.Event) -> None:
        """In a thread of its own: tell of every change below `folders`, with a file that is a source or might be."""
        from watchfiles import Change, watch

        try:
            for changes in watch(*folders, stop_event=stop, debounce=_QUIET_MS, rust_timeout=_QUIET_MS):
                added = frozenset(Path(path) for change, path in changes if change is Change.added)
                touched = frozenset(Path(path) for _, path in changes)
                self._mail.post(lambda touched=touched, added=added: self._noticed(touched, added))  # type: ignore[misc]
        # The library raises what it likes for a folder that went away or a system that watches no more.
        except Exception as error:
            sentence = f"{folders[0]} cannot be watched any more: {error}. Press F5 to look for changes yourself."
            self._mail.post(lambda: self._lost(Failure("not_watched", sentence, "")))

    def _lost(self, failure: Failure) -> None:
        self.watch(())
        self.failed.emit(failure)

    def _noticed(self, touched: frozenset[Path], added: frozenset[Path]) -> None:
        entries = self._workspace().entries
        sources = {_on_disk(entry) for entry in entries}
        new = frozenset(path for path in added if str(path) not in sources and path.is_file())
        gone = frozenset(path for path in self.fresh if not path.exists())
        if new - self.fresh or gone:
            self.fresh = (self.fresh | new) - gone
            self.changed.emit()
        if any(str(path) in sources for path in touched):
            self.look()

    def _compared(self, states: dict[str, SourceState]) -> None:
        """A source that was read again meanwhile has another state soon: it is looked at again then."""
        notes = {key: _WORDS[state] for key, state in states.items() if state in _WORDS}
        stale = tuple(key for key, state in states.items() if state == "changed")
        if notes != self.notes or stale != self.stale:
            self.notes, self.stale = notes, stale
            self.changed.emit()


def _on_disk(entry: Entry) -> str:
    """The file that holds a source: itself, or the archive it lies in."""
    return entry.document.archive or entry.document.path
