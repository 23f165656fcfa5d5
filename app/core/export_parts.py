"""A session as pieces of HTML: what it is about, its sources, each turn with its evidence. Used by HTML and PDF alike.

Everything that was said or read is escaped. Knows no style sheet and no page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape

from app.core.answer_text import Chip, chip_at, tally, with_chips
from app.core.export_markup import to_html
from app.core.records import MessageRecord, SessionRecord, StoredCitation
from app.core.session_export import place_words, source_names, verified_words
from app.core.workspace import Entry, shown_path

TextOf = Callable[[str, int], str | None]
"""The text of a section of a document, by key and section index; None when it was not kept."""

SIGNS = {"exact": "✓", "near": "≈", "missing": "?", "not_quoted": "–"}
VERDICTS = {
    "exact": "Found word for word",
    "near": "Same but for spacing, case or hyphens",
    "missing": "This sentence is not in the source",
    "not_quoted": "Nothing quoted, so nothing checked",
}
_TALLY = {"exact": "exact", "near": "near", "missing": "not found", "not_quoted": "not quoted"}
_AROUND = 160


def parts(record: SessionRecord, text_of: TextOf, *, links: bool) -> Iterator[str]:
    """The head with the sources, then each question with its answer. links: a citation leads to its evidence."""
    yield _head(record)
    names = source_names(record, shown=_isolated)
    questions = 0
    turn: list[str] = []
    for message in record.messages:
        if message.role == "user":
            if turn:
                yield _turn(turn)
            questions += 1
            turn = [
                f"<h2>Question {questions:,}</h2>",
                f'<div class="question" dir="auto">{escape(message.text)}</div>',
            ]
        else:
            turn += _Answer(message, names, text_of, links=links).html()
    if turn:
        yield _turn(turn)


def _turn(pieces: Sequence[str]) -> str:
    return '<section class="turn">\n' + "\n".join(pieces) + "\n</section>\n"


def _head(record: SessionRecord) -> str:
    summary = record.summary
    begun, changed = (f"{moment:%Y-%m-%d %H:%M} UTC" for moment in (summary.created, summary.changed))
    rows = [_source(entry) for entry in record.workspace.entries]
    rows += [_row(r.key, r.name, f"{r.kind}, taken out", r.path, None) for r in record.removed]
    table = '<table class="sources">\n' + "\n".join(rows) + "\n</table>" if rows else "<p>None.</p>"
    return (
        f'<header>\n<h1 dir="auto">{escape(summary.name)}</h1>\n'
        f'<p class="quiet">Begun {begun}, last changed {changed}.</p>\n</header>\n'
        f'<section class="about">\n<h2>Sources</h2>\n{table}\n</section>\n'
    )


def _source(entry: Entry) -> str:
    remarks: list[str] = [entry.document.kind]
    if entry.pages:
        remarks.append(f"pages {entry.pages[0]:,} to {entry.pages[1]:,}")
    if not entry.included:
        remarks.append("left out")
    return _row(entry.key, entry.name, ", ".join(remarks), entry.document.path, entry.document.problem)


def _row(key: str, name: str, remarks: str, path: str, problem: str | None) -> str:
    said = f'<div class="problem" dir="auto">{escape(problem)}</div>' if problem else ""
    return (
        f'<tr><td class="key">{escape(key)}</td><td><div dir="ltr"><b>{_isolated(name)}</b> '
        f'<span class="quiet">({escape(remarks)})</span></div>'
        f'<div class="path" dir="ltr">{escape(shown_path(path))}</div>{said}</td></tr>'
    )


class _Answer:
    """One answer in the making."""

    def __init__(self, message: MessageRecord, names: Mapping[str, str], text_of: TextOf, *, links: bool) -> None:
        self._message = message
        self._names = names
        self._text_of = text_of
        self._links = links
        self._checked = [c for c in message.citations if c.state != "not_quoted"]

    def html(self) -> Iterator[str]:
        message = self._message
        yield (
            "<h3>Answer</h3>" if message.mode == "model" else "<h3>Passages, no model. Word for word, best first.</h3>"
        )
        if message.text.strip():
            yield f'<div class="answer">\n{self._text()}</div>'
        if not message.finished:
            yield '<p class="quiet">This answer was interrupted.</p>'
        if message.citations:
            yield f'<p class="tally">{self._tally()}</p>'
        if self._checked:
            yield '<div class="evidence">\n' + "\n".join(map(self._evidence, self._checked)) + "\n</div>"
        for passage in message.passages:
            place = place_words(escape(passage.key), passage.span, self._names)
            yield (
                f'<div class="item"><p class="place">{passage.number:,}. {place}</p>'
                f'<blockquote class="exact" dir="auto">{escape(passage.text.strip(chr(10)))}</blockquote></div>'
            )
        if model := message.model.get("name"):
            yield f'<p class="quiet">Model: <bdi>{escape(str(model))}</bdi></p>'
        if standing := verified_words(message):
            yield f'<p class="quiet">{escape(standing)}</p>'

    def _id(self, citation: StoredCitation) -> str:
        return f"m{self._message.id}c{citation.number}"

    def _text(self) -> str:
        answer = with_chips(self._message.text, self._message.citations)
        pieces: list[str] = []
        for character in to_html(answer.text):
            number = chip_at(character)
            known = number is not None and number < len(answer.chips)
            pieces.append(self._chip(answer.chips[number]) if number is not None and known else character)
        return "".join(pieces)

    def _chip(self, chip: Chip) -> str:
        """Its sign, its border and the word in its title say the same; in print the brackets are the border."""
        citation = self._message.citations[chip.index]
        inside = (
            f'<span class="edge">[</span>{SIGNS.get(chip.state, "?")} <bdi>{escape(chip.label)}</bdi>'
            '<span class="edge">]</span>'
        )
        kind = f'class="chip {escape(chip.state)}" title="{escape(_verdict(citation))}"'
        if chip.state == "not_quoted" or not self._links:
            return f"<span {kind}>{inside}</span>"
        return f'<a {kind} href="#{self._id(citation)}">{inside}</a>'

    def _tally(self) -> str:
        counts = tally(self._message.citations)
        return " · ".join(f"{SIGNS[s]} {counts[s]:,} {word}" for s, word in _TALLY.items() if counts[s])

    def _evidence(self, citation: StoredCitation) -> str:
        found = citation.state != "missing"
        mark = f" <bdi>[{escape(citation.mark)}]</bdi>" if citation.mark else ""
        place = place_words(escape(citation.key), citation.span, self._names) if citation.key and found else ""
        head = f"{SIGNS.get(citation.state, '?')} {_verdict(citation)}"
        lines = [
            f'<p class="place"><span class="verdict {escape(citation.state)}">{escape(head)}</span> {place}{mark}</p>'
        ]
        source = self._source_words(citation) if found else None
        if citation.state != "exact" or source is None:
            label = '<p class="quiet">The answer:</p>' if citation.state == "near" and source else ""
            lines.append(f'{label}<blockquote dir="auto">{escape(citation.quote)}</blockquote>')
        if source is not None:
            label = '<p class="quiet">The source:</p>' if citation.state == "near" else ""
            lines.append(f'{label}<blockquote class="{escape(citation.state)}" dir="auto">{source}</blockquote>')
        if citation.found_elsewhere:
            lines.append(f'<p class="quiet">It stands in <bdi>{escape(citation.found_elsewhere)}</bdi>.</p>')
        return f'<div class="item" id="{self._id(citation)}">' + "".join(lines) + "</div>"

    def _source_words(self, citation: StoredCitation) -> str | None:
        """The source's own words with what stands around them, where they were kept."""
        key, section, start, end = citation.key, citation.section, citation.start, citation.end
        if key is None or section is None or start is None or end is None:
            return None
        text = self._text_of(key, section)
        if text is None or not 0 <= start < end <= len(text):
            return None
        first, last = _around(text, start, end)
        before, after = text[first:start].lstrip("\n"), text[end:last].rstrip("\n")
        more = ("… " if first else "", " …" if last < len(text) else "")
        return f"{more[0]}{escape(before)}<mark>{escape(text[start:end])}</mark>{escape(after)}{more[1]}"


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """`start` and `end` with some words more on each side."""
    first, last = max(0, start - _AROUND), min(len(text), end + _AROUND)
    if first and " " in text[first:start]:
        first = text.index(" ", first) + 1
    if last < len(text) and " " in text[end:last]:
        last = text.rindex(" ", end, last)
    return first, last


def _isolated(name: str) -> str:
    """A name in its own direction, which must not turn round what stands beside it."""
    return f"<bdi>{escape(name)}</bdi>"


def _verdict(citation: StoredCitation) -> str:
    return VERDICTS.get(citation.state, citation.state)
