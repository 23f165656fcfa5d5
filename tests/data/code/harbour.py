"""Berths of a harbour, and who lies at them."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, overload

T = TypeVar("T")
LONGEST = 400
TIDES = {
    "spring": 5.5,
    "neap": 2.1,
}


def logged(work: Callable[..., T]) -> Callable[..., T]:
    """Say when `work` begins."""

    @functools.wraps(work)
    def wrapper(*args: object) -> T:
        return work(*args)

    return wrapper


@dataclass(
    frozen=True,
)
class Berth(Generic[T]):
    # Metres.
    length: int
    größe: str = "klein"

    class Rope:
        """What holds a ship."""

        def knot(self) -> str:
            return "bowline"

    @property
    def free(self) -> bool:
        """Whether nobody lies here."""
        return self.length > 0

    @overload
    def moor(self, ship: str) -> T: ...

    @overload
    def moor(self, ship: bytes, *, lines: int = 2) -> T: ...

    def moor(
        self,
        ship: str | bytes,
        *,
        lines: int = 2,
    ) -> T:
        raise NotImplementedError


async def arrivals() -> AsyncIterator[str]:
    yield "heron"
