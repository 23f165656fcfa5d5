"""What an answer may quote, and how it is written that it quotes: data that goes with a prompt.

Knows no tokens and no model; which marks a prompt uses is told here as plain signs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

MOST_BYTES = 16 << 20
"""Text to quote from. The index takes about ten times as much memory while it is built, twice when it is."""


@dataclass(frozen=True, slots=True)
class QuoteRules:
    """How quotations are written.

    pairs: an opening quotation mark, and the marks that close it. literal: between two of this nothing is a quotation
    (code). named: brackets around the names of passages in front of a line that is a quotation of one of them; it is
    closed by an empty line or the next opening bracket. longest: bytes after which a quotation is closed.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    literal: str = ""
    named: tuple[str, str] | None = None
    longest: int = 3000


@dataclass(frozen=True, slots=True)
class Quotable:
    """The passages that the prompt holds, in UTF-8 with one byte 0xFF between two, and the name of each."""

    text: bytes
    names: tuple[str, ...]
    rules: QuoteRules
    key: str
    """Equal for equal content; what was sent once is named by it afterwards."""

    def header(self) -> dict[str, Any]:
        """Everything but the text, for JSON."""
        rules = self.rules
        return {
            "key": self.key,
            "names": list(self.names),
            "pairs": [list(pair) for pair in rules.pairs],
            "literal": rules.literal,
            "named": list(rules.named) if rules.named else None,
            "longest": rules.longest,
        }


class TooMuchText(Exception):
    """More than MOST_BYTES to quote from."""


def quotable(passages: Sequence[tuple[str, str]], rules: QuoteRules) -> Quotable | None:
    """From names and texts; None where there is nothing to quote. Raises TooMuchText."""
    text = b"\xff".join(text.encode("utf-8", "replace") for _, text in passages)
    if len(text) > MOST_BYTES:
        raise TooMuchText
    if not text.replace(b"\xff", b"").strip():
        return None
    names = tuple(name for name, _ in passages)
    digest = blake2b(text, digest_size=16)
    digest.update(repr((names, rules)).encode("utf-8", "replace"))
    return Quotable(text, names, rules, digest.hexdigest())


def from_header(header: Mapping[str, Any], text: bytes) -> Quotable:
    """The other way round from `Quotable.header`."""
    rules = QuoteRules(
        pairs=tuple((opens, closes) for opens, closes in header["pairs"]),
        literal=header["literal"],
        named=tuple(header["named"]) if header["named"] else None,
        longest=header["longest"],
    )
    return Quotable(text, tuple(header["names"]), rules, header["key"])
