"""One running program per data folder: a second start hands its files over; a start after a crash is noticed.

Knows no widget.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from app.core.paths import data_dir

_WAIT_MS = 1000


def server_name(folder: Path) -> str:
    """The name under which the program of this data folder listens."""
    return "plumbline-" + hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:16]


def hand_over(paths: Sequence[Path]) -> bool:
    """Give `paths` to the program that runs already and bring it to the front; False when none runs."""
    socket = QLocalSocket()
    socket.connectToServer(server_name(data_dir()))
    if not socket.waitForConnected(_WAIT_MS):
        return False
    socket.write(json.dumps([str(path.absolute()) for path in paths]).encode() + b"\n")
    sent = socket.waitForBytesWritten(_WAIT_MS)
    socket.disconnectFromServer()
    return sent


class Presence(QObject):
    """`called`: another start handed over these paths (perhaps none)."""

    called = Signal(list)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.newConnection.connect(self._connected)
        self._marker = data_dir() / "running.json"
        self.left_over = self._read_marker()

    def begin(self) -> None:
        """Listen for other starts, and note that the program runs."""
        name = server_name(data_dir())
        if not self._server.listen(name):
            # A program that was killed leaves its socket behind.
            QLocalServer.removeServer(name)
            self._server.listen(name)
        self.note(None)

    def note(self, session: int | None) -> None:
        """Note which session is open, for the start after a crash."""
        try:
            self._marker.parent.mkdir(parents=True, exist_ok=True)
            self._marker.write_text(json.dumps({"pid": os.getpid(), "session": session}), encoding="utf-8")
        except OSError:
            # Only the note after a crash is lost by this; the session itself is in its own file.
            return

    def end(self) -> None:
        """The program leaves as it should."""
        self._server.close()
        self._marker.unlink(missing_ok=True)

    def _read_marker(self) -> dict[str, Any] | None:
        """What a program that did not end as it should left behind."""
        try:
            noted = json.loads(self._marker.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return noted if isinstance(noted, dict) else None

    def _connected(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(lambda s=socket: self._read(s))
            socket.disconnected.connect(socket.deleteLater)
            if socket.canReadLine():
                self._read(socket)

    def _read(self, socket: QLocalSocket) -> None:
        while socket.canReadLine():
            try:
                paths = json.loads(bytes(socket.readLine().data()))
            except ValueError:
                continue
            if isinstance(paths, list):
                self.called.emit([Path(path) for path in paths if isinstance(path, str)])
