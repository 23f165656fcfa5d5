"""Word lists of the training generators. The held-out ones (tests of the model) live in held_out_words.py.

A test asserts that the two files share no name, thing or attribute.
"""

from __future__ import annotations

from random import Random

_ONSETS = "b br c ch cl d dr f fl g gr h j k kl l m n p pl r s sh st t tr v w z".split()
_VOWELS = "a e i o u ai ea oo ou".split()
_CODAS = "l n r s t m nd rk st ld ck rn x".split()
_PLACE_ENDS = "ton ford ham wick bury mere dale stead port burg vale field moor".split()
_PERSON_ENDS = "son er ez ini ov ard ell in ott ley".split()

FIRST_NAMES = (
    "Adam Agnes Alan Amara Anders Anna Arthur Bella Boris Carla Cecil Chloe Clara Colin Dana David Diego Dora "
    "Edgar Elena Emil Erik Fatima Felix Fiona Frank Gita Grace Hana Hans Helen Hugo Ian Ines Irene Ivan Jack "
    "Jana Jean Jonas Julia Karl Kate Kemal Laura Leo Lena Lucas Maria Mark Marta Max Mina Nadia Nina Noah Olga "
    "Omar Oscar Paula Peter Petra Ravi Rosa Ruth Sam Sara Simon Sofia Stefan Tara Theo Tomas Ursula Vera "
    "Victor Walter Wendy Xenia Yusuf Zara"
).split()
THINGS = (
    "gate bridge depot tower valve pump engine boiler crane lamp cable filter sensor turbine tank garden "
    "library museum school market station harbour canal tunnel bakery clinic office warehouse studio workshop "
    "chapel fountain orchard archive printer server router switch locker cabinet drawer window door staircase "
    "corridor kitchen laboratory theatre committee project contract invoice budget survey report permit "
    "licence policy schedule meeting course lecture parcel ship train bus tram lorry bicycle ferry barge "
    "glider satellite telescope camera microscope piano violin clock"
).split()
ADJECTIVES = (
    "northern southern eastern western upper lower central old new main second third spare broken silent heavy "
    "narrow wide green red blue yellow white black grey brown round square wooden iron copper glass hidden "
    "open public private annual weekly early late bright dark warm cold dry wet quiet busy large small tall "
    "short long thin thick"
).split()
COLOURS = (
    "red blue green yellow purple orange white black grey brown pink silver golden crimson turquoise violet".split()
)
MATERIALS = (
    "oak pine steel copper brass marble granite glass leather cotton wool silk clay concrete bamboo slate tin".split()
)
ANIMALS = ("fox heron otter badger falcon lynx hare swan eel toad raven goat mule pony owl beaver crab moth").split()
FOODS = (
    "apples barley cheese honey lentils mustard olives pears rice salmon tea walnuts beans butter carrots plums".split()
)
MONTHS = ("January February March April May June July August September October November December").split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
JOBS = (
    "architect baker captain carpenter chemist clerk cook doctor driver editor farmer gardener judge lawyer "
    "mechanic nurse painter pilot plumber printer professor sailor secretary smith surgeon tailor teacher "
    "treasurer welder"
).split()
UNITS = ("metres kilograms litres euros hours minutes days tonnes pages seats rooms degrees percent volts").split()
ATTRIBUTES = (
    "colour weight price owner height length width depth age code password number key name symbol address "
    "supplier manager capacity limit temperature pressure speed voltage budget deadline origin material shape "
    "size status version language author label rank score total share fee rent salary nickname motto emblem "
    "licence"
).split()
SERVICES = (
    "auth billing cache cart catalog gateway index ingest login mailer orders payment queue report search session"
).split()
VERBS = (
    "load save parse check merge split send read write fetch build clean count find apply render update remove".split()
)
NOUNS = (
    "table header record page user token entry item frame event config buffer path list tree node file line "
    "row field index cache session message report invoice order"
).split()


def syllables(random: Random, count: int) -> str:
    """A made-up word, in lower case."""
    parts = [random.choice(_ONSETS) + random.choice(_VOWELS) for _ in range(count)]
    return "".join(parts) + random.choice(_CODAS)


def place(random: Random) -> str:
    """A made-up town."""
    return (syllables(random, 1) + random.choice(_PLACE_ENDS)).capitalize()


def surname(random: Random) -> str:
    """A made-up family name."""
    return (syllables(random, 1) + random.choice(_PERSON_ENDS)).capitalize()


def person(random: Random) -> str:
    """A first name, mostly with a family name."""
    first = random.choice(FIRST_NAMES)
    return first if random.random() < 0.2 else f"{first} {surname(random)}"


def identifier(random: Random) -> str:
    """An inventory or ticket number, a made-up key: what must be copied letter by letter."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    form = random.randrange(5)
    if form == 0:
        return f"{''.join(random.choices(letters, k=random.randint(1, 3)))}-{random.randint(1, 9999)}"
    if form == 1:
        return "".join(random.choices("0123456789abcdef", k=random.randint(6, 10)))
    if form == 2:
        return str(random.randint(10, 99_999_999))
    if form == 3:
        return f"{syllables(random, 1)}-{syllables(random, 1)}-{random.randint(1, 99)}"
    return f"{random.randint(0, 9)}.{random.randint(0, 30)}.{random.randint(0, 99)}"
