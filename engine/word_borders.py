"""Where in a long text words begin and end, for every byte at once.

The rule is that of the check that citations go through afterwards: a quotation does not begin or end inside a word, a
number or a letter with its accents. Knows no quotations and no tokens.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Classes = NDArray[np.uint16]

_CHUNK = 1 << 20
"""Characters looked at together: bounds the memory of the intermediate arrays to some 20 MB."""

_CONTEXT = 2
"""Characters on either side of a place that decide about it."""

_WITHOUT_SPACES = (
    (0x0E00, 0x0EFF),
    (0x0F00, 0x0FFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3040, 0x30FF),
    (0x3400, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
"""Scripts that write words without a space between them: each character may begin or end a quotation."""

_MARK, _WORD, _UNSPACED, _DECIMAL, _ALPHA, _ALNUM, _SPACE, _POINT, _SIGN, _BRACKET, _APOSTROPHE = (
    1 << i for i in range(11)
)
_SIGNS = {
    **dict.fromkeys(".,:", _POINT),
    **dict.fromkeys("-\u2212\u2013+", _SIGN),
    **dict.fromkeys(")]", _BRACKET),
    **dict.fromkeys("'\u2019", _APOSTROPHE),
}
_CODE_POINTS = 0x110000


def borders(text: bytes) -> tuple[Flags, Flags]:
    """Two arrays of len(text) + 1: at which byte offsets of the UTF-8 `text` a quotation may begin, and may end.

    It begins at no white space. Offsets inside a character are neither. Raises UnicodeDecodeError.
    """
    begins = np.zeros(len(text) + 1, dtype=np.bool_)
    ends = np.zeros(len(text) + 1, dtype=np.bool_)
    at = 0
    before: NDArray[np.uint32] = np.zeros(0, dtype=np.uint32)
    while at < len(text):
        past = _char_border(text, at + _CHUNK)
        later = _char_border(text, past + 4 * _CONTEXT)
        own, after = (_code_points(text[a:b]) for a, b in ((at, past), (past, later)))
        joined = np.concatenate([before, own, after[:_CONTEXT]])
        starts, stops = _decide(joined)
        raw = np.frombuffer(text, dtype=np.uint8, count=past - at, offset=at)
        offsets = np.flatnonzero((raw & 0xC0) != 0x80) + at
        window = slice(len(before), len(before) + len(own))
        begins[offsets] = starts[window]
        ends[offsets] = stops[window]
        before = np.concatenate([before, own])[-_CONTEXT:]
        at = past
    ends[len(text)] = True
    return begins, ends


def _char_border(text: bytes, at: int) -> int:
    at = min(at, len(text))
    while at < len(text) and text[at] & 0xC0 == 0x80:
        at += 1
    return at


def _code_points(text: bytes) -> NDArray[np.uint32]:
    return np.frombuffer(text.decode("utf-8").encode("utf-32-le"), dtype="<u4")


def _decide(points: NDArray[np.uint32]) -> tuple[Flags, Flags]:
    """For each character of `points`, whether a quotation may begin, and may end, in front of it."""
    after = _classes(points)
    after2, before, before2 = _shifted(after, -1), _shifted(after, 1), _shifted(after, 2)

    def each(of: Classes, what: int) -> Flags:
        found: Flags = (of & what) != 0
        return found

    both = each(before, _WORD) & each(after, _WORD)
    whole = ~each(after, _MARK) & (~both | each(before | after, _UNSPACED))
    digit = each(after, _DECIMAL)

    # "5" of "-5" and "25" of "1.25" are other numbers.
    cut = each(before, _POINT) & each(before2, _DECIMAL)
    cut |= each(before, _SIGN) & ~each(before2, _ALNUM | _BRACKET)
    begins = whole & ~(digit & cut) & ~each(after, _SPACE)

    # "can" of "can't", "1" of "1.25".
    shortened = each(before, _ALPHA) & each(after, _APOSTROPHE)
    fraction = each(before, _POINT) & digit
    cut = each(before, _DECIMAL) & each(after, _POINT) & each(after2, _DECIMAL)
    stops = np.where(shortened, ~each(after2, _ALPHA), np.where(fraction, ~each(before2, _DECIMAL), ~cut))
    return begins, whole & (both | stops)


def _classes(points: NDArray[np.uint32]) -> Classes:
    there = np.zeros(_CODE_POINTS, dtype=np.bool_)
    there[points] = True
    known = np.flatnonzero(there)
    table = np.zeros(_CODE_POINTS, dtype=np.uint16)
    table[known] = [_class(point) for point in known.tolist()]
    return table[points]


@lru_cache(maxsize=1 << 15)
def _class(point: int) -> int:
    char = chr(point)
    category = unicodedata.category(char)[0]
    flags = _SIGNS.get(char, 0)
    flags |= _MARK if category == "M" else 0
    flags |= _WORD if category in "LNM" or char == "_" else 0
    flags |= _UNSPACED if any(low <= point <= high for low, high in _WITHOUT_SPACES) else 0
    flags |= _DECIMAL if char.isdecimal() else 0
    flags |= _ALPHA if char.isalpha() else 0
    flags |= _ALNUM if char.isalnum() else 0
    return flags | (_SPACE if char.isspace() else 0)


def _shifted(values: Classes, by: int) -> Classes:
    """values[i - by], 0 outside."""
    result = np.zeros_like(values)
    if by > 0:
        result[by:] = values[:-by]
    else:
        result[:by] = values[-by:]
    return result
