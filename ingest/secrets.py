"""Finds what looks like a secret in a text: keys, tokens, passwords that are assigned, private keys as whole blocks.

Nothing is verified and nothing leaves the machine. Knows no files, and no documents (`ingest.masking` does).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.secret_rules import Words, assigned, in_address, token

PRIVATE_KEY = "private key"

_LONGEST_BLOCK = 200_000

# Every text is looked through for these, so it has to go at the speed of memory. A pattern that begins with one plain
# byte is found by memchr; what makes that byte worth a look stands behind it. Letters are small there, digits are 0.
_TABLE = bytes(48 if 48 <= byte <= 57 else byte + 32 if 65 <= byte <= 90 else byte for byte in range(256))
_ASSIGNED = rb"[\w-]{0,40}\\?[\"'`\]]{0,2}\s{0,8}(?:=|:|!=)[=>]{0,2}\s{0,8}[@bru]{0,2}\\?[\"'`]?[^\s\"'`]{6}"
_PASSWORD = re.compile(rb"w(?:(?<=passw)(?:or)?d|(?<=pw)d)" + _ASSIGNED)
_TOKEN_OR_KEY = re.compile(
    rb"k(?:ey((?<=private key)[ -]|(?<=user-key)-file-)|(?:(?<=tok)en|ey(?<=[a-z_-]key))" + _ASSIGNED + rb")"
)
_SECRET = re.compile(rb"secret" + _ASSIGNED)
_AT = re.compile(rb"@(?<=[^\s/@\"'(<]@)[\w\[.-]")
_RUN_WITH_DIGIT = re.compile(rb"0(?:[0a-z_-][0a-z_-]{8}|(?<=[0a-z_-]{10}0))")
_REST_OF_RUN = re.compile(rb"[0a-z_-]*")
_RUN_CHARACTERS = b"0abcdefghijklmnopqrstuvwxyz_-"
_LONGEST_PREFIX, _SHORTEST_RUN = 128, 20

_EDGE = re.compile(
    r"-{4,5} ?(?P<edge>BEGIN|END) (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)? ?-{4,5}|PuTTY-User-Key-File-\d: "
)
_ENDS = re.compile(
    _EDGE.pattern.replace("BEGIN|END", "END").replace(r"PuTTY-User-Key-File-\d: ", r"Private-MAC: \w{16,}")
)
_KEY_MATERIAL = re.compile(r"[A-Za-z0-9+/=]{16}")
_BODY_LINE = re.compile(r"[ \t>#*/|\"'+-]*(?:[\w-]{2,30}: .*|[A-Za-z0-9+/=]{0,100}(?:\\[nr])*[\"',;+ \t]*)(?:\n|\Z)")


def find(text: str) -> list[tuple[str, int, int]]:
    """(kind, start, end) of what looks like a secret in `text`, in order, none overlapping another."""
    # One byte for each character, whatever it is: places are the same in both.
    low = text.encode("ascii", "replace").translate(_TABLE)
    names, blocks = _names(low)
    found = [Words(PRIVATE_KEY, *block) for block in _private_keys(text, blocks)]
    # What names its kind by its own form goes before what only stands behind a name.
    found += _tokens(text, low)
    found += (words for hit in _AT.finditer(low) if (words := in_address(text, hit.start())))
    found += (words for name in names if (words := assigned(text, name)))
    return _without_overlap(found)


def key_goes_on(text: str, start: int, end: int) -> bool:
    """Whether the private key at [start, end) has not ended where `text` ends: the rest opens the part behind it."""
    return not text[end:].strip() and not _ENDS.search(text, start, end)


def rest_of_key(text: str) -> int:
    """Characters at the start of `text` that belong to a private key which began in the part before."""
    return _end_of_block(text, 0, min(len(text), _LONGEST_BLOCK))


def _names(low: bytes) -> tuple[list[int], list[int]]:
    """Where names stand to which a secret may be assigned, and where the first line of a private key may."""
    names = [hit.start() for hit in _PASSWORD.finditer(low)]
    if b"secret" in low:
        names += (hit.start() for hit in _SECRET.finditer(low))
    blocks: list[int] = []
    for hit in _TOKEN_OR_KEY.finditer(low):
        (names if hit[1] is None else blocks).append(hit.start())
    return names, blocks


def _tokens(text: str, low: bytes) -> Iterator[Words]:
    hit = _RUN_WITH_DIGIT.search(low)
    while hit:
        at = hit.start()
        before = low[max(0, at - _LONGEST_PREFIX) : at]
        start = at - len(before) + len(before.rstrip(_RUN_CHARACTERS))
        end = _REST_OF_RUN.match(low, at).end()  # type: ignore[union-attr]
        if end - start >= _SHORTEST_RUN:
            yield from token(text, start, end)
        hit = _RUN_WITH_DIGIT.search(low, end)


def _private_keys(text: str, places: list[int]) -> Iterator[tuple[int, int]]:
    edges: list[re.Match[str]] = []
    for place in places:
        edge = _EDGE.search(text, max(edges[-1].end() if edges else 0, place - 80), place + 60)
        if edge:
            edges.append(edge)
    for number, edge in enumerate(edges):
        if edge["edge"] == "END":
            continue
        # A block ends before the next one begins at the latest.
        following = next((e.start() for e in edges[number + 1 : number + 3] if e["edge"] != "END"), len(text))
        end = _end_of_block(text, edge.end(), min(following, edge.end() + _LONGEST_BLOCK))
        if end > edge.end():
            yield edge.start(), end


def _end_of_block(text: str, start: int, limit: int) -> int:
    """Where the key ends whose first line ends at `start`; `start` itself when no key stands there."""
    ends = _ENDS.search(text, start, limit)
    if ends is not None:
        return ends.end() if _KEY_MATERIAL.search(text, start, ends.start()) else start
    end = start
    newline = text.find("\n", start, start + 8)
    at = start if newline < 0 else newline + 1
    while at < limit and (line := _BODY_LINE.match(text, at, limit)):
        at = line.end()
        if line.group().strip():
            end = line.start() + len(line.group().rstrip())
    return end if _KEY_MATERIAL.search(text, start, end) else start


def _without_overlap(found: list[Words]) -> list[tuple[str, int, int]]:
    """In order; where two overlap, the longer of them, and of two as long the one found first."""
    taken: list[tuple[str, int, int]] = []
    for words in sorted(found, key=lambda words: words.start - words.end):
        if all(words.end <= start or end <= words.start for _, start, end in taken):
            taken.append((words.kind, words.start, words.end))
    return sorted(taken, key=lambda words: words[1])
