"""A log becomes stretches of whole lines that stay in the file until they are prompted; only their hashes are kept.

Memory does not depend on the size of the log, packed or not. Knows no log formats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from ingest.ansi import without_ansi
from ingest.decode import Encoding, decode
from ingest.document import LazyText, Section, Span
from ingest.log_store import Stretch, digest_of
from ingest.unpack import Packing

SECTION_BYTES = 65_536


class Stream(Protocol):
    """Content that is read forward."""

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; fewer only at the end."""
        ...


@dataclass(frozen=True, slots=True)
class LogIndex:
    """The stretches of one log. size: bytes of content. replaced: characters that are no text.

    last_line: the last line (1-based) of the content that holds anything, None where none does. note: a sentence about
    what was left out.
    """

    sections: tuple[Section, ...]
    size: int
    replaced: int
    last_line: int | None = None
    note: str | None = None


def index_log(
    stream: Stream,
    encoding: Encoding,
    *,
    path: str | None,
    packed: Packing | None = None,
    on_bytes: Callable[[int], None] | None = None,
) -> LogIndex:
    """Cut the content of `stream` into sections of at most SECTION_BYTES, at line ends wherever there are some.

    path: the file where the text is read again later, None to keep it in memory. packed: how it lies there. on_bytes:
    called with the bytes read so far; may raise. Spans hold lines and bytes of the content after unpacking.

    Raises OSError.
    """
    sections: list[Section] = []
    line, size, replaced = 1, encoding.mark, 0
    for start, data in _stretches(stream, encoding):
        decoded = decode(data, encoding)
        size = start + len(data)
        replaced += decoded.replaced
        # Twice as fast as counting them.
        newlines = len(data) - len(data.replace(b"\n", b""))
        last = max(line, line + newlines - data.endswith(b"\n"))
        text = without_ansi(decoded.text)
        if text and not text.isspace():
            body: str | LazyText = text
            if path is not None:
                body = Stretch(path, packed, start, size, lines=(line, last), encoding=encoding, digest=digest_of(data))
            label = f"line {line:,}" if line == last else f"lines {line:,}–{last:,}"
            sections.append(Section(label, Span(lines=(line, last), bytes=(start, size)), body))
        line += newlines
        if on_bytes:
            on_bytes(size)
    last_line = sections[-1].span.lines[1] if sections and sections[-1].span.lines else None
    return LogIndex(tuple(sections), size, replaced, last_line)


def _stretches(stream: Stream, encoding: Encoding) -> Iterator[tuple[int, bytes]]:
    """Offset and bytes of each section."""
    position = len(stream.read(encoding.mark))
    rest = b""
    while True:
        piece = stream.read(SECTION_BYTES - len(rest))
        newline = piece.rfind(b"\n") if len(rest) + len(piece) == SECTION_BYTES else -1
        if newline >= 0:
            # The usual case, with one copy less than below.
            data, rest = b"".join((rest, memoryview(piece)[: newline + 1])), piece[newline + 1 :]
            yield position, data
            position += len(data)
            continue
        data = rest + piece
        if not data:
            return
        end = len(data) if len(data) < SECTION_BYTES else line_cut(data)
        yield position, data[:end]
        position += end
        rest = data[end:]


def line_cut(data: bytes) -> int:
    """Where a full section ends: behind its last newline, else before a character or CRLF that would be split."""
    newline = data.rfind(b"\n")
    if newline >= 0:
        return newline + 1
    end = len(data)
    for back in range(1, 4):
        byte = data[end - back]
        if byte >= 0xC0:
            return end - back
        if byte < 0x80:
            break
    return end - data.endswith(b"\r")
