"""Every colour of the window, by what it is for. The only file with colour codes in it. Knows no Qt.

Each pair that `TEXT_PAIRS` and `SIGN_PAIRS` name reaches WCAG 2.2 AA in every theme; a test computes them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.core.contrast import strongest

ThemeName = Literal["light", "dark", "high_contrast"]


@dataclass(frozen=True, slots=True)
class Tokens:
    """Colours as #RRGGBB. line: decoration; edge: borders of controls. sources: S1 to S8, then again with a hatch.

    heat: from found (quiet) to missed. on_dark, on_light: labels on a coloured field, whichever is stronger.
    """

    name: ThemeName
    window: str
    sunken: str
    surface: str
    raised: str
    hover: str
    pressed: str
    line: str
    edge: str
    text: str
    text2: str
    text3: str
    accent: str
    accent_hover: str
    on_accent: str
    accent_soft: str
    ok: str
    ok_soft: str
    warn: str
    warn_soft: str
    bad: str
    bad_soft: str
    mark: str
    mark_near: str
    brass: str
    reserve: str
    code_keyword: str
    code_string: str
    code_comment: str
    code_number: str
    code_name: str
    sources: tuple[str, ...]
    heat: tuple[str, ...]
    on_dark: str = "#FFFFFF"
    on_light: str = "#10141A"


LIGHT = Tokens(
    name="light",
    window="#F3F4F6",
    sunken="#ECEEF1",
    surface="#FFFFFF",
    raised="#FFFFFF",
    hover="#E3E6EB",
    pressed="#D5D9E0",
    line="#D8DCE2",
    edge="#7C8592",
    text="#1A1F27",
    text2="#475060",
    text3="#5C6573",
    accent="#2450B8",
    accent_hover="#1B3F96",
    on_accent="#FFFFFF",
    accent_soft="#E2EAFA",
    ok="#0A6248",
    ok_soft="#DDF1E9",
    warn="#7F4C00",
    warn_soft="#FBEDD0",
    bad="#A8211B",
    bad_soft="#FBE5E3",
    mark="#FFE48F",
    mark_near="#FFF3CF",
    brass="#8F6B1E",
    reserve="#C9CED6",
    code_keyword="#7A2A8C",
    code_string="#0A6248",
    code_comment="#5C6573",
    code_number="#9A4A00",
    code_name="#1D4BB0",
    sources=("#2644A7", "#D87D0F", "#4AA189", "#5E445B", "#866217", "#347B91", "#5B1200", "#411665"),
    heat=("#F1F5F3", "#D3E3E4", "#A9CAD3", "#77A6BE", "#4B7BA3", "#33508A", "#2E1F5E"),
)

DARK = Tokens(
    name="dark",
    window="#15181D",
    sunken="#101318",
    surface="#1B1F26",
    raised="#252B34",
    hover="#2A303A",
    pressed="#343B47",
    line="#343B46",
    edge="#76808F",
    text="#E9ECF1",
    text2="#BAC2CD",
    text3="#9CA6B4",
    accent="#8FB4FF",
    accent_hover="#AFC9FF",
    on_accent="#0C1A36",
    accent_soft="#233150",
    ok="#70D4AD",
    ok_soft="#17362C",
    warn="#F2C06C",
    warn_soft="#3B2D13",
    bad="#FF9E96",
    bad_soft="#47211E",
    mark="#40330D",
    mark_near="#332C14",
    brass="#D9B25A",
    reserve="#3D4552",
    code_keyword="#D9A3F0",
    code_string="#8FD6B4",
    code_comment="#9CA6B4",
    code_number="#F2B27A",
    code_name="#9DBDFF",
    sources=("#218CF3", "#DB8227", "#70C7A0", "#F8D7F1", "#FEBD25", "#437A91", "#AE5A24", "#C4AAFE"),
    heat=("#20262E", "#25404D", "#2F5F70", "#4C8C9D", "#78AAAE", "#B5CFC2", "#F6F0D2"),
)

HIGH_CONTRAST = Tokens(
    name="high_contrast",
    window="#000000",
    sunken="#000000",
    surface="#000000",
    raised="#000000",
    hover="#262626",
    pressed="#404040",
    line="#FFFFFF",
    edge="#FFFFFF",
    text="#FFFFFF",
    text2="#FFFFFF",
    text3="#E6E6E6",
    accent="#FFE14D",
    accent_hover="#FFF2A8",
    on_accent="#000000",
    accent_soft="#3A3300",
    ok="#5CFFC4",
    ok_soft="#00291D",
    warn="#FFC95C",
    warn_soft="#332200",
    bad="#FFA79F",
    bad_soft="#3D0400",
    mark="#4A3E00",
    mark_near="#332B00",
    brass="#FFE14D",
    reserve="#4D4D4D",
    code_keyword="#D9A3F0",
    code_string="#8FD6B4",
    code_comment="#E6E6E6",
    code_number="#F2B27A",
    code_name="#9DBDFF",
    sources=DARK.sources,
    heat=DARK.heat,
)

THEMES: dict[ThemeName, Tokens] = {"light": LIGHT, "dark": DARK, "high_contrast": HIGH_CONTRAST}

_PLACES = ("window", "sunken", "surface", "raised", "hover", "accent_soft", "ok_soft", "warn_soft", "bad_soft")
_CODE = ("code_keyword", "code_string", "code_comment", "code_number", "code_name")

TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    *(("text", place) for place in (*_PLACES, "pressed", "mark", "mark_near")),
    *(("text2", place) for place in _PLACES),
    *(("text3", place) for place in ("window", "sunken", "surface", "raised", "hover", "accent_soft")),
    *(("accent", place) for place in ("window", "sunken", "surface", "accent_soft")),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    *((verdict, place) for verdict in ("ok", "warn", "bad") for place in ("window", "surface", f"{verdict}_soft")),
    ("bad", "sunken"),
    *((verdict, place) for verdict in ("ok", "warn", "bad") for place in ("hover", "accent_soft")),
    *((code, place) for code in _CODE for place in ("surface", "mark", "mark_near", "ok_soft", "bad_soft")),
)
"""Text and the field it may stand on; every other pair is not allowed."""

SIGN_PAIRS: tuple[tuple[str, str], ...] = (
    *(("edge", place) for place in ("window", "sunken", "surface")),
    ("brass", "surface"),
)
"""Lines and signs and what they stand on (3:1)."""


def label_on(tokens: Tokens, field: str) -> str:
    """The label colour that is stronger on `field`."""
    return strongest((tokens.on_dark, tokens.on_light), field)


def source_colour(tokens: Tokens, index: int) -> tuple[str, bool]:
    """The colour of the index-th source (from 0), and whether it is hatched because the eight are used up."""
    return tokens.sources[index % len(tokens.sources)], index >= len(tokens.sources)
