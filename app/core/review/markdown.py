"""A review as Markdown, for people to read and to paste elsewhere: by file, what is not confirmed and what was
dismissed apart. Knows no files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from app.core.review.finding import SEVERITIES, Checked, Review

_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")
_LANGUAGES = {"py": "python", "js": "javascript", "ts": "typescript", "rs": "rust", "rb": "ruby", "cs": "csharp"}
_HIGHLIGHTED = re.compile(r"[a-z0-9+]{1,10}\Z")
_QUOTED = {
    "confirmed": "the quoted code stands there",
    "moved": "the quoted code was found at these lines",
    "unconfirmed": "not confirmed by the code",
}
_PATCH = {
    "none": "",
    "applies": "The suggested change applies.",
    "fails": "The suggested change does not apply.",
    "breaks": "The suggested change applies, and the file would no longer parse.",
}


def review_to_markdown(review: Review) -> str:
    """What was reviewed, the findings by file, then what was left out and what each pass saw."""
    open_ones = [f for f in review.findings if f.dismissed is None]
    sure = [f for f in open_ones if f.quoted != "unconfirmed"]
    unsure = [f for f in open_ones if f.quoted == "unconfirmed"]
    parts = [f"# Review of {_plain(review.what)}", _summary(review, sure, unsure)]
    if not review.findings:
        parts.append("Nothing was found.")
    parts += _by_file(sure)
    if unsure:
        parts += [
            "## Not confirmed by the code",
            "What these quote does not stand where they say. Look before you trust them.",
        ]
        parts += [text for checked in unsure for text in _finding(checked)]
    dismissed = [f for f in review.findings if f.dismissed is not None]
    if dismissed:
        lines = [
            f"- {_place(f)} {_plain(f.finding.title)}: {_plain(f.dismissed or 'no reason given')}" for f in dismissed
        ]
        parts += ["## Dismissed", "\n".join(lines)]
    if review.omitted:
        lines = [f"- {_code(each.path)}: {_plain(each.reason)}" for each in review.omitted]
        parts += ["## Not reviewed", "\n".join(lines)]
    parts += _passes(review)
    return "\n\n".join(parts).encode("utf-8", "backslashreplace").decode("utf-8") + "\n"


def _summary(review: Review, sure: Sequence[Checked], unsure: Sequence[Checked]) -> str:
    counts = [(sum(f.finding.severity == severity for f in sure), severity) for severity in SEVERITIES]
    said = [f"{count:,} {severity}{'s' if count != 1 else ''}" for count, severity in counts if count]
    found = ", ".join(said) or "no confirmed findings"
    unconfirmed = f", {len(unsure):,} not confirmed" if unsure else ""
    stopped = " It was stopped before the last pass." if review.cancelled else ""
    return (
        f"Checklists: {_plain(', '.join(review.checklists))}. Model: {_plain(review.model)}. {_plain(review.created)}."
        f"\n\n{found[0].upper()}{found[1:]}{unconfirmed}.{stopped}"
    )


def _by_file(findings: Sequence[Checked]) -> Iterator[str]:
    for path in sorted({checked.finding.path for checked in findings}):
        yield f"## {_code(path)}"
        here = [checked for checked in findings if checked.finding.path == path]
        for checked in sorted(here, key=lambda checked: checked.finding.first):
            yield from _finding(checked)


def _finding(checked: Checked) -> Iterator[str]:
    finding = checked.finding
    yield f"### {finding.severity}: {_plain(finding.title)}"
    facts = [_place(checked), _plain(finding.category), finding.cwe, _QUOTED[checked.quoted]]
    if finding.confidence is not None:
        facts.append(f"confidence {finding.confidence:.0%}")
    if checked.also:
        facts.append(f"also found by {_plain('; '.join(checked.also))}")
    yield " · ".join(filter(None, facts))
    if finding.explanation.strip():
        yield "\n".join(_plain(line) for line in finding.explanation.strip().split("\n"))
    if finding.quote.strip():
        extension = finding.path.rpartition(".")[2].lower()
        language = _LANGUAGES.get(extension, extension)
        yield _fenced(finding.quote, language if _HIGHLIGHTED.match(language) else "")
    if checked.reason:
        yield f"*{_plain(checked.reason)}*"
    if finding.suggestion.strip():
        yield _PATCH[checked.patch]
        yield _fenced(finding.suggestion, "diff")


def _place(checked: Checked) -> str:
    finding = checked.finding
    lines = f"{finding.first}" if finding.first == finding.last else f"{finding.first}-{finding.last}"
    return _code(f"{finding.path}:{lines}")


def _passes(review: Review) -> Iterator[str]:
    if not review.passes:
        return
    yield "## Passes"
    rows = ["| pass | checklist | files | prompt tokens | of these reused | findings | |", "|" + " --- |" * 7]
    for each in review.passes:
        numbers = f"{len(each.files):,} | {each.prompt:,} | {each.reused:,} | {each.findings:,}"
        rows.append(f"| {each.number} | {_plain(each.checklist)} | {numbers} | {_plain(each.problem)} |")
    yield "\n".join(rows)


def _plain(text: str) -> str:
    """One line of words in which nothing is markup."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    text = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    fence = "`" * (_longest_run(text) + 1)
    return f"{fence} {text} {fence}" if len(fence) > 1 else f"`{text}`"


def _fenced(text: str, language: str) -> str:
    fence = "`" * max(3, _longest_run(text) + 1)
    body = text.replace("\r\n", "\n").strip("\n")
    return f"{fence}{language}\n{body}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
