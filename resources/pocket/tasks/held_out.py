"""Generators that training never sees: other frames, names, attributes, modules and log layouts. For evaluate.py and
the tests.

Knows nothing of tokens; a test asserts that nothing here is shared with the training lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from resources.pocket.corpus import read_corpus
from resources.pocket.tasks.lines import code_passage
from resources.pocket.tasks.prose import keyword_passage
from resources.pocket.tasks.scene import Ask, Passage, merge

PEOPLE = (
    "Beatriz Quintana;Giorgio Falasca;Ingrid Solheim;Mehmet Aydin;Priya Raman;Tobias Wenger;Yolanda Pruitt;"
    "Caspian Drew;Oksana Melnyk;Rafael Ibarra;Sunniva Berge;Desmond Achebe;Leocadia Ruiz;Hiroshi Tanabe;"
    "Winifred Ashby;Zoltan Kiraly"
).split(";")
PLACES = (
    "Albion;Cordova;Galveston;Heidelberg;Inverness;Jutland;Kyoto;Lisbon;Montrose;Nairobi;Odessa;Palermo;Quebec;Ravenna;"
    "Salzburg;Tromso;Utrecht;Valencia;Winnipeg;Zagreb"
).split(";")
THINGS = (
    "foundry observatory brewery lighthouse dairy quarry monastery vineyard shipyard windmill embassy "
    "planetarium aquarium tannery smithy granary"
).split()
ATTRIBUTES = (
    "altitude;curator;mascot;postcode;founding year;floor area;visitor count;insurance value;opening time;"
    "electricity bill;chief sponsor;roof covering;annual rainfall;telephone extension;guard dog;patron saint"
).split(";")
_FACT_FRAMES = (
    "Our records list {value} for the {attribute} of {entity}.",
    "The inspector wrote down that {entity} shows a {attribute} of {value}.",
    "Regarding {entity}, its {attribute} comes to {value}.",
    "When asked about {entity}, they gave {value} as {attribute}.",
    "{value} was recorded as the {attribute} of {entity}.",
    "It turned out that the {attribute} of {entity} equals {value}.",
)
_FACT_QUESTIONS = (
    "What was recorded for {entity} as {attribute}?",
    "Could you state the {attribute} of {entity}?",
    "How is the {attribute} of {entity} given?",
    "Please quote the {attribute} at {entity}.",
    "{entity}, {attribute}",
)
_WRAPPERS = (
    "Which passage deals with {list}?",
    "I am looking for {list}.",
    "Show me where {list} come up.",
    "Quote the statement on {list}.",
    "{words}: what is written?",
)
_ADJECTIVES = (
    "amber brisk clever dapper earnest fuzzy gentle humble icy jolly keen lively mellow nimble proud rapid".split()
)
_NEEDLE_NOUNS = (
    "acorn bonnet candle dagger easel feather goblet helmet icicle jacket kettle ladder mitten napkin oyster".split()
)
_HOSTS = "atlas borealis cygnus deneb".split()
_PROGRAMS = "sshd cron postfix kernel dhclient named chronyd rsyslogd".split()
_REPORTS = (
    "refused handshake with peer {a}",
    "lease {a} renewed for device {b}",
    "segment {a} was corrupted near offset {b}",
    "unit {a} restarted by watchdog {b}",
    "quota exceeded by account {a} on volume {b}",
    "clock drift of {a} microseconds against {b}",
)


def filler(random: Random, count: int) -> Passage:
    """Held-out sentences in stretches of neighbours, without questions."""
    sentences = read_corpus(held_out=True).sentences
    lines: dict[str, None] = {}
    while len(lines) < count:
        start = random.randrange(len(sentences))
        lines.update(dict.fromkeys(sentences[start : start + random.randint(3, 30)]))
    return Passage("text", tuple(lines)[:count], ())


def facts(random: Random, count: int) -> Passage:
    """Facts with confusers (a third of the lines) among held-out sentences; asks include as many that are not there."""
    number = max(4, count // 3)
    attributes = random.sample(ATTRIBUTES, max(2, round(number**0.5)))
    entities = _entities(random, number // len(attributes) + 2)
    pairs = [(entity, attribute) for entity in entities for attribute in attributes]
    random.shuffle(pairs)
    lines = [_fact(random, *pair) for pair in pairs[:number]]
    asks = [Ask(_fact_question(random, *pair), (index,)) for index, pair in enumerate(pairs[:number])]
    asks += [Ask(_fact_question(random, *pair)) for pair in pairs[number : 2 * number]]
    return merge([Passage("text", tuple(lines), tuple(asks)), filler(random, count - number)], random)


def keywords(random: Random, count: int) -> Passage:
    """Held-out sentences asked for by two to four of their words."""
    passage = filler(random, count)
    others = [line for line in filler(random, count // 3).lines if line not in passage.lines]
    return keyword_passage(random, passage.lines, others, _WRAPPERS)


def needles(random: Random, count: int) -> Passage:
    """Eight keys of one kind, each with its number, far apart in held-out sentences."""
    keys = [f"{a}-{n}" for a in _ADJECTIVES for n in _NEEDLE_NOUNS]
    chosen = random.sample(keys, 8)
    lines = tuple(f"One of the magic numbers for {key} is: {random.randint(1_000_000, 9_999_999)}." for key in chosen)
    asks = tuple(Ask(f"What magic number for {key} is mentioned in the text?", (i,)) for i, key in enumerate(chosen))
    return merge([Passage("text", lines, asks), filler(random, count - len(lines))], random)


def several(random: Random, count: int) -> Passage:
    """Four places with two values of one kind each, far apart in held-out sentences; asked for both."""
    chosen = random.sample(PLACES, 4)
    order = [place for place in chosen for _ in range(2)]
    random.shuffle(order)
    lines = tuple(
        f"A ferry of {place} is called {random.choice(_ADJECTIVES)} {noun}."
        for place, noun in zip(order, random.sample(_NEEDLE_NOUNS, len(order)), strict=True)
    )
    asks = tuple(
        Ask(f"What are the ferries of {place} called?", tuple(i for i, other in enumerate(order) if other == place))
        for place in chosen
    )
    return merge([Passage("text", lines, asks), filler(random, count - len(lines))], random)


def two_hops(random: Random, count: int) -> Passage:
    """Four places that were given the tariff of another one, whose tariff stands elsewhere; asked for both lines."""
    chosen = random.sample(PLACES, 8)
    pairs = list(zip(chosen[:4], chosen[4:], strict=True))
    lines = [f"The toll of {root} amounts to {random.randint(1000, 9999)}." for _, root in pairs]
    lines += [f"The toll of {place} is the same as in {root}." for place, root in pairs]
    asks = tuple(Ask(f"What is the toll of {place}?", (4 + i, i)) for i, (place, _) in enumerate(pairs))
    return merge([Passage("text", tuple(lines), asks), filler(random, count - len(lines))], random)


def logs(random: Random, count: int) -> Passage:
    """Syslog lines asked for by program and words."""
    lines: list[str] = []
    asks: list[Ask] = []
    second = random.randrange(80_000)
    for index in range(count):
        second += random.randint(0, 5)
        a, b = f"{random.randrange(1 << 24):06x}", str(random.randint(10, 9999))
        host, program = random.choice(_HOSTS), random.choice(_PROGRAMS)
        report = random.choice(_REPORTS).format(a=a, b=b)
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        lines.append(f"Oct {random.randint(10, 31)} {clock} {host} {program}[{random.randint(100, 9999)}]: {report}")
        asks.append(Ask(f"What happened to {a} in {program}?", (index,)))
    return Passage("log", tuple(lines), tuple(asks))


def code(random: Random, count: int) -> Passage:
    """A stretch of a held-out Python file."""
    _, source = random.choice(read_corpus(held_out=True).sources)
    return code_passage(random, source, count)


def _entities(random: Random, count: int) -> Sequence[str]:
    pool = [f"the {place} {thing}" for place in PLACES for thing in random.sample(THINGS, 3)] + PEOPLE[:8]
    return random.sample(pool, count)


def _fact(random: Random, entity: str, attribute: str) -> str:
    value = random.choice(
        (
            str(random.randint(3, 98_765)),
            random.choice(PEOPLE[8:]),
            f"{random.choice(_ADJECTIVES)} {random.choice(_NEEDLE_NOUNS)}",
        )
    )
    return _capital(random.choice(_FACT_FRAMES).format(entity=entity, attribute=attribute, value=value))


def _fact_question(random: Random, entity: str, attribute: str) -> str:
    return _capital(random.choice(_FACT_QUESTIONS).format(entity=entity, attribute=attribute))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
