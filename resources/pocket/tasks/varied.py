"""Facts in wordings put together at random: leads, cores and tails, attributes and things of several words.

A fixed list of sentence frames teaches the frames. Here a passage has a few wordings of its own, so that many lines
begin with the same words and only the attribute together with the thing tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from resources.pocket.tasks import words
from resources.pocket.tasks.prose import common_word
from resources.pocket.tasks.scene import Ask, Passage

_LEADS = (
    "", "", "", "According to {person}, ", "As of {month}, ", "Note that ", "It is known that ",
    "Nobody disputes that ", "The minutes say that ", "We were told that ", "Page {n} states that ", "In {year}, ",
    "Today ", "On {day} ", "{person} believes that ", "The office in {place} confirmed that ",
    "It was agreed on {day} that ", "Once more, ", "The list names it: ", "Someone from {place} wrote that ",
    "By the end of {month} ", "To the best of our knowledge ", "The second table says that ",
    "A letter of {month} {year} says that ", "{word} {word} {word} ", "{word} {word}: ",
    "The {word} {word} says that ", "{person} and {person} found that ", "After the {word} {word}, ",
    "Below {n} {word} ",
)  # fmt: skip
_CORES = (
    "the {a} of {e} is {v}", "the {a} of {e} was {v}", "{e} has a {a} of {v}", "{e} has {v} for a {a}",
    "the {a} at {e} is {v}", "for {e} the {a} reads {v}", "{v} is the {a} of {e}", "{v} counts as {a} of {e}",
    "the {a} {e} has is {v}", "{e} got {v} as {a}", "as {a} of {e} they chose {v}", "the {a} for {e} stays {v}",
    "{e} with its {a} {v}", "{e} ({a} {v})", "the {a} that belongs to {e} became {v}", "{e} goes by the {a} {v}",
    "under {a}, {e} is entered with {v}", "{v} remains what {e} has as {a}", "{e} keeps {v} for {a}",
    "with {v} as the {a}, {e} was chosen", "{e} / {a} / {v}", "{a} of {e} = {v}", "{e} | {a} | {v}",
)  # fmt: skip
_TAILS = (
    "", "", "", "", " since {year}", " in {month}", ", as {person} noted", " on {day}", " after {n} {word}",
    " by order of {person}", ", not {word}", " and {word} {word}", " (see page {n})", " [{n}]",
)  # fmt: skip
_ASK_LEADS = (
    "What is ", "What was ", "Please give ", "Could anyone tell me ", "I wonder what is ", "Find ", "Look up ", "",
    "Do you know ", "Say what is ", "In the papers, what is ", "Is there a word on ", "Where is ", "Now ",
    "{word} {word}: ", "I would like to hear ", "Try to name ", "Read out ", "Which is ", "Remind me of ",
)  # fmt: skip
_ASK_CORES = (
    "the {a} of {e}", "the {a} of {e}", "the {a} for {e}", "{e} and its {a}", "{a}, {e}", "{e}: {a}", "for {e} the {a}",
    "as {a} for {e}", "{e} as to {a}", "the {a} that {e} has", "what {e} has as {a}", "the {a} {e} keeps", "{e} {a}",
    "of {e} the {a}", "the {a} at {e}", "{a} / {e}", "{e} under {a}",
)  # fmt: skip
_ASK_TAILS = ("", "?", "?", "?", ".", ", please", " then?", " by now?", " according to {person}?", ", {word}?")


def varied(random: Random, count: int) -> Passage:
    """Attributes of things in a few wordings; half as many questions have no answer, though their words occur."""
    attributes = _different(random, max(2, round(count**0.5) + random.randint(-1, 2)), attribute)
    things = _things(random, count // max(1, len(attributes) - 1) + 2)
    pairs = [(thing, name) for thing in things for name in attributes]
    random.shuffle(pairs)
    leads = [_dressed(random, random.choice(_LEADS)) for _ in range(random.randint(1, 4))]
    cores = random.sample(_CORES, random.randint(1, 5))
    lines, asks = [], []
    for index, (thing, name) in enumerate(pairs[:count]):
        core = random.choice(cores).format(a=name, e=thing, v=value(random))
        text = random.choice(leads) + core + _dressed(random, random.choice(_TAILS))
        lines.append(text[:1].upper() + text[1:] + ".")
        asks.append(Ask(_question(random, thing, name), (index,)))
    absent = pairs[count : count + 1 + count // 2]
    asks += [Ask(_question(random, thing, name)) for thing, name in absent]
    random.shuffle(asks)
    return Passage("text", tuple(lines), tuple(asks))


def attribute(random: Random) -> str:
    """What something has: one to three words of the lists, of the documentation, or made up."""

    def word() -> str:
        form = random.random()
        if form < 0.45:
            return random.choice(words.ATTRIBUTES)
        return common_word(random) if form < 0.8 else words.syllables(random, random.randint(1, 2))

    return " ".join(word() for _ in range(random.choice((1, 1, 2, 2, 2, 3))))


def value(random: Random) -> str:
    """What an attribute may be."""
    form = random.randrange(6)
    if form == 0:
        return str(random.randint(2, 99_999))
    if form == 1:
        return words.identifier(random)
    if form == 2:
        return words.person(random)
    if form == 3:
        return f"{random.choice(words.ADJECTIVES)} {common_word(random)}"
    if form == 4:
        return f"{random.randint(1, 990)} {random.choice(words.UNITS)}"
    return words.syllables(random, random.randint(1, 3))


def _things(random: Random, count: int) -> list[str]:
    """Names that share their parts: the same few places, kinds and families in other pairs."""
    few = max(2, round(count**0.5))
    places = [words.place(random) for _ in range(few)]
    kinds = [_kind(random) for _ in range(few + 1)]
    families = [words.surname(random) for _ in range(few)]

    def thing(random: Random) -> str:
        form = random.randrange(8)
        if form < 3:
            return f"the {random.choice(places)} {random.choice(kinds)}"
        if form == 3:
            return f"{random.choice(words.FIRST_NAMES)} {random.choice(families)}"
        if form == 4:
            return f"the {random.choice(words.ADJECTIVES)} {random.choice(kinds)}"
        if form == 5:
            return f"{random.choice(kinds)} {random.randint(1, 99)}"
        return words.syllables(random, 2).capitalize() if form == 6 else f"the {random.choice(kinds)} of {places[0]}"

    return _different(random, count, thing)


def _kind(random: Random) -> str:
    form = random.random()
    if form < 0.4:
        return random.choice(words.THINGS)
    return common_word(random) if form < 0.7 else words.syllables(random, 2)


def _different(random: Random, count: int, make: Callable[[Random], str]) -> list[str]:
    found: dict[str, None] = {}
    for _ in range(count * 10):
        found[make(random)] = None
        if len(found) == count:
            break
    return list(found)


def _question(random: Random, thing: str, name: str) -> str:
    core = random.choice(_ASK_CORES).format(a=name, e=thing)
    text = _dressed(random, random.choice(_ASK_LEADS)) + core + _dressed(random, random.choice(_ASK_TAILS))
    return text[:1].upper() + text[1:] if random.random() < 0.8 else text


def _dressed(random: Random, frame: str) -> str:
    slots: Sequence[tuple[str, Callable[[], object]]] = (
        ("{person}", lambda: random.choice(words.FIRST_NAMES)), ("{month}", lambda: random.choice(words.MONTHS)),
        ("{day}", lambda: random.choice(words.DAYS)), ("{place}", lambda: words.place(random)),
        ("{year}", lambda: random.randint(1900, 2035)), ("{n}", lambda: random.randint(1, 400)),
        ("{word}", lambda: common_word(random)),
    )  # fmt: skip
    for slot, fill in slots:
        while slot in frame:
            frame = frame.replace(slot, str(fill()), 1)
    return frame
