"""What a change will cost: how much of what was read still holds, how many tokens are read again, how long it takes.

Pure arithmetic over a `Standing`, so that a window can work out costs itself without asking the engine. Knows no
model and no process.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right

from engine.protocol import Cost, Standing


def deepest(standing: Standing, same: int) -> int:
    """The furthest position to go on from when only the first `same` tokens are still as they were read.

    All that is held stays when nothing of it changed, whatever the attention: then nothing has to be taken back.
    """
    if same >= standing.held:
        return standing.held
    index = bisect_right(standing.places, same)
    best = standing.places[index - 1] if index else 0
    for first, last in standing.stretches:
        if first <= same:
            best = max(best, min(same, last))
    return best


def to_read(standing: Standing, first_changed: int, total: int) -> int:
    """Tokens of a prompt of `total` tokens to read when it differs from what is held from `first_changed` on.

    The last token is always read: what it gives opens the answer.
    """
    return total - deepest(standing, min(first_changed, total - 1)) if total else 0


def seconds_to_read(standing: Standing, start: int, end: int) -> float | None:
    """About how long reading the positions from `start` to `end` takes; None while nothing was measured.

    Each token costs `token_seconds` and as many times `depth_seconds` as there are tokens before it.
    """
    if standing.per_second <= 0:
        return None
    count = max(0, end - start)
    return count * (standing.token_seconds + standing.depth_seconds * (start + end) / 2)


def cost(standing: Standing, first_changed: int, total: int) -> Cost:
    """What a prompt of `total` tokens costs that differs from what is held from `first_changed` on."""
    tokens = to_read(standing, first_changed, total)
    return Cost(tokens, seconds_to_read(standing, total - tokens, total))


def common(a: array[int], b: array[int]) -> int:
    """Length of the common beginning, by halving so that equal stretches are compared as bytes."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
