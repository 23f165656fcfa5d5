"""The colours of heat maps outside of the window. A test holds them to the window's own. Knows no reports."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, Protocol

Theme = Literal["light", "dark"]

_FILE = Path(__file__).resolve().parents[3] / "resources" / "selfcheck" / "colours.json"


class Colours(Protocol):
    """What a map is drawn with, as #RRGGBB; the window's own tokens have all of it.

    heat: from found (quiet) to missed. on_dark, on_light: labels on a coloured field, whichever is stronger.
    """

    @property
    def surface(self) -> str:
        """What everything stands on."""
        ...

    @property
    def line(self) -> str:
        """Decoration."""
        ...

    @property
    def edge(self) -> str:
        """Lines that mean something."""
        ...

    @property
    def text(self) -> str:
        """What is read first."""
        ...

    @property
    def text2(self) -> str:
        """What is read next."""
        ...

    @property
    def brass(self) -> str:
        """The verified length, and nothing else."""
        ...

    @property
    def bad(self) -> str:
        """A verdict: failed."""
        ...

    @property
    def heat(self) -> tuple[str, ...]:
        """See the class."""
        ...

    @property
    def on_dark(self) -> str:
        """See the class."""
        ...

    @property
    def on_light(self) -> str:
        """See the class."""
        ...


@dataclass(frozen=True, slots=True)
class Palette:
    """See Colours, and the window's tokens for the rest."""

    window: str
    sunken: str
    surface: str
    line: str
    edge: str
    text: str
    text2: str
    text3: str
    accent: str
    ok: str
    warn: str
    bad: str
    brass: str
    heat: tuple[str, ...]
    on_dark: str
    on_light: str


@cache
def palette(theme: Theme) -> Palette:
    """The colours of a theme."""
    plain = json.loads(_FILE.read_text("utf-8"))[theme]
    return Palette(**{**plain, "heat": tuple(plain["heat"])})
