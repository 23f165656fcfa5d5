"""Log messages of one template get one number, in one pass over any amount of them and bounded memory.

Fast, because hardly any message is looked at by itself: what is left of it without its digits is looked up in a table
(`bytes.translate` takes them out of many messages at once). What is new there has its values masked, all new messages
of a batch together, and is looked up as a shape. Only new shapes are taken apart. Which shapes are one template is
decided at the end, over all of them (`log_shapes`), so that it does not depend on the order of the messages.

When there are more shapes than MOST_SHAPES, or more words in them than MOST_WORDS, those that were seen are grouped at
once, and further messages are compared with the templates found so far; if that does not help, the rarer ones are
grouped by how they begin, at last into one for all that is left.
The same messages in the same batches always get the same numbers, whatever their amount. Knows no files.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from ingest.log_masks import MASK, Masker, words
from ingest.log_shapes import REST, Grouped, Pattern, beginning, by_beginning, group_shapes

MOST_SHAPES = 8_192
MOST_WORDS = 120_000
LONGEST_MESSAGE = 1_000
"""Characters of a message that are compared."""

_MOST_KEYS = 65_536
_MOST_KEY_BYTES = 8_000_000
_DIGITS = b"0123456789"
_BEGINNING_WORDS = 2
_OWN_SHARE = 8
_COARSEST = 3
"""So often the rarer templates are made coarser before all that is new falls into one."""


@dataclass(frozen=True, slots=True)
class Templates:
    """What was found. patterns: words of each template, values as MASK; the last may be REST, for anything.

    of_shape: the template of each number that `TemplateMiner.add` gave, as an index of `patterns`, which are in the
    order in which their first messages came.
    """

    patterns: tuple[Pattern, ...]
    of_shape: array[int]


class TemplateMiner:
    """Give it all messages, batch by batch; what it answers are numbers of shapes, which `templates` leads on."""

    def __init__(self, *, most_shapes: int = MOST_SHAPES) -> None:
        self.counts: Counter[int] = Counter()
        self._most = most_shapes
        self._masker = Masker()
        self._keys: dict[bytes, int] = {}
        self._key_bytes = 0
        self._shapes: dict[str, int] = {}
        self._patterns: Grouped = {}
        self._known: dict[Pattern, int] = {}
        self._places: dict[int, list[tuple[int, ...]]] = {}
        self._grouped: Grouped = {}
        self._coarseness = 0
        self._next = 0
        self._words = 0

    def add(self, messages: Sequence[str]) -> list[int]:
        """The number of the shape of each message, of which the first line counts."""
        if not messages:
            return []
        if len(max(messages, key=len)) > LONGEST_MESSAGE:
            messages = [_shortened(message) for message in messages]
        joined = "\n".join(messages)
        if joined.count("\n") >= len(messages):
            messages = [message.partition("\n")[0] for message in messages]
            joined = "\n".join(messages)
        keys = joined.encode("utf-8", "surrogatepass").translate(None, _DIGITS).split(b"\n")
        numbers: list[int | None] = list(map(self._keys.get, keys))
        if None in numbers:
            self._look_up(messages, keys, numbers)
        found: list[int] = numbers  # type: ignore[assignment]
        self.counts.update(found)
        if len(self._patterns) + len(self._grouped) > self._most or self._words > MOST_WORDS:
            self._make_room()
        return found

    def templates(self) -> Templates:
        """Which shapes are one template, for all messages so far."""
        groups = self._group()
        ordered = sorted((min(ids), pattern, ids) for pattern, ids in groups.items())
        of_shape = array("I", bytes(4 * self._next))
        for index, (_, _, ids) in enumerate(ordered):
            for number in ids:
                of_shape[number] = index
        return Templates(tuple(pattern for _, pattern, _ in ordered), of_shape)

    def _look_up(self, messages: Sequence[str], keys: list[bytes], numbers: list[int | None]) -> None:
        """Fill in what is None."""
        missing = [index for index, number in enumerate(numbers) if number is None]
        fresh = {keys[index]: messages[index] for index in missing}
        shapes = self._masker.masked("\n".join(fresh.values())).split("\n")
        seen = list(map(self._shapes.get, shapes))
        if None in seen:
            seen = [
                self._number(shape) if number is None else number for shape, number in zip(shapes, seen, strict=True)
            ]
        new = dict(zip(fresh, seen, strict=True))
        if self._key_bytes > _MOST_KEY_BYTES or len(self._keys) > _MOST_KEYS:
            self._keys.clear()
            self._key_bytes = 0
        self._keys.update(new)  # type: ignore[arg-type]
        self._key_bytes += sum(map(len, new))
        for index in missing:
            numbers[index] = new[keys[index]]

    def _number(self, shape: str) -> int:
        number = self._shapes.get(shape)
        if number is not None:
            return number
        if len(self._shapes) > 2 * self._most:
            self._shapes.clear()
        pattern = words(shape)
        number = self._match(pattern) if self._known else None
        if number is None:
            ids = self._patterns.get(pattern)
            if ids is None:
                self._patterns[pattern] = ids = (self._next,)
                self._next += 1
                self._words += len(pattern)
            number = ids[0]
        self._shapes[shape] = number
        return number

    def _match(self, pattern: Pattern) -> int | None:
        """The number of a template found before that holds `pattern`."""
        number = self._known.get(pattern)
        if number is not None:
            return number
        for places in self._places.get(len(pattern), ()):
            candidate = list(pattern)
            for place in places:
                candidate[place] = MASK
            number = self._known.get(tuple(candidate))
            if number is not None:
                return number
        for count in (_BEGINNING_WORDS, 0):
            number = self._known.get(beginning(pattern, count))
            if number is not None:
                return number
        return None

    def _group(self) -> Grouped:
        """Templates of all shapes so far; those that end in REST stay what they are."""
        open_ended = {pattern: ids for pattern, ids in self._grouped.items() if pattern[-1:] == (REST,)}
        closed = {pattern: ids for pattern, ids in self._grouped.items() if pattern[-1:] != (REST,)}
        return {**group_shapes({**closed, **self._patterns}), **open_ended}

    def _make_room(self) -> None:
        """Templates of what there is take the place of the shapes; coarser ones where they are still too many."""
        groups = self._group()
        if self._too_many(groups):
            self._coarseness += 1
            own, rest = self._most_frequent(groups)
            groups = _merged(own, by_beginning(rest, _BEGINNING_WORDS))
            if self._too_many(groups) or self._coarseness == _COARSEST:
                own, rest = self._most_frequent(groups)
                groups = _merged(own, by_beginning(rest, 0))
        self._grouped = groups
        self._patterns = {}
        self._shapes = {}
        self._known = {pattern: ids[0] for pattern, ids in groups.items()}
        self._words = sum(map(len, groups))
        places = {(len(p), tuple(i for i, token in enumerate(p) if token == MASK)) for p in groups if p[-1:] != (REST,)}
        self._places = {}
        for length, where in sorted(places, key=lambda entry: (len(entry[1]), entry)):
            if where:
                self._places.setdefault(length, []).append(where)

    def _too_many(self, groups: Grouped) -> bool:
        return len(groups) > self._most // 2 or sum(map(len, groups)) > MOST_WORDS // 2

    def _most_frequent(self, groups: Grouped) -> tuple[Grouped, Grouped]:
        """The templates of most messages, and the others."""
        ranked = sorted(groups.items(), key=lambda item: (-sum(map(self.counts.__getitem__, item[1])), item[0]))
        totals = accumulate(len(pattern) for pattern, _ in ranked[: self._most // _OWN_SHARE])
        own = sum(total <= MOST_WORDS // _OWN_SHARE for total in totals)
        return dict(ranked[:own]), dict(ranked[own:])


def _merged(own: Grouped, groups: Grouped) -> Grouped:
    """Both, joined where they hold the same pattern."""
    result = dict(own)
    for pattern, ids in groups.items():
        result[pattern] = tuple(sorted({*ids, *own.get(pattern, ())}))
    return result


def _shortened(message: str) -> str:
    """Its first LONGEST_MESSAGE characters, without the word that would be cut."""
    if len(message) <= LONGEST_MESSAGE:
        return message
    space = message.rfind(" ", LONGEST_MESSAGE // 2, LONGEST_MESSAGE)
    return message[: space if space > 0 else LONGEST_MESSAGE]
