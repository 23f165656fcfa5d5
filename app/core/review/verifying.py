"""Holds a finding against the code: does the quoted code stand at its lines, does the suggested change apply?

Code is compared line by line, exactly but for white space at line ends and for the line numbers of the prompt. Of the
indentation, models drop what the quoted lines share, or that of the first line: both are taken for the same code; any
other difference is none. Knows no model and no file system.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from app.core.review.code_lines import code_lines, lines_with, quoted_lines, without_gutter
from app.core.review.finding import Checked, Finding, Quoted
from app.core.review.fingerprints import fingerprint
from app.core.review.patching import check_suggestion

NEIGHBOURHOOD = 20
"""Lines around those named, in which one of several places is taken for the one that was meant."""

_Lines = tuple[int, int]
_MOST_NAMED = 3


def check_finding(finding: Finding, texts: Mapping[str, str]) -> Checked:
    """`finding` held against `texts`, path to text as reviewed.

    The lines are corrected where the quotation stands elsewhere in the file, once or once nearby. A suggestion that
    applies is given back in full form (`patching`): counts, context and line ends such as Git expects them.
    """
    lines = code_lines(texts[finding.path]) if finding.path in texts else None
    quoted, place, reason = _quoted(finding, lines)
    corrected = replace(finding, first=place[0], last=place[1])
    patch, suggestion, why = check_suggestion(corrected, texts)
    return Checked(
        replace(corrected, suggestion=suggestion),
        quoted,
        patch,
        fingerprint(corrected, lines if quoted != "unconfirmed" else None),
        " ".join(filter(None, (reason, why))),
    )


def _quoted(finding: Finding, lines: Sequence[str] | None) -> tuple[Quoted, _Lines, str]:
    """The verdict, the lines, and why it is unconfirmed."""
    given = (finding.first, finding.last)
    if lines is None:
        return "unconfirmed", given, f"No file {finding.path!r} was reviewed."
    quote = quoted_lines(finding.quote)
    if not quote:
        return "unconfirmed", given, "It quotes no code."
    places = list(_places(quote, lines))
    wrong = _out_of_file(finding, len(lines))
    if wrong:
        return "unconfirmed", given, wrong + (f" The quoted code stands {_at(places)}." if places else "")
    if not places:
        return "unconfirmed", given, f"The quoted code stands nowhere in {finding.path}."
    if any(finding.first <= first and last <= finding.last for first, last in places):
        return "confirmed", given, ""
    near = [p for p in places if p[1] >= finding.first - NEIGHBOURHOOD and p[0] <= finding.last + NEIGHBOURHOOD]
    chosen = places if len(places) == 1 else near
    if len(chosen) == 1:
        return "moved", chosen[0], ""
    return "unconfirmed", given, f"The quoted code does not stand at {_words(given)} but {_at(places)}."


def _out_of_file(finding: Finding, count: int) -> str:
    if finding.first > finding.last:
        return f"Its lines run backwards, from {finding.first:,} to {finding.last:,}."
    if finding.first < 1 or finding.last > count:
        return f"{finding.path} has {count:,} lines, and it names {_words((finding.first, finding.last))}."
    return ""


def _places(quote: Sequence[str], lines: Sequence[str]) -> Iterator[_Lines]:
    """Where `quote` stands, as lines from 1; the quotation as it is, or without the prompt's line numbers."""
    bare = without_gutter(quote)
    forms = [list(quote)] if bare is None else [list(quote), [line.rstrip() for line in bare]]
    for start in sorted({line for form in forms for line in lines_with(form[0].lstrip(), lines)}):
        code = [line.rstrip() for line in lines[start : start + len(quote)]]
        if len(code) == len(quote) and any(_same(form, code) for form in forms):
            yield start + 1, start + len(quote)


def _same(quote: Sequence[str], code: Sequence[str]) -> bool:
    if quote[0].lstrip() != code[0].lstrip() or not code[0].endswith(quote[0]):
        return False
    if quote[1:] == code[1:]:
        return True
    dropped = code[0].removesuffix(quote[0])
    return all(c == (dropped + q if q else q) for q, c in zip(quote, code, strict=True))


def _words(lines: _Lines) -> str:
    first, last = lines
    return f"line {first:,}" if first == last else f"lines {first:,} to {last:,}"


def _at(places: Sequence[_Lines]) -> str:
    named = ", ".join(f"{first:,}" for first, _ in places[:_MOST_NAMED])
    more = f" and {len(places) - _MOST_NAMED:,} more places" if len(places) > _MOST_NAMED else ""
    return f"at line {named}{more}" if len(places) == 1 else f"at the lines {named}{more}"
