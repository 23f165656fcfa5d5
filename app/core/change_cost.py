"""What a change of the sources costs before it is made: tokens that have to be read because of it, and seconds.

Knows no engine: what is read already is worked out elsewhere (`ledger.to_read`), and so is how fast reading is.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.core.ledger import seconds_to_read


@dataclass(frozen=True, slots=True)
class ChangeCost:
    """tokens: to be read because of the change, beyond what the next answer reads anyway; below 0 it reads less.

    seconds: about how long that takes, None while no speed was measured. exact: the tokens are counted, not guessed.
    """

    tokens: int
    seconds: float | None = None
    exact: bool = True


def change_cost(now: int, after: int, *, per_second: float | None, exact: bool = True) -> ChangeCost:
    """now, after: tokens that the next answer has to read as things stand, and once they are changed."""
    tokens = after - now
    return ChangeCost(tokens, seconds_to_read(tokens, per_second) if tokens > 0 else None, exact)
