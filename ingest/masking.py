"""Secrets of documents: found in their sections, and hidden from them. Each is replaced by «secret: its kind».

Lines stay where they are: what was hidden over several lines leaves them blank. A log that stays on disk stays there;
it is looked through, and masked, a stretch at a time, and only when that is asked for: looking through it takes about
as long as indexing it. Knows no files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.document import Aside, Details, Document, LazyText, Place, Secret, Section
from ingest.errors import IngestError
from ingest.secrets import PRIVATE_KEY, find, key_goes_on, rest_of_key

_Found = list[tuple[str, int, int]]


def with_secrets(document: Document, *, lazy: bool = False) -> Document:
    """`document` with what looks like a secret in its text. lazy: also in text that stays in its file.

    Raises SourceChanged or SourceGone when such text can no longer be read.
    """
    secrets = tuple(
        Secret(kind, number, start, end)
        for number, found in enumerate(_found(document.sections, lazy=lazy))
        for kind, start, end in found
    )
    return replace(document, secrets=secrets) if secrets != document.secrets else document


def masked(document: Document) -> Document:
    """`document` with its secrets hidden, lazy text included; its `secrets` are then the places where they were."""
    sections: list[Section] = []
    secrets: list[Secret] = []
    goes_on = False
    for number, section in enumerate(document.sections):
        hidden, places, goes_on = _masked_section(section, goes_on)
        sections.append(hidden)
        secrets += (Secret(kind, number, start, end) for kind, start, end in places)
    return replace(
        document,
        sections=tuple(sections),
        secrets=tuple(secrets),
        details=_masked_details(document.details),
        view=replace(document.view, mask=True),
    )


def masked_text(text: str) -> str:
    """`text` with its secrets hidden, line for line."""
    return _replaced(text, find(text))[0]


@dataclass(frozen=True, slots=True)
class MaskedText:
    """Text that stays in its file, and whose secrets are hidden whenever it is read.

    within_key: it begins within a private key.
    """

    body: LazyText
    within_key: bool = False

    def read(self) -> str:
        """The masked text. Raises SourceChanged or SourceGone."""
        text = self.body.read()
        return _replaced(text, _find(text, self.within_key))[0]


def _found(sections: Sequence[Section], *, lazy: bool) -> Iterator[_Found]:
    """What looks like a secret in each section."""
    goes_on = False
    for section in sections:
        if lazy or isinstance(section.body, str):
            text = section.text
            found = _find(text, goes_on)
            goes_on = _goes_on(text, found)
            yield found
        else:
            yield []


def _find(text: str, within_key: bool) -> _Found:
    found = find(text)
    rest = rest_of_key(text) if within_key else 0
    return [(PRIVATE_KEY, 0, rest), *(words for words in found if words[1] >= rest)] if rest else found


def _goes_on(text: str, found: _Found) -> bool:
    """Whether a private key goes on in the section behind this text."""
    return bool(found) and found[-1][0] == PRIVATE_KEY and key_goes_on(text, found[-1][1], found[-1][2])


def _masked_section(section: Section, within_key: bool) -> tuple[Section, _Found, bool]:
    """The section, where its secrets were, and whether its last one is a key that goes on behind it."""
    body = section.body
    if isinstance(body, MaskedText):
        body = body.body
    try:
        text = body if isinstance(body, str) else body.read()
    except IngestError:
        # Who reads it will be told; what can be read by then is masked all the same.
        return replace(section, body=MaskedText(body, within_key)) if not isinstance(body, str) else section, [], False
    found = _find(text, within_key)
    changed, places = _replaced(text, found)
    moved = tuple(_moved(text, place, found, places) for place in section.places) if found else section.places
    asides = tuple(Aside(masked_text(aside.text), aside.rect) for aside in section.asides)
    hidden = changed if isinstance(body, str) else MaskedText(body, within_key)
    return replace(section, body=hidden, places=moved, asides=asides), places, _goes_on(text, found)


def _replaced(text: str, found: _Found) -> tuple[str, _Found]:
    """The text with each of `found` replaced, and where the words now stand that took its place."""
    parts: list[str] = []
    places: _Found = []
    at = length = 0
    for kind, start, end in found:
        words = f"«secret: {kind}»"
        blank = "\n" * text.count("\n", start, end)
        length += start - at
        parts += (text[at:start], words, blank)
        places.append((kind, length, length + len(words)))
        length += len(words) + len(blank)
        at = end
    parts.append(text[at:])
    return "".join(parts), places


def _moved(text: str, place: Place, before: _Found, after: _Found) -> Place:
    """`place` in the masked text; an end that stood inside a secret stands at that end of its replacement."""
    start, end = place.start, place.end
    for (_, first, last), (_, new_first, new_last) in zip(before, after, strict=True):
        behind = new_last + text.count("\n", first, last) - last
        if place.start >= last:
            start = place.start + behind
        elif place.start >= first:
            start = new_first
        if place.end > last:
            end = place.end + behind
        elif place.end > first:
            end = new_last
    return Place(start, end, place.rect)


def _masked_details(details: Details) -> Details:
    fields = tuple((name, _masked_field(name, value)) for name, value in details.fields)
    annotations = tuple(replace(note, text=masked_text(note.text)) for note in details.annotations)
    return replace(details, fields=fields, annotations=annotations)


def _masked_field(name: str, value: str) -> str:
    line = f'{name}: "{value}"'
    start = len(line) - len(value) - 1
    found = [(kind, max(0, a - start), min(len(value), b - start)) for kind, a, b in find(line) if b > start]
    return _replaced(value, found)[0]
