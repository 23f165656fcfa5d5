"""What everything costs in tokens, kept up to date: counts in the background, sums at once.

Knows no widget and no session file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.answering import Settings
from app.core.choices import Choice
from app.core.conversing import Around, signature
from app.core.ledger import DocumentTokens, Ledger, Spending, same_parts, to_read, to_read_from
from app.core.workspace import Entry, Workspace
from app.services.answers import Answers, Asked
from app.services.courtesy import Courtesy
from engine.protocol import Standing

_MEASURE_AFTER_MS = 200
_GATHER_MS = 100


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the engine reads before the question: (what, tokens) in order, each with all that its tokens depend on."""

    parts: list[tuple[object, int]]
    keys: list[str]


@dataclass(frozen=True, slots=True)
class _Cost:
    """What of a layout is still to be read. of: what it was worked out from; it holds while that is the same."""

    of: tuple[Workspace, Settings, Around]
    layout: _Layout
    tokens: int
    keys: frozenset[str]


class Meter(QObject):
    """`changed`: `spending` is another. `model_known`: `around` tells of a model for the first time.

    `failed`: the model cannot be used (Failure). `unreadable`: a source cannot be counted (key, Failure).
    """

    changed = Signal()
    model_known = Signal()
    failed = Signal(object)
    unreadable = Signal(str, object)

    def __init__(
        self,
        answers: Answers,
        asked: Callable[[], Asked | None],
        courtesy: Courtesy,
        parent: QObject | None = None,
    ) -> None:
        """asked: what would be asked now, None while there is no model."""
        super().__init__(parent)
        self._courtesy = courtesy
        self._answers, self._asked = answers, asked
        self._ledger = Ledger()
        self._held: list[tuple[object, int]] = []
        self._standing: Standing | None = None
        self._ends: tuple[int, ...] = ()
        self._parts: dict[str, tuple[Entry, tuple[object, int]]] = {}
        self._cost: _Cost | None = None
        self.around: Around | None = None
        self.spending: Spending | None = None
        self._gather = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._gather.timeout.connect(self.add_up)
        self._later = QTimer(self, singleShot=True, interval=_MEASURE_AFTER_MS)
        self._later.timeout.connect(self.measure)

    def forget(self, *, vocabulary: bool) -> None:
        """Nothing is in the engine any more; with another vocabulary no count holds either."""
        self._held = []
        self._standing = None
        self._cost = None
        if vocabulary:
            self._ledger.clear()
            self._parts.clear()
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
            failed=self.failed.emit,
        )

    def add_up_soon(self) -> None:
        """Sum up with whatever else comes in this moment; what stands here until then is not exact."""
        if self.spending is not None and self.spending.exact:
            self.spending = replace(self.spending, exact=False)
        if not self._gather.isActive():
            self._gather.start()

    def add_up(self) -> None:
        """Sum up what is known, at once."""
        self._gather.stop()
        self._courtesy.window_first()
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
        cost = self._to_read()
        return cost.tokens if cost is not None and self.spending is not None else 0

    @property
    def unread_keys(self) -> frozenset[str]:
        """The sources that take part and that the engine does not hold as they stand now."""
        cost = self._to_read()
        return cost.keys if cost is not None else frozenset()

    def cost_of(self, workspace: Workspace) -> int:
        """Tokens that the next question would have to read if the sources were those of `workspace`."""
        asked = self._asked()
        if asked is None or self.around is None:
            return 0
        return self._unread(self._layout(workspace, asked.settings, self.around).parts)

    def note_standing(self, standing: Standing | None, ends: tuple[int, ...]) -> None:
        """What the engine holds, and where the system prompt and each source end in it; `note_read` follows."""
        self._standing, self._ends = standing, ends

    def note_read(self) -> None:
        """The engine holds everything as it stands now."""
        cost = self._to_read()
        self._held = cost.layout.parts if cost is not None else []
        self._cost = None

    def close(self) -> None:
        """Count no more."""
        self._gather.stop()
        self._later.stop()

    def _to_read(self) -> _Cost | None:
        """Worked out once for each state: several panels ask, and there may be ten thousand sources."""
        asked = self._asked()
        if asked is None or self.around is None:
            return None
        of = (asked.workspace, asked.settings, self.around)
        held = self._cost
        if held is not None and held.of[0] is of[0] and held.of[1:] == of[1:]:
            return held
        layout = self._layout(*of)
        keys = frozenset(layout.keys[max(0, same_parts(self._held, layout.parts) - 1) :])
        self._cost = _Cost(of, layout, self._unread(layout.parts), keys)
        return self._cost

    def _unread(self, parts: list[tuple[object, int]]) -> int:
        if self._standing is None or len(self._ends) != len(self._held):
            return to_read(self._held, parts)
        return to_read_from(self._standing, self._ends, self._held, parts)

    def _layout(self, workspace: Workspace, settings: Settings, around: Around) -> _Layout:
        included = workspace.included()
        parts: list[tuple[object, int]] = [(settings, around.budget.system)]
        parts += [self._part(entry) for entry in included]
        return _Layout(parts, [entry.key for entry in included])

    def _part(self, entry: Entry) -> tuple[object, int]:
        held = self._parts.get(entry.key)
        if held is not None and held[0] is entry:
            return held[1]
        part = ((entry.key, id(entry.document), entry.pages), self._ledger.tokens(entry) or 0)
        self._parts[entry.key] = (entry, part)
        return part

    def _counted(self, key: str, tokens: DocumentTokens) -> None:
        self._ledger.put(key, tokens)
        self._parts.pop(key, None)
        self._cost = None
        self.add_up_soon()

    def _counted_in_order(self, placed: object, tokens: dict[str, int]) -> None:
        self._ledger.put_in_order(placed, tokens)
        self.add_up()

    def _measured(self, around: Around) -> None:
        first = self.around is None
        self.around = around
        self.add_up()
        if first:
            self.model_known.emit()
