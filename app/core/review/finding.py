"""What a review yields: findings as frozen data, before and after they were checked against the code, and the review.

Knows no model, no files and no formats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
Quoted = Literal["confirmed", "moved", "unconfirmed"]
Patch = Literal["none", "applies", "fails", "breaks"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding as the model gave it. path: within the scope, with "/"; lines: 1-based, inclusive.

    cwe: such as "CWE-79", or "". quote: code as it is said to stand there. suggestion: a unified diff, or "".
    confidence: 0 to 1, from token probabilities; None where there are none. seen_in: number of the pass, from 1.
    """

    path: str
    first: int
    last: int
    severity: Severity
    category: str
    title: str
    explanation: str
    quote: str
    suggestion: str = ""
    cwe: str = ""
    confidence: float | None = None
    checklist: str = ""
    seen_in: int = 1


@dataclass(frozen=True, slots=True)
class Checked:
    """A finding held against the code. finding: with its lines corrected when `quoted` is "moved".

    quoted: "confirmed": the quote stands at those lines; "moved": elsewhere in the file, once; "unconfirmed": not.
    patch: of the suggestion; "fails": does not apply; "breaks": the file would no longer parse. reason: in words, for
    what is not confirmed or does not apply. fingerprint: the same when the lines move. also: checklists and passes that
    found the same. dismissed: the reason a person gave, or None.
    """

    finding: Finding
    quoted: Quoted
    patch: Patch
    fingerprint: str
    reason: str = ""
    also: tuple[str, ...] = ()
    dismissed: str | None = None


@dataclass(frozen=True, slots=True)
class PassReport:
    """What one pass saw. Tokens by the engine's count; reused of prompt. problem: a sentence, or "".

    shown: the files once more, with the lines where not all of one was shown: "a.py:1-90".
    """

    number: int
    files: tuple[str, ...]
    checklist: str
    prompt: int
    reused: int
    decoded: int
    answer: int
    seconds: float
    findings: int
    problem: str = ""
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Omitted:
    """A file that was not reviewed and why, in a sentence."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Review:
    """One finished (or stopped) review. root: of the scope; what: in words ("148 files", "changes A...B").

    checklists: names. created: ISO 8601 with zone. cancelled: stopped before the last pass. notes: sentences about
    the scope as a whole.
    """

    root: str
    what: str
    checklists: tuple[str, ...]
    model: str
    created: str
    findings: tuple[Checked, ...]
    passes: tuple[PassReport, ...]
    omitted: tuple[Omitted, ...] = ()
    cancelled: bool = False
    notes: tuple[str, ...] = ()
