"""In which way sources are read, changed by key: less of them, masked, some records; and what waits for a decision.

Knows no widget; what is read again arrives through `ReadingAs`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from app.core.workspace import Entry, Workspace
from app.services.keeper import Keeper
from app.services.reading_as import ReadingAs
from app.services.secrecy import Secrecy
from ingest.view import AS_IT_STANDS, LogView, View

_SECRETS_KEPT = "secrets_kept"


class SourceViews:
    """Changes of views for the sources of one open session."""

    def __init__(self, workspace: Callable[[], Workspace], reading: ReadingAs, keeper: Keeper) -> None:
        self._workspace, self._reading, self._keeper = workspace, reading, keeper
        self._secrecy = Secrecy()

    def chosen(self) -> dict[str, View]:
        """The views that someone chose, by path: a file that is read again stays as it was chosen."""
        documents = (entry.document for entry in self._workspace().entries)
        return {d.path: d.view for d in documents if d.view != AS_IT_STANDS}

    def read(self, views: Mapping[str, View]) -> None:
        """Read sources again in another way, by key. Those that are so stay."""
        under_way = self._reading.paths
        documents = ((e.document, views[e.key]) for e in self._workspace().entries if e.key in views)
        self._reading.read([(d, view) for d, view in documents if d.view != view or d.path in under_way])

    def read_log(self, key: str, log: LogView) -> None:
        """Read these records of a log, folded or not."""
        self.read({entry.key: replace(entry.document.view, log=log) for entry in self._named([key])})

    def unfold(self, key: str, template: int) -> None:
        """Read the records of a template of a folded log word for word; fold them again if they are."""
        log = next((entry.document.view.log for entry in self._named([key])), LogView())
        if log.fold:
            numbers = {*log.unfold} ^ {template}
            self.read_log(key, replace(log, unfold=tuple(sorted(numbers))))

    def mask(self, keys: Sequence[str], *, masked: bool = True) -> None:
        """Read sources with their secrets hidden, or as they stand."""
        self.read({entry.key: replace(entry.document.view, mask=masked) for entry in self._named(keys)})

    def undecided(self) -> list[Entry]:
        """The sources that seem to hold secrets, and nobody said what to do; what is being read again is left alone."""
        under_way = self._reading.paths
        waiting = self._secrecy.undecided(self._workspace().entries)
        return [entry for entry in waiting if entry.document.path not in under_way]

    def keep_secrets(self, keys: Sequence[str]) -> None:
        """Let sources be read with what looks like secrets, and ask no more about them."""
        self._secrecy.keep(self._named(keys))
        self._keeper.remember(**{_SECRETS_KEPT: self._secrecy.kept(self._workspace().entries)})

    def restore(self, settings: Mapping[str, object]) -> None:
        """Take what was decided from a session's settings."""
        self._secrecy.restore(settings.get(_SECRETS_KEPT))

    def _named(self, keys: Sequence[str]) -> list[Entry]:
        wanted = set(keys)
        return [entry for entry in self._workspace().entries if entry.key in wanted]
