"""HTML becomes its visible text: a line for each block, a section for each heading, and where each line stands.

The standard library's parser is used directly because it alone says where each piece of text stands; trees built from
it know the lines of tags only. Knows no style sheets and runs no scripts.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

from ingest.document import Section, Span

LARGEST_HTML = 32 << 20

_STEP = 1 << 15
_LONGEST_OPEN_END = 1 << 13
_HIDDEN = frozenset({"script", "style", "template", "svg", "iframe"})
_BLOCKS = frozenset(
    """
    address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption
    figure footer form frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li main menu nav noframes
    noscript ol option p pre search section select summary table tbody textarea tfoot thead title tr ul
    """.split()
)
_CELLS = frozenset({"td", "th"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_SPACE = re.compile(r"[ \t\f\r]+")


@dataclass(slots=True)
class _Part:
    """A section in the making. lines: the file's line and the text of each line that is complete."""

    label: str = ""
    lines: list[tuple[int, str]] = field(default_factory=list)


def html_sections(name: str, text: str, *, stop: Callable[[], None] | None = None) -> tuple[Section, ...]:
    """The visible text of `text`; empty when nothing in it can be seen.

    What stands before the first heading bears the page's title, else the file's name. `stop` is called now and then
    and may raise.
    """
    reader = _Reader(text)
    start = 0
    while start < len(text):
        if stop:
            stop()
        # Steps that grow with what is still open (a picture written into a tag) keep the whole linear.
        step = max(_STEP, len(reader.rawdata))
        reader.feed(text[start : start + step])
        start += step
    reader.finish()
    return tuple(_section(part, name) for part in reader.parts if part.lines)


def _section(part: _Part, name: str) -> Section:
    numbers = tuple(number for number, _ in part.lines)
    body = "\n".join(line for _, line in part.lines)
    return Section(part.label or name, Span(lines=(numbers[0], numbers[-1])), body, line_map=numbers)


class _Reader(HTMLParser):
    """Collects visible text. Each line of output comes from exactly one line of the file."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self._source = source
        self._source_lines: list[str] = []
        self.parts = [_Part()]
        self._line: list[str] = []
        self._line_number = 1
        self._hidden: list[str] = []
        self._preformatted = 0
        self._naming: str | None = None
        self._name: list[str] = []

    def finish(self) -> None:
        """Once everything has been fed: end what is still open."""
        if len(self.rawdata) > _LONGEST_OPEN_END:
            # The parser would try a tag or comment that never ends again at each of its brackets.
            self.handle_data(self.rawdata)
        else:
            # At the very end it drops the ampersand of an unfinished reference; a newline behind it prevents that.
            self.feed("\n")
            self.close()
        self._end_line()
        self._end_name(self._naming)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden.append(tag)
        if self._hidden:
            return
        if tag in _BLOCKS:
            self._end_line()
        elif tag in _CELLS and self._line:
            self._line.append("\t")
        if tag in _HEADINGS:
            self._end_name(self._naming)
            self.parts.append(_Part())
        if tag in _HEADINGS or tag == "title":
            self._naming, self._name = tag, []
        if tag == "pre":
            self._preformatted += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS and not self._hidden:
            self._end_line()

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            if tag in self._hidden:
                while self._hidden.pop() != tag:
                    pass
            return
        if tag in _BLOCKS:
            self._end_line()
        if tag == self._naming:
            self._end_name(tag)
        if tag == "pre" and self._preformatted:
            self._preformatted -= 1

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        number = self.getpos()[0]
        for i, piece in enumerate(data.split("\n")):
            if i:
                self._end_line()
            self._add(piece, number + i)

    def handle_entityref(self, name: str) -> None:
        self._add_reference(f"&{name}")

    def handle_charref(self, name: str) -> None:
        self._add_reference(f"&#{name}")

    def _add_reference(self, reference: str) -> None:
        if self._hidden:
            return
        # The parser keeps to itself whether a semicolon followed, and "&lang=en" is no angle bracket.
        self._source_lines = self._source_lines or self._source.split("\n")
        number, column = self.getpos()
        closed = self._source_lines[number - 1].startswith(";", column + len(reference))
        character = html.unescape(f"{reference};" if closed else reference)
        # A newline written as a reference is no line of the file; NUL and surrogates come out as U+FFFD.
        self._add(re.sub(r"[\n\r]", " ", character), number)

    def _add(self, piece: str, number: int) -> None:
        if not self._line:
            self._line_number = number
        if piece:
            self._line.append(piece)
        if self._naming:
            self._name.append(piece or " ")

    def _end_line(self) -> None:
        if not self._line:
            return
        line = "".join(self._line)
        line = line.rstrip() if self._preformatted else _tidy(line)
        self._line = []
        if line.strip():
            self.parts[-1].lines.append((self._line_number, line))

    def _end_name(self, tag: str | None) -> None:
        if tag is not None and tag == self._naming:
            self.parts[-1].label = " ".join("".join(self._name).split())
            self._naming = None


def _tidy(line: str) -> str:
    cells = [_SPACE.sub(" ", cell).strip(" ") for cell in line.split("\t")]
    return "\t".join(cells).strip()
