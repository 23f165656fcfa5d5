"""Text is sent at once when it comes slowly, gathered when it comes fast, and never lost."""

from __future__ import annotations

from engine.pacing import SECONDS_BETWEEN, Paced


def test_fast_words_are_gathered_and_slow_ones_sent_at_once() -> None:
    now = 0.0
    sent: list[str] = []
    paced = Paced(sent.append, clock=lambda: now)
    for word in "abcdefgh":
        paced.add(word)
        now += SECONDS_BETWEEN / 2.5
    assert sent == ["a", "bcd", "efg"]
    now += SECONDS_BETWEEN
    paced.add("i")
    now += SECONDS_BETWEEN
    paced.add("j")
    assert sent == ["a", "bcd", "efg", "hi", "j"]
    paced.add("k")
    paced.flush()
    paced.flush()
    assert sent == ["a", "bcd", "efg", "hi", "j", "k"]
