"""The seeded defects: each recorded finding comes through to list, SARIF and patch; corrupted, it does not.

See defects/README.md for what the answers are. Prompt, grammar, parser, verifier and outputs are the program's own.
"""

from __future__ import annotations

import datetime
import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from app.core.answering import Settings
from app.core.review.checklists import BUNDLED, choose
from app.core.review.code_lines import code_lines
from app.core.review.edits import applied
from app.core.review.finding import Checked, Review
from app.core.review.markdown import review_to_markdown
from app.core.review.parsing import parse_findings
from app.core.review.patching import as_patch, suggested_edits
from app.core.review.review_json import review_from_json, review_to_json
from app.core.review.running import review
from app.core.review.sarif_in import findings_of_sarif
from app.core.review.sarif_out import review_to_sarif
from app.core.review.scope import everything
from app.core.review.verifying import check_finding
from tests.core.review.grammars import grammars
from tests.core.review.replaying import Replaying
from tests.core.review.test_edits import git_applies
from tests.core.review.test_sarif_out import consumer, valid

FOLDER = Path(__file__).parent / "defects"


@dataclass(frozen=True)
class Defect:
    language: str
    path: str
    checklist: str
    category: str
    cwe: str
    severity: str
    lines: tuple[int, int]
    words: str

    @property
    def code(self) -> str:
        return self._read("code")

    @property
    def mended(self) -> str:
        return self._read("mended")

    @property
    def recorded(self) -> dict[str, Any]:
        """The finding in the recorded answer."""
        text = (FOLDER / "answers" / f"{self.language}-{self.checklist}.json").read_text("utf-8")
        (found,) = (each for each in json.loads(text)["findings"] if each["path"] == self.path)
        return dict(found)

    def _read(self, folder: str) -> str:
        return (FOLDER / folder / self.language / f"{self.path}.txt").read_text(encoding="utf-8")


def _defects() -> list[Defect]:
    defects = []
    for row in tomllib.loads((FOLDER / "defects.toml").read_text("utf-8"))["defects"]:
        language, _, path = row.pop("file").partition("/")
        defects.append(Defect(language, path, lines=tuple(row.pop("lines")), **row))
    return defects


DEFECTS = _defects()
LANGUAGES = sorted({defect.language for defect in DEFECTS})
each_defect = pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: f"{defect.language}/{defect.path}")
Reviews = dict[str, tuple[Review, list[tuple[str, str]]]]


@pytest.fixture(scope="module")
def reviews(tiny_llama4: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reviews]:
    """Of each language's folder with the checklists that ask for its defects; and what was asked."""
    root = tmp_path_factory.mktemp("seeded")
    settings = Settings(tiny_llama4, datetime.date(2026, 3, 14), n_ctx=16_384, threads=1, max_answer=2048)
    done: Reviews = {}
    with grammars(tiny_llama4) as grammar:
        backend = Replaying(grammar, FOLDER / "answers", choose([path.stem for path in sorted(BUNDLED.glob("*.toml"))]))
        try:
            for language in LANGUAGES:
                own = [defect for defect in DEFECTS if defect.language == language]
                for defect in own:
                    path = root / language / defect.path
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(defect.code, encoding="utf-8")
                backend.language, backend.asked = language, []
                names = sorted({defect.checklist for defect in own})
                result = review(everything([root / language]), choose(names), backend, settings)
                done[language] = result, backend.asked
            yield done
        finally:
            backend.close()


def found(reviews: Reviews, defect: Defect) -> Checked:
    (checked,) = (each for each in reviews[defect.language][0].findings if each.finding.path == defect.path)
    return checked


def test_there_are_enough_of_them() -> None:
    assert len(DEFECTS) >= 40
    assert len(LANGUAGES) >= 8
    assert all(defect.code != defect.mended for defect in DEFECTS)


def test_every_pass_was_asked_and_nothing_went_wrong(reviews: Reviews) -> None:
    for language, (result, asked) in reviews.items():
        own = [defect for defect in DEFECTS if defect.language == language]
        assert len(result.findings) == len(own)
        assert [report.problem for report in result.passes] == [""] * len({defect.checklist for defect in own})
        assert result.omitted == ()
        assert len(asked) == len(result.passes)


@each_defect
def test_the_prompt_shows_the_lines_that_the_answer_is_about(reviews: Reviews, defect: Defect) -> None:
    answers = reviews[defect.language][1]
    (prompt,) = (prompt for prompt, answer in answers if json.dumps(defect.path) in answer)
    shown = prompt[prompt.index(f"== {defect.path} ") :]
    first, last = defect.lines
    for number in range(first, last + 1):
        line = f"{number}| {code_lines(defect.code)[number - 1]}\n"
        assert line in shown
        shown = shown[shown.index(line) :]


@each_defect
def test_the_finding_comes_through_to_the_list(reviews: Reviews, defect: Defect) -> None:
    checked = found(reviews, defect)
    finding = checked.finding
    assert checked.quoted in ("confirmed", "moved")
    assert (finding.first, finding.last) == defect.lines
    assert (finding.category, finding.severity, finding.title) == (defect.category, defect.severity, defect.words)
    assert re.fullmatch(r"CWE-\d+", finding.cwe)
    assert finding.checklist == defect.checklist
    assert finding.confidence == pytest.approx(0.951, abs=0.001)
    assert (checked.patch, checked.reason) == ("applies", "")
    result = reviews[defect.language][0]
    assert checked in review_from_json(review_to_json(result)).findings
    assert f"`{defect.path}:{finding.first}" in review_to_markdown(result)


@each_defect
def test_the_finding_comes_through_to_sarif(reviews: Reviews, defect: Defect) -> None:
    checked = found(reviews, defect)
    text = review_to_sarif(reviews[defect.language][0])
    place = "locations"
    (result,) = (
        each
        for each in valid(text)["results"]
        if each[place][0]["physicalLocation"]["artifactLocation"]["uri"] == defect.path
    )
    region = result[place][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["endLine"]) == defect.lines
    assert (result["kind"], result["level"]) == ("fail", defect.severity)
    assert list(result["partialFingerprints"].values()) == [checked.fingerprint]
    (change,) = result["fixes"][0]["artifactChanges"]
    assert consumer(defect.code, change["replacements"]) == defect.mended
    assert checked in findings_of_sarif(text).findings


@each_defect
def test_the_finding_comes_through_to_a_patch(reviews: Reviews, defect: Defect) -> None:
    checked = found(reviews, defect)
    texts = {defect.path: defect.code}
    assert applied(defect.code, suggested_edits(checked.finding, texts)[defect.path]) == defect.mended
    assert as_patch([checked], texts).taken == (checked.fingerprint,)


@pytest.mark.skipif(shutil.which("git") is None, reason="Git is not installed")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_patch_of_a_whole_review_is_applied_by_git(reviews: Reviews, language: str, tmp_path: Path) -> None:
    own = {defect.path: defect for defect in DEFECTS if defect.language == language}
    joined = as_patch(reviews[language][0].findings, {path: defect.code for path, defect in own.items()})
    assert joined.left_out == ()
    taken = git_applies(tmp_path / "w", joined.text, {path: defect.code for path, defect in own.items()})
    assert taken == {path: defect.mended for path, defect in own.items()}


def replayed(defect: Defect, **fields: Any) -> Checked:
    """The recorded finding with some fields corrupted, parsed and held against the code."""
    text = json.dumps({"findings": [{**defect.recorded, **fields}]})
    (finding,), problems = parse_findings(text, (), checklist=defect.checklist, seen_in=1)
    assert problems == []
    return check_finding(finding, {defect.path: defect.code})


def corrupted(line: str) -> Iterator[str]:
    """A letter more, one less, another one; none where the line holds no letters."""
    places = [found.start() for found in re.finditer(r"[A-Za-z]", line)]
    if places:
        at = places[len(places) // 2]
        yield line[:at] + line[at + 1 :]
        yield line[:at] + "Q" + line[at:]
        yield line[:at] + line[at].swapcase() + line[at + 1 :]


@each_defect
def test_a_corrupted_quotation_is_unconfirmed(defect: Defect) -> None:
    quote = defect.recorded["quote"]
    assert replayed(defect).quoted != "unconfirmed"
    tried = 0
    for n, line in enumerate(quote):
        for wrong in corrupted(line):
            checked = replayed(defect, quote=[*quote[:n], wrong, *quote[n + 1 :]])
            assert checked.quoted == "unconfirmed"
            assert checked.reason
            assert checked.patch == "applies"
            assert as_patch([checked], {defect.path: defect.code}).text == ""
            tried += 1
    assert tried >= 3


@each_defect
def test_a_corrupted_diff_is_seen_to_fail(defect: Defect) -> None:
    diff = defect.recorded["suggestion"]
    at = next(n for n, line in enumerate(diff) if line.startswith("@@"))
    tried = 0
    for n, line in enumerate(diff):
        if n <= at or line[:1] not in (" ", "-"):
            continue
        for wrong in corrupted(line[1:]):
            checked = replayed(defect, suggestion=[*diff[:n], line[0] + wrong, *diff[n + 1 :]])
            assert checked.patch == "fails"
            assert "does not apply" in checked.reason
            assert checked.quoted != "unconfirmed"
            assert as_patch([checked], {defect.path: defect.code}).text == ""
            tried += 1
    assert tried >= 3


@pytest.mark.parametrize("defect", [d for d in DEFECTS if d.language == "python"], ids=lambda defect: defect.path)
def test_a_change_after_which_python_no_longer_parses_is_seen(defect: Defect) -> None:
    diff = defect.recorded["suggestion"]
    n = max(n for n, line in enumerate(diff) if line.startswith("+") and not line.startswith("+++"))
    checked = replayed(defect, suggestion=[*diff[:n], f"{diff[n]} )", *diff[n + 1 :]])
    assert checked.patch == "breaks"
    assert "no longer valid Python" in checked.reason


@each_defect
def test_a_finding_of_moved_code_keeps_its_fingerprint(reviews: Reviews, defect: Defect) -> None:
    checked = found(reviews, defect)
    first, last = defect.lines
    moved = replace(checked.finding, first=first + 3, last=last + 3, suggestion="")
    again = check_finding(moved, {defect.path: "\n\n\n" + defect.code})
    assert (again.quoted, again.fingerprint) == ("confirmed", checked.fingerprint)
