"""Which copies make which places, and which of them are kept when memory is short."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import accumulate, combinations

from engine.checkpoints import NEAR, Attention, Shelf, Wanted, allowance

SLIDING = Attention(window=512)
CHUNKED = Attention(window=8192, chunked=True)


def filled(shelf: Shelf[str], places: list[int], wanted: Wanted, *, size: int = 10) -> Shelf[str]:
    """A shelf after reading past `places`, at each of which a copy could be made."""
    for place in places:
        if shelf.make_room(place, size, wanted):
            shelf.put(place, size, f"at {place}")
    return shelf


def lasts(shelf: Shelf[str]) -> list[int]:
    return [last for _, last in shelf.stretches]


def test_what_window_layers_need_and_reach() -> None:
    assert [SLIDING.oldest_needed(p) for p in (0, 511, 512, 2000)] == [0, 0, 1, 1489]
    assert SLIDING.first_reachable(1489) == 2000
    assert SLIDING.first_reachable(0) == 0
    assert [CHUNKED.oldest_needed(p) for p in (8191, 8192, 9000)] == [0, 8192, 8192]
    assert [CHUNKED.first_reachable(p) for p in (0, 1, 8192, 8193)] == [0, 8192, 8192, 16_384]
    assert Attention().oldest_needed(10**6) == Attention().first_reachable(5) == 0
    for position in range(500, 3000, 7):
        assert SLIDING.first_reachable(SLIDING.oldest_needed(position)) <= position


def test_a_copy_of_a_chunk_reaches_all_of_it_until_something_in_it_changes() -> None:
    shelf = filled(Shelf(CHUNKED, 100), [8192, 16_384], Wanted(9000, (3000, 9000), (9100,)))
    assert shelf.stretches == [(0, 8192), (8192, 16_384)]
    copy = shelf.reaching(3000)
    assert copy is not None and copy.state == "at 8192"
    shelf.forget_from(9050)
    assert shelf.stretches == [(0, 8192), (8192, 9050)]
    assert shelf.reaching(9051) is None
    shelf.forget_from(5000)
    assert shelf.stretches == [(0, 5000)]


def test_a_copy_is_made_anew_only_when_it_reaches_further() -> None:
    wanted = Wanted(3000)
    shelf = filled(Shelf(CHUNKED, 100), [8192], wanted)
    shelf.forget_from(3000)
    assert not shelf.make_room(8192, 10, wanted), "the old one still reaches all that is wanted"
    assert shelf.make_room(8192, 10, Wanted(3000, (), (3000 + NEAR,)))
    assert shelf.size == 0, "the old one makes room before the new one is made"


def test_no_memory_is_spent_close_behind_a_border() -> None:
    near, far = Wanted(8192 + NEAR - 1), Wanted(8192 + NEAR)
    assert not Shelf[str](CHUNKED, 100).make_room(16_384, 10, near)
    assert Shelf[str](CHUNKED, 100).make_room(16_384, 10, far)
    assert not Shelf[str](CHUNKED, 100).make_room(16_384, 10, Wanted(8192))


def test_the_end_of_the_documents_stays_whatever_the_allowance() -> None:
    wanted = Wanted(5000, (1000, 2000, 5000), (5300,))
    shelf = filled(Shelf(SLIDING, 0), [1000, 2000, 5000, 5300], wanted)
    assert lasts(shelf) == [5000]
    assert lasts(filled(Shelf(SLIDING, 1000), [1000, 2000, 5000, 5300], wanted)) == [1000, 2000, 5000, 5300]


def test_the_latest_turns_stay_longest() -> None:
    turns = (6000, 7000, 8000, 9000)
    shelf = filled(Shelf(SLIDING, 30), [5000, *turns], Wanted(5000, (5000,), turns))
    assert lasts(shelf) == [5000, 8000, 9000]


def test_a_large_copy_must_be_worth_more_than_a_small_one() -> None:
    wanted = Wanted(9000, (2000, 4000, 9000))
    shelf: Shelf[str] = Shelf(SLIDING, 120)
    for place, size in ((2000, 80), (4000, 20), (9000, 20)):
        assert shelf.make_room(place, size, wanted)
        shelf.put(place, size, "")
    shelf.allowance = 60
    assert shelf.make_room(9000, 20, Wanted(9000, (2000, 4000, 9000), (9000,))) is False
    shelf.clear()
    for place, size in ((4000, 20), (2000, 80), (9000, 20)):
        if shelf.make_room(place, size, wanted):
            shelf.put(place, size, "")
    assert lasts(shelf) == [4000, 9000]


def test_thinning_out_is_not_far_from_the_best_choice() -> None:
    chance = random.Random(7)
    shares: list[float] = []
    for _ in range(300):
        room, count = chance.randint(2, 5), chance.randint(6, 11)
        ends = list(accumulate(chance.choice((NEAR, 128, 400, 900)) for _ in range(count)))
        kept = lasts(filled(Shelf(SLIDING, 10 * room), ends, Wanted(ends[-1], tuple(ends))))
        assert len(kept) == room and kept[-1] == ends[-1]
        best = min(reread(ends, (*some, ends[-1])) for some in combinations(ends[:-1], room - 1))
        none = reread(ends, (ends[-1],))
        shares.append((none - reread(ends, kept)) / (none - best))
    # Each copy is decided on before the next document is seen, so the best choice is not always met.
    assert sum(shares) / len(shares) > 0.9
    assert min(shares) > 0.3


def reread(ends: Sequence[int], places: Sequence[int]) -> int:
    """Tokens read again when each document's end is returned to once."""
    return sum(end - max(place for place in (0, *places) if place <= end) for end in ends)


def test_the_allowance() -> None:
    assert allowance(-1, 16 << 30) == 2 << 30
    assert allowance(-1, -5) == 0
    assert allowance(-1, 1 << 50) == 8 << 30
    assert [allowance(asked, 16 << 30) for asked in (0, 7)] == [0, 7]
