"""The JSON schema of what a model answers to a review, in the part of the language that becomes a grammar.

llama.cpp's converter knows enums, lengths, item counts and simple patterns, and no ranges of numbers: whether lines
are in the file is seen when a finding is checked. Knows no model and no prompt.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Sequence
from typing import Any

from app.core.review.finding import SEVERITIES

MOST_TITLE = 120
MOST_EXPLANATION = 600
MOST_LINE = 240
"""Characters. Over about 1,100 llama.cpp refuses the grammar of one string, hence lists of lines for code."""
MOST_QUOTED = 12
MOST_SUGGESTED = 40
"""Lines. All of these bound what a weak model can write."""

_ODD = re.compile(r'["\\%\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\U00010000-\U0010ffff]')


def finding_schema(paths: Sequence[str], *, categories: Sequence[str], most: int = 8) -> dict[str, Any]:
    """The schema of an answer about the files `paths` (as in the scope) with at most `most` findings.

    Fields come in the order in which they are decided: the place and its quotation, then what is made of them. Code is
    a list of lines: "quote" of those that stand there, "suggestion" of a unified diff, empty for none.
    paths, categories: at least one each, without repetitions (ValueError).
    """
    if not paths or not categories or most < 1:
        raise ValueError("A review needs a file, a category and room for a finding.")
    names = [shown_path(path) for path in paths]
    if len(set(names)) < len(names) or len(set(categories)) < len(categories):
        raise ValueError("A file or a category is named twice.")
    line = {"type": "string", "maxLength": MOST_LINE}
    finding = {
        "path": {"enum": names},
        "first": {"type": "integer"},
        "last": {"type": "integer"},
        "quote": {"type": "array", "items": line, "minItems": 1, "maxItems": MOST_QUOTED},
        "severity": {"enum": list(SEVERITIES)},
        "category": {"enum": list(categories)},
        "cwe": {"type": "string", "pattern": "^(CWE-[1-9][0-9]{0,3})?$"},
        "title": {"type": "string", "minLength": 1, "maxLength": MOST_TITLE},
        "explanation": {"type": "string", "maxLength": MOST_EXPLANATION},
        "suggestion": {"type": "array", "items": line, "maxItems": MOST_SUGGESTED},
    }
    items = {"type": "object", "properties": finding, "required": list(finding), "additionalProperties": False}
    return {
        "type": "object",
        "properties": {"findings": {"type": "array", "items": items, "maxItems": most}},
        "required": ["findings"],
        "additionalProperties": False,
    }


def shown_path(path: str) -> str:
    """`path` as the prompt shows it and the model names it: what JSON or a grammar would garble is percent-encoded.

    That is quotes, backslashes, control characters, bytes that are no UTF-8, characters beyond the basic plane, and
    "%" itself. Other names are as they are.
    """
    return _ODD.sub(lambda found: urllib.parse.quote(found[0].encode("utf-8", "surrogateescape"), safe=""), path)


def path_of(shown: str) -> str:
    """The path that `shown_path` gave out as `shown`."""
    return urllib.parse.unquote(shown, encoding="utf-8", errors="surrogateescape")
