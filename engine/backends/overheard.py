"""What a worker writes on its standard error: all of it into the log, the last of it kept to tell why it ended.

Knows no frames and no processes.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections import deque
from typing import IO

LINES_KEPT = 60
LONGEST_REASON = 240

_LONGEST_LINE = 1 << 16
_REASON = re.compile(
    rb"GGML_ASSERT|\b(?:error|failed|fatal|abort\w*|unable|out of memory|terminate called|what\(\))"
    rb"|\w(?:Error|Exception)\b",
    re.IGNORECASE,
)
_PREFERRED = re.compile(rb"GGML_ASSERT|what\(\)|CUDA error|out of memory", re.IGNORECASE)


class Overheard:
    """A thread that reads `stream` to its end."""

    def __init__(self, stream: IO[bytes], log: IO[bytes] | None) -> None:
        """The caller keeps `log`; a log that cannot be written is given up quietly."""
        self._stream = stream
        self._log = log
        self._lines: deque[bytes] = deque(maxlen=LINES_KEPT)
        self._thread = threading.Thread(target=self._listen, name="engine-errors", daemon=True)
        self._thread.start()

    def reason(self) -> str:
        """The last line that speaks of an error, "" when none does. For when the process has ended."""
        self._thread.join(1.0)
        lines = [line for line in list(self._lines) if _REASON.search(line)]
        chosen = next((line for line in reversed(lines) if _PREFERRED.search(line)), lines[-1] if lines else b"")
        text = " ".join(chosen.decode("utf-8", "replace").split())
        return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"

    def close(self) -> None:
        """Wait a moment for the rest; the process has ended. What it started may hold the stream longer."""
        self._thread.join(1.0)

    def _listen(self) -> None:
        with self._stream, contextlib.suppress(OSError, ValueError):
            while line := self._stream.readline(_LONGEST_LINE):
                self._lines.append(line)
                if self._log is not None:
                    with contextlib.suppress(OSError, ValueError):
                        self._log.write(line)
