"""One PDF reader in a process of its own: a request to it, answers from it, and a word when it is gone.

Knows nothing of what the answers mean. A crash or a hang in there costs one request here.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.pdf import read_frame, write_frame

_ROOT = Path(__file__).resolve().parent.parent
_START = "import importlib, sys; sys.path.insert(0, sys.argv[1]); importlib.import_module(sys.argv[2]).serve()"
_SECONDS_TO_LEAVE = 2.0
_SECONDS_TO_START = 60.0


class ReaderGone(Exception):
    """The process ended, or was ended because it said nothing for too long (`hung`)."""

    def __init__(self, *, hung: bool) -> None:
        super().__init__("hung" if hung else "ended")
        self.hung = hung


class PdfChild:
    """A started reader. Used by one thread; `end_if_overdue` and `kill` may come from any.

    module: the one whose `serve` answers; the process never loads more than that.
    """

    def __init__(self, module: str = "ingest.pdf") -> None:
        # -P: modules of this program must come from its own folder, never from the one it was started in.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, str(_ROOT), module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._lock = threading.Lock()
        self._due: float | None = None
        self._hung = False
        self._ready = False

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def ask(self, request: dict[str, Any], content: bytes | None) -> Iterator[dict[str, Any]]:
        """The answers to one request, the last of them "closed" or "failed". Raises ReaderGone.

        Bytes that follow an answer ("bytes": how many) become its "content".
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        silence = float(request["page_seconds"])
        try:
            self._expect(silence if self._ready else silence + _SECONDS_TO_START)
            write_frame(stdin, json.dumps(request).encode())
            if content is not None:
                stdin.write(content)
                stdin.flush()
            while (frame := read_frame(stdout)) is not None:
                self._ready = True
                self._expect(silence)
                answer = json.loads(frame)
                if "bytes" in answer:
                    answer["content"] = stdout.read(answer["bytes"])
                    if len(answer["content"]) < answer["bytes"]:
                        break
                yield answer
                if "closed" in answer or "failed" in answer:
                    return
        except OSError:
            pass
        finally:
            self._expect(None)
        raise ReaderGone(hung=self._hung)

    def tell(self, request: dict[str, Any]) -> bool:
        """Send what has no answer; false when nobody is there to read it."""
        assert self._process.stdin
        try:
            write_frame(self._process.stdin, json.dumps(request).encode())
        except OSError:
            return False
        return True

    def end_if_overdue(self) -> None:
        """Kill the process when an answer is overdue."""
        with self._lock:
            if self._due is not None and time.monotonic() > self._due:
                self._hung = True
                self._process.kill()

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
            process.wait(_SECONDS_TO_LEAVE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()

    def _expect(self, seconds: float | None) -> None:
        with self._lock:
            self._due = None if seconds is None else time.monotonic() + seconds
