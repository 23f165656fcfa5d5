"""Which records hold a regular expression, found out in a process of its own: an expression can take for ever.

A pattern without special characters is looked for right here. Knows no formats and no files.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from types import TracebackType

from ingest.errors import IngestError
from ingest.pdf_child import PdfChild, ReaderGone

SECONDS = 5.0
"""The longest that the records of one batch (64 KiB, or one long record) may take."""

_LONGEST_PATTERN = 10_000
_SECONDS_BETWEEN_LOOKS = 0.2


def check_pattern(pattern: str) -> None:
    """Raise IngestError when `pattern` is no regular expression."""
    if len(pattern) > _LONGEST_PATTERN:
        raise IngestError(f"The expression is longer than {_LONGEST_PATTERN:,} characters. Make it shorter.")
    try:
        re.compile(pattern, re.MULTILINE)
    except (re.error, RecursionError, OverflowError) as error:
        at = getattr(error, "pos", None)
        where = f" at character {at + 1:,}" if isinstance(at, int) else ""
        why = str(getattr(error, "msg", error))
        raise IngestError(
            f"{shown_pattern(pattern)} is no regular expression: {why}{where}. "
            "Correct it; a backslash makes a special character an ordinary one."
        ) from error


def shown_pattern(pattern: str) -> str:
    """`pattern` as sentences name it, cut when it is long."""
    return f"/{pattern if len(pattern) <= 60 else pattern[:59] + '…'}/"


class Matcher:
    """Looks for one expression. Its process starts with the first batch and ends with `close`."""

    def __init__(self, pattern: str, *, seconds: float = SECONDS) -> None:
        check_pattern(pattern)
        self._pattern = pattern
        self._plain = re.escape(pattern) == pattern
        self._seconds = seconds
        self._child: PdfChild | None = None
        self._closed = threading.Event()

    def __enter__(self) -> Matcher:
        """Itself; leaving ends its process."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End its process."""
        self.close()

    def holds(self, texts: Sequence[str]) -> list[bool]:
        """For each text whether it holds the expression. Raises IngestError when finding out takes too long."""
        if self._plain:
            return [self._pattern in text for text in texts]
        if not texts:
            return []
        try:
            if self._child is None:
                self._start()
            return self._ask(texts)
        except (ReaderGone, ValueError):
            self.close()
            raise IngestError(
                f"{shown_pattern(self._pattern)} takes too long: over {self._seconds:g} s for a few lines. "
                "Make it simpler: repeat nothing that is itself repeated, as in (a+)+."
            ) from None

    def close(self) -> None:
        """End its process, if there is one."""
        self._closed.set()
        if self._child is not None:
            self._child.close()
            self._child = None

    def _start(self) -> None:
        self._child = child = PdfChild("ingest.log_match_child")
        self._closed = closed = threading.Event()

        def watch() -> None:
            while not closed.wait(_SECONDS_BETWEEN_LOOKS):
                child.end_if_overdue()

        threading.Thread(target=watch, name="log-match", daemon=True).start()
        # The first answer may take as long as starting does; those that count may not.
        self._ask([])

    def _ask(self, texts: Sequence[str]) -> list[bool]:
        assert self._child
        content = "".join(texts).encode()
        lengths = [len(text) for text in texts]
        request = {"pattern": self._pattern, "lengths": lengths, "bytes": len(content), "page_seconds": self._seconds}
        (answer,) = self._child.ask(request, content)
        return [byte == 1 for byte in answer["content"]]
