"""Which shapes of log messages are one template: those that differ where many different words stand.

Two messages that say "succeeded" and "failed" are two templates; messages that name a hundred users are one. So a word
is a value when at least FEWEST_VALUES different ones stand in its place in messages that are otherwise equal. The
result depends on the set of shapes alone, not on their order. Knows no files and no counts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from ingest.log_masks import MASK, is_word

REST = "<...>"
"""At the end of a pattern: anything may follow."""

Pattern = tuple[str, ...]
Ids = tuple[int, ...]
Grouped = dict[Pattern, Ids]

FEWEST_VALUES = 4
FEWEST_BESIDE_MASK = 2
FEWEST_ROWS = 5
_CONSTANT_SHARE = 0.5
_RARE = (1, 2, 4, 8)
_ROUNDS = 8


def group_shapes(shapes: Mapping[Pattern, Ids], *, fewest: int = FEWEST_VALUES) -> Grouped:
    """`shapes` by template, whose values are MASK. fewest: different words that make a place a value's."""
    lengths: defaultdict[int, Grouped] = defaultdict(dict)
    for pattern, ids in shapes.items():
        lengths[len(pattern)][pattern] = ids
    result: Grouped = {}
    for length in sorted(lengths):
        some = _one_place(lengths[length], fewest)
        some = _one_place(_several_places(some), fewest)
        result.update(some)
    return _same_words(result)


def by_beginning(shapes: Mapping[Pattern, Ids], count: int) -> Grouped:
    """`shapes` grouped by their first `count` words alone; count 0 makes all of them one."""
    result: defaultdict[Pattern, list[Ids]] = defaultdict(list)
    for pattern, ids in shapes.items():
        result[beginning(pattern, count)].append(ids)
    return {pattern: _joined(ids) for pattern, ids in result.items()}


def beginning(pattern: Pattern, count: int) -> Pattern:
    """The first `count` words of `pattern` and REST."""
    kept: list[str] = []
    for token in pattern:
        if count == 0:
            break
        if token == REST:
            break
        kept.append(token)
        count -= is_word(token)
    return (*kept, REST)


def _one_place(patterns: Grouped, fewest: int) -> Grouped:
    """Patterns of one length, those merged that differ in one place in which at least `fewest` words stand."""
    for _ in range(_ROUNDS):
        merged: Grouped = {}
        used: set[Pattern] = set()
        for _, place, group in _ranked(_neighbours(patterns)):
            rest = [p for p in group if p not in used]
            needed = FEWEST_BESIDE_MASK if any(MASK in p[place] for p in rest) else fewest
            if len(rest) < max(2, needed) or not _says_something(rest[0], without={place}):
                continue
            used.update(rest)
            new = (*rest[0][:place], MASK, *rest[0][place + 1 :])
            merged[new] = _joined([*(patterns[p] for p in rest), merged.get(new, ())])
        if not used:
            break
        for pattern, ids in patterns.items():
            if pattern not in used:
                merged[pattern] = _joined([ids, merged.get(pattern, ())])
        patterns = merged
    return patterns


def _neighbours(patterns: Iterable[Pattern]) -> list[tuple[int, list[Pattern]]]:
    """Place and patterns that are equal but for that place."""
    # Hashes first: most patterns are alone, and a list for each of their places would take a hundred times the memory.
    hashed = [(p, [hash((place, token)) for place, token in enumerate(p)]) for p in patterns]
    seen: Counter[int] = Counter()
    for pattern, hashes in hashed:
        whole = sum(hashes)
        seen.update(hash((i, whole - hashes[i])) for i, token in enumerate(pattern) if is_word(token))
    groups: defaultdict[tuple[int, int], list[Pattern]] = defaultdict(list)
    for pattern, hashes in hashed:
        whole = sum(hashes)
        for i, token in enumerate(pattern):
            if is_word(token) and seen[hash((i, whole - hashes[i]))] > 1:
                groups[i, whole - hashes[i]].append(pattern)
    return [(place, group) for (place, _), group in groups.items() if len(group) > 1]


def _ranked(groups: list[tuple[int, list[Pattern]]]) -> list[tuple[Pattern, int, list[Pattern]]]:
    """The same in an order that does not depend on the order of the patterns: the largest group first."""
    return sorted(
        ((min(group), place, group) for place, group in groups), key=lambda entry: (-len(entry[2]), entry[1], entry[0])
    )


def _several_places(patterns: Grouped) -> Grouped:
    """Patterns of one length, those merged that are equal but for words that hardly any other of them holds there."""
    for limit in _RARE:
        often = Counter((place, token) for pattern in patterns for place, token in enumerate(pattern))
        groups: defaultdict[Pattern, list[Pattern]] = defaultdict(list)
        for pattern in patterns:
            constant = {i for i, token in enumerate(pattern) if token not in (MASK, REST) and is_word(token)}
            rare = {i for i in constant if often[i, pattern[i]] <= limit}
            if rare and len(constant) - len(rare) >= max(1, _CONSTANT_SHARE * len(constant)):
                groups[tuple(MASK if i in rare else token for i, token in enumerate(pattern))].append(pattern)
        result = dict(patterns)
        for new, group in groups.items():
            if len(group) >= max(FEWEST_ROWS, 2 * limit):
                result[new] = _joined([*(result.pop(p) for p in group), result.get(new, ())])
        patterns = result
    return patterns


def _same_words(patterns: Grouped) -> Grouped:
    """Patterns merged that differ only in how many values stand between their words: a list, or nothing."""
    groups: defaultdict[str, list[Pattern]] = defaultdict(list)
    for pattern in patterns:
        groups["".join(token for token in pattern if token != MASK and not token.isspace())].append(pattern)
    result: Grouped = {}
    for words, group in groups.items():
        if len(group) > 1 and any(map(str.isalpha, words)):
            longest = max(group, key=lambda pattern: (len(pattern), pattern))
            result[longest] = _joined(patterns[p] for p in group)
        else:
            result.update((p, patterns[p]) for p in group)
    return result


def _says_something(pattern: Pattern, without: set[int]) -> bool:
    return any(i not in without and token not in (MASK, REST) and is_word(token) for i, token in enumerate(pattern))


def _joined(ids: Iterable[Ids]) -> Ids:
    return tuple(sorted({number for some in ids for number in some}))
