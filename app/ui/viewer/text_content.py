"""What the text view shows: rows with their colours, laid out when they come into sight, read where they lie in files.

Slow steps run in a background thread: cutting long texts, reading files, colouring code. Knows no scrolling.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from app.ui.viewer.background import Background
from app.ui.viewer.row_layout import RowLayout, RowStyle
from app.ui.viewer.syntax import Run, code_runs, level_runs
from app.ui.viewer.text_selection import Position
from app.ui.viewer.text_source import Chunk, TextSource, cut
from ingest.document import Kind, Section
from ingest.errors import IngestError

_CUT_AT_ONCE = 2_000_000
_SECTIONS_AT_ONCE = 4_000
_KEPT_ROWS = 600
_WINDOW = 256
_KEPT_WINDOWS = 64


class TextContent(QObject):
    """`ready`: rows are known. `changed`: rows from the first to the last given look different now."""

    ready = Signal()
    changed = Signal(int, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.source = TextSource((), ())
        self.reading = False
        self._background = Background("viewer-text", self)
        self._background.arrived.connect(self._arrived)
        self._generation = 0
        self._kind: Kind = "text"
        self._name = ""
        self._style: RowStyle | None = None
        self._left = 0
        self._layouts: OrderedDict[int, RowLayout] = OrderedDict()
        self._runs: OrderedDict[int, list[list[Run]]] = OrderedDict()
        self._errors: dict[int, str] = {}

    def show(self, sections: Sequence[Section], *, kind: Kind, name: str, headings: bool = False) -> None:
        """Take the sections of a source called `name`. headings: their labels are shown before them."""
        self._generation += 1
        self._background.cancel()
        self._kind, self._name = kind, name
        self._layouts.clear()
        self._runs.clear()
        self._errors.clear()
        size = sum(len(section.body) for section in sections if isinstance(section.body, str))
        self.source = TextSource(sections, ())
        if size <= _CUT_AT_ONCE and len(sections) <= _SECTIONS_AT_ONCE:
            self._take(cut(sections, headings=headings))
            return
        self.reading = True

        def job() -> Iterator[tuple[Chunk, ...]]:
            yield cut(sections, headings=headings)

        self._background.submit(("cut", self._generation, 0), job)

    def set_style(self, style: RowStyle) -> None:
        """Lay rows out anew when they look different."""
        if style != self._style:
            self._style = style
            self._layouts.clear()

    def set_left(self, left: int) -> None:
        """Tell how far the text is scrolled to the right, in pixels."""
        if left != self._left:
            self._left = left
            long_ones = [row for row, layout in self._layouts.items() if layout.partial]
            for row in long_ones:
                del self._layouts[row]

    def layout(self, row: int) -> RowLayout | None:
        """The row as it is drawn, None while its text is not here."""
        layout = self._layouts.get(row)
        if layout is not None:
            self._layouts.move_to_end(row)
            return layout
        text = self.source.line(row)
        if text is None or self._style is None:
            return None
        bold = self._bold(row)
        # The text of a page or file holds the blank lines that set its headings apart, a document's does not.
        apart = self.source.heading(row) or (bold and self._kind == "document")
        layout = RowLayout(
            text,
            self._style,
            runs=self._row_runs(row, text),
            bold=bold,
            left=self._left,
            above=int(row > 0 and apart),
        )
        self._layouts[row] = layout
        while len(self._layouts) > _KEPT_ROWS:
            self._layouts.popitem(last=False)
        return layout

    def height(self, row: int) -> int:
        """Of a row in pixels; one line where it is not known yet."""
        # A heading stands apart from what is above it.
        varies = self._style is not None and (self._style.wrap or self.source.heading(row))
        layout = self.layout(row) if varies else None
        if layout is not None:
            return layout.height
        return self._style.line if self._style else 1

    def error(self, row: int) -> str | None:
        """Why the row cannot be shown."""
        return self._errors.get(self.source.chunk_at(row))

    def want(self, first: int, last: int) -> None:
        """Rows [first, last] are about to be shown: read and colour what is not."""
        if not self.source.rows:
            return
        for index in reversed(self.source.missing(first, last)):
            if index not in self._errors:
                self.want_chunk(index)
        if self._kind == "code":
            for window in range(first // _WINDOW, last // _WINDOW + 1):
                if window not in self._runs:
                    self._submit_colours(window)

    def want_chunk(self, index: int) -> None:
        """Read one chunk."""
        source = self.source

        def job() -> Iterator[str]:
            yield source.read(index)

        self._background.submit(("read", self._generation, index), job)

    def copy(self, first: Position, last: Position) -> None:
        """Put the text from one position to another on the clipboard, at the latest when it was read."""
        source = self.source

        def job() -> Iterator[str]:
            yield "".join(source.between(first, last))

        if source.missing(first[0], last[0]) or source.size_between(first[0], last[0]) > _CUT_AT_ONCE:
            self._background.submit(("copy", self._generation, 0), job)
        else:
            QGuiApplication.clipboard().setText(next(job()))

    def shut_down(self) -> None:
        """End the thread."""
        self._background.shut_down()

    def _take(self, chunks: tuple[Chunk, ...]) -> None:
        self.reading = False
        self.source = TextSource(self.source.sections, chunks)
        self.ready.emit()

    def _submit_colours(self, window: int) -> None:
        source, name = self.source, self._name
        above = min(_WINDOW, window * _WINDOW)
        first = window * _WINDOW - above
        last = min(source.rows, (window + 1) * _WINDOW)
        lines = [source.line(row) or "" for row in range(first, last)]

        def job() -> Iterator[list[list[Run]]]:
            yield code_runs(lines, name)[above:]

        self._background.submit(("colour", self._generation, window), job)

    def _arrived(self, key: tuple[str, int, int], result: object) -> None:
        what, generation, index = key
        if generation != self._generation:
            return
        if what == "cut":
            assert isinstance(result, tuple)
            self._take(result)
            return
        if what == "copy":
            if isinstance(result, str):
                QGuiApplication.clipboard().setText(result)
            return
        if what == "read":
            if isinstance(result, IngestError):
                self._errors[index] = str(result)
            else:
                self.source.put(index, str(result))
            chunk = self.source.chunks[index]
            first, last = chunk.row, chunk.row + chunk.rows - 1
        else:
            assert isinstance(result, list)
            self._runs[index] = result
            while len(self._runs) > _KEPT_WINDOWS:
                self._runs.popitem(last=False)
            first, last = index * _WINDOW, (index + 1) * _WINDOW - 1
        for row in [row for row in self._layouts if first <= row <= last]:
            del self._layouts[row]
        self.changed.emit(first, last)

    def _row_runs(self, row: int, text: str) -> list[Run]:
        if self._kind == "log":
            return level_runs(text)
        window = self._runs.get(row // _WINDOW)
        at = row % _WINDOW
        return window[at] if window is not None and at < len(window) else []

    def _bold(self, row: int) -> bool:
        chunk = self.source.chunks[self.source.chunk_at(row)]
        if chunk.heading is not None:
            return True
        named = self.source.sections[chunk.section].label
        first = row == chunk.row and not chunk.start
        return first and self._kind in ("markdown", "html", "document") and named != self._name
