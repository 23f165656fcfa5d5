"""Sessions on their way out to a file and in from one, beside everything else. Knows no widget."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core.export_progress import ExportProgress
from app.core.exporting import Format, export
from app.core.sessions import Store
from app.services.lane import Call, Lane

_MOST_NEWS = 200
"""News at most so many times in an export: the window has other things to do."""


class Exporter(QObject):
    """`written`: the file; `taken_in`: the new session's number; `failed`: Failure.

    `progress`: (path, ExportProgress or None at first). `ended`: `busy` is false. `cancelled`: the file that is not
    written.
    """

    written = Signal(object)
    taken_in = Signal(int)
    failed = Signal(object)
    progress = Signal(object, object)
    cancelled = Signal(object)
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lane = Lane("export", self)
        self._exports: list[tuple[Path, Call[Path]]] = []

    @property
    def busy(self) -> bool:
        """Whether a session is being written."""
        return bool(self._exports)

    def export(self, session: int, form: Format, path: Path) -> None:
        """Write a session to `path`, which is replaced only when everything is there."""

        replaced = False

        def work(call: Call[Path]) -> Path:
            nonlocal replaced
            call.report(None)
            with Store.open() as store:
                content = export(store, session, form, on_progress=_now_and_then(call), stop=lambda: call.cancelled)
            part = path.with_name(path.name + ".part")
            try:
                part.write_bytes(content)
                if not call.cancelled:
                    part.replace(path)
                    replaced = True
            finally:
                part.unlink(missing_ok=True)
            return path

        def ended() -> None:
            self._exports = [held for held in self._exports if held[1] is not call]
            if call.cancelled:
                # Whoever cancels in the last moment is told what became of the file all the same.
                (self.written if replaced else self.cancelled).emit(path)
            if not self._exports:
                self.ended.emit()

        call = self._lane.run(
            work,
            done=self.written.emit,
            failed=self.failed.emit,
            progress=lambda state: self.progress.emit(path, state),
            ended=ended,
        )
        self._exports.append((path, call))

    def cancel(self) -> None:
        """Stop the export that is under way, and those behind it; their files stay as they were."""
        for _, call in self._exports:
            call.cancel()

    def take_in(self, path: Path) -> None:
        """Make a new session of a file that `export` wrote as JSON."""

        def work(_: Call[int]) -> int:
            from app.core.import_json import read_session

            record = read_session(path)
            with Store.open() as store:
                return store.import_session(record)

        self._lane.run(work, done=self.taken_in.emit, failed=self.failed.emit)

    def close(self) -> None:
        """Stop and end the thread."""
        self._lane.close()


def _now_and_then(call: Call[Path]) -> Callable[[ExportProgress], None]:
    """Reports what changes the share of the whole."""
    told = -1

    def tell(state: ExportProgress) -> None:
        nonlocal told
        share = int(state.share * _MOST_NEWS)
        if share != told:
            told = share
            call.report(state)

    return tell
