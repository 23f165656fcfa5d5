"""Cuts long text where a pre-tokenizer cuts anyway, so that the parts' tokens, one after the other, are the text's.

Bounds the memory a count takes and lets it be stopped, and keeps runs of white space from tiktoken that its regular
expression engine cannot step through. Holds for every pattern in `engine.pretokenizers`. Knows no vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

CHUNK = 1 << 20
"""Characters; a part is longer only where no safe place follows."""

WHITE_LIMIT = 1 << 18
"""Characters of white space in one piece that tiktoken is given; about four times as many end in a panic."""

# No pattern joins a space to what stands before it, and none looks behind a line end that something solid follows (a
# slash can belong to the punctuation before the line end). Python's white space contains all of the patterns'.
_SAFE = re.compile(r"(?<=\S)(?:(?= )|\n(?=[^\s/]))")

_WHITE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_WHITE_RUN = re.compile(f"[{_WHITE}]+")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text. one_piece: white space the pre-tokenizer leaves in one piece, not to be given to it."""

    text: str
    one_piece: bool = False


def parts(text: str, *, newlines_end_pieces: bool) -> Iterator[Part]:
    """`text` in parts that can be encoded one by one. newlines_end_pieces: see PreTokenizer."""
    at = 0
    while len(text) - at > CHUNK:
        safe = _SAFE.search(text, at + CHUNK)
        if safe is None:
            break
        yield from _without_long_white(text[at : safe.end()], newlines_end_pieces)
        at = safe.end()
    if at < len(text):
        yield from _without_long_white(text[at:] if at else text, newlines_end_pieces)


def _without_long_white(text: str, newlines_end_pieces: bool) -> Iterator[Part]:
    """The white space before something solid goes into one piece but for its last character, which starts the next."""
    done = 0
    for begin, end in _long_runs(text):
        last_line_end = max(text.rfind("\n", begin, end), text.rfind("\r", begin, end))
        if newlines_end_pieces and last_line_end >= 0:
            begin = last_line_end + 1
        if end < len(text):
            end -= 1
        if end - begin < WHITE_LIMIT:
            continue
        if begin > done:
            yield Part(text[done:begin])
        yield Part(text[begin:end], one_piece=True)
        done = end
    if done < len(text):
        yield Part(text[done:] if done else text)


def _long_runs(text: str) -> Iterator[tuple[int, int]]:
    """Where white space is longer than WHITE_LIMIT: such a run covers one of the places looked at."""
    place = WHITE_LIMIT
    while place < len(text):
        end = place
        if text[place] in _WHITE:
            begin = len(text[:place].rstrip(_WHITE))
            found = _WHITE_RUN.match(text, place)
            end = found.end() if found else place
            if end - begin > WHITE_LIMIT:
                yield begin, end
        place = max(end, place) + WHITE_LIMIT
