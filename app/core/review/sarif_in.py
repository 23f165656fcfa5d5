"""Results of other tools, and of earlier reviews, from SARIF: findings that are held against the code like any other.

A result without a snippet is taken to quote the lines it names. What points outside of the reviewed folder, or nowhere,
is left out with a sentence. Knows no files and no model.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from app.core.errors import ReviewRefused
from app.core.json_fields import Fields, NotAsItShouldBe
from app.core.review.code_lines import code_lines
from app.core.review.finding import SEVERITIES, Checked, Finding, Patch, Quoted, Severity
from app.core.review.sarif_out import FINGERPRINT, TOOL
from app.core.review.verifying import check_finding
from app.core.session_rows import storable
from ingest.sarif import BadSarif, SarifResult, SarifRun, sarif_runs

MOST_QUOTED = 12
"""Lines of code that are taken for what a result without a snippet quotes."""

_CWE = re.compile(r"cwe[-/_ ]*0*([1-9]\d{0,4})\b", re.IGNORECASE)
_ABSOLUTE = re.compile(r"/|[A-Za-z]:[\\/]|\\\\")
_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_TITLE = 120


@dataclass(frozen=True, slots=True)
class SarifFindings:
    """findings: of all tools, in the file's order. problems: a sentence for each result that was left out."""

    findings: tuple[Checked, ...]
    problems: tuple[str, ...]


def findings_of_sarif(text: str, *, root: str = "", texts: Mapping[str, str] | None = None) -> SarifFindings:
    """The results in `text` as findings.

    root: the reviewed folder, absolute, to make absolute paths relative to; texts: path to text as reviewed; without
    it nothing is confirmed but what an earlier review confirmed itself. Raises ReviewRefused.
    """
    try:
        runs = sarif_runs(text)
    except BadSarif as error:
        raise ReviewRefused(str(error), hint="Have the tool write it again.") from None
    findings: list[Checked] = []
    problems: list[str] = []
    for run in runs:
        for number, result in enumerate(run.results, 1):
            which = " ".join(filter(None, (f"Result {number:,} of {run.tool}", result.rule and f"({result.rule})")))
            path = _within(result.path, root)
            if not result.path:
                problems.append(f"{which} names no file; it was left out.")
            elif path is None:
                shown = storable(result.path)[:200]
                problems.append(f"{which} lies outside of the reviewed folder, at {shown}; it was left out.")
            else:
                findings.append(_checked(run, result, path, texts or {}))
    return SarifFindings(tuple(findings), tuple(problems))


def _within(path: str, root: str) -> str | None:
    """`path` relative to `root`, with "/"; None where it lies elsewhere."""
    if _ABSOLUTE.match(path):
        base = root.replace("\\", "/").rstrip("/")
        plain = posixpath.normpath(path.replace("\\", "/") if not path.startswith("/") else path)
        if not base or not plain.startswith(f"{base}/"):
            return None
        return plain.removeprefix(f"{base}/")
    if _ELSEWHERE.match(path):
        return None
    plain = posixpath.normpath(path)
    return None if plain in (".", "..") or plain.startswith("../") else plain


def _checked(run: SarifRun, result: SarifResult, path: str, texts: Mapping[str, str]) -> Checked:
    own = _own(result, path) if run.tool == TOOL else None
    if own is not None:
        return own
    return check_finding(_finding(run, result, path, texts), texts)


def _finding(run: SarifRun, result: SarifResult, path: str, texts: Mapping[str, str]) -> Finding:
    first, last = result.first or 1, result.last or 1
    title = result.message.split(". ")[0]
    return Finding(
        path=path,
        first=first,
        last=last,
        severity=_severity(result.level),
        category=storable(run.tool).casefold(),
        title=storable(f"{result.rule}: {title}"[:_TITLE] if result.rule else title[:_TITLE]) or "Untitled",
        explanation=storable(result.message),
        quote=_quote(result, code_lines(texts.get(path, "")), first, last),
        cwe=_cwe(result),
        checklist=storable(run.tool),
        seen_in=0,
    )


def _quote(result: SarifResult, lines: list[str], first: int, last: int) -> str:
    """The lines that a result names where it shows none, or a part of them; else what it shows."""
    named = lines[first - 1 : min(last, first + MOST_QUOTED - 1)]
    snippet = result.snippet.replace("\r\n", "\n").strip("\n")
    if not snippet.strip() or snippet.strip() in "\n".join(lines[first - 1 : last]):
        return "\n".join(named)
    return snippet


def _severity(level: str) -> Severity:
    return next((severity for severity in SEVERITIES if severity == level), "note")


def _cwe(result: SarifResult) -> str:
    found = next((match for match in map(_CWE.search, result.tags) if match), None)
    return f"CWE-{found[1]}" if found else ""


def _own(result: SarifResult, path: str) -> Checked | None:
    """A finding as a review wrote it; None where it was written by something else that is called the same."""
    prints = result.value.get("partialFingerprints")
    mark = prints.get(FINGERPRINT) if isinstance(prints, dict) else None
    try:
        return _restored(Fields.of(result.value.get("properties"), "properties"), path, mark)
    except NotAsItShouldBe:
        return None


def _restored(fields: Fields, path: str, mark: Any) -> Checked | None:
    confidence = None if fields.value.get("confidence") is None else fields.number("confidence")
    lines = fields.rows("lines")
    if not isinstance(mark, str) or len(lines) != 2 or not all(type(line) is int for line in lines):
        return None
    quoted: tuple[Quoted, ...] = get_args(Quoted)
    patch: tuple[Patch, ...] = get_args(Patch)
    finding = Finding(
        path=path,
        first=lines[0],
        last=lines[1],
        severity=fields.one_of("severity", SEVERITIES),
        category=fields.text("category"),
        title=fields.text("title"),
        explanation=fields.text("explanation"),
        quote=fields.text("quote"),
        suggestion=fields.text("suggestion"),
        cwe=fields.text("cwe"),
        confidence=None if confidence is None else min(1.0, max(0.0, confidence)),
        checklist=fields.text("checklist"),
        seen_in=fields.integer("pass"),
    )
    return Checked(
        finding,
        fields.one_of("confirmation", quoted),
        fields.one_of("patch", patch),
        storable(mark),
        fields.text("reason"),
        tuple(name for name in fields.rows("also") if isinstance(name, str)),
        fields.text_or_none("dismissed"),
    )
