"""What other tools found in code, as SARIF 2.1.0 files hold it: a readable line for each result, tool by tool.

Each line leads back to the line of the file where its result begins. What is no well-formed SARIF is left to be read as
text. Knows no files, and not whether a result is true.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.document import Section, Span
from ingest.json_walk import BadJson, JsonWalk

LARGEST_SARIF = 64_000_000
"""Characters; a longer one is not taken apart."""

LEVELS = ("none", "note", "warning", "error")

_START = re.compile(r"\s*\{")
_NAMED = re.compile(r"\.sarif(?:\.json)?\Z", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{(\d+)\}")
_SAMPLE = 4_096
_LONGEST_MESSAGE = 2_000
_DEEPEST_BASE = 8


class BadSarif(Exception):
    """The file cannot be taken apart; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class SarifResult:
    """One result. line: of the file, where it begins. path: as the tool gives it, decoded, its base in front; "" where
    it gives none. first, last: lines there, None where it names none. tags: its own and its rule's. value: the whole of
    it, as decoded JSON."""

    line: int
    rule: str
    level: str
    message: str
    path: str
    first: int | None
    last: int | None
    snippet: str
    suppressed: bool
    tags: tuple[str, ...]
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SarifRun:
    """What one tool found in one run. line: of the file, where the run begins."""

    line: int
    tool: str
    version: str
    results: tuple[SarifResult, ...]


@dataclass(frozen=True, slots=True)
class SarifReading:
    """sections: a run each. problem: why it is no SARIF that can be read; it is then to be read as text."""

    sections: tuple[Section, ...]
    problem: str | None = None


def looks_like_sarif(name: str, text: str) -> bool:
    """Whether a text file is SARIF, by its name or by how it begins."""
    if not _START.match(text):
        return False
    start = text[:_SAMPLE]
    return bool(_NAMED.search(name)) or ('"runs"' in start and ("sarif" in start or '"2.1.0"' in start))


def read_sarif(text: str) -> SarifReading:
    """A section for each run in `text`."""
    try:
        runs = sarif_runs(text)
    except BadSarif as error:
        return SarifReading((), f"{error} It was read as text.")
    if not runs:
        return SarifReading((), "This SARIF holds no run of any tool. It was read as text.")
    last = text.count("\n") + (not text.endswith("\n"))
    ends = [run.line for run in runs[1:]] + [last]
    return SarifReading(tuple(_section(run, max(run.line, end)) for run, end in zip(runs, ends, strict=True)))


def sarif_runs(text: str) -> list[SarifRun]:
    """The runs in `text`. Raises BadSarif."""
    if len(text) > LARGEST_SARIF:
        raise BadSarif(f"The SARIF is longer than {LARGEST_SARIF // 1_000_000:,} million characters.")
    walk = JsonWalk(text)
    runs: list[SarifRun] = []
    version: Any = None
    found = False
    try:
        for key, at in walk.fields(walk.space(0)):
            if key == "runs":
                found = True
                runs += [_run(walk, start) for start in walk.items(at)]
            else:
                value, walk.at = walk.value(at)
                version = value if key == "version" else version
    except BadJson as error:
        raise BadSarif(f"The SARIF cannot be read: {error}.") from None
    if not found:
        raise BadSarif("The file is no SARIF: it has no list of runs.")
    if not isinstance(version, str) or not version.startswith("2."):
        raise BadSarif(f"The file is SARIF of version {str(version)[:20]!r}, and only version 2 is known.")
    return runs


def _run(walk: JsonWalk, start: int) -> SarifRun:
    line = walk.line(start)
    run: dict[str, Any] = {}
    raw: list[tuple[int, Mapping[str, Any]]] = []
    for key, at in walk.fields(start):
        if key == "results" and walk.opens(at, "["):
            for place in walk.items(at):
                value, walk.at = walk.value(place)
                if isinstance(value, dict):
                    raw.append((walk.line(place), value))
        else:
            run[key], walk.at = walk.value(at)
    driver = _part(_part(run, "tool"), "driver")
    meaning = _Meaning(run, driver)
    return SarifRun(
        line,
        _words(driver.get("name")) or "a tool without a name",
        _words(driver.get("version") or driver.get("semanticVersion")),
        tuple(meaning.of(number, value) for number, value in raw),
    )


class _Meaning:
    """What results refer to in their run: rules, artifacts, bases of addresses."""

    def __init__(self, run: Mapping[str, Any], driver: Mapping[str, Any]) -> None:
        self._rules = [rule for rule in _list(driver, "rules") if isinstance(rule, dict)]
        self._by_id = {rule.get("id"): rule for rule in self._rules if isinstance(rule.get("id"), str)}
        self._artifacts = _list(run, "artifacts")
        self._bases = _part(run, "originalUriBaseIds")

    def of(self, line: int, value: Mapping[str, Any]) -> SarifResult:
        rule = self._rule(value)
        name = _words(value.get("ruleId") or _part(value, "rule").get("id") or rule.get("id"))
        level = value.get("level") or _part(rule, "defaultConfiguration").get("level") or "warning"
        place = _part(_first(_list(value, "locations")), "physicalLocation")
        region = _part(place, "region") or _part(place, "contextRegion")
        first, last = _line_number(region.get("startLine")), _line_number(region.get("endLine"))
        snippet = _part(region, "snippet").get("text")
        tags = [*_list(_part(value, "properties"), "tags"), *_list(_part(rule, "properties"), "tags")]
        return SarifResult(
            line=line,
            rule=name,
            level=level if level in LEVELS else "warning",
            message=self._message(value, rule),
            path=self._path(_part(place, "artifactLocation")),
            first=first,
            last=max(first, last or first) if first is not None else None,
            snippet=snippet if isinstance(snippet, str) else "",
            suppressed=bool(_list(value, "suppressions")),
            tags=tuple(tag for tag in tags if isinstance(tag, str)),
            value=value,
        )

    def _rule(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        index = value.get("ruleIndex", _part(value, "rule").get("index"))
        if isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(self._rules):
            return self._rules[index]
        name = value.get("ruleId")
        return self._by_id.get(name, {}) if isinstance(name, str) else {}

    def _message(self, value: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
        message = _part(value, "message")
        text = message.get("text")
        if not isinstance(text, str) and isinstance(message.get("id"), str):
            text = _part(_part(rule, "messageStrings"), message["id"]).get("text")
        if not isinstance(text, str):
            text = _part(rule, "shortDescription").get("text")
        arguments = _list(message, "arguments")

        def filled(found: re.Match[str]) -> str:
            number = int(found[1][:6])
            return str(arguments[number]) if number < len(arguments) else found[0]

        return _words(_PLACEHOLDER.sub(filled, text) if isinstance(text, str) and arguments else text)

    def _path(self, location: Mapping[str, Any]) -> str:
        index = location.get("index")
        if "uri" not in location and isinstance(index, int) and 0 <= index < len(self._artifacts):
            location = _part(_first(self._artifacts[index : index + 1]), "location")
        uri, base = location.get("uri"), location.get("uriBaseId")
        if not isinstance(uri, str):
            return ""
        for _ in range(_DEEPEST_BASE):
            known = _part(self._bases, base) if isinstance(base, str) else {}
            if not isinstance(known.get("uri"), str) or urllib.parse.urlsplit(uri).scheme:
                break
            uri, base = known["uri"].rstrip("/") + "/" + uri, known.get("uriBaseId")
        return path_of_uri(uri)


def path_of_uri(uri: str) -> str:
    """The path that a relative or "file:" address names, undecodable bytes as surrogate escapes."""
    if uri.lower().startswith("file:"):
        uri = re.sub(r"(?i)\Afile:(?://(?:localhost)?(?=/))?", "", uri)
        uri = re.sub(r"\A/(?=[A-Za-z]:)", "", uri)
    return urllib.parse.unquote(uri, errors="surrogateescape")


def _section(run: SarifRun, last: int) -> Section:
    count = len(run.results)
    version = f" {run.version}" if run.version else ""
    label = _clean(f"{run.tool}{version} ({count:,} result{'s' if count != 1 else ''})")
    lines = [label, *(_line(result) for result in run.results)]
    numbers = [run.line, *(result.line for result in run.results)]
    body = _clean("\n".join(lines)) + "\n"
    return Section(label, Span(lines=(run.line, max(last, *numbers))), body, line_map=tuple(numbers))


def _line(result: SarifResult) -> str:
    place = result.path or "no place"
    if result.first is not None:
        place += f":{result.first}" + (f"-{result.last}" if result.last != result.first else "")
    rule = f" {result.rule}" if result.rule else ""
    suppressed = " (suppressed)" if result.suppressed else ""
    return " ".join(f"{place}: {result.level}{rule}{suppressed}: {result.message}".split())


def _words(value: object) -> str:
    text = " ".join(value[: 2 * _LONGEST_MESSAGE].split()) if isinstance(value, str) else ""
    return text[:_LONGEST_MESSAGE]


def _clean(text: str) -> str:
    """What can be encoded and holds no NUL, as a section must be."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "backslashreplace").decode("utf-8")


def _line_number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 31 else None


def _part(value: object, key: object = None) -> Mapping[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _list(value: Mapping[str, Any], key: str) -> Sequence[Any]:
    found = value.get(key)
    return found if isinstance(found, list) else []


def _first(values: Sequence[Any]) -> object:
    return values[0] if values else None
