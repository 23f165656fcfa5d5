"""Reads JSON that anybody may have written, with a sentence for whatever is wrong. Knows no fields."""

from __future__ import annotations

import json
from typing import Any

from app.core.errors import ReviewRefused

LARGEST = 200_000_000
"""Characters; decoded, they take some ten times the memory."""


def parsed(text: str) -> Any:
    """The value. Raises ReviewRefused."""
    if len(text) > LARGEST:
        raise ReviewRefused(f"The file is larger than {LARGEST // 1_000_000:,} MB.", hint="Name a smaller one.")
    try:
        return json.loads(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))
    except json.JSONDecodeError as error:
        raise ReviewRefused(
            f"The file is no JSON (line {error.lineno:,}: {error.msg}).", hint="Have it written again."
        ) from None
    except (ValueError, RecursionError):
        raise ReviewRefused("The file is no JSON that can be read.", hint="Have it written again.") from None
