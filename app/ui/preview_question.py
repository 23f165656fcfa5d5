"""The question before much is read: how much of what would come in, what is left out and why, and what to choose."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from app.ui import words
from app.ui.check_list import CheckList
from app.ui.dialogs import Question
from app.ui.theme.style import LABEL, Theme, scaled
from ingest.preview import Group, LeftOut, Preview

_MOST_ROWS, _MOST_REASONS = 8, 4
_WIDTH = 700


class PreviewQuestion(Question):
    """`leave_out` says what was not chosen, as the intake wants it."""

    def __init__(self, theme: Theme, preview: Preview, parent: QWidget) -> None:
        super().__init__(
            self.tr("Read {0} files, {1}?").format(words.count(preview.files), words.size(preview.size)),
            self.tr("About {0} tokens. Take away what is not needed; nothing is read before you say so.").format(
                words.count(_rounded(preview.tokens))
            ),
            self.tr("Read them"),
            parent,
        )
        self._preview = preview
        self.folders = CheckList(theme, self.tr("Folders"))
        self.extensions = CheckList(theme, self.tr("Endings"))
        self.sum = QLabel()
        self.sum.setProperty("tone", "second")
        self.sum.setWordWrap(True)
        beside = QGridLayout()
        beside.setHorizontalSpacing(12)
        beside.setVerticalSpacing(4)
        lists = (
            (self.tr("Folders"), self.folders, preview.folders, self.tr("files directly in it")),
            (self.tr("Endings"), self.extensions, preview.extensions, self.tr("no ending")),
        )
        column = 0
        for caption, view, groups, nameless in lists:
            if len(groups) > 1:
                self._add(beside, column, caption, view, groups, nameless)
                column += 1
        layout = cast(QVBoxLayout, self.layout())
        at = layout.indexOf(self.buttons)
        layout.insertLayout(at, beside)
        layout.insertWidget(at + 1, self.sum)
        for text, left in (
            (self.tr("Left out: {0}"), preview.left_out),
            (self.tr("Left to one line each: {0}"), preview.shortened),
        ):
            if left:
                said = QLabel(text.format(self._reasons(left)))
                said.setProperty("tone", "second")
                said.setTextFormat(Qt.TextFormat.PlainText)
                said.setWordWrap(True)
                layout.insertWidget(layout.indexOf(self.buttons), said)
        self._follow()
        layout.activate()
        width = max(_WIDTH if column > 1 else 0, self.minimumSizeHint().width())
        self.resize(width, max(self.sizeHint().height(), layout.totalHeightForWidth(width)))

    @property
    def leave_out(self) -> tuple[str, ...]:
        """Patterns for what is not ticked; () when everything is."""
        return self._preview.choose(
            folders=_chosen(self.folders, self._preview.folders, lambda group: group.path),
            extensions=_chosen(self.extensions, self._preview.extensions, lambda group: group.name),
        )

    def _add(
        self, grid: QGridLayout, column: int, caption: str, view: CheckList, groups: Sequence[Group], nameless: str
    ) -> None:
        label = QLabel(caption)
        label.setFont(scaled(LABEL, weight=QFont.Weight.DemiBold))
        label.setBuddy(view)
        label.setAlignment(Qt.AlignmentFlag.AlignBottom)
        what = QLabel(self.tr("files · about tokens"))
        what.setFont(scaled(LABEL))
        what.setProperty("tone", "second")
        what.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
        inside = QGridLayout()
        inside.addWidget(label, 0, 0)
        inside.addWidget(what, 0, 1)
        inside.addWidget(view, 1, 0, 1, 2)
        grid.addLayout(inside, 0, column)
        front = _front([group.name for group in groups if group.path])
        rows = [
            (
                group.path or group.name,
                group.name[len(front) :] or nameless,
                f"{words.count(group.files)} · {words.count(_rounded(group.tokens))}",
                True,
            )
            for group in groups
        ]
        view.offer(rows, most_rows=_MOST_ROWS)
        view.changed.connect(self._follow)

    def _follow(self) -> None:
        """Say how much is chosen, as far as that can be told."""
        chosen = [
            _ticked(view, groups)
            for view, groups in ((self.folders, self._preview.folders), (self.extensions, self._preview.extensions))
        ]
        wholes = self._preview.folders, self._preview.extensions
        less = [(part, whole) for part, whole in zip(chosen, wholes, strict=True) if len(part) < len(whole)]
        self.yes.setEnabled(all(part or not whole for part, whole in zip(chosen, wholes, strict=True)))
        self.yes.setDefault(True)
        files = min((sum(group.files for group in part) for part, _ in less), default=self._preview.files)
        tokens = min((sum(group.tokens for group in part) for part, _ in less), default=self._preview.tokens)
        pattern = self.tr("Chosen: {0} files, about {1} tokens.")
        if len(less) > 1:
            # What folders and endings have in common was not counted.
            pattern = self.tr("Chosen: at most {0} files and about {1} tokens.")
        self.sum.setText(pattern.format(words.count(files), words.count(_rounded(tokens))))

    def _reasons(self, left: Sequence[LeftOut]) -> str:
        said = [f"{words.count(group.files)} × {group.reason}" for group in left[:_MOST_REASONS]]
        more = sum(group.files for group in left[_MOST_REASONS:])
        if more:
            said.append(self.tr("{0} for other reasons").format(words.count(more)))
        return ", ".join(said)


def _ticked(view: CheckList, groups: Sequence[Group]) -> Sequence[Group]:
    """The groups that are ticked; all where there was nothing to choose."""
    ticked = set(view.ticked)
    return [group for group in groups if (group.path or group.name) in ticked] if view.count() else groups


def _chosen(view: CheckList, groups: Sequence[Group], value: Callable[[Group], str]) -> list[str] | None:
    """What is ticked; None where nothing was taken away."""
    ticked = _ticked(view, groups)
    return None if len(ticked) == len(groups) else [value(group) for group in ticked]


def _front(folders: Sequence[str]) -> str:
    """What the names of folders begin with where only one was named: they are below it or it itself."""
    top = os.path.commonpath(folders) if folders else ""
    return top + os.sep if top and all(name == top or name.startswith(top + os.sep) for name in folders) else ""


def _rounded(tokens: int) -> int:
    """To two digits that say something: it is an estimate."""
    unit: int = 10 ** max(0, len(str(tokens)) - 2)
    return round(tokens / unit) * unit
