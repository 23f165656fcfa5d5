"""Lets an answer go on inside a quotation only as a passage that may be quoted goes on, byte by byte.

A pure machine over bytes: `Quoting.step` takes a state and the bytes of a token and says what comes of it, or that the
token is not allowed. White space is the one thing in which a token may differ from the passage: where the passage
breaks a line and the token has a space, the passage's own white space is written instead. Knows no model, no sampling
and no marks but those that the rules name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.quotable import QuoteRules
from engine.suffix_array import SPACES, Matches, Passages
from engine.token_trie import TokenTrie

_BEHIND = 48
"""Bytes of what was written before that can tell how a quotation opens."""

_NUMBERS = rb"\s*\d{1,9}(?:\s*[,;]\s*\d{1,9})*\s*"
_PARTS = re.compile(r"[,;]")
_BLANK_LINE = b"\n\n"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of quotation. in_line: behind a mark that names passages, with the end of the answer closing it too."""

    closers: tuple[bytes, ...]
    in_line: bool = False

    def closes(self, pending: bytes) -> bool:
        """Whether `pending` closes."""
        return pending in self.closers

    def begins_to_close(self, pending: bytes) -> bool:
        """Whether `pending` is a beginning of something that closes."""
        return any(closer.startswith(pending) for closer in self.closers)

    @property
    def first_bytes(self) -> bytes:
        """With which bytes a closing mark begins."""
        return bytes({closer[0] for closer in self.closers})


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Where an answer stands. behind: its last bytes outside quotations. literal: inside code.

    Inside a quotation of `kind`: what still `matches` (None: only the closing mark can follow, of which `pending` was
    written, from a place where it `may_close`); size: bytes quoted. doubtful: the mark stood directly behind a word,
    and opens nothing if white space follows.
    """

    behind: bytes = b""
    literal: bool = False
    kind: Kind | None = None
    matches: Matches | None = None
    pending: bytes = b""
    may_close: bool = False
    size: int = 0
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """The state behind a token, and the bytes that stand for it: its own, but for white space."""

    state: State
    written: bytes


class Quoting:
    """The rules over some passages."""

    def __init__(self, rules: QuoteRules, passages: Passages, names: tuple[str, ...]) -> None:
        self._passages = passages
        self._numbers: dict[str, list[int]] = {}
        for number, name in enumerate(names):
            self._numbers.setdefault(name, []).append(number)
        self._longest = rules.longest
        self._literal = rules.literal.encode()
        self._kinds = {opens.encode(): Kind(tuple(c.encode() for c in closes)) for opens, closes in rules.pairs}
        self.opening = opening_pattern(rules)
        self._beginning: list[int] | None = None
        self._line: Kind | None = None
        if rules.named is not None:
            self._line = Kind((_BLANK_LINE, rules.named[0].encode()), in_line=True)

    def step(self, state: State, piece: bytes) -> Step | None:
        """What comes of writing `piece`; None when it is not allowed."""
        written: list[bytes] = []
        while piece:
            if state.kind is None:
                state, used = self._outside(state, piece)
                written.append(piece[:used])
            else:
                inside = self._inside(state, state.kind, piece)
                if inside is None:
                    return None
                state, used, instead = inside
                written.append(instead)
            piece = piece[used:]
        return Step(state, b"".join(written))

    def may_end(self, state: State) -> bool:
        """Whether the answer may end here: not inside an open quotation."""
        if state.kind is None or state.doubtful:
            return True
        if not state.kind.in_line:
            return False
        return bool(state.pending and state.may_close) or (state.matches is not None and state.matches.at_end())

    def certain(self, state: State, trie: TokenTrie) -> list[int]:
        """Tokens that continue the passages and in which nothing can close: allowed without asking `step`.

        Among them may be some of `doubtful`, of which `step` has the last word.
        """
        if state.matches is None or state.pending or state.doubtful or self._is_full(state):
            return []
        if state.matches.places is not None or state.size:
            return trie.continuing(state.matches)
        # The beginning of a quotation is the same each time, and by far the longest list.
        if self._beginning is None:
            self._beginning = trie.continuing(state.matches)
        return self._beginning

    def doubtful(self, state: State, trie: TokenTrie) -> Iterator[list[int]]:
        """All other tokens that can be allowed inside a quotation, in lists; `step` has the last word on each."""
        kind, matches = state.kind, state.matches
        assert kind is not None
        for byte in kind.first_bytes:
            yield trie.containing(byte)
        if state.pending:
            for closer in kind.closers:
                if closer.startswith(state.pending):
                    yield trie.under(closer[len(state.pending) : len(state.pending) + 1])
        if state.doubtful:
            for space in SPACES:
                yield trie.under(space)
        if matches is None:
            return
        if state.pending or state.doubtful:
            yield trie.continuing(matches)
        if kind.in_line and not state.size:
            yield trie.continuing(matches, behind=b" ")
        for behind, _ in matches.through_space():
            yield trie.continuing(behind, behind=b" ")
            if matches.behind_space():
                yield trie.continuing(behind)
        yield [token for space in SPACES for token in trie.equal(space)]

    def _outside(self, state: State, piece: bytes) -> tuple[State, int]:
        """Up to and with the first mark that opens something, or all of `piece`."""
        before = len(state.behind)
        joined = state.behind + piece
        literal = state.literal
        for match in self.opening.finditer(joined):
            if match.end() <= before:
                continue
            mark = match.group()
            if mark == self._literal:
                literal = not literal
                continue
            if literal:
                continue
            used = match.end() - before
            return self._opened(joined[: match.start()], mark), used
        return State(joined[-_BEHIND:], literal), len(piece)

    def _opened(self, before: bytes, mark: bytes) -> State:
        kind = self._kinds.get(mark)
        if kind is None:
            assert self._line is not None
            numbers = [n for name in _names(mark) for n in self._numbers.get(name, ())]
            matches = self._passages.at_passages(numbers) if numbers else self._passages.anywhere()
            return State(kind=self._line, matches=matches)
        return State(kind=kind, matches=self._passages.anywhere(), doubtful=mark == b'"' and _ends_in_word(before))

    def _inside(self, state: State, kind: Kind, piece: bytes) -> tuple[State, int, bytes] | None:
        if state.doubtful:
            if piece[:1].isspace():
                return State(b'"'), 0, b""
            state = replace(state, doubtful=False)
        if kind.in_line and not state.size and state.matches is not None and piece[:1] == b" " and not state.behind:
            # One space between the mark and its line.
            return replace(state, behind=b" "), 1, b" "
        closing = _first_of(piece, kind.first_bytes)
        if state.pending or closing == 0:
            return self._perhaps_closing(state, kind, piece)
        if state.matches is None or self._is_full(state):
            return None
        part = piece[:closing]
        found = _follow(state.matches, part)
        if found is None:
            return None
        matches, instead = found
        return replace(state, matches=matches, size=matches.depth), len(part), instead

    def _perhaps_closing(self, state: State, kind: Kind, piece: bytes) -> tuple[State, int, bytes] | None:
        """One byte, which can belong to a closing mark as well as to the passage."""
        byte = piece[:1]
        may_close = state.may_close if state.pending else self._may_close(state, kind)
        pending = state.pending + byte
        if not kind.begins_to_close(pending):
            pending = byte if kind.begins_to_close(byte) else b""
            # Behind a line, a line break and then the next mark close it as well.
            may_close = state.may_close if kind.in_line else self._may_close(state, kind)
        if kind.closes(pending):
            # A closing mark closes wherever it stands, also one that belongs to the passage.
            return (State(pending), 1, byte) if may_close else None
        follows: tuple[Matches, bytes] | None = None
        if state.matches is not None and not self._is_full(state):
            follows = _follow(state.matches, byte)
        if follows is None:
            if not (pending and may_close):
                return None
            return replace(state, matches=None, pending=pending, may_close=True), 1, byte
        matches, instead = follows
        if instead != byte:
            if pending and may_close:
                return replace(state, matches=None, pending=pending, may_close=True), 1, byte
            pending = b""
        return replace(state, matches=matches, size=matches.depth, pending=pending, may_close=may_close), 1, instead

    def _may_close(self, state: State, kind: Kind) -> bool:
        matches = state.matches
        if matches is None or not state.size:
            return False
        return matches.at_end() if kind.in_line else matches.may_end()

    def _is_full(self, state: State) -> bool:
        matches = state.matches
        return state.size >= self._longest and matches is not None and matches.may_end()


def opening_pattern(rules: QuoteRules) -> re.Pattern[bytes]:
    """Finds the marks that open a quotation, and those of code."""
    marks = [re.escape(opens.encode()) for opens, _ in rules.pairs]
    if rules.literal:
        marks.append(re.escape(rules.literal.encode()))
    if rules.named is not None:
        opens, closes = (re.escape(sign.encode()) for sign in rules.named)
        marks.append(opens + _NUMBERS + closes)
    return re.compile(b"|".join(marks) or rb"(?!)")


def outside(state: State, piece: bytes) -> State:
    """Outside quotations, behind a piece that opens none."""
    return State((state.behind + piece)[-_BEHIND:], state.literal)


def last_bytes(rules: QuoteRules) -> bytes:
    """With which bytes the marks end that open a quotation."""
    ends = {opens.encode()[-1] for opens, _ in rules.pairs}
    return bytes(ends | ({rules.named[1].encode()[-1]} if rules.named else set()))


def _follow(matches: Matches, piece: bytes) -> tuple[Matches, bytes] | None:
    """`piece`, or what it says with the passage's own white space in front."""
    plain = matches.narrow(piece)
    if plain is not None:
        return plain, piece
    rest = piece.lstrip()
    if len(rest) == len(piece) and not matches.behind_space():
        return None
    for behind, space in matches.through_space():
        narrower = behind.narrow(rest)
        if narrower is not None:
            return narrower, space + rest
    return None


def _names(mark: bytes) -> list[str]:
    return [re.sub(r"\D", "", part) for part in _PARTS.split(mark.decode("utf-8", "replace"))]


def _ends_in_word(before: bytes) -> bool:
    return before[-4:].decode("utf-8", "ignore")[-1:].isalnum()


def _first_of(piece: bytes, among: bytes) -> int:
    """Where the first of the bytes `among` stands, the length of `piece` if none does."""
    return min((at for byte in among if (at := piece.find(byte)) >= 0), default=len(piece))
