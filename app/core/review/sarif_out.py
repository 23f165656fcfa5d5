"""A review as SARIF 2.1.0, as code hosts, editors and CI read it.

Addresses are relative to SRCROOT, whose place on this machine is not told. What the code does not confirm is of kind
"review" without a level, so that nobody's build fails of it; what was dismissed is suppressed with its reason. Knows no
files.
"""

from __future__ import annotations

import datetime
import io
import json
import urllib.parse
from collections.abc import Iterator, Sequence
from typing import Any

from app.core.review.finding import Checked, Finding, Review

TOOL = "Plumbline"
VERSION = "0.1.0"
FINGERPRINT = "plumblineFinding/v1"
ROOT = "SRCROOT"

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_CWE = "CWE"


def review_to_sarif(review: Review) -> str:
    """The whole file, ASCII throughout."""
    rules = {_rule_id(checked.finding): checked.finding for checked in review.findings}
    numbers = {rule: number for number, rule in enumerate(rules)}
    weaknesses = sorted({finding.cwe.removeprefix("CWE-") for finding in rules.values() if finding.cwe}, key=int)
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": TOOL,
                "semanticVersion": VERSION,
                "rules": [_rule(rule, finding) for rule, finding in rules.items()],
                **({"supportedTaxonomies": [{"name": _CWE, "index": 0}]} if weaknesses else {}),
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder that was reviewed."}}},
        "invocations": [_invocation(review)],
        "results": [_result(checked, numbers[_rule_id(checked.finding)], weaknesses) for checked in review.findings],
        "properties": {"model": review.model, "what": _shown(review.what), "checklists": list(review.checklists)},
    }
    if weaknesses:
        run["taxonomies"] = [
            {
                "name": _CWE,
                "organization": "MITRE",
                "informationUri": "https://cwe.mitre.org/",
                "shortDescription": {"text": "Common Weakness Enumeration"},
                "taxa": [{"id": number} for number in weaknesses],
            }
        ]
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def uri_of(path: str) -> str:
    """A path within the reviewed folder as a relative address; bytes that are no UTF-8 are kept."""
    return urllib.parse.quote(path.encode("utf-8", "surrogateescape"), safe="/~!$&'()*+,;=@")


def replacements(diff: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """Path and replacements for each file of a diff as `edits.unified` writes it; none for files that it makes."""
    from unidiff import PatchSet

    from ingest.diff import plain_name

    files: list[tuple[str, list[dict[str, Any]]]] = []
    for file in PatchSet(io.StringIO(diff, newline="\n")):
        if file.is_added_file:
            continue
        found = [each for hunk in file for each in _replacements(hunk.source_start, list(hunk))]
        files.append((plain_name(file.target_file), found))
    return files


def _rule_id(finding: Finding) -> str:
    return f"{finding.category}/{finding.cwe}" if finding.cwe else finding.category


def _rule(rule: str, finding: Finding) -> dict[str, Any]:
    about = f"Found by reading the code with the checklist {finding.checklist or finding.category}."
    plain: dict[str, Any] = {
        "id": rule,
        "shortDescription": {"text": f"{finding.category}, {finding.cwe}" if finding.cwe else finding.category},
        "fullDescription": {"text": about},
        "properties": {"tags": [finding.category]},
    }
    if finding.cwe:
        number = finding.cwe.removeprefix("CWE-")
        plain["helpUri"] = f"https://cwe.mitre.org/data/definitions/{number}.html"
        plain["properties"]["tags"].append(f"external/cwe/cwe-{number}")
        target = {"id": number, "toolComponent": {"name": _CWE, "index": 0}}
        plain["relationships"] = [{"target": target, "kinds": ["relevant"]}]
    return plain


def _result(checked: Checked, rule: int, weaknesses: Sequence[str]) -> dict[str, Any]:
    finding = checked.finding
    sure = checked.quoted != "unconfirmed"
    plain: dict[str, Any] = {
        "ruleId": _rule_id(finding),
        "ruleIndex": rule,
        "kind": "fail" if sure else "review",
        "level": finding.severity if sure else "none",
        "message": {"text": f"{finding.title}: {finding.explanation}" if finding.explanation else finding.title},
        "locations": [{"physicalLocation": _place(finding)}],
        "partialFingerprints": {FINGERPRINT: checked.fingerprint},
        "properties": _properties(checked),
    }
    if finding.cwe:
        number = finding.cwe.removeprefix("CWE-")
        component = {"name": _CWE, "index": 0}
        plain["taxa"] = [{"id": number, "index": weaknesses.index(number), "toolComponent": component}]
    if checked.patch == "applies":
        changes = [
            {"artifactLocation": _artifact(path), "replacements": found}
            for path, found in replacements(finding.suggestion)
            if found
        ]
        if changes:
            plain["fixes"] = [{"description": {"text": "The suggested change."}, "artifactChanges": changes}]
    if checked.dismissed is not None:
        plain["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": checked.dismissed or "Dismissed."}
        ]
    return plain


def _place(finding: Finding) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _artifact(finding.path)}
    if 1 <= finding.first <= finding.last:
        place["region"] = {
            "startLine": finding.first,
            "endLine": finding.last,
            **({"snippet": {"text": finding.quote}} if finding.quote.strip() else {}),
        }
    return place


def _artifact(path: str) -> dict[str, Any]:
    return {"uri": uri_of(path), "uriBaseId": ROOT}


def _properties(checked: Checked) -> dict[str, Any]:
    """What SARIF has no field for; enough to have the finding back as it was."""
    finding = checked.finding
    return {
        "confirmation": checked.quoted,
        "patch": checked.patch,
        "reason": _shown(checked.reason),
        "severity": finding.severity,
        "category": finding.category,
        "cwe": finding.cwe,
        "title": finding.title,
        "explanation": finding.explanation,
        "quote": finding.quote,
        "suggestion": finding.suggestion,
        "lines": [finding.first, finding.last],
        "checklist": finding.checklist,
        "pass": finding.seen_in,
        "also": list(checked.also),
        **({} if finding.confidence is None else {"confidence": finding.confidence}),
        **({} if checked.dismissed is None else {"dismissed": checked.dismissed}),
    }


def _invocation(review: Review) -> dict[str, Any]:
    notes = [_note("warning", f"Pass {each.number}: {each.problem}") for each in review.passes if each.problem]
    notes += [_note("note", f"{each.path} was not reviewed: {each.reason}") for each in review.omitted]
    created = datetime.datetime.fromisoformat(review.created).astimezone(datetime.UTC)
    return {
        "executionSuccessful": not review.cancelled,
        "endTimeUtc": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **({"toolExecutionNotifications": notes} if notes else {}),
    }


def _note(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": _shown(text)}}


def _shown(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _replacements(start: int, lines: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """A hunk's changes, each as the characters it removes and what stands in their place.

    Whole lines, from the first column of one to the first of the next; the place behind a file's last line end counts
    as the beginning of a line, as it does in editors.
    """
    at = start
    removed: list[str] = []
    added: list[str] = []
    for number, line in enumerate(lines):
        if line.line_type == "\\":
            continue
        unended = number + 1 < len(lines) and lines[number + 1].line_type == "\\"
        text = line.value.removesuffix("\n") if unended else line.value
        if line.line_type == "-":
            removed.append(text)
        elif line.line_type == "+":
            added.append(text)
        else:
            yield from _replacement(at, removed, added)
            at += len(removed) + 1
            removed, added = [], []
    yield from _replacement(at, removed, added)


def _replacement(at: int, removed: Sequence[str], added: Sequence[str]) -> Iterator[dict[str, Any]]:
    if not removed and not added:
        return
    region = {"startLine": at, "startColumn": 1, "endLine": at + len(removed), "endColumn": 1}
    if removed and not removed[-1].endswith("\n"):
        region.update(endLine=at + len(removed) - 1, endColumn=len(removed[-1]) + 1)
    yield {"deletedRegion": region, "insertedContent": {"text": "".join(added)}}
