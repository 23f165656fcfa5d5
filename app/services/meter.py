"""What everything costs in tokens, kept up to date: counts in the background, sums at once.

Knows no widget and no session file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.choices import Choice
from app.core.conversing import Around, signature
from app.core.failures import Failure
from app.core.ledger import DocumentTokens, Ledger, Spending, to_read
from app.core.workspace import Entry, Workspace
from app.services.answers import Answers, Asked

_MEASURE_AFTER_MS = 200
_GATHER_MS = 30


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the engine reads before the question: (what, tokens) in order, each with all that its tokens depend on."""

    parts: list[tuple[str, int]]
    keys: list[str]


class Meter(QObject):
    """`changed`: `spending` is another. `model_known`: `around` tells of a model for the first time.

    `failed`: the model cannot be used (Failure). `unreadable`: a source cannot be counted (key, Failure).
    """

    changed = Signal()
    model_known = Signal()
    failed = Signal(object)
    unreadable = Signal(str, object)

    def __init__(self, answers: Answers, asked: Callable[[], Asked | None], parent: QObject | None = None) -> None:
        """asked: what would be asked now, None while there is no model."""
        super().__init__(parent)
        self._answers, self._asked = answers, asked
        self._ledger = Ledger()
        self._held: list[tuple[str, int]] = []
        self.around: Around | None = None
        self.spending: Spending | None = None
        self._gather = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._gather.timeout.connect(self.add_up)
        self._later = QTimer(self, singleShot=True, interval=_MEASURE_AFTER_MS)
        self._later.timeout.connect(self.measure)

    def forget(self, *, vocabulary: bool) -> None:
        """Nothing is in the engine any more; with another vocabulary no count holds either."""
        self._held = []
        if vocabulary:
            self._ledger.clear()
            self.around = None

    def measure_soon(self) -> None:
        """Count when nothing has changed for a moment."""
        self._later.start()

    def measure(self) -> None:
        """Count what is not counted, and what surrounds the documents."""
        self._later.stop()
        asked = self._asked()
        if asked is None or self._answers.under_way:
            return
        self._answers.measure(
            asked,
            self._ledger.uncounted(asked.workspace),
            counted=self._counted,
            unreadable=self.unreadable.emit,
            around=self._measured,
            in_order=self._counted_in_order,
            failed=self._failed,
        )

    def add_up(self) -> None:
        """Sum up what is known, at once."""
        self._gather.stop()
        asked = self._asked()
        if asked is None or self.around is None:
            self.spending = None
        else:
            placed = signature(asked.workspace) if self.around.depends_on_order else None
            self.spending = self._ledger.spending(asked.workspace, self.around.budget, signature=placed)
        self.changed.emit()

    def tokens_of(self, entry: Entry) -> int | None:
        """Tokens of a source, whether it takes part or not; None while it is not counted."""
        return self._ledger.tokens(entry)

    @property
    def choices(self) -> list[Choice]:
        """What would make it fit."""
        asked = self._asked()
        if asked is None or self.spending is None or self.around is None:
            return []
        return self._ledger.choices(asked.workspace, self.spending.budget, largest_context=self.around.largest)

    @property
    def unread(self) -> int:
        """Tokens of system prompt and sources that the next question would have to read."""
        layout = self._layout()
        return to_read(self._held, layout.parts) if layout is not None and self.spending is not None else 0

    @property
    def unread_keys(self) -> frozenset[str]:
        """The sources that take part and that the engine does not hold as they stand now."""
        layout = self._layout()
        if layout is None:
            return frozenset()
        same = next(
            (i for i, (old, new) in enumerate(zip(self._held, layout.parts, strict=False)) if old != new),
            min(len(self._held), len(layout.parts)),
        )
        return frozenset(layout.keys[max(0, same - 1) :])

    def cost_of(self, workspace: Workspace) -> int:
        """Tokens that the next question would have to read if the sources were those of `workspace`."""
        layout = self._layout(workspace)
        return to_read(self._held, layout.parts) if layout is not None else 0

    def note_read(self) -> None:
        """The engine holds everything as it stands now."""
        layout = self._layout()
        self._held = layout.parts if layout is not None else []

    def close(self) -> None:
        """Count no more."""
        self._gather.stop()
        self._later.stop()

    def _layout(self, workspace: Workspace | None = None) -> _Layout | None:
        asked = self._asked()
        if asked is None or self.around is None:
            return None
        included = (workspace or asked.workspace).included()
        parts = [(f"system {asked.settings}", self.around.budget.system)]
        parts += [(f"{e.key} {id(e.document)} {e.pages}", self._ledger.tokens(e) or 0) for e in included]
        return _Layout(parts, [e.key for e in included])

    def _counted(self, key: str, tokens: DocumentTokens) -> None:
        self._ledger.put(key, tokens)
        if not self._gather.isActive():
            self._gather.start()

    def _counted_in_order(self, placed: object, tokens: dict[str, int]) -> None:
        self._ledger.put_in_order(placed, tokens)
        self.add_up()

    def _measured(self, around: Around) -> None:
        first = self.around is None
        self.around = around
        self.add_up()
        if first:
            self.model_known.emit()

    def _failed(self, failure: Failure) -> None:
        self.failed.emit(failure)
