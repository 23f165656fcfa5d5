"""What a change of the sources would cost, in words, before it is made. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from app.core.change_cost import ChangeCost, change_cost
from app.core.workspace import Workspace
from app.services.desk import Desk
from app.ui import words
from app.ui.sources.read_as import about_tokens, is_so
from ingest.view import Detail


def _tr(text: str) -> str:
    return QCoreApplication.translate("foresight", text)


class Foresight:
    """Answers from what `desk` knows at the moment of asking; "" while it knows no model."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def inclusion(self, keys: Sequence[str], included: bool) -> str:
        """Of letting sources take part, or leaving them out."""
        return self._said(self._desk.workspace.set_included(keys, included), again=not included)

    def order(self, keys: Sequence[str]) -> str:
        """Of putting the sources into this order."""
        return self._said(self._desk.workspace.reorder(keys))

    def removal(self, keys: Sequence[str]) -> str:
        """Of taking sources out of the session."""
        return self._said(self._desk.workspace.without(keys))

    def pages(self, key: str, pages: tuple[int, int] | None) -> str:
        """Of letting only these pages of a source take part."""
        return self._said(self._desk.workspace.set_pages(key, pages))

    def detail(self, keys: Sequence[str], detail: Detail) -> str:
        """Of reading sources in this level of detail: about, as nobody knows their new text before it is read."""
        meter, now = self._desk.meter, self._desk.workspace
        chosen = {e.key for e in now.entries if e.key in set(keys) and not is_so(e.document, detail)}
        text = sum(
            about_tokens(e.document, detail, meter.tokens_of(e)) for e in now.entries if e.included and e.key in chosen
        )
        return self._anew(chosen, text)

    def again(self, keys: Sequence[str]) -> str:
        """Of reading sources in another way that keeps about as much of their text."""
        tokens = {e.key: self._desk.meter.tokens_of(e) or 0 for e in self._desk.workspace.entries if e.included}
        return self._anew(set(keys), sum(tokens.get(key, 0) for key in set(keys)))

    def _anew(self, keys: set[str], text: int) -> str:
        """Of other texts under these keys. text: about how many tokens those of them have that take part."""
        now = self._desk.workspace
        # A copy is another document to the meter: uncounted, and everything behind it has to be read again.
        entries = (replace(e, document=replace(e.document)) if e.key in keys else e for e in now.entries)
        return self._said(replace(now, entries=tuple(entries)), beside=text)

    def _said(self, after: Workspace, *, again: bool = True, beside: int = 0) -> str:
        """beside: tokens to be read that the meter cannot know of."""
        desk = self._desk
        spending = desk.spending
        if desk.around is None or spending is None:
            return ""
        exact = spending.exact and not spending.uncounted and not beside
        then = desk.meter.cost_of(after) + beside
        cost = change_cost(desk.meter.unread, then, per_second=desk.per_second, exact=exact)
        return cost_words(cost, again=again)


def cost_words(cost: ChangeCost, *, again: bool) -> str:
    """Such as "12,400 tokens to read again, about 40 s". again: what was read before is what has to be read."""
    if cost.tokens <= 0:
        return _tr("nothing to read again") if again else _tr("nothing more to read")
    pattern = _tr("{0} tokens to read again") if again else _tr("{0} tokens to read")
    number = words.count(cost.tokens) if cost.exact else _tr("about {0}").format(words.count(cost.tokens))
    said = pattern.format(number)
    if cost.seconds is None:
        return said
    return _tr("{0}, about {1}").format(said, words.seconds(cost.seconds))
