"""Leaves out the escape sequences by which terminals are told colours, titles and the like. Knows nothing else."""

from __future__ import annotations

import re

_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # colours and cursors
    r"|\][^\x07\x1b\n]*(?:\x07|\x1b\\)"  # titles and links
    r"|[()*+][0-9A-Za-z]|[ -/]?[0-Z\\^-~])"
)


def without_ansi(text: str) -> str:
    """`text` without escape sequences; its lines stay as many."""
    # Looking for one character costs next to nothing where there is none.
    return _SEQUENCE.sub("", text) if "\x1b" in text else text
