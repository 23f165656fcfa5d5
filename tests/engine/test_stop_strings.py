"""Stop strings over the borders of pieces: what is shown ends in front of them, no more is held back than need be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.stop_strings import StopStrings

TEXT = st.text(alphabet="ab\n", max_size=30)


def fed(pieces: list[str], stops: list[str]) -> tuple[str, bool]:
    watching = StopStrings(stops)
    shown = "".join(watching.feed(piece) for piece in pieces)
    return shown + watching.rest(), watching.found


@given(st.lists(TEXT, max_size=12), st.lists(TEXT, max_size=3))
def test_the_text_ends_in_front_of_the_stop_string_that_is_complete_first(pieces: list[str], stops: list[str]) -> None:
    text = "".join(pieces)
    wanted = [stop for stop in stops if stop]
    ends = [end for end in range(len(text) + 1) if any(text[:end].endswith(stop) for stop in wanted)]
    expected = text
    if ends:
        longest = max((stop for stop in wanted if text[: ends[0]].endswith(stop)), key=len)
        expected = text[: ends[0] - len(longest)]
    assert fed(pieces, stops) == (expected, bool(ends))
    assert fed(list(text), stops) == (expected, bool(ends))


@given(TEXT, st.lists(TEXT.filter(bool), min_size=1, max_size=3))
def test_only_what_may_become_one_is_held_back(text: str, stops: list[str]) -> None:
    watching = StopStrings(stops)
    shown = watching.feed(text)
    if not watching.found:
        held = text[len(shown) :]
        assert text.startswith(shown)
        assert not held or any(stop.startswith(held) for stop in stops)
