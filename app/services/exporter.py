"""Sessions on their way out to a file and in from one, beside everything else. Knows no widget."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core.exporting import Format, export
from app.core.sessions import Store
from app.services.lane import Call, Lane


class Exporter(QObject):
    """`written`: the file; `taken_in`: the new session's number; `failed`: Failure."""

    written = Signal(object)
    taken_in = Signal(int)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lane = Lane("export", self)

    def export(self, session: int, form: Format, path: Path) -> None:
        """Write a session to `path`, which is replaced only when everything is there."""

        def work(call: Call[Path]) -> Path:
            with Store.open() as store:
                content = export(store, session, form, stop=lambda: call.cancelled)
            part = path.with_name(path.name + ".part")
            try:
                part.write_bytes(content)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
            return path

        self._lane.run(work, done=self.written.emit, failed=self.failed.emit)

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
