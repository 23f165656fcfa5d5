"""From a citation, a source or a search's hit to the place it speaks of, and back to where one was.

Says in a sentence when there is no such place. Opens no session and changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication

from app.core.ledger import colour_index
from app.core.records import SearchHit
from app.ui.evidence import evidence_of, not_shown

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


class Places:
    """Shows places in the panels of `window`."""

    def __init__(self, window: MainWindow) -> None:
        self._window, self._desk = window, window.desk

    def source(self, key: str) -> None:
        """A source, in the viewer; one without text stays in its row."""
        entry = next((e for e in self._desk.workspace.entries if e.key == key), None)
        if entry is not None and entry.document.sections:
            self._window.viewer.show_entry(entry, colour_index(key))
            self._window.body.show_viewer()

    def follow(self) -> None:
        """Show the source in the viewer as it is now, when it was read again."""
        shown = self._window.viewer.entry
        if shown is not None:
            entry = next((e for e in self._desk.workspace.entries if e.key == shown.key), None)
            if entry is not None and entry.document.sections:
                self._window.viewer.follow(entry, colour_index(entry.key))

    def secret(self, key: str) -> None:
        """The first place in a source that looks like a secret."""
        entry = next((e for e in self._desk.workspace.entries if e.key == key), None)
        if entry is not None and entry.document.secrets:
            self.source(key)
            first = min(entry.document.secrets, key=lambda secret: (secret.section, secret.start))
            self._window.viewer.show_place(first.section, first.start)

    def citation(self, exchange: int, number: int) -> None:
        """The place that a citation or passage of an answer speaks of."""
        answer = self._desk.exchanges[exchange]
        entries = {e.key: (e, colour_index(e.key)) for e in self._desk.workspace.entries}
        evidence, index = evidence_of(answer, number, self._desk.workspace.entries)
        if index is None:
            self._window.toast.say(not_shown(answer, number), tone="warn")
        elif evidence[index].key not in entries:
            self._window.toast.say(_tr("The source of these words was removed from this session."), tone="warn")
        else:
            self._window.viewer.show_all(evidence, index, entries)
            self._window.body.show_viewer()

    def sent(self) -> None:
        """What the model is sent, part by part."""

        def show(parts: list[tuple[str, str]]) -> None:
            self._window.viewer.show_text(_tr("What the model is sent"), parts)
            self._window.body.show_viewer()

        self._desk.parts_sent(show)

    def hit(self, hit: SearchHit) -> None:
        """What a search found, in the session that is open."""
        if hit.key is not None:
            self._window.sources.select(hit.key)
            self.source(hit.key)
        for index, exchange in enumerate(self._desk.exchanges):
            # A question comes right before its answer, whose number the exchange has.
            if hit.message is not None and exchange.message is not None and exchange.message >= hit.message:
                self._window.conversation.step_to(index)
                return

    def keep(self) -> None:
        """Keep where one is in the session, and what stands in the composer."""
        view = {
            "scroll": self._window.conversation.place,
            "source": self._window.sources.current_key,
            "draft": self._window.composer.edit.toPlainText(),
        }
        if view != dict(self._desk.view):
            self._desk.keeper.keep_view(view)

    def restore(self) -> None:
        """Go back to where one was."""
        view: dict[str, Any] = dict(self._desk.view)
        if view.get("draft"):
            self._window.composer.put(str(view["draft"]))
        if view.get("source"):
            self._window.sources.select(str(view["source"]))
        self._window.conversation.go_to(view.get("scroll"))


def _tr(text: str) -> str:
    return QCoreApplication.translate("places", text)
