"""Bytes become text: by byte order mark, as UTF-8, else by a guess that is named.

Text that leaves here holds no NUL and no lone surrogate, and CRLF has become LF. Each NUL or broken character is
replaced one for one by U+FFFD and counted. Knows no files.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

REPLACEMENT = "\ufffd"
_REPLACEMENT_BYTES = REPLACEMENT.encode()

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BOM_STARTS = tuple(mark for mark, _ in _BOMS)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\b\x1b")) + b"\x7f"
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_ENCODED_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_GUESS_BYTES = 16_384
_NOT_TEXT_ENCODINGS = ["utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le", "utf_7", "cp037"]
_SOME_CONTROLS, _MANY_CONTROLS = 0.05, 0.30
_WESTERN_SHARE = 0.09
_WIDE_PROOF_BYTES, _WIDE_SAMPLE_BYTES, _WIDE_FIRST_LOOK = 16, 4096, 100
_ODD_SHARE, _ODD_SHARE_AT_FIRST = 0.01, 0.05


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec's name, the length in bytes of the mark that opens the file, and whether the name is a guess."""

    name: str = "utf-8"
    mark: int = 0
    guessed: bool = False

    @property
    def line_by_line(self) -> bool:
        """Whether the byte 0x0A is a newline wherever it stands."""
        return not self.name.startswith(("utf-16", "utf-32"))


_PLAIN = Encoding()


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, and how many characters of it stand for bytes that are no text."""

    text: str
    replaced: int = 0


def detect_encoding(head: bytes, *, whole: bool) -> Encoding | None:
    """How to read a file that begins with `head`; None when it is no text. whole: `head` is all there is."""
    if head.startswith(_BOM_STARTS):
        for mark, name in _BOMS:
            if head.startswith(mark):
                return Encoding(name, len(mark))
    if 0 in head:
        wide = _wide_without_mark(head)
        if wide:
            return Encoding(wide, guessed=True)
        if _control_share(head) > _MANY_CONTROLS:
            return None
    if _is_utf8(head, whole=whole) or _is_broken_utf8(head, whole=whole):
        return _PLAIN
    if _control_share(head) > _SOME_CONTROLS:
        return None
    guess = _guess(head)
    return Encoding(guess, guessed=True) if guess else None


def decode(data: bytes, encoding: Encoding) -> Decoded:
    """`data` (without the mark) as text."""
    replaced = 0
    try:
        text = data.decode(encoding.name)
    except UnicodeDecodeError:
        own = 0
        if encoding.name == "utf-8":
            own = data.count(_REPLACEMENT_BYTES)
            # Three bytes that encode half a surrogate pair are one broken character, not three.
            data = _ENCODED_SURROGATE.sub(_REPLACEMENT_BYTES, data)
        text = data.decode(encoding.name, "replace")
        replaced = text.count(REPLACEMENT) - own
    if "\0" in text:
        replaced += text.count("\0")
        text = text.replace("\0", REPLACEMENT)
    # One character is found ten times faster than two.
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    return Decoded(text, replaced)


def encoding_problem(encoding: Encoding, replaced: int) -> str | None:
    """The sentence for the user about a text read this way, None when there is nothing to say."""
    said: list[str] = []
    if encoding.guessed:
        said.append(f"It is not in UTF-8; it was read as {encoding.name.replace('_', '-')}, which is a guess.")
    if replaced:
        noun = "character is" if replaced == 1 else "characters are"
        said.append(f"{replaced:,} {noun} no valid text (NUL or broken encoding) and shown as {REPLACEMENT}.")
    return " ".join(said) or None


def _control_share(head: bytes) -> float:
    return (len(head) - len(head.translate(None, _CONTROLS))) / len(head)


def _wide_without_mark(head: bytes) -> str | None:
    # Western text in UTF-16 has a NUL in every second place, and nearly none in the others.
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) / 2
    if len(head) < _WIDE_PROOF_BYTES:
        return None
    if max(even, odd) >= 0.4 * half and min(even, odd) <= 0.05 * half:
        return "utf-16-be" if even > odd else "utf-16-le"
    # Other scripts have a NUL at their spaces, digits and line ends only; but nearly all of it is letters then.
    sample = head[: min(len(head), _WIDE_SAMPLE_BYTES) // 2 * 2]
    texts = {name: sample.decode(name, "replace") for name in ("utf-16-le", "utf-16-be")}
    best = max(texts, key=lambda name: sum(map(texts[name].count, " \n\r\t")))
    text = texts[best]
    # A folder of programs has thousands of files with NULs; a few characters tell most of them from text.
    sound = _is_sound(text[:_WIDE_FIRST_LOOK], _ODD_SHARE_AT_FIRST) and _is_sound(text, _ODD_SHARE)
    return best if sound and _is_spaced(text) else None


def _is_sound(text: str, share: float) -> bool:
    """Whether all characters but this share are ones that stand in texts."""
    odd_ones = sum((unicodedata.category(c)[0] == "C" and c not in "\n\r\t") or c == REPLACEMENT for c in text)
    return odd_ones <= share * len(text)


def _is_spaced(text: str) -> bool:
    return sum(c.isspace() or unicodedata.category(c)[0] == "P" for c in text) >= len(text) / 200


def _is_utf8(head: bytes, *, whole: bool) -> bool:
    if head.isascii():
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError:
        return False
    return True


def _is_broken_utf8(head: bytes, *, whole: bool) -> bool:
    """Whether broken places are rare among characters that only UTF-8 writes so."""
    cleaned, surrogates = _ENCODED_SURROGATE.subn(b"", head)
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(cleaned, final=whole)
    broken = text.count(REPLACEMENT) - cleaned.count(_REPLACEMENT_BYTES)
    good = len(text) - len(text.encode("ascii", "ignore")) - broken + surrogates
    return broken * 4 <= good


def _guess(head: bytes) -> str | None:
    lines = [line for line in head.split(b"\n") if not line.isascii()]
    sample = b"\n".join(lines)[:_GUESS_BYTES]
    runs = [len(run) for run in _HIGH_RUN.findall(sample)]
    # A few single letters among ASCII are accents. Detection by statistics then takes one Latin code page for
    # another (it read Portuguese as Central European); windows-1252 is what most such files are in.
    if sum(runs) <= 2 * len(runs) and sum(runs) < _WESTERN_SHARE * len(head):
        return "windows-1252"
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_exclusion=_NOT_TEXT_ENCODINGS).best()
    return best.encoding if best else None
