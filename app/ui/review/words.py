"""What the review says in words: severities, verdicts, places, what was reviewed. Knows no widget."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QCoreApplication

from app.core.review.finding import Checked, Finding, PassReport, Patch, Review, Severity
from app.core.workspace import shown_name
from app.ui import words
from app.ui.review.rows import Apart, Change, Tally

TONES: Mapping[Severity, str] = {"error": "bad", "warning": "warn", "note": "text2"}
"""The token that a severity's sign and word are drawn in."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("review", text)


def severity(value: Severity) -> str:
    """Such as "Error"."""
    return {"error": _tr("Error"), "warning": _tr("Warning"), "note": _tr("Note")}[value]


def severities(value: Severity) -> str:
    """Of several, such as "Errors"."""
    return {"error": _tr("Errors"), "warning": _tr("Warnings"), "note": _tr("Notes")}[value]


def kind(category: str) -> str:
    """A category as it reads in a list."""
    return category.replace("_", " ").replace("-", " ") or _tr("other")


def change(value: Change) -> str:
    """What became of a finding since the review before."""
    return {"": "", "new": _tr("new"), "still": _tr("still there"), "fixed": _tr("fixed")}[value]


def apart(value: Apart) -> str:
    """Above the findings that stand apart."""
    return {
        "": "",
        "unconfirmed": _tr("Not confirmed by the code"),
        "dismissed": _tr("Dismissed"),
        "fixed": _tr("No longer found"),
    }[value]


def place(finding: Finding) -> str:
    """Such as "gateway/session.py:61"."""
    return f"{shown_name(finding.path)}:{finding.first}"


def lines(finding: Finding) -> str:
    """Such as "lines 119 to 122"."""
    if finding.last <= finding.first:
        return _tr("line {0}").format(words.count(finding.first))
    return _tr("lines {0} to {1}").format(words.count(finding.first), words.count(finding.last))


def verdict(checked: Checked) -> tuple[str, str, str]:
    """Sign, word and token of what holding the quote against the code gave."""
    if checked.quoted == "unconfirmed":
        return "?", _tr("unconfirmed"), "bad"
    return "✓", _tr("confirmed"), "ok"


def verdict_sentence(checked: Checked) -> str:
    """The same in a sentence."""
    if checked.quoted == "confirmed":
        return _tr("The quoted code stands at these lines")
    if checked.quoted == "moved":
        return _tr("The quoted code stands here; the lines that the model named were corrected")
    return checked.reason or _tr("The quoted code does not stand at these lines")


def patch(value: Patch) -> tuple[str, str, str]:
    """Sign, words and token of whether a suggestion applies."""
    return {
        "none": ("", "", "text2"),
        "applies": ("✓", _tr("applies to the code as it was reviewed"), "ok"),
        "fails": ("?", _tr("does not apply to the code"), "bad"),
        "breaks": ("?", _tr("applies, but the file could no longer be parsed"), "bad"),
    }[value]


def facts(checked: Checked) -> str:
    """Kind, weakness, confidence and where it was found."""
    finding = checked.finding
    parts = [kind(finding.category)]
    if finding.cwe:
        parts.append(finding.cwe)
    if finding.confidence is not None:
        parts.append(_tr("confidence {0} %").format(round(finding.confidence * 100)))
    # The checklist's name is often the kind's: said twice it would tell nothing.
    if finding.checklist and finding.checklist != finding.category:
        parts.append(_tr("checklist {0}").format(finding.checklist))
    parts.append(_tr("pass {0}").format(finding.seen_in))
    if checked.also:
        parts.append(_tr("also found in {0}").format(", ".join(checked.also)))
    return " · ".join(parts)


def spoken(checked: Checked, change_: Change) -> str:
    """A row for those who hear it."""
    finding = checked.finding
    sure = verdict(checked)[1] if checked.dismissed is None else _tr("dismissed: {0}").format(checked.dismissed)
    parts = [severity(finding.severity), finding.title, f"{finding.path}, {lines(finding)}", kind(finding.category)]
    return ", ".join([*parts, sure, *([change(change_)] if change_ else [])])


def reviewed(review: Review, tally: Tally) -> str:
    """What was reviewed in one line: "148 files in one pass · bugs, security · 8 findings, 1 not confirmed …"."""
    found = _tr("1 finding") if tally.listed == 1 else _tr("{0} findings").format(words.count(tally.listed))
    if not tally.listed:
        found = _tr("nothing found")
    if tally.unconfirmed:
        found = _tr("{0}, {1} not confirmed by the code").format(found, words.count(tally.unconfirmed))
    if tally.dismissed:
        found = _tr("{0}, {1} dismissed").format(found, words.count(tally.dismissed))
    passes = passes_words(review.passes)
    what = _tr("{0} in {1}").format(review.what, passes) if passes else review.what
    return " · ".join(part for part in (what, ", ".join(map(kind, review.checklists)), found) if part)


def passes_words(passes: Sequence[PassReport]) -> str:
    """Such as "one pass", "3 passes"."""
    number = len({one.number for one in passes})
    if not number:
        return ""
    return _tr("one pass") if number == 1 else _tr("{0} passes").format(words.count(number))


def left_out(review: Review) -> str:
    """What a person has to know of what was not seen; "" where all was."""
    parts = []
    number = len(review.omitted)
    if number:
        parts.append(
            _tr("1 file was not reviewed.")
            if number == 1
            else _tr("{0} files were not reviewed.").format(words.count(number))
        )
    failed = [one for one in review.passes if one.problem]
    if failed:
        first = failed[0].problem
        more = _tr(" And {0} more.").format(words.count(len(failed) - 1)) if len(failed) > 1 else ""
        parts.append(_tr("Pass {0}: {1}{2}").format(failed[0].number, first, more))
    return " ".join(parts)


def compared(created: str, name: str, unseen: int) -> str:
    """Which findings those that are shown are compared with."""
    said = _tr("compared with {0}").format(shown_name(name))
    if created:
        try:
            said = _tr("compared with {0}").format(words.day(datetime.datetime.fromisoformat(created)))
        except ValueError:
            said = _tr("compared with the review before")
    if unseen:
        said = _tr("{0}; {1} in files that were not read again").format(said, words.count(unseen))
    return said
