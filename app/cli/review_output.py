"""What the `review` command shows people, and the files that it writes for other programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from app.cli.output import note, print_text, write_file
from app.core.review.comparing_runs import compare
from app.core.review.finding import Checked, Review
from ingest.files import shown

_MOST_NAMED = 10


def print_review(result: Review, known: Sequence[Checked] | None, wrong: Sequence[Checked]) -> None:
    """The findings on standard output, confirmed ones first; what it came to on standard error."""
    trusted = [checked for checked in result.findings if checked.quoted != "unconfirmed"]
    others = [checked for checked in result.findings if checked.quoted == "unconfirmed"]
    for checked in trusted:
        _print_finding(checked)
    if others:
        print_text(f"Not confirmed by the code ({len(others):,}):\n")
        for checked in others:
            _print_finding(checked)
    files = len({path for report in result.passes for path in report.files})
    passes = len({report.number for report in result.passes})
    said = [
        f"{files:,} file{'' if files == 1 else 's'} in {passes:,} pass{'' if passes == 1 else 'es'}",
        ", ".join(result.checklists),
        f"{len(trusted):,} finding{'' if len(trusted) == 1 else 's'}, {len(others):,} not confirmed by the code",
    ]
    note(" · ".join(said) + (" · stopped before the end" if result.cancelled else ""))
    if known is not None:
        compared = compare(known, result)
        counts = f"{len(compared.new):,} new, {len(compared.still):,} known, {len(compared.fixed):,} fixed"
        note(f"Against the baseline: {counts}")
    if wrong:
        note(f"{len(wrong):,} that count{'s' if len(wrong) == 1 else ''} for --fail-on.")


def omitted_lines(result: Review) -> Iterator[str]:
    """What was not reviewed, files of one reason in one line."""
    by_reason = sorted(result.omitted, key=lambda omitted: omitted.reason)
    for reason, group in groupby(by_reason, key=lambda omitted: omitted.reason):
        paths = [shown(omitted.path) for omitted in group]
        more = f" and {len(paths) - _MOST_NAMED:,} more" if len(paths) > _MOST_NAMED else ""
        yield f"Not reviewed: {', '.join(paths[:_MOST_NAMED])}{more}. {reason}"


def write_outputs(result: Review, texts: Mapping[str, str], files: Mapping[str, str], *, force: bool) -> None:
    """Write each form to its file. Raises UsageError, OSError."""
    for form, name in files.items():
        if form == "sarif":
            from app.core.review.sarif_out import review_to_sarif

            content = review_to_sarif(result)
        elif form == "markdown":
            from app.core.review.markdown import review_to_markdown

            content = review_to_markdown(result)
        else:
            from app.core.review.patching import as_patch

            joined = as_patch(result.findings, texts)
            for fingerprint, why in joined.left_out:
                note(f"Not in the patch: {_named(result, fingerprint)}. {why}")
            content = joined.text
        write_file(Path(name), content.encode("utf-8", "surrogateescape"), force=force)


def _named(result: Review, fingerprint: str) -> str:
    checked = next(checked for checked in result.findings if checked.fingerprint == fingerprint)
    return f"{_place(checked)} {checked.finding.title}".rstrip(".")


def _place(checked: Checked) -> str:
    finding = checked.finding
    lines = str(finding.first) if finding.first == finding.last else f"{finding.first}-{finding.last}"
    return f"{shown(finding.path)}:{lines}"


def _print_finding(checked: Checked) -> None:
    finding = checked.finding
    kind = ", ".join(part for part in (finding.category, finding.cwe) if part)
    print_text(f"{_place(checked)}: {finding.severity}: {finding.title} [{kind}]")
    for text in (finding.explanation, checked.reason):
        if text:
            print_text(f"  {' '.join(text.split())}")
    for line in finding.quote.split("\n"):
        print_text(f"  > {line}")
    if checked.patch == "applies":
        print_text("".join(f"  {line}\n" for line in finding.suggestion.splitlines()), end="")
    if checked.also:
        print_text(f"  Also found by {'; '.join(checked.also)}.")
    print_text()
