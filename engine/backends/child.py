"""One worker process: frames to it, frames from it with a deadline, and a clear word when it is gone.

Knows nothing of what the frames mean beyond their id and event.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Sequence
from typing import IO, Any

from engine.errors import EngineStopped
from engine.protocol import read_frame, write_frame

SECONDS_TO_LEAVE = 2.0
SPINS = "1000"
"""How often llama.cpp's threads look for each other before they sleep. With the default of GCC's OpenMP an answer of
0.23 s took 34 s while another program kept one of two cores busy, with this 0.9 s; on an idle machine it is 0.27 s."""


class Child:
    """A started worker. `send` and `receive` from one thread at a time; `cancel` from any."""

    def __init__(self, command: Sequence[str], log: IO[bytes] | int) -> None:
        # A session of its own: Ctrl-C in the terminal is for the program, which then asks the worker to stop.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            env={"GOMP_SPINCOUNT": SPINS, **os.environ},
        )
        self._replies: queue.Queue[tuple[dict[str, Any], bytes] | None] = queue.Queue()
        self._lock = threading.Lock()
        self._number = 0
        self._listener = threading.Thread(target=self._listen, name="engine-replies", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def send(self, request: dict[str, Any], blob: bytes) -> None:
        """Send one request; replies to earlier ones are from now on ignored. Raises EngineStopped."""
        self._number += 1
        self._write({"id": self._number, **request}, blob)

    def cancel(self) -> None:
        """Ask for the current request to stop; quietly nothing when the process is gone."""
        with contextlib.suppress(EngineStopped):
            self._write({"id": 0, "do": "cancel", "target": self._number}, b"")

    def receive(self, deadline: float | None) -> tuple[dict[str, Any], bytes]:
        """The next frame for the current request. Raises TimeoutError after `deadline` seconds, EngineStopped."""
        while True:
            try:
                received = self._replies.get(timeout=deadline)
            except queue.Empty:
                raise TimeoutError from None
            if received is None:
                code = self._process.wait()
                raise EngineStopped(
                    f"The engine stopped {why_ended(code)}. Nothing is lost; ask again.",
                    hint="It is started again with the next question.",
                    code=code,
                )
            if received[0]["id"] == self._number:
                return received

    def kill(self) -> None:
        """End the process at once; `close` still has to be called."""
        self._process.kill()

    def close(self) -> None:
        """End the process, at the latest by force, and wait for it."""
        process = self._process
        with contextlib.suppress(OSError):
            if process.stdin:
                process.stdin.close()
        try:
            process.wait(SECONDS_TO_LEAVE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._listener.join()
        if process.stdout:
            process.stdout.close()

    def _write(self, header: dict[str, Any], blob: bytes) -> None:
        stream = self._process.stdin
        assert stream is not None
        try:
            with self._lock:
                write_frame(stream, header, blob)
        except (OSError, ValueError):
            raise EngineStopped(
                "The engine is gone. Nothing is lost; ask again.", hint="It is started again with the next question."
            ) from None

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with contextlib.suppress(OSError, ValueError):
            while (received := read_frame(stream)) is not None:
                self._replies.put(received)
        self._replies.put(None)


def why_ended(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"unexpectedly (code {code})"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"unexpectedly ({name}{', often a sign of too little memory' if name == 'SIGKILL' else ''})"
