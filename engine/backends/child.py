"""One worker process: frames to it, frames from it with a deadline, and a clear word when it is gone or hangs.

Knows nothing of what the frames mean beyond their id and event.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import threading
from collections.abc import Sequence
from typing import IO, Any

from engine.backends.ending import MemoryWatch, signal_name, why_ended
from engine.backends.overheard import Overheard
from engine.backends.patience import DEFAULT_PATIENCE_S, Silence, in_words
from engine.errors import EngineHung, EngineStopped
from engine.protocol import read_frame, write_frame

SECONDS_TO_LEAVE = 2.0
SECONDS_BETWEEN_LOOKS = 0.5
"""How often a process that is waited for is looked at: its end is known sooner than the second that is promised, even
where something that it started still holds its pipe."""

SPINS = "1000"
"""How often llama.cpp's threads look for each other before they sleep. With the default of GCC's OpenMP an answer of
0.23 s took 34 s while another program kept one of two cores busy, with this 0.9 s; on an idle machine it is 0.27 s."""

_AGAIN = "Nothing is lost; ask again, and it is started again."
_LESS = " Should it happen again: choose a smaller --ctx or --kv q8_0, or close other programs."


class Child:
    """A started worker. `send` and `receive` from one thread at a time; `cancel` from any. Writing keeps nobody."""

    def __init__(
        self, command: Sequence[str], log: IO[bytes] | None, *, patience_s: float = DEFAULT_PATIENCE_S
    ) -> None:
        """log: gets what the process says on its standard error. patience_s: see `patience`."""
        # A session of its own: Ctrl-C in the terminal is for the program, which then asks the worker to stop.
        # llama.cpp would otherwise start a debugger when it gives up, which takes seconds and holds our pipes.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={"GOMP_SPINCOUNT": SPINS, "GGML_NO_BACKTRACE": "1", **os.environ},
        )
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._patience = patience_s
        self._memory = MemoryWatch(self._process.pid)
        self._said = Overheard(self._process.stderr, log)
        self._requests: queue.SimpleQueue[tuple[dict[str, Any], bytes] | None] = queue.SimpleQueue()
        self._replies: queue.Queue[tuple[dict[str, Any], bytes] | None] = queue.Queue()
        self._number = 0
        self._cancelled = 0
        # A process that hangs does not read either: only this thread may be kept waiting by a full pipe.
        self._writer = threading.Thread(
            target=self._write, args=(self._process.stdin,), name="engine-requests", daemon=True
        )
        self._listener = threading.Thread(
            target=self._listen, args=(self._process.stdout,), name="engine-replies", daemon=True
        )
        self._writer.start()
        self._listener.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def ended(self) -> EngineStopped | None:
        """Why the process has ended, None while it runs. From any thread."""
        code = self._process.poll()
        return None if code is None else self._why(code)

    def send(self, request: dict[str, Any], blob: bytes) -> None:
        """Send one request; replies to earlier ones are from now on ignored. That it never arrives `receive` says."""
        self._number += 1
        if self._process.poll() is None:
            self._memory.note()
        self._requests.put(({"id": self._number, **request}, blob))

    def cancel(self) -> None:
        """Ask for the current request to stop; quietly nothing when the process is gone."""
        self._cancelled = self._number
        self._requests.put(({"id": 0, "do": "cancel", "target": self._number}, b""))

    def receive(self, deadline: float | None) -> tuple[dict[str, Any], bytes]:
        """The next frame for the current request.

        Raises TimeoutError after `deadline` seconds, EngineStopped, or EngineHung after too long a silence.
        """
        silence = Silence(self.pid, self._patience)
        step = min(SECONDS_BETWEEN_LOOKS, self._patience / 4) if self._patience else SECONDS_BETWEEN_LOOKS
        while True:
            # Steps are counted, not the clock: while this program itself is stopped nothing can be heard.
            wait = step if deadline is None else min(step, deadline)
            try:
                received = self._replies.get(timeout=wait)
            except queue.Empty:
                if self._process.poll() is not None:
                    received = self._last_words()
                else:
                    if deadline is not None:
                        deadline -= wait
                        if deadline <= 0:
                            raise TimeoutError from None
                    if silence.waited(wait, cancelled=self._cancelled == self._number):
                        raise self._hung() from None
                    continue
            if received is None:
                self._replies.put(None)
                raise self._why(self._process.wait())
            if received[0]["id"] == self._number:
                return received
            silence = Silence(self.pid, self._patience)

    def kill(self) -> None:
        """End the process at once; `close` still has to be called."""
        self._process.kill()

    def close(self) -> None:
        """End the process, at the latest by force, and wait for it."""
        process = self._process
        self._requests.put(None)
        try:
            process.wait(SECONDS_TO_LEAVE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._writer.join(1.0)
        self._listener.join(1.0)
        self._said.close()

    def _last_words(self) -> tuple[dict[str, Any], bytes] | None:
        """What an ended process still said, then None."""
        self._listener.join(0.2)
        try:
            return self._replies.get_nowait()
        except queue.Empty:
            return None

    def _why(self, code: int) -> EngineStopped:
        cause = self._memory.cause()
        memory = cause is not None or signal_name(code) == "SIGKILL"
        return EngineStopped(
            f"The engine stopped {why_ended(code, cause=cause, said=self._said.reason())}.",
            hint=_AGAIN + (_LESS if memory else ""),
            code=code,
        )

    def _hung(self) -> EngineHung:
        if self._cancelled == self._number:
            return EngineHung("The engine did not stop when it was asked to, and was ended.", hint=_AGAIN)
        return EngineHung(
            f"The engine gave no sign of life for {in_words(self._patience)} and was ended.",
            hint=f"{_AGAIN} Where it needs longer, PLUMBLINE_PATIENCE sets the seconds (0: wait for ever).",
        )

    def _write(self, stream: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (request := self._requests.get()) is not None:
                write_frame(stream, *request)
        with contextlib.suppress(OSError, ValueError):
            stream.close()

    def _listen(self, stream: IO[bytes]) -> None:
        # What the process started may hold its pipe open longer than it lives itself.
        with stream, contextlib.suppress(OSError, ValueError):
            while (received := read_frame(stream)) is not None:
                self._replies.put(received)
        self._replies.put(None)
