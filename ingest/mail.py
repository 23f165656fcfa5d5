"""Messages (.eml) and mailboxes (mbox) become a section for each message: who, when, what about, and the text.

Text is preferred to HTML, attachments are named and not opened, messages that are attached are read as messages. Only
the standard library's lenient parser is used: its strict one takes minutes over headers made to do harm. Runs in the
child process.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value

from ingest.decode import decode, detect_encoding
from ingest.html import LARGEST_HTML, html_sections
from ingest.office_parts import MOST_ATTACHMENTS, Part, Parts, Remarks, Unreadable, one_line, tidy
from ingest.sizes import size_words

LONGEST_SUBJECT = 60

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_LONGEST_HEADER = 20_000
_DEEPEST = 20
_SEPARATOR = re.compile(rb"(?:\A|\n\r?\n)(?=From \S[^\r\n]{0,300}\d{4}[^\r\n]{0,20}\r?\n[A-Za-z>][A-Za-z0-9-]*[: ])")
_QUOTED_FROM = re.compile(r"^>(>*From )", re.MULTILINE)
_FOLD = re.compile(r"[\r\n]+[ \t]*")
_MESSAGE = "message/rfc822"
_DELIVERY = "message/delivery-status"


def parts(content: bytes, remarks: Remarks) -> Parts:
    """The messages of an .eml file or a mailbox."""
    damaged = 0
    number = 0
    is_box = content.removeprefix(b"\xef\xbb\xbf").startswith(b"From ")
    for number, raw in enumerate(_messages(content) if is_box else iter((content,)), 1):
        try:
            found = _Read(message_from_bytes(raw), is_box=is_box)
            yield from found.sections(f"message {number}")
        # The parser goes as deep as a message is nested.
        except RecursionError:
            damaged += 1
            continue
        room = MOST_ATTACHMENTS - len(remarks.attachments)
        remarks.attachments += found.attachments[:room]
    if damaged and damaged == number:
        raise Unreadable("It cannot be read as a message: its parts are nested too deeply.")
    if damaged:
        noun = "1 message was" if damaged == 1 else f"{damaged:,} messages were"
        remarks.said.append(f"{noun} left out: nested too deeply.")


def _messages(content: bytes) -> Iterator[bytes]:
    content = content.removeprefix(b"\xef\xbb\xbf")
    starts = [found.end() for found in _SEPARATOR.finditer(content)] or [0]
    for start, end in zip(starts, [*starts[1:], len(content)], strict=True):
        yield content[content.index(b"\n", start, end) + 1 if b"\n" in content[start:end] else start : end]


@dataclass(slots=True)
class _Read:
    """One message. inner: messages attached to it."""

    message: Message
    is_box: bool = False
    attachments: list[tuple[str, int]] = field(default_factory=list)
    inner: list[Message] = field(default_factory=list)

    def sections(self, place: str, depth: int = 0) -> Parts:
        """Its own section, then those of the messages attached to it."""
        headers = {name: value for name in _SHOWN if (value := header(self.message, name))}
        subject = headers.get("Subject", "")
        body = "\n".join(self._texts(self.message, 0)).strip("\n")
        body = _QUOTED_FROM.sub(r"\1", body) if self.is_box else body
        lines = [f"{name}: {value}" for name, value in headers.items()]
        if self.attachments:
            listed = ", ".join(f"{name} ({size_words(size)})" for name, size in self.attachments[:MOST_ATTACHMENTS])
            lines.append(f"Attachments: {listed}")
        text = tidy("\n".join(lines) + (f"\n\n{body}" if body.strip() else ""))
        shortened = f"{subject[: LONGEST_SUBJECT - 1]}…" if len(subject) > LONGEST_SUBJECT else subject
        label = f"{place}: {shortened}" if shortened else place
        if text.strip():
            yield Part(label, text, part=label)
        else:
            yield None
        for number, message in enumerate(self.inner if depth < _DEEPEST else (), 1):
            attached = _Read(message, self.is_box)
            yield from attached.sections(f"{place}.{number}", depth + 1)
            self.attachments += attached.attachments

    def _texts(self, part: Message, depth: int) -> Iterator[str]:
        kind, file_name = part.get_content_type(), _file_name(part)
        payload = part.get_payload()
        inside = [inner for inner in payload if isinstance(inner, Message)] if isinstance(payload, list) else []
        if kind == _MESSAGE and inside:
            self.inner.append(inside[0])
        elif inside and kind.startswith("multipart/") and depth < _DEEPEST:
            if kind == "multipart/alternative":
                yield from self._best(inside, depth)
            else:
                for inner in inside:
                    yield from self._texts(inner, depth + 1)
        elif kind == _DELIVERY:
            for inner in inside:
                yield "\n".join(f"{name}: {decoded(str(value))}" for name, value in inner.raw_items())
        elif _is_text(part, kind, file_name) or (kind.startswith("multipart/") and isinstance(payload, str)):
            text = _text(part)
            yield _visible(text) if kind == "text/html" else text
        elif len(self.attachments) < MOST_ATTACHMENTS:
            self.attachments.append((file_name or kind, len(_bytes(part))))

    def _best(self, options: list[Message], depth: int) -> Iterator[str]:
        """Of several ways to say the same the plain text, else the first that says anything."""
        ranked = sorted(options, key=lambda part: part.get_content_type() != "text/plain")
        chosen: list[str] = []
        for option in ranked:
            if chosen and option.get_content_type() in ("text/plain", "text/html"):
                continue
            said = [text for text in self._texts(option, depth + 1) if text.strip()]
            chosen = chosen or said
        yield from chosen


def header(message: Message, name: str) -> str:
    """A header in one line, decoded; "" when it is not there."""
    for own, raw in message.raw_items():
        if own.lower() == name.lower():
            return decoded(str(raw)[:_LONGEST_HEADER])
    return ""


def decoded(raw: str) -> str:
    """A header's words as they are meant, whatever they were encoded in."""
    stored = raw.encode("utf-8", "surrogateescape")
    text = _in_some_encoding(stored) if any("\udc80" <= c <= "\udcff" for c in raw) else raw
    try:
        # Unfolded first: the library takes a space at the beginning of a line for no space.
        pieces = decode_header(_FOLD.sub(" ", text))
    except (HeaderParseError, ValueError):
        return one_line(text)
    words: list[str] = []
    for piece, charset in pieces:
        if isinstance(piece, str):
            words.append(piece)
        else:
            words.append(_in(charset, piece) if charset else piece.decode("raw-unicode-escape", "replace"))
    return one_line("".join(words))


def _file_name(part: Message) -> str:
    name = part.get_param("filename", None, "content-disposition") or part.get_param("name", None, "content-type")
    if name is None:
        return ""
    return decoded(collapse_rfc2231_value(name) if isinstance(name, tuple) else str(name))


def _is_text(part: Message, kind: str, file_name: str) -> bool:
    """Whether a part is to be read where it stands; one with a name only when it is to be shown inside the message."""
    disposition = part.get_content_disposition()
    if disposition == "attachment" or not kind.startswith("text/"):
        return False
    return not file_name or (disposition == "inline" and kind == "text/plain")


def _bytes(part: Message) -> bytes:
    if part.is_multipart():
        return b""
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, binascii.Error):
        return b""
    return payload if isinstance(payload, bytes) else b""


def _text(part: Message) -> str:
    content = _bytes(part)
    charset = part.get_content_charset()
    return tidy(_in(charset, content) if charset else _in_some_encoding(content))


def _in(charset: str, content: bytes) -> str:
    """`content` in the encoding that the message names, in another where that cannot be."""
    try:
        return content.decode(charset)
    except (LookupError, UnicodeError, ValueError):
        return _in_some_encoding(content)


def _in_some_encoding(content: bytes) -> str:
    encoding = detect_encoding(content, whole=True) if content else None
    if encoding is None:
        return content.decode("utf-8", "replace")
    return decode(content[encoding.mark :], encoding).text


def _visible(page: str) -> str:
    if len(page) > LARGEST_HTML:
        return page
    return "\n\n".join(section.text for section in html_sections("", page))
