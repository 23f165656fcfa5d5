"""What of a log message is a value, whatever the program that wrote it: numbers, addresses, identifiers, paths, dates.

A message whose values are masked is called a shape here. Two shapes may still be one template: see `log_shapes`.
Knows no files, formats or times.
"""

from __future__ import annotations

import re

MASK = "<*>"
"""Stands for a value. A message may hold these three characters itself; they are then taken for a value too."""

_HEX = "[0-9a-fA-F]"
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
# Each pattern begins with one character or a set of few, which is what `re` finds fast; what must stand before that
# character is asked behind it.
_VALUE = re.compile(
    "[0-9a-fA-F+-](?:"
    # A UUID, 0x and a number, six or more bytes with colons, IPv6 in full, long runs of hexadecimal digits.
    rf"(?<=\b{_HEX})(?:{_HEX}{{7}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}\b|(?<=0)[xX]{_HEX}+\b"
    rf"|{_HEX}(?::{_HEX}{{2}}){{5,}}\b|{_HEX}{{0,3}}(?::{_HEX}{{1,4}}){{7}}\b"
    r"|(?<=[0-9a-f])(?:(?<=[0-9])|(?=[a-f]*[0-9]))[0-9a-f]{6,}\b|(?<=[0-9A-F])(?:(?<=[0-9])|(?=[A-F]*[0-9]))[0-9A-F]{6,}\b)"
    # Numbers with their points, colons and commas: versions, times, IPv4 addresses with their ports; and sizes.
    r"|(?:(?<=[0-9])[0-9]*|(?<=(?<![A-Za-z0-9)\]])[-+])[0-9]+)(?:[.:,][0-9]+)*(?:(?:[KMGTP]i?)?B\b)?"
    ")"
)
_LONG = 40
# Keys, tokens and packed bytes are not without a digit.
_KEY = re.compile(rf"(?<![\w+/=-])(?=[A-Za-z+/_-]*[0-9])[A-Za-z0-9+/_-]{{{_LONG},}}={{0,2}}")
# Of at least two parts; of Windows with its drive.
_PATH = re.compile(r"/(?<![\w./:-]/)(?:[\w.@+~$%-]+/)+[\w.@+~$%-]*")
_DRIVE = re.compile(r":\\(?<=\b[A-Za-z]:\\)(?:[\w.@+~$%-]+\\)*[\w.@+~$%-]*")
_IPV6 = re.compile(rf"(?<![\w:.])(?:{_HEX}{{1,4}}:){{1,7}}(?::{_HEX}{{1,4}}){{1,6}}(?![\w:])")
_MONTHS = frozenset("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())
_DATE = re.compile(rf"(?:\b{_DAY},? +)?\b{_MONTH} +<\*>,?(?: +<\*>){{1,2}}(?: +[A-Z]{{3,4}}\b(?: +<\*>)?)?")
_SIZE = re.compile(r"<\*> (?:[KMGTP]i?)?B\b")
_LIST = re.compile(r"(?<![^\s,;|])([^\s,;|]{0,40}<\*>[^\s,;|]{0,40})([ ,;|]{1,2})\1(?:\2\1)*(?![^\s,;|])")
_WORDS = re.compile(r"\.\.+|[^\s=:,;()\[\]{}\"'|.]+(?:\.[^\s=:,;()\[\]{}\"'|.]+)*|\s+|.", re.DOTALL)
_HOST = re.compile(r"(?=.*<\*>)(?=.*\.)[\w<*>]+(?:[.-]+[\w<*>]+)+")

_MOST_WORDS = 50_000
_LONGEST_WORD = 60


class Masker:
    """Masks many messages at once; remembers the words that hold no value, which most words are."""

    def __init__(self) -> None:
        self._plain: dict[str, str] = {"": "", "\n": "\n"}

    def masked(self, messages: str) -> str:
        """`messages`, one to a line, with MASK in place of each value; a list of like values is one."""
        pieces = messages.replace("\n", " \n ").split(" ")
        found: list[str | None] = list(map(self._plain.get, pieces))
        if None in found:
            self._mask_words(pieces, found)
        text = " ".join(found).replace(" \n ", "\n")  # type: ignore[arg-type]
        if not _MONTHS.isdisjoint(pieces):
            text = _DATE.sub(MASK, text)
        return _LIST.sub(r"\1", _SIZE.sub(MASK, text))

    def _mask_words(self, pieces: list[str], found: list[str | None]) -> None:
        """Fill in what is None."""
        if len(self._plain) > _MOST_WORDS:
            self._plain = {"": "", "\n": "\n"}
        unknown = [index for index, word in enumerate(found) if word is None]
        words = [pieces[index] for index in unknown]
        values = _without_values("\n".join(words), longest=len(max(words, key=len))).split("\n")
        for index, word, value in zip(unknown, words, values, strict=True):
            found[index] = value
            if value == word and len(word) <= _LONGEST_WORD:
                self._plain[word] = value


def _without_values(text: str, longest: int) -> str:
    """`text` with its values masked. longest: characters of its longest word."""
    if longest >= _LONG:
        text = _KEY.sub(MASK, text)
    if "/" in text:
        text = _PATH.sub(MASK, text)
    if ":\\" in text:
        text = _DRIVE.sub(":" + MASK, text)
    if "::" in text:
        text = _IPV6.sub(MASK, text)
    return _VALUE.sub(MASK, text)


def words(shape: str) -> tuple[str, ...]:
    """The words, white space and punctuation of `shape`, which they give again when joined.

    The name of a host with a number in it is a value as a whole.
    """
    found = _WORDS.findall(shape)
    return tuple([MASK if MASK in w and "." in w and _HOST.fullmatch(w) else w for w in found])


def is_word(token: str) -> bool:
    """Whether one of `words` is more than space and punctuation."""
    return token[0] not in " \t=:,;()[]{}\"'|." and not token.isspace()
