"""A spreadsheet's value as its cell shows it: dates, percentages, digits behind the point, currencies.

Follows the cell's number format as far as it says what to show. Formats that depend on the reader's country give ISO
dates. Knows no workbook.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

_GENERAL = ("General", "general", "@", "")
_BY_COUNTRY = frozenset({"mm-dd-yy", "m/d/yy h:mm", "m/d/yyyy", "m/d/yy", "mm/dd/yy"})
_TOKEN = re.compile(
    r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|(?i:AM/PM|A/P|general)|\.0+|y+|m+|d+|h+|s+|Y+|M+|D+|H+|S+|[0#?][0#?,]*|.', re.DOTALL
)
_DATE_LETTERS = re.compile(r"[ymdhs]", re.IGNORECASE)
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!\$)(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_CURRENCY = re.compile(r"\[\$([^\-\]]*)(?:-[^\]]*)?\]")
_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_LARGEST_SHOWN = 1e15


def shown(value: object, form: str) -> str:
    """`value` as a cell with the number format `form` shows it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (datetime, date, time, timedelta)):
        return _moment(value, form)
    if isinstance(value, (int, float)):
        return _number(value, form)
    return str(value)


def _moment(value: datetime | date | time | timedelta, form: str) -> str:
    if isinstance(value, timedelta):
        return _elapsed(value, form)
    if form in _BY_COUNTRY or "[$-F" in form or form in _GENERAL:
        return _iso(value)
    moment = datetime.combine(date(1900, 1, 1), value) if isinstance(value, time) else value
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    pieces = _date_pieces(form.split(";")[0])
    if pieces is None:
        return _iso(value)
    half = any(piece.upper() in ("AM/PM", "A/P") for piece in pieces)
    written = [_date_piece(piece, at, pieces, moment, half=half) for at, piece in enumerate(pieces)]
    return "".join(written).strip() or _iso(value)


def _iso(value: datetime | date | time) -> str:
    if isinstance(value, datetime):
        if value.time() == time():
            return value.date().isoformat()
        return value.isoformat(" ", "seconds" if value.second else "minutes")
    return value.isoformat("seconds") if isinstance(value, time) else value.isoformat()


def _elapsed(value: timedelta, form: str) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{sign}{hour}:{minute:02d}" + (f":{second:02d}" if "s" in form.lower() else "")


@lru_cache(maxsize=256)
def _date_pieces(form: str) -> tuple[str, ...] | None:
    """The format cut into pieces, None when it shows no date."""
    if not _DATE_LETTERS.search(_LITERAL.sub("", form)):
        return None
    return tuple(_TOKEN.findall(form))


def _date_piece(piece: str, at: int, pieces: tuple[str, ...], moment: datetime, *, half: bool) -> str:
    lower, length = piece.lower(), len(piece)
    match lower[:1]:
        case "y":
            return f"{moment.year:04d}" if length > 2 else f"{moment.year % 100:02d}"
        case "m" if set(lower) == {"m"}:
            if _is_minute(at, pieces):
                return f"{moment.minute:02d}" if length > 1 else str(moment.minute)
            month = _MONTHS[moment.month - 1]
            names = {1: str(moment.month), 2: f"{moment.month:02d}", 3: month[:3], 5: month[0]}
            return names.get(length, month)
        case "d":
            day = _DAYS[moment.weekday()]
            return {1: str(moment.day), 2: f"{moment.day:02d}", 3: day[:3]}.get(length, day)
        case "h":
            hour = (moment.hour % 12 or 12) if half else moment.hour
            return f"{hour:02d}" if length > 1 else str(hour)
        case "s":
            return f"{moment.second:02d}" if length > 1 else str(moment.second)
    if lower in ("am/pm", "a/p"):
        word = "AM" if moment.hour < 12 else "PM"
        return word if lower == "am/pm" else word[0]
    if piece.startswith(".0") and at and pieces[at - 1].lower().startswith("s"):
        return f".{moment.microsecond:06d}"[: len(piece)]
    return _literal(piece)


def _is_minute(at: int, pieces: tuple[str, ...]) -> bool:
    """Whether an m stands beside hours or seconds."""
    letters = [(i, p[0].lower()) for i, p in enumerate(pieces) if p[0].lower() in "ymdhs" and p.isalpha()]
    order = [i for i, _ in letters]
    place = order.index(at)
    before = letters[place - 1][1] if place else ""
    behind = letters[place + 1][1] if place + 1 < len(letters) else ""
    return before == "h" or behind == "s"


def _literal(piece: str) -> str:
    if piece.startswith('"'):
        return piece[1:-1]
    if piece.startswith("\\"):
        return piece[1:]
    if piece.startswith(("_", "*")) and len(piece) == 2:
        return " " if piece[0] == "_" else ""
    if piece.startswith("["):
        found = _CURRENCY.match(piece)
        return found.group(1) if found else ""
    return piece


def _number(value: float, form: str) -> str:
    if form in _GENERAL or value != value or abs(value) >= _LARGEST_SHOWN:
        return _general(value)
    pattern = _pattern(form, value)
    if pattern is None:
        return _general(value)
    before, digits, behind, own_sign = pattern
    if not digits:
        return before
    percent = before.count("%") + behind.count("%")
    # Long enough for two signs of percent, exact where a float's own digits are.
    amount = abs(Decimal(repr(value))) * 100**percent
    if "E" in digits:
        text = f"{amount:.{_decimals(digits.split('E')[0])}E}"
        mantissa, exponent = text.split("E")
        written = f"{mantissa}E{exponent[0]}{exponent[1:].zfill(2)}"
    else:
        # Each comma behind the digits divides by a thousand.
        amount /= Decimal(1000) ** (len(digits) - len(digits.rstrip(",")))
        whole, _, fraction = digits.rstrip(",").partition(".")
        written = _fixed(amount, whole, fraction)
    negative = value < 0 and not own_sign and any(c in "123456789" for c in written)
    return f"{'-' if negative else ''}{before}{written}{behind}".strip()


def _fixed(amount: Decimal, whole: str, fraction: str) -> str:
    places = len(fraction)
    rounded = amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP) if places else None
    text = f"{rounded:f}" if rounded is not None else f"{amount.quantize(Decimal(1), rounding=ROUND_HALF_UP):f}"
    left, _, right = text.partition(".")
    optional = len(fraction) - len(fraction.rstrip("#?"))
    while optional and right.endswith("0"):
        right, optional = right[:-1], optional - 1
    least = whole.count("0")
    left = left.zfill(least) if left != "0" or least else ""
    if "," in whole and left:
        left = f"{int(left):,}".zfill(least)
    return f"{left}.{right}" if right else left or "0"


def _decimals(digits: str) -> int:
    return len(digits.partition(".")[2])


def _general(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return format(value, ".15g").replace("e", "E")


@lru_cache(maxsize=1024)
def _cut(section: str) -> tuple[str, str, str] | None:
    """What stands before the digits, the digits' pattern, and what stands behind; None when it shows no number."""
    before: list[str] = []
    behind: list[str] = []
    digits = ""
    for piece in _TOKEN.findall(section):
        if piece.lower() == "general" or piece == "/":
            # Fractions are shown as decimals: they say the same.
            return None
        if piece[0] in "0#?" or piece.startswith(".0") or (piece == "." and digits and not behind):
            if behind:
                return None
            digits += piece
        elif piece in ("E", "e") and digits and not behind:
            digits += "E"
        elif digits.endswith("E") and piece in "+-":
            continue
        elif piece == "," and digits and not behind:
            digits += piece
        else:
            (behind if digits else before).append(_literal(piece))
    return ("".join(before), digits, "".join(behind)) if digits else None


def _pattern(form: str, value: float) -> tuple[str, str, str, bool] | None:
    """The section of the format that holds for `value`, cut; with whether it shows the sign itself."""
    sections = _sections(form)
    at = 0
    if value < 0 and len(sections) > 1:
        at = 1
    elif value == 0 and len(sections) > 2:
        at = 2
    section = sections[at]
    if "[<" in form or "[>" in form or "[=" in form:
        # Conditions of its own: what they mean is left to the program that made them.
        return None
    found = _cut(section)
    if found is None:
        literal = "".join(map(_literal, _TOKEN.findall(section))).strip()
        # A section without digits shows its words, such as a dash for zero.
        return (literal, "", "", True) if at and literal and "general" not in section.lower() else None
    return (*found, at == 1)


@lru_cache(maxsize=1024)
def _sections(form: str) -> tuple[str, ...]:
    sections = [""]
    for piece in _TOKEN.findall(form):
        if piece == ";":
            sections.append("")
        else:
            sections[-1] += piece
    return tuple(sections)
