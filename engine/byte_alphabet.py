"""The 256 printable characters that byte-level BPE vocabularies write for bytes.

Printable Latin-1 bytes stand for themselves, the others (controls, space, the soft hyphen) are shifted to U+0100 and
up in their order, so that a token such as " the" is stored as "Ġthe". Knows no vocabulary.
"""

from __future__ import annotations

from functools import cache


@cache
def byte_characters() -> tuple[str, ...]:
    """The character of each byte, by byte value."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    shifted = iter(range(0x100, 0x200))
    return tuple(chr(byte) if byte in printable else chr(next(shifted)) for byte in range(256))


@cache
def _table() -> dict[int, int]:
    return {ord(character): byte for byte, character in enumerate(byte_characters())}


def to_characters(raw: bytes) -> str:
    """`raw` as a vocabulary stores it."""
    alphabet = byte_characters()
    return "".join([alphabet[byte] for byte in raw])


def to_bytes(text: str) -> bytes:
    """The bytes that a vocabulary's `text`, all of it in this alphabet, stands for."""
    return text.translate(_table()).encode("latin-1")
