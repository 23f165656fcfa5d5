"""Elements of SVG pictures: what is coloured has a class too, so that a style sheet can turn a light picture dark.

Knows no reports.
"""

from __future__ import annotations

from html import escape

from app.core.contrast import strongest
from app.core.selfcheck.colours import Colours, palette
from app.core.selfcheck.heat_map import Label, Rect

FONT = "system-ui, 'Segoe UI', 'Noto Sans', Cantarell, Ubuntu, sans-serif"
TABULAR = "text{font-variant-numeric:tabular-nums}"
_ROLES = ("title", "head", "axis", "share", "missed", "plumb")
_BOLD = frozenset(("title", "share", "missed", "plumb"))


def number(value: float) -> str:
    """As it stands in an attribute."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def rect(place: Rect, **attributes: str | float) -> str:
    """A rectangle. attributes: see `element`."""
    x, y, width, height = place
    return element("rect", "", x=x, y=y, width=width, height=height, **attributes)


def element(name: str, content: str = "", /, **attributes: str | float) -> str:
    """Any element. attributes: `kind` stands for class, an underscore for a hyphen; "" is left out. content: is XML."""
    parts = [name]
    for key, value in attributes.items():
        if value != "":
            text = escape(value) if isinstance(value, str) else number(value)
            parts.append(f'{"class" if key == "kind" else key.replace("_", "-")}="{text}"')
    inside = " ".join(parts)
    return f"<{inside}>{content}</{name}>" if content else f"<{inside}/>"


def titled(words: str, content: str) -> str:
    """`content` that says `words` where it is pointed at."""
    return f"<g><title>{escape(words)}</title>{content}</g>"


def text(label: Label, colours: Colours) -> str:
    """A label in the colour of its role."""
    return element(
        "text",
        escape(label.text),
        x=label.x,
        y=label.y,
        text_anchor=label.anchor,
        font_size=label.size,
        font_weight="600" if label.role in _BOLD else "",
        kind=f"role-{label.role}",
        fill=_role_colour(label.role, colours),
    )


def ink_on(field: str, colours: Colours) -> str:
    """The label colour that can be read on a field."""
    return strongest((colours.on_dark, colours.on_light), field)


def dark_style() -> str:
    """What turns the elements of a light picture dark."""
    colours = palette("dark")
    rules = [
        f".ground{{fill:{colours.surface}}}",
        f".empty{{fill:{colours.surface};stroke:{colours.edge}}}",
        f".cell{{stroke:{colours.line}}}",
        *(f".role-{role}{{fill:{_role_colour(role, colours)}}}" for role in _ROLES),
        f".plumb{{stroke:{colours.brass}}}.bob{{fill:{colours.brass}}}",
        f".grid{{stroke:{colours.line}}}.trace{{stroke:{colours.edge}}}.whisker{{stroke:{colours.text}}}",
        f".full{{fill:{colours.text};stroke:{colours.text}}}.hollow{{fill:{colours.surface};stroke:{colours.text}}}",
    ]
    for heat, field in enumerate(colours.heat):
        ink = ink_on(field, colours)
        rules.append(f".h{heat}{{fill:{field}}}.i{heat}{{fill:{ink}}}.s{heat}{{stroke:{ink}}}")
    return "".join(rules)


def _role_colour(role: str, colours: Colours) -> str:
    return {"head": colours.text2, "axis": colours.text2, "missed": colours.bad}.get(role, colours.text)
