"""Reads fields of JSON that anybody may have written: each is what it should be, or the reading stops.

Knows nothing of what the fields mean.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from app.core.session_rows import storable

LARGEST = (1 << 63) - 1
"""What SQLite can hold."""

_DEEPEST = 50
_Choice = TypeVar("_Choice", bound=str)


class NotAsItShouldBe(ValueError):
    """Its text names the field."""


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object at `where` in its file. Every method raises NotAsItShouldBe."""

    value: dict[str, Any]
    where: str = ""

    @classmethod
    def of(cls, value: object, where: str) -> Fields:
        """`value`, which has to be an object."""
        if not isinstance(value, dict):
            raise NotAsItShouldBe(where or "the file")
        return cls(value, where)

    def text(self, name: str) -> str:
        """A string, made storable."""
        value = self.value.get(name)
        return storable(value) if isinstance(value, str) else self._wrong(name)

    def path(self, name: str) -> str:
        """A string that may hold surrogate escapes, as the operating system names files."""
        value = self.value.get(name)
        if not isinstance(value, str) or any("\ud800" <= c < "\udc80" or "\udcff" < c <= "\udfff" for c in value):
            self._wrong(name)
        return value

    def text_or_none(self, name: str) -> str | None:
        """A string, or nothing."""
        return None if self.value.get(name) is None else self.text(name)

    def one_of(self, name: str, choices: Sequence[_Choice]) -> _Choice:
        """One of `choices`."""
        value = self.value.get(name)
        return next((choice for choice in choices if choice == value), None) or self._wrong(name)

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self.value.get(name)
        return value if isinstance(value, bool) else self._wrong(name)

    def integer(self, name: str, *, least: int = 0) -> int:
        """A whole number from `least` on."""
        return self._integer(self.value.get(name), name, least)

    def integer_or_none(self, name: str, *, least: int = 0) -> int | None:
        """A whole number from `least` on, or nothing."""
        value = self.value.get(name)
        return None if value is None else self._integer(value, name, least)

    def pair_or_none(self, name: str, *, least: int = 0) -> tuple[int, int] | None:
        """Two whole numbers, the second not smaller, or nothing."""
        value = self.value.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or len(value) != 2:
            self._wrong(name)
        first, last = (self._integer(v, name, least) for v in value)
        return (first, last) if first <= last else self._wrong(name)

    def number(self, name: str) -> float:
        """A number that is finite."""
        return self.finite(self.value.get(name), name)

    def finite(self, value: object, name: str) -> float:
        """`value`, which has to be a number that is finite."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self._wrong(name)
        return float(value)

    def integers(self, name: str, *, least: int = 0) -> tuple[int, ...]:
        """Whole numbers from `least` on."""
        return tuple(self._integer(value, name, least) for value in self.rows(name))

    def rows(self, name: str) -> list[Any]:
        """An array, missing or not."""
        value = self.value.get(name, [])
        return value if isinstance(value, list) else self._wrong(name)

    def mapping(self, name: str) -> dict[str, Any]:
        """An object with whatever in it, not nested without end."""
        value = Fields.of(self.value.get(name), self.at(name)).value
        return value if _is_flat(value, _DEEPEST) else self._wrong(name)

    def part(self, name: str) -> Fields:
        """An object."""
        return Fields.of(self.value.get(name), self.at(name))

    def parts(self, name: str) -> Iterator[Fields]:
        """The objects of an array, missing or not."""
        for i, value in enumerate(self.rows(name)):
            yield Fields.of(value, f"{self.at(name)}[{i}]")

    def moment(self, name: str) -> datetime.datetime:
        """A moment with its time zone, in UTC."""
        try:
            moment = datetime.datetime.fromisoformat(self.text(name))
            if moment.tzinfo is None:
                self._wrong(name)
            return moment.astimezone(datetime.UTC)
        except (ValueError, OverflowError):
            self._wrong(name)

    def at(self, name: str) -> str:
        """Where field `name` stands, for people."""
        return f"{self.where}.{name}" if self.where else name

    def _integer(self, value: object, name: str, least: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= LARGEST:
            self._wrong(name)
        return value

    def _wrong(self, name: str) -> NoReturn:
        raise NotAsItShouldBe(self.at(name))


def _is_flat(value: object, levels: int) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(_is_flat(v, levels - 1) for v in inside)
