"""The process that sets an exported session as PDF pages: MuPDF may crash over a text, and must not take anyone along.

Frames as in `ingest.pdf`. Request: {"bytes": n, "page_seconds"}, and n bytes of JSON {"style", "parts", "title"}, parts
being HTML. Answers: {"page": pages so far, "parts": parts before the one it ends in} any number of times, then
{"closed": true, "bytes": n} and the PDF's n bytes, or {"failed": why}. Knows no sessions.
"""

from __future__ import annotations

import io
import json
import re
from html import escape
from typing import IO, Any

from ingest.pdf import begin_serving, read_frame, set_deadline, write_frame

_MARGIN = 56.0
_FOOT = 24.0
_GAP = 6.0
_LEAST_ROOM = 90.0
"""Points: with less than this left, the next part begins on a new page."""
_MOST_FRUITLESS = 3
"""Pages in a row that stay half empty though there is more."""
_TABLES = re.compile(r"<(/?)(?:table|thead|tbody|tr|th|td)\b")


def serve() -> None:
    """Answer requests on standard input until it ends."""
    requests, answers, pymupdf = begin_serving()
    while (frame := read_frame(requests)) is not None:
        request = json.loads(frame)
        wanted = json.loads(requests.read(request["bytes"]))
        try:
            pdf = _Pages(pymupdf, answers, wanted, request["page_seconds"]).set()
        # Whatever a text provokes in the library is an outcome of that text, not of this process.
        except Exception as error:
            write_frame(answers, json.dumps({"failed": f"{type(error).__name__}: {error}"}).encode())
        else:
            write_frame(answers, json.dumps({"closed": True, "bytes": len(pdf)}).encode())
            answers.write(pdf)
            answers.flush()
        finally:
            set_deadline(0)


class _Pages:
    """One PDF in the making."""

    def __init__(self, pymupdf: Any, answers: IO[bytes], wanted: dict[str, Any], page_seconds: float) -> None:
        self._pymupdf = pymupdf
        self._answers = answers
        self._wanted = wanted
        self._page_seconds = page_seconds
        self._paper = pymupdf.paper_rect("a4")
        width, height = self._paper[2:]
        self._area = pymupdf.Rect(_MARGIN, _MARGIN, width - _MARGIN, height - _MARGIN)
        self._file = io.BytesIO()
        self._writer = pymupdf.DocumentWriter(self._file)
        self._device: Any = None
        self._pages = 0
        self._parts = 0
        self._top = self._area.y0

    def set(self) -> bytes:
        """All parts, one below the other, as a whole PDF."""
        for done, part in enumerate(self._wanted["parts"]):
            self._parts = done
            self._part(part)
        if self._device is None and not self._pages:
            self._begin()
        self._end()
        self._writer.close()
        return self._finished()

    def _part(self, html: str) -> None:
        if "<table" in html and not self._fits(html):
            html = _TABLES.sub(r"<\1div", html)
        story = self._pymupdf.Story(html, user_css=self._wanted["style"])
        if self._area.y1 - self._top < _LEAST_ROOM:
            self._end()
        more, fruitless = True, 0
        while more:
            set_deadline(3 * self._page_seconds + 1)
            if self._device is None:
                self._begin()
            more, filled = story.place(self._pymupdf.Rect(self._area.x0, self._top, self._area.x1, self._area.y1))
            fruitless = fruitless + 1 if more and self._is_fruitless(filled) else 0
            if fruitless > _MOST_FRUITLESS:
                raise ValueError("a piece is higher than a page")
            if filled[3] > self._top:
                story.draw(self._device)
                self._top = filled[3] + _GAP
            if more:
                self._end()

    def _fits(self, html: str) -> bool:
        """Whether its tables can be set: a row higher than a page is begun again for ever, a wide one is cut off."""
        story = self._pymupdf.Story(html, user_css=self._wanted["style"])
        more, fruitless, right = True, 0, 0.0
        while more and fruitless <= _MOST_FRUITLESS:
            set_deadline(3 * self._page_seconds + 1)
            more, filled = story.place(self._area)
            fruitless = fruitless + 1 if more and self._is_fruitless(filled) else 0
            right = max(right, filled[2])
            story.draw(None)
        return not more and right <= self._area.x1 + 1

    def _is_fruitless(self, filled: tuple[float, float, float, float]) -> bool:
        return bool(filled[3] < (self._area.y0 + self._area.y1) / 2)

    def _begin(self) -> None:
        self._device = self._writer.begin_page(self._paper)
        self._pages += 1
        self._top = self._area.y0

    def _end(self) -> None:
        if self._device is None:
            return
        foot = f'<p class="foot"><bdi>{escape(self._wanted["title"])}</bdi> · {self._pages:,}</p>'
        story = self._pymupdf.Story(foot, user_css=self._wanted["style"])
        below = self._area.y1 + _GAP
        story.place(self._pymupdf.Rect(self._area.x0, below, self._area.x1, below + _FOOT))
        story.draw(self._device)
        self._writer.end_page()
        self._device = None
        write_frame(self._answers, json.dumps({"page": self._pages, "parts": self._parts}).encode())

    def _finished(self) -> bytes:
        """Without what of its fonts no page shows: they would be megabytes."""
        set_deadline(10 * self._page_seconds)
        with self._pymupdf.open(stream=self._file.getvalue(), filetype="pdf") as document:
            document.set_metadata({"title": self._wanted["title"], "producer": "Plumbline"})
            document.subset_fonts()
            whole: bytes = document.tobytes(garbage=3, deflate=True)
        return whole
