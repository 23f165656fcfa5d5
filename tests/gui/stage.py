"""The real window with real files, brought into one state after another. Knows no pictures and no test runner."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QDialog

from app.core.answering import Reply
from app.core.citations import verify
from app.core.exchanges import answered
from app.core.marks import MarkStyle
from app.core.prompt import mark_documents
from app.core.settings import Preferences
from app.services.desk import Desk
from app.ui.conversation.markdown import load_parser
from app.ui.main_window import MainWindow
from app.ui.theme.style import Theme

_PATIENCE = 120.0


class Stage:
    """One window and the ways to bring it somewhere. `until` waits for what happens in it."""

    def __init__(self, theme: Theme, *, size: tuple[int, int] = (1440, 900)) -> None:
        self.window = MainWindow(theme, Desk(), Preferences(theme=theme.chosen))
        self.desk = self.window.desk
        self.window.resize(*size)
        self.window.show()

    def begin(self) -> None:
        """As the program does after its first paint."""
        self.desk.library.refresh()
        self.desk.library.do(load_parser)
        self.desk.use_default_model()
        self.until(lambda: self.desk.spending is not None)

    def until(self, there: Callable[[], object], what: str = "") -> None:
        """Let the window go on until `there` holds. Raises TimeoutError, which names `what`."""
        end = time.monotonic() + _PATIENCE
        while not there():
            if time.monotonic() > end:
                raise TimeoutError(what)
            QApplication.processEvents()
            time.sleep(0.002)

    def settle(self) -> None:
        """Until nothing moves: files are read and counted, pages painted, what is closed is gone."""
        self.until(lambda: not self.desk.intake.busy, "files are still being read")
        self.until(self._counted, "tokens are still being counted")
        self.rest(0.35)

    def rest(self, seconds: float) -> None:
        """Let events and short animations pass."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.005)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def sharp(self) -> None:
        """Until the pages that show are drawn."""
        view = self.window.viewer.pages

        def drawn() -> bool:
            pages = view.pages_in_sight()
            known = view.file is None or (bool(pages) and all(view.layout_of_pages.knows(page) for page in pages))
            return known and all(box in view.tiles for page in pages for box in view.boxes(page))

        self.rest(0.2)
        self.until(drawn, "pages are still being drawn")
        self.rest(0.3)

    def add(self, paths: Sequence[Path], *, name: str = "") -> None:
        """Add files and wait until they are counted."""
        self.desk.add(paths, name=name)
        self.settle()

    def ask(self, question: str, *, evidence: bool = False) -> None:
        """Ask and wait for the answer."""
        self.desk.ask(question, "evidence" if evidence else "model")
        self.until(lambda: not self.desk.busy, question)
        self.settle()

    def answer(self, question: str, text: str, *, style: MarkStyle = "header") -> None:
        """A conversation in which `text` was the answer: what it cites is checked on the real documents."""
        entries = self.desk.workspace.included()
        documents = [entry.for_prompt() for entry in entries]
        marks = [mark for marked in mark_documents(documents, style) for mark in marked.marks]
        verdict = verify(text, style=style, marks=marks, documents=documents)
        reply = Reply(question, text, "model", ending="stop", citations=verdict.citations)
        self.desk.exchanges.append(answered(reply, entries=entries, documents=documents, message=None, model={}))
        self.desk.exchange_added.emit(len(self.desk.exchanges) - 1)
        self.rest(0.2)

    def dialogs(self) -> list[QDialog]:
        """The dialogs that are open."""
        return [d for d in self.window.findChildren(QDialog) if d.isVisible()]

    def close(self) -> None:
        """End everything."""
        for dialog in self.dialogs():
            dialog.close()
        self.window.close()
        self.rest(0.05)
        self.window.deleteLater()
        self.rest(0.05)

    def _counted(self) -> bool:
        spending = self.desk.spending
        return self.desk.settings is None or (spending is not None and not spending.uncounted)


@contextmanager
def stage(theme: Theme, *, size: tuple[int, int] = (1440, 900), begin: bool = True) -> Iterator[Stage]:
    """A window that is closed in the end."""
    window = Stage(theme, size=size)
    try:
        if begin:
            window.begin()
        yield window
    finally:
        window.close()


def key_of(on: Stage, word: str) -> str:
    """The key of the source that has `word` in its name."""
    return next(entry.key for entry in on.desk.workspace.entries if word in entry.name)
