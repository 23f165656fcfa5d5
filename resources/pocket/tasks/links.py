"""Answers of two lines: several values of one thing, and variables that are given as other variables."""

from __future__ import annotations

from random import Random

from resources.pocket.tasks import words
from resources.pocket.tasks.scene import Ask, Passage
from resources.pocket.tasks.varied import value


def several(random: Random, count: int) -> Passage:
    """Keys with one to three values, each in a line of its own; asked for all of them."""
    frame = random.choice((
        "One {kind} of {key} is {value}.", "{key} has the {kind} {value}.",
        "Among the {kind}s of {key} there is {value}.",
        "{kind} of {key}: {value}.",
    ))  # fmt: skip
    question = random.choice((
        "Which {kind}s does {key} have?", "All {kind}s of {key}", "What are the {kind}s of {key}?",
        "Name each {kind} of {key}.",
    ))  # fmt: skip
    kind = random.choice(("colour", "number", "code", "token", "name"))
    keys = _names(random, max(2, count // 2))
    order = [key for key in keys for _ in range(random.choice((1, 2, 2, 3)))][:count]
    random.shuffle(order)
    lines = [frame.format(kind=kind, key=key, value=value(random)) for key in order]
    asks = [
        Ask(question.format(kind=kind, key=key), tuple(i for i, other in enumerate(order) if other == key))
        for key in keys
        if key in order
    ]
    return Passage("text", tuple(line[:1].upper() + line[1:] for line in lines), tuple(asks))


def variables(random: Random, count: int) -> Passage:
    """Variables set to a value or to another variable above; asked for: that line, then the other."""
    frame, question = random.choice((
        ("VAR {key} = {value}.", "What is the value of VAR {key}?"), ("Let {key} be {value}.", "What is {key}?"),
        ("{key} was set to {value}.", "Resolve {key}."), ("{key} equals {value}.", "Which value has {key}?"),
    ))  # fmt: skip
    keys = [name.upper() for name in _names(random, count)]
    lines: list[str] = []
    asks: list[Ask] = []
    roots: list[int] = []
    free: list[int] = []
    for index, key in enumerate(keys):
        if free and random.random() < 0.5:
            root = free.pop(random.randrange(len(free)))
            lines.append(frame.format(key=key, value=keys[root]))
            asks.append(Ask(question.format(key=key), (index, root)))
            continue
        lines.append(frame.format(key=key, value=value(random)))
        roots.append(index)
        free.append(index)
    asks += [Ask(question.format(key=keys[root]), (root,)) for root in roots[: max(1, len(asks) // 2)]]
    random.shuffle(asks)
    return Passage("text", tuple(lines), tuple(asks))


def _names(random: Random, count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found[words.syllables(random, random.randint(1, 3))] = None
    return list(found)
