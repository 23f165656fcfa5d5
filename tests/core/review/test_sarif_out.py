"""A review as SARIF against the official schema, and back; fixes that a consumer can apply."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from app.core.review.edits import applied
from app.core.review.finding import Checked, Finding, Omitted, PassReport, Review
from app.core.review.patching import suggested_edits
from app.core.review.sarif_in import findings_of_sarif
from app.core.review.sarif_out import replacements, review_to_sarif, uri_of
from app.core.review.verifying import check_finding

SCHEMA = json.loads((Path(__file__).parents[2] / "data" / "sarif" / "sarif-schema-2.1.0.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)
CODE = "".join(f"line {n}\n" for n in range(1, 31))


def valid(text: str) -> dict[str, Any]:
    """The one run of a file that the schema takes."""
    assert text.isascii()
    plain = json.loads(text)
    problems = [f"{list(error.absolute_path)}: {error.message}" for error in VALIDATOR.iter_errors(plain)]
    assert problems == []
    run: dict[str, Any] = plain["runs"][0]
    return run


def finding(**fields: Any) -> Finding:
    plain = Finding(
        "a.py", 5, 6, "error", "bugs", "Off by one", "It stops early.", "line 5\nline 6", "", "CWE-193", 0.5
    )
    return replace(plain, **fields)


def review(*findings: Checked, **fields: Any) -> Review:
    plain = Review("/home/me/tree", "2 files", ("bugs",), "a model", "2026-03-14T12:00:00+01:00", findings, ())
    return replace(plain, **fields)


def test_the_schema_can_refuse() -> None:
    plain = json.loads(review_to_sarif(review(check_finding(finding(), {"a.py": CODE}))))
    plain["runs"][0]["results"][0]["level"] = "fatal"
    assert not VALIDATOR.is_valid(plain)
    assert not VALIDATOR.is_valid({"version": "2.1.0"})


def test_a_finding_with_all_it_has() -> None:
    suggestion = "@@ -5 +5 @@\n-line 5\n+line five\n"
    checked = check_finding(finding(suggestion=suggestion, checklist="bugs"), {"a.py": CODE})
    run = valid(review_to_sarif(review(replace(checked, also=("security, pass 2",)))))
    (result,) = run["results"]
    assert (result["ruleId"], result["kind"], result["level"]) == ("bugs/CWE-193", "fail", "error")
    assert result["message"]["text"] == "Off by one: It stops early."
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "a.py", "uriBaseId": "SRCROOT"}
    assert place["region"] == {"startLine": 5, "endLine": 6, "snippet": {"text": "line 5\nline 6"}}
    assert list(result["partialFingerprints"].values()) == [checked.fingerprint]
    (change,) = result["fixes"][0]["artifactChanges"]
    (replaced,) = change["replacements"]
    assert replaced["deletedRegion"] == {"startLine": 5, "startColumn": 1, "endLine": 6, "endColumn": 1}
    assert replaced["insertedContent"]["text"] == "line five\n"
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["id"] == "bugs/CWE-193"
    assert "external/cwe/cwe-193" in rule["properties"]["tags"]
    assert run["taxonomies"][0]["taxa"][result["taxa"][0]["index"]]["id"] == "193"
    assert result["properties"]["confidence"] == 0.5
    assert "suppressions" not in result
    assert "/home/me" not in review_to_sarif(review(checked))


def test_what_is_unconfirmed_dismissed_or_fails() -> None:
    unsure = check_finding(finding(quote="nowhere"), {"a.py": CODE})
    outside = check_finding(finding(first=0, last=-1, cwe=""), {})
    dismissed = replace(check_finding(finding(), {"a.py": CODE}), dismissed="Known.")
    wordless = replace(dismissed, dismissed="")
    fails = check_finding(finding(suggestion="nonsense", category="security"), {"a.py": CODE})
    run = valid(review_to_sarif(review(unsure, outside, dismissed, wordless, fails)))
    results = run["results"]
    assert [(r["kind"], r["level"]) for r in results[:3]] == [("review", "none")] * 2 + [("fail", "error")]
    assert "region" not in results[1]["locations"][0]["physicalLocation"]
    assert results[2]["suppressions"][0]["justification"] == "Known."
    assert "suppressions" in results[3]
    assert "fixes" not in results[4]
    assert results[4]["properties"]["patch"] == "fails"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["bugs/CWE-193", "bugs", "security/CWE-193"]


def test_what_went_wrong_is_told() -> None:
    report = PassReport(2, ("a.py",), "bugs", 1, 0, 1, 1, 0.1, 0, "The answer breaks off.")
    empty = review(passes=(report,), omitted=(Omitted("b\udcff.bin", "It is binary."),), cancelled=True)
    run = valid(review_to_sarif(empty))
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["endTimeUtc"] == "2026-03-14T11:00:00Z"
    texts = [note["message"]["text"] for note in invocation["toolExecutionNotifications"]]
    assert texts == ["Pass 2: The answer breaks off.", "b\\udcff.bin was not reviewed: It is binary."]
    assert run["results"] == []
    assert "taxonomies" not in run


@pytest.mark.parametrize(
    "path", ["a b.py", "é/漢.py", "100%.py", "a:b.py", "bad\udcff.py", 'q"#?.py', "x\\y.py", "a\nb.py"]
)
def test_odd_names_are_addresses_and_come_back(path: str) -> None:
    checked = check_finding(finding(path=path), {path: CODE})
    assert checked.quoted == "confirmed"
    text = review_to_sarif(review(checked))
    run = valid(text)
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == uri_of(path)
    assert not set(uri) & set(' "#?:\\\n')
    assert findings_of_sarif(text).findings == (checked,)


def consumer(text: str, found: list[dict[str, Any]]) -> str:
    """What a reader of SARIF that knows nothing of diffs makes of replacements."""
    starts = [0]
    for line in text.split("\n")[:-1]:
        starts.append(starts[-1] + len(line) + 1)
    for each in reversed(found):
        region = each["deletedRegion"]
        start = starts[region["startLine"] - 1] + region["startColumn"] - 1
        end = starts[region["endLine"] - 1] + region["endColumn"] - 1
        text = text[:start] + each["insertedContent"]["text"] + text[end:]
    return text


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("before", "change"),
    [
        (CODE, "@@ -4 +4 @@\n line 4\n-line 5\n+five\n+six\n line 6\n@@ -20 +20 @@\n line 20\n-line 21\n line 22\n"),
        (CODE, "@@ -1 +1 @@\n+first\n line 1\n"),
        (CODE, "@@ -30 +30 @@\n line 30\n+last\n"),
        (CODE, "@@ -29 +29 @@\n line 29\n-line 30\n"),
        (CODE, "@@ -1 +1 @@\n-line 1\n-line 2\n line 3\n"),
        (CODE, "@@ -2 +2 @@\n-line 2\n+2\n line 3\n-line 4\n+4\n+5\n"),
        ("a\nb", "@@ -2 +2 @@\n-b\n+c\n"),
        ("a\nb", "@@ -2 +2 @@\n b\n+c\n"),
        ("a\nb", "@@ -1 +1 @@\n a\n-b\n"),
        ("a\nb", "@@ -2 +2 @@\n-b\n\\ No newline at end of file\n+b\n"),
        ("a\nb\n", "@@ -2 +2 @@\n-b\n+b\n\\ No newline at end of file\n"),
        ("a\n", "@@ -1 +1 @@\n-a\n+b\n+c\n"),
    ],
)  # fmt: skip
def test_fixes_do_what_the_diff_does(newline: str, before: str, change: str) -> None:
    texts = {"a b.txt": before.replace("\n", newline)}
    checked = check_finding(finding(path="a b.txt", suggestion=change), texts)
    assert checked.patch == "applies"
    wanted = applied(texts["a b.txt"], suggested_edits(checked.finding, texts)["a b.txt"])
    ((path, found),) = replacements(checked.finding.suggestion)
    assert path == "a b.txt"
    assert consumer(texts["a b.txt"], found) == wanted != texts["a b.txt"]


def test_a_file_that_a_change_makes_is_no_fix_of_another() -> None:
    suggestion = "--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+x = 1\n"
    checked = check_finding(finding(suggestion=suggestion), {"a.py": CODE})
    assert checked.patch == "applies"
    assert "fixes" not in valid(review_to_sarif(review(checked)))["results"][0]
