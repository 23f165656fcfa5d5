"""Made-up facts: the attribute of a thing, with confusers that share the thing or the attribute."""

from __future__ import annotations

from random import Random

from resources.pocket.tasks import words
from resources.pocket.tasks.scene import Ask, Passage

_FRAMES = (
    "The {attribute} of {entity} is {value}.",
    "{Entity} has the {attribute} {value}.",
    "The {attribute} of {entity} was set to {value}.",
    "For {entity}, the {attribute} is {value}.",
    "{Entity} has {value} as its {attribute}.",
    "As for the {attribute} of {entity}, it is {value}.",
    "{Value} is the {attribute} of {entity}.",
    "Everyone agrees that the {attribute} of {entity} is {value}.",
    "According to the notes, {entity} has a {attribute} of {value}.",
    "{Entity} kept its {attribute} at {value} last year.",
    "Since {month}, the {attribute} of {entity} has been {value}.",
    "In {month} the {attribute} of {entity} rose to {value}.",
    "{person} says the {attribute} of {entity} is {value}.",
    "{Entity}: {attribute} {value}.",
)
_QUESTIONS = (
    "What is the {attribute} of {entity}?",
    "Which {attribute} does {entity} have?",
    "What {attribute} does {entity} have?",
    "{Entity}: {attribute}?",
    "{attribute} of {entity}",
    "Tell me the {attribute} of {entity}.",
    "What do we know about the {attribute} of {entity}?",
    "Give the {attribute} for {entity}.",
    "{bare} {attribute}",
    "I need the {attribute} of {entity}, please.",
    "Can you find the {attribute} of {entity}?",
)
_STORIES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("town", ("{p} was born in {v}.", "{p} was born near {v} in {year}."),
     ("Where was {p} born?", "In which town was {p} born?")),
    ("town", ("{p} lives in {v}.", "Since {month}, {p} lives in {v}."),
     ("Where does {p} live?", "In which town does {p} live?")),
    ("town", ("{p} moved to {v} in {year}.",), ("Where did {p} move?", "Where did {p} move to?")),
    ("job", ("{p} works as a {v}.", "In {month} {p} began to work as a {v}."),
     ("What does {p} work as?", "What kind of work does {p} do?")),
    ("thing", ("{p} repaired the {v} on {day}.", "On {day}, {p} repaired the {v}."),
     ("What did {p} repair?", "What was repaired by {p}?")),
    ("thing", ("{p} bought the {v} for {n} euros.",), ("What did {p} buy?", "Which thing did {p} buy?")),
    ("food", ("{p} ordered {v} for {day}.", "{p} ordered {n} boxes of {v}."),
     ("What did {p} order?", "What was ordered by {p}?")),
    ("animal", ("{p} keeps a {v} called {name}.",), ("Which animal does {p} keep?", "What does {p} keep?")),
    ("day", ("{p} is away on {v}.", "{p} will be away every {v}."), ("When is {p} away?", "On which day is {p} away?")),
    ("person", ("{p} was met by {v} at the station.",), ("Who met {p}?", "Who met {p} at the station?")),
    ("person", ("{p} reports to {v}.", "{p} has reported to {v} since {year}."),
     ("Who does {p} report to?", "To whom does {p} report?")),
    ("year", ("{p} joined the firm in {v}.",), ("When did {p} join the firm?", "In which year did {p} join?")),
    ("town", ("{t} was shipped to {v}.", "On {day} {t} was shipped to {v}."),
     ("Where was {t} shipped?", "Where was {t} shipped to?")),
    ("person", ("{t} belongs to {v}.", "Since {year} {t} belongs to {v}."),
     ("Who does {t} belong to?", "To whom does {t} belong?")),
    ("material", ("{t} is made of {v}.", "{t} was made of {v} in {town}."),
     ("What is {t} made of?", "Of what is {t} made?")),
    ("colour", ("{t} is painted {v}.", "{t} was painted {v} by {name}."),
     ("How is {t} painted?", "In which colour is {t} painted?")),
    ("number", ("{t} costs {v} euros.", "In {town}, {t} costs {v} euros."),
     ("How much does {t} cost?", "What does {t} cost?")),
    ("number", ("{t} weighs {v} kilograms.",), ("How much does {t} weigh?", "How heavy is {t}, what does it weigh?")),
    ("day", ("{t} opens on {v}.", "{t} opens every {v} at {n}."),
     ("When does {t} open?", "On which day does {t} open?")),
    ("month", ("{t} was closed in {v}.", "{t} was closed in {v} {year}."),
     ("When was {t} closed?", "In which month was {t} closed?")),
    ("person", ("{t} was designed by {v}.",), ("Who designed {t}?", "By whom was {t} designed?")),
    ("number", ("{t} must be kept below {v} degrees.",), ("How warm may {t} be kept?", "Below what must {t} be kept?")),
)  # fmt: skip


def facts(random: Random, count: int) -> Passage:
    """Attributes of things; each thing and each attribute returns with other partners."""
    attributes = random.sample(
        words.ATTRIBUTES, min(len(words.ATTRIBUTES), max(2, int(count**0.5) + random.randint(0, 3)))
    )
    entities = _distinct(random, max(2, count // max(1, len(attributes) - 1) + 1))
    pairs = [(e, a) for e in entities for a in attributes]
    random.shuffle(pairs)
    lines: list[str] = []
    asks: list[Ask] = []
    for entity, attribute in pairs[:count]:
        value = _value(random)
        lines.append(_fill(random.choice(_FRAMES), entity, attribute, value, random))
        asks.append(Ask(_fill(random.choice(_QUESTIONS), entity, attribute, value, random), (len(lines) - 1,)))
    absent = [Ask(_fill(random.choice(_QUESTIONS), e, a, "", random)) for e, a in pairs[count : count + 1 + count // 4]]
    return Passage("text", tuple(lines), (*asks, *absent))


def stories(random: Random, count: int) -> Passage:
    """What people did and what happened to things, asked for with a question word."""
    lines: list[str] = []
    asks: list[Ask] = []
    subjects = _distinct(random, max(2, count // 3))
    people = list({words.person(random): None for _ in range(max(2, count // 3))})
    seen: set[tuple[str, int]] = set()
    kinds = random.sample(range(len(_STORIES)), random.randint(4, len(_STORIES)))
    for _ in range(count * 3):
        number = random.choice(kinds)
        value_kind, statements, questions = _STORIES[number]
        about = random.choice(people if "{p}" in statements[0] else subjects)
        if (about, number) in seen:
            continue
        seen.add((about, number))
        question = _capital(random.choice(questions).format(p=about, t=about))
        if len(lines) < count:
            values = {
                "v": _of_kind(random, value_kind),
                "n": random.randint(2, 90),
                "name": random.choice(words.FIRST_NAMES),
                "town": words.place(random),
                "month": random.choice(words.MONTHS),
                "day": random.choice(words.DAYS),
                "year": random.randint(1900, 2035),
            }
            line = random.choice(statements).format(p=about, t=about, **values)
            lines.append(_capital(line))
            asks.append(Ask(question, (len(lines) - 1,)))
        elif len(asks) < count * 5 // 4:
            asks.append(Ask(question))
    return Passage("text", tuple(lines), tuple(asks))


def _distinct(random: Random, count: int) -> list[str]:
    found: dict[str, None] = {}
    nouns = random.sample(words.THINGS, min(len(words.THINGS), max(2, count // 2)))
    while len(found) < count:
        found[_entity(random, nouns)] = None
    return list(found)


def _entity(random: Random, nouns: list[str]) -> str:
    form = random.randrange(6)
    noun = random.choice(nouns)
    if form == 0:
        return f"the {random.choice(words.ADJECTIVES)} {noun}"
    if form == 1:
        return f"the {words.place(random)} {noun}"
    if form == 2:
        return f"{noun} {random.choice('ABCDEFGHKLMNPRSTUVWX')}{random.randint(1, 99)}"
    if form == 3:
        return f"{noun} {random.randint(1, 999)}"
    if form == 4:
        return f"the {noun} in {words.place(random)}"
    return words.place(random)


def _value(random: Random) -> str:
    form = random.randrange(7)
    if form == 0:
        return random.choice(words.COLOURS)
    if form == 1:
        return f"{random.randint(1, 990)} {random.choice(words.UNITS)}"
    if form == 2:
        return words.identifier(random)
    if form == 3:
        return words.person(random)
    if form == 4:
        return random.choice(words.ANIMALS)
    if form == 5:
        return words.syllables(random, random.randint(1, 2))
    return f"{random.choice(words.MATERIALS)} {random.choice(words.ANIMALS)}"


def _of_kind(random: Random, kind: str) -> str:
    lists = {"job": words.JOBS, "food": words.FOODS, "animal": words.ANIMALS, "day": words.DAYS, "month": words.MONTHS}
    lists |= {"material": words.MATERIALS, "colour": words.COLOURS}
    if kind in lists:
        return random.choice(lists[kind])
    if kind == "town":
        return words.place(random)
    if kind == "person":
        return words.person(random)
    if kind == "year":
        return str(random.randint(1900, 2035))
    if kind == "number":
        return str(random.randint(2, 9999))
    return f"{random.choice(words.ADJECTIVES)} {random.choice(words.THINGS)}"


def _fill(frame: str, entity: str, attribute: str, value: str, random: Random) -> str:
    text = frame.format(
        entity=entity,
        Entity=_capital(entity),
        bare=entity.removeprefix("the "),
        attribute=attribute,
        value=value,
        Value=_capital(value),
        month=random.choice(words.MONTHS),
        person=random.choice(words.FIRST_NAMES),
    )
    return text if random.random() < 0.85 else _capital(text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
