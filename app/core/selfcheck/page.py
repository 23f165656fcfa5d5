"""A self-check as one HTML page that shows itself and nothing else: no script, no address that anything is loaded from.

Verdict, maps, what was found by length, preconditions, fingerprint, every trial. Knows no engine.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from app.core.selfcheck import svg
from app.core.selfcheck.colours import Palette, Theme, palette
from app.core.selfcheck.heat_map import LABELS, heat_map
from app.core.selfcheck.heat_svg import NARROWEST_COLUMN, drawing, legend, picture
from app.core.selfcheck.recall import CHART, recall_by_length, recall_chart
from app.core.selfcheck.recall_svg import chart_elements
from app.core.selfcheck.wording import ENDED, SIGNS, percent, took_words
from engine.selfcheck.plan import BASELINE
from engine.selfcheck.report import Report, Trial
from engine.selfcheck.verdicts import by_length, relative_to, verdict, verified

WIDTH = 780.0
_STYLE = Path(__file__).resolve().parents[3] / "resources" / "selfcheck" / "page.css"
_NAMED = (
    "window",
    "sunken",
    "surface",
    "line",
    "edge",
    "text",
    "text2",
    "text3",
    "accent",
    "ok",
    "warn",
    "bad",
    "brass",
)


def to_page(report: Report) -> str:
    """The whole page."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = f"Self-check of {report.model or 'a model'}"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(_parts(report))
        + "\n</main>\n</body>\n</html>\n"
    )


def _parts(report: Report) -> Iterator[str]:
    yield _head(report)
    yield _section("Found, by depth and length", _figure(_maps(report)))
    yield _section("Found at each length", _figure(_chart(report)), _by_task(report))
    if report.preconditions:
        yield _section("What had to hold", _preconditions(report))
    yield _section("What was checked", _fingerprint(report))
    yield _section(f"All {len(report.trials):,} questions", *_trials(report))


def _head(report: Report) -> str:
    best = verified(report)
    figures = "".join(
        _length(name, length) for name, length in (("retrieval", best.retrieval), ("reasoning", best.reasoning))
    )
    when = report.started[:16].replace("T", " ")
    about = [
        report.model,
        f"context {report.context:,} tokens",
        f"cache {report.kv}",
        f"level {report.level}",
        f"text: {report.text}" if report.text else "",
        f"begun {when} UTC" if when else "",
        took_words(report.seconds),
        f"{report.read:,} tokens read, {report.asked:,} asked",
    ]
    notes = "".join(f"<p>{escape(note)}</p>" for note in (*_ended(report), *report.notes))
    return (
        f"<header>\n<h1>{escape(verdict(report))}</h1>\n"
        f'<p class="quiet">{escape(" · ".join(part for part in about if part))}</p>\n'
        f'<div class="figures">{figures}</div>\n</header>\n' + (f"<section>{notes}</section>" if notes else "")
    )


def _ended(report: Report) -> tuple[str, ...]:
    return (ENDED[report.ended],) if report.ended in ENDED else ()


def _length(name: str, length: int | None) -> str:
    words = "not tested" if length is None else f"{length:,} tokens" if length else "not even the shortest length"
    state = "figure" if length else "figure none"
    return f'<div class="{state}">verified, {name}<b>{words}</b></div>'


def _maps(report: Report) -> str:
    colours = palette("light")
    width = max(WIDTH, LABELS + NARROWEST_COLUMN * len(report.lengths))
    drawn = heat_map(report, width, colours, top=34)
    return picture("\n".join([*legend(colours, width, 0), *drawing(drawn, colours)]), width, drawn.height + 4)


def _chart(report: Report) -> str:
    colours = palette("light")
    width = max(WIDTH, LABELS + NARROWEST_COLUMN * len(report.lengths))
    return picture("\n".join(chart_elements(recall_chart(report, width), colours)), width, CHART)


def _by_task(report: Report) -> str:
    """Each class with its interval, then each task with what it is relative to the baseline."""
    relative = relative_to(report, BASELINE)
    rows = [
        [
            recall.kind,
            "all tasks",
            f"{recall.length:,}",
            *_share(recall.passed, recall.n, recall.low, recall.high),
            "",
            "",
        ]
        for recall in recall_by_length(report)
    ]
    for cell in by_length(report):
        if cell.n:
            share = relative.get(cell.task, {}).get(cell.length)
            row = [report.classes[cell.task], cell.task, f"{cell.length:,}"]
            row += _share(cell.passed, cell.n, cell.low, cell.high)
            rows.append([*row, "" if share is None else f"{100 * share:.0f} %", f"{SIGNS[cell.state]} {cell.state}"])
    head = ("class", "task", "tokens", "found", "share", "95 % interval", f"relative to {BASELINE:,}", "verdict")
    return f"<details><summary>As a table</summary>{_table(head, rows, numbers=(2, 3, 4, 5, 6))}</details>"


def _share(passed: int, n: int, low: float, high: float) -> tuple[str, str, str]:
    return f"{passed:,}/{n:,}", percent(passed / n), f"{100 * low:.1f} to {100 * high:.1f} %"


def _preconditions(report: Report) -> str:
    words = {True: ("ok", "✓ holds"), False: ("bad", "✗ does not hold"), None: ("open", "? not known")}
    rows = "".join(
        f"<tr><td>{escape(p.name)}</td><td>{escape(p.expected)}</td><td>{escape(p.found)}</td>"
        f'<td class="{words[p.holds][0]}">{words[p.holds][1]}</td></tr>'
        for p in report.preconditions
    )
    return f"<table><tr><th>what</th><th>expected</th><th>found</th><th></th></tr>{rows}</table>"


def _fingerprint(report: Report) -> str:
    rows = [("fingerprint", report.fingerprint), ("suite", report.suite)]
    rows += [(name, json.dumps(value, ensure_ascii=False)) for name, value in report.facts.items() if name != "suite"]
    cells = "".join(f"<tr><td>{escape(name)}</td><td><code>{escape(value)}</code></td></tr>" for name, value in rows)
    return f'<p class="quiet">Any change of these makes the result stale.</p><table>{cells}</table>'


def _trials(report: Report) -> Iterator[str]:
    for task in report.classes:
        mine = [trial for trial in report.trials if trial.task == task]
        if mine:
            missed = sum(not trial.passed for trial in mine)
            head = ("tokens", "depth", "question", "needle", "expected", "got", "margin", "verdict")
            rows = [_trial(trial) for trial in mine]
            table = _table(head, rows, numbers=(0, 1, 6))
            yield f"<details><summary>{escape(task)}: {len(mine):,} asked, {missed:,} missed</summary>{table}</details>"


def _trial(trial: Trial) -> tuple[str, ...]:
    sign = SIGNS["pass"] if trial.passed else f"{SIGNS['fail']} {trial.why}".strip()
    how = "" if trial.how == "scored" else " (written out)"
    margin = "" if trial.margin is None else f"{trial.margin:+.2f}"
    depth = "" if trial.depth is None else f"{trial.depth} %"
    needles = " / ".join(trial.needles)
    return f"{trial.length:,}", depth, trial.question, needles, trial.expected, trial.got, margin, sign + how


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int]) -> str:
    kinds = [' class="number"' if index in numbers else "" for index in range(len(head))]
    top = "".join(f"<th{kind}>{escape(name)}</th>" for kind, name in zip(kinds, head, strict=True))
    lines = [
        "<tr>" + "".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(kinds, row, strict=True)) + "</tr>"
        for row in rows
    ]
    return f"<table><tr>{top}</tr>\n" + "\n".join(lines) + "</table>"


def _section(title: str, *content: str) -> str:
    return f"<section>\n<h2>{escape(title)}</h2>\n" + "\n".join(content) + "\n</section>"


def _figure(content: str) -> str:
    return f"<figure>{content}</figure>"


def _style() -> str:
    dark = f":root{{{_variables('dark')}}}{svg.dark_style()}"
    sheet = _STYLE.read_text("utf-8")
    return f"\n:root{{{_variables('light')}}}\n@media (prefers-color-scheme: dark) {{{dark}}}\n{sheet}"


def _variables(theme: Theme) -> str:
    colours: Palette = palette(theme)
    return ";".join(f"--{name}:{getattr(colours, name)}" for name in _NAMED)
