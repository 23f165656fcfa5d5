"""What is to be checked: the level and its time, up to which length, which tasks, on which text, which caches.

Knows no engine: the time comes from whoever knows how fast this computer reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.ui import words
from app.ui.check_box import CheckBox
from app.ui.chooser import Chooser
from app.ui.segments import Segments
from app.ui.selfcheck import names
from app.ui.theme.style import SMALL, Theme, scaled
from engine.protocol import KvType
from engine.selfcheck.plan import BASELINE, lengths_up_to
from engine.selfcheck.report import Level

_PER_ROW = 2
LEVELS: tuple[Level, ...] = get_args(Level)
KV_TYPES: tuple[KvType, ...] = get_args(KvType)


@dataclass(frozen=True, slots=True)
class Choice:
    """tasks: None for those of the level. kvs: caches that are checked one after the other. max_tokens: None for all.

    documents: the text is that of the sources, not prose made for it.
    """

    level: Level
    kvs: tuple[KvType, ...]
    tasks: tuple[str, ...] | None = None
    max_tokens: int | None = None
    documents: bool = False


class CheckChoices(QFrame):
    """`begun`: the Choice to start with. `closed`: rather not."""

    begun = Signal(object)
    closed = Signal()

    def __init__(
        self,
        theme: Theme,
        kinds: Mapping[str, str],
        of_level: Callable[[Level], Sequence[str]],
        seconds: Callable[[Choice], float | None],
        parent: QWidget | None = None,
    ) -> None:
        """kinds: of each task. of_level: the tasks of a level. seconds: about how long a choice takes, if known."""
        super().__init__(parent)
        self._theme, self._of_level, self._seconds = theme, of_level, seconds
        self._context = 0
        self._own_tasks = False
        self.setProperty("card", "plain")
        self.level = Segments(
            [(level, names.level_name(level), self._about(level)) for level in LEVELS], self.tr("Level")
        )
        self.level.chosen.connect(self._level_chosen)
        self._level: Level = "quick"
        self.about = _note()
        self.length = Chooser(theme, self.tr("Up to"))
        self.length.chosen.connect(self._follow)
        self.text = Segments(
            (
                ("prose", self.tr("Prose made for it"), self.tr("Plain sentences that no model has read before")),
                ("documents", self.tr("My documents"), self.tr("The text of this session's sources")),
            ),
            self.tr("Text around what has to be found"),
        )
        self.text.chosen.connect(self._text_chosen)
        self._documents = False
        self.text_note = _note()
        self.tasks: dict[str, CheckBox] = {}
        self.kvs: dict[KvType, CheckBox] = {}
        self._task_rows = QWidget()
        self.begin = QPushButton(self.tr("Begin the check"))
        self.begin.setProperty("role", "primary")
        self.begin.clicked.connect(lambda: self.begun.emit(self.choice))
        self.close_button = QPushButton(self.tr("Close"))
        self.close_button.setAccessibleName(self.tr("Close without measuring again"))
        self.close_button.clicked.connect(self.closed)
        self.time = QLabel()
        self.time.setWordWrap(True)
        self.time.setProperty("tone", "second")
        self._arrange(kinds)
        self._level_chosen("quick")

    @property
    def choice(self) -> Choice:
        """What stands here."""
        ticked = tuple(task for task, box in self.tasks.items() if box.isChecked())
        return Choice(
            level=self._level,
            kvs=tuple(kv for kv, box in self.kvs.items() if box.isChecked()),
            tasks=ticked if self._own_tasks and self._level != "ruler" else None,
            max_tokens=self._max_tokens,
            documents=self._documents,
        )

    @property
    def _max_tokens(self) -> int | None:
        chosen = self.length.value
        return chosen if isinstance(chosen, int) and chosen != self._context else None

    def show_model(self, context: int, kv: KvType) -> None:
        """The context and the cache of the model in use, which is what is checked unless told otherwise."""
        if context != self._context:
            self._context = context
            lengths = [n for n in reversed(lengths_up_to(context)) if n >= BASELINE] or [context]
            self.length.offer([(n, self._length_words(n)) for n in lengths])
            self.length.choose(context)
            for name, box in self.kvs.items():
                box.setChecked(name == kv)
        self._follow()

    def offer_documents(self, *, there: bool) -> None:
        """Whether there is any source to take the text from."""
        why = "" if there else self.tr("There are no sources in this session; add some first")
        self.text.set_enabled("documents", there, why or self.tr("The text of this session's sources"))
        if not there and self._documents:
            self.text.choose("prose")
            self._text_chosen("prose")

    def allow(self, why_not: str) -> None:
        """Let the check begin, or say why it cannot."""
        self.begin.setEnabled(not why_not and self._problem() == "")
        self._why_not = why_not
        self._say()

    def _arrange(self, kinds: Mapping[str, str]) -> None:
        self._why_not = ""
        rows = QGridLayout(self)
        rows.setContentsMargins(16, 14, 16, 14)
        rows.setHorizontalSpacing(14)
        rows.setVerticalSpacing(10)
        rows.setColumnStretch(1, 1)
        lines: list[tuple[str, QWidget | QHBoxLayout | QVBoxLayout]] = [
            (self.tr("Level"), _beside(self.level)),
            ("", self.about),
            (self.tr("Up to"), _beside(self.length)),
            (self.tr("Text"), _beside(self.text)),
            ("", self.text_note),
            (self.tr("Tasks"), self._task_grid(kinds)),
            (self.tr("Cache"), self._kv_row()),
        ]
        for at, (caption, what) in enumerate(lines):
            label = QLabel(caption)
            label.setProperty("tone", "second")
            label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
            top = Qt.AlignmentFlag.AlignTop if caption == self.tr("Tasks") else Qt.AlignmentFlag.AlignVCenter
            if caption:
                rows.addWidget(label, at, 0, top)
            if isinstance(what, QWidget):
                rows.addWidget(what, at, 1)
            else:
                rows.addLayout(what, at, 1)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        foot.addWidget(self.begin)
        foot.addWidget(self.time, 1)
        foot.addWidget(self.close_button)
        rows.addLayout(foot, len(lines), 0, 1, 2)

    def _task_grid(self, kinds: Mapping[str, str]) -> QWidget:
        grid = QGridLayout(self._task_rows)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(0)
        for at, (task, kind) in enumerate(kinds.items()):
            box = CheckBox(self._theme, names.task_name(task), self)
            box.setToolTip(self.tr("{0}: counts as {1}").format(task, names.kind_name(kind)))
            box.clicked.connect(self._task_clicked)
            self.tasks[task] = box
            grid.addWidget(box, at // _PER_ROW, at % _PER_ROW)
        grid.setColumnStretch(_PER_ROW, 1)
        return self._task_rows

    def _kv_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(18)
        for kv in KV_TYPES:
            box = CheckBox(self._theme, kv, self)
            box.setAccessibleName(self.tr("Cache {0}").format(kv))
            box.setToolTip(self.tr("Several are checked one after the other and compared"))
            box.clicked.connect(self._follow)
            self.kvs[kv] = box
            row.addWidget(box)
        row.addStretch(1)
        return row

    def _length_words(self, tokens: int) -> str:
        whole = self.tr("{0} tokens, the whole context") if tokens == self._context else self.tr("{0} tokens")
        return whole.format(words.count(tokens))

    def _about(self, level: Level) -> str:
        return {
            "quick": self.tr("What a minute or two allow; the rest stays untested."),
            "standard": self.tr("Every length, as many questions as it takes to decide."),
            "thorough": self.tr("Several texts, and every depth decided by itself."),
            "classic": self.tr("The needle in a haystack as it is usually shown. It stays green while real use fails."),
            "ruler": self.tr("Tasks and scoring of the published RULER suite, to compare with its tables."),
        }[level]

    def _level_chosen(self, level: str) -> None:
        self._level = next(one for one in LEVELS if one == level)
        self._own_tasks = False
        mine = self._of_level(self._level)
        for task, box in self.tasks.items():
            box.setChecked(task in mine)
        self.about.setText(self._about(self._level))
        self._task_rows.setEnabled(self._level not in ("classic", "ruler"))
        self._follow()

    def _text_chosen(self, text: str) -> None:
        self._documents = text == "documents"
        self._follow()

    def _task_clicked(self) -> None:
        self._own_tasks = True
        self._follow()

    def _follow(self, *_: object) -> None:
        self.text_note.setText(
            self.tr("Sentences to be found are put between the lines of your documents. Nothing is changed in them.")
            if self._documents
            else ""
        )
        self.text_note.setVisible(self._documents)
        self.allow(self._why_not)

    def _problem(self) -> str:
        choice = self.choice
        if not choice.kvs:
            return self.tr("Tick at least one cache.")
        if choice.tasks == ():
            return self.tr("Tick at least one task.")
        return ""

    def _say(self) -> None:
        problem = self._why_not or self._problem()
        if not problem:
            seconds = self._seconds(self.choice)
            problem = (
                self.tr("Takes about {0}. It can be paused.").format(words.seconds(seconds))
                if seconds is not None
                else self.tr("How long it takes is said once the speed is measured. It can be paused.")
            )
        self.time.setText(problem)
        self.begin.setAccessibleDescription(problem)


def _note() -> QLabel:
    label = QLabel()
    label.setFont(scaled(SMALL))
    label.setProperty("tone", "second")
    label.setWordWrap(True)
    return label


def _beside(widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(widget)
    row.addStretch(1)
    return row
