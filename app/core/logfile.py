"""Where tracebacks and the engine's chatter go instead of to the user. Local files only."""

from __future__ import annotations

import datetime
import os
import tempfile
import traceback
from pathlib import Path
from typing import IO

LARGEST_LOG_BYTES = 4 << 20


def write_traceback(error: BaseException) -> Path:
    """Append `error` with its traceback to the program's log; the file's path."""
    stamp = datetime.datetime.now().isoformat(timespec="seconds")
    text = "".join(traceback.format_exception(error))
    with open_log("plumbline.log") as log:
        log.write(f"{stamp} {text}\n".encode("utf-8", "backslashreplace"))
        return Path(log.name)


def open_log(name: str) -> IO[bytes]:
    """`name` in the log directory, for appending; begun afresh when it has grown over LARGEST_LOG_BYTES.

    Falls back to the temporary directory when the log directory cannot be written.
    """
    from app.core.paths import log_dir

    for directory in (log_dir(), Path(tempfile.gettempdir())):
        path = directory / name
        try:
            directory.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.stat().st_size > LARGEST_LOG_BYTES:
                path.unlink()
            return path.open("ab", buffering=0)
        except OSError:
            continue
    return Path(os.devnull).open("ab", buffering=0)
