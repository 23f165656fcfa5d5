"""Suggested changes against Git itself: what Git takes is applied alike, what is given out Git takes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.review.edits import Edit, applied, edits_of, unified
from app.core.review.finding import Checked, Finding
from app.core.review.patching import as_patch, check_suggestion, suggested_edits
from app.core.review.suggested_diff import NoPatch, read_suggestion
from ingest.git_files import safe_environment

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="Git is not installed")
CODE = "".join(f"line {n}\n" for n in range(1, 21))


def finding(suggestion: str, *, path: str = "a.txt", at: int = 5) -> Finding:
    return Finding(path, at, at, "error", "bugs", "T", "E", f"line {at}", suggestion)


def git_applies(folder: Path, patch: str, texts: dict[str, str], *options: str) -> dict[str, str] | None:
    """What `git apply` makes of the files; None where it refuses."""
    folder.mkdir(exist_ok=True)
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    environment = {**safe_environment(), "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    for check in (("--check",), ()):
        done = subprocess.run(
            ["git", "apply", *check, *options, "-"],
            cwd=folder,
            env=environment,
            input=patch.encode(),
            capture_output=True,
            timeout=60,
        )
        if done.returncode:
            return None
    return {str(path.relative_to(folder)): path.read_bytes().decode() for path in folder.rglob("*") if path.is_file()}


def changed(suggestion: str, text: str = CODE, *, path: str = "a.txt", at: int = 5) -> str | None:
    """The text with the suggestion, None where it is refused."""
    patch, _, _ = check_suggestion(finding(suggestion, path=path, at=at), {path: text})
    if patch != "applies":
        return None
    return applied(text, suggested_edits(finding(suggestion, path=path, at=at), {path: text})[path])


GOOD = "--- a/a.txt\n+++ b/a.txt\n@@ -4,3 +4,3 @@\n line 4\n-line 5\n+line five\n line 6\n"
WANTED = CODE.replace("line 5\n", "line five\n")


@pytest.mark.parametrize(
    "suggestion",
    [
        GOOD,
        GOOD.replace("-4,3 +4,3", "-4,9 +4,1"),
        GOOD.replace("-4,3 +4,3", "-14,3 +14,3"),
        GOOD.replace(" -4,3 +4,3 ", " "),
        GOOD.replace("@@ -4,3 +4,3 @@", "@@"),
        GOOD.replace("@@ -4,3 +4,3 @@", "@@ -4,3 +4,3 @@ def f():"),
        GOOD.replace("a/a.txt", "a.txt").replace("b/a.txt", "a.txt"),
        GOOD.replace("--- a/a.txt\n", '--- "a/a.txt"\t2026-01-01\n'),
        "diff --git a/a.txt b/a.txt\nindex 123..456 100644\n" + GOOD,
        "```diff\n" + GOOD + "```\n",
        "This is better:\n\n" + GOOD + "\n\n",
        GOOD[GOOD.index("@@") :],
        "-line 5\n+line five\n",
        GOOD.replace("\n", "\r\n"),
        "--- a/a.txt\n+++ b/a.txt\n@@ -4 @@\n    4| line 4\n-   5| line 5\n+   5| line five\n    6| line 6\n".replace(
            "    4|", "   4|"
        ),
        GOOD.replace(" line 4\n", " line 4  \n"),
    ],
)
def test_what_models_write_is_applied_and_given_back_as_git_takes_it(suggestion: str) -> None:
    patch, whole, reason = check_suggestion(finding(suggestion), {"a.txt": CODE})
    assert (patch, reason) == ("applies", "")
    assert changed(suggestion) == WANTED
    assert whole == (
        "--- a/a.txt\n+++ b/a.txt\n@@ -2,7 +2,7 @@\n line 2\n line 3\n line 4\n-line 5\n+line five\n"
        " line 6\n line 7\n line 8\n"
    )


@pytest.mark.parametrize(
    ("suggestion", "said"),
    [
        ("just words", "is no diff"),
        (GOOD.replace("-line 5", "-line 55"), "stand nowhere"),
        (GOOD.replace(" line 6", " line 7"), "stand nowhere"),
        (GOOD.replace("-line 5", "- line 5"), "stand nowhere"),
        (GOOD.replace("a.txt", "other.txt"), "'other.txt', which was not reviewed"),
        (GOOD.replace("a/a.txt", "a/b.txt"), "renames a file"),
        (GOOD.replace("+++ b/a.txt", "+++ /dev/null"), "deletes a file"),
        (GOOD.replace("--- a/a.txt", "--- /dev/null"), "that is there already"),
        ("rename from a.txt\nrename to b.txt\n", "renames a file"),
        ("Binary files a/a.txt and b/a.txt differ\n", "holds binary content"),
        (GOOD.replace("-line 5\n+line five\n", " line 5\n"), "changes nothing"),
        (GOOD.replace("line five", "line 5"), "changes nothing"),
        (GOOD + "and so on\n", "belongs to no diff: 'and so on'"),
        ("@@ -5,0 +6 @@\n+line 5a\n", "between which"),
        (GOOD + GOOD, "two parts for a.txt"),
        ("@@ -1 +1 @@\n", "a hunk without lines"),
        (GOOD + "@@ -2,2 +2,1 @@\n line 2\n-line 3\n", "hunk 2 of 2"),
    ],
)
def test_what_does_not_apply_says_why(suggestion: str, said: str) -> None:
    patch, given_back, reason = check_suggestion(finding(suggestion), {"a.txt": CODE})
    assert (patch, given_back) == ("fails", suggestion)
    assert said in reason
    assert reason.endswith(".")
    assert "\n" not in reason


@pytest.mark.parametrize("name", ["../out.py", "/etc/x.py", "C:/x.py", "a\\..\\b.py"])
def test_nothing_is_made_outside_of_the_folder(name: str) -> None:
    suggestion = f"--- /dev/null\n+++ {name}\n@@ -0,0 +1 @@\n+x\n"
    patch, _, reason = check_suggestion(finding(suggestion), {"a.txt": CODE})
    assert patch == "fails"
    assert "outside of the reviewed folder" in reason


def test_of_several_places_none_is_guessed() -> None:
    text = "a\nsame\nb\nsame\nc\nsame\nd\n"
    change = "@@ -{},1 +{},1 @@\n-same\n+other\n"
    assert changed(change.format(4, 4), text, at=1) == "a\nsame\nb\nother\nc\nsame\nd\n"
    assert changed(change.format(9, 9), text, at=6) == "a\nsame\nb\nsame\nc\nother\nd\n"
    patch, _, reason = check_suggestion(finding(change.format(9, 9), at=3), {"a.txt": text})
    assert patch == "fails"
    assert "several places" in reason


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (" b\n+c\n", "a\nb", "a\nb\nc"),
        (" b\n+c\n", "a\nb\n", "a\nb\nc\n"),
        ("-b\n+c\n", "a\nb", "a\nc"),
        ("-b\n\\ No newline at end of file\n+b\n", "a\nb", "a\nb\n"),
        ("-b\n+b\n\\ No newline at end of file\n", "a\nb\n", "a\nb"),
        ("-b\n+x\n+c\n\\ No newline at end of file\n", "a\nb\n", "a\nx\nc"),
        (" a\n-b\n", "a\nb", "a\n"),
        ("+0\n a\n", "a\nb", "0\na\nb"),
    ],
)
@needs_git
def test_the_end_of_a_file_and_its_line_ends(
    tmp_path: Path, newline: str, change: str, before: str, after: str
) -> None:
    before, after = before.replace("\n", newline), after.replace("\n", newline)
    texts = {"a.txt": before}
    assert changed("@@ -1 +1 @@\n" + change, before, at=1) == after
    whole = check_suggestion(finding("@@ -1 +1 @@\n" + change, at=1), texts)[1]
    assert git_applies(tmp_path / "w", whole, texts) == {"a.txt": after}


@needs_git
@pytest.mark.parametrize(
    "path", ["a b/c d.txt", "é.txt", 'q"uote.txt', "tab\t.txt", "b/a.txt", "a/x.txt", "new\nline.txt"]
)
def test_odd_names_come_through_git(tmp_path: Path, path: str) -> None:
    texts = {path: CODE}
    edits = edits_of(read_suggestion(GOOD[GOOD.index("@@") :], path)[0].hunks, CODE, around=(5, 5))
    patch = unified(path, CODE, edits)
    assert git_applies(tmp_path / "w", patch, texts) == {path: WANTED}
    assert changed(patch, path=path) == WANTED


@needs_git
@pytest.mark.parametrize("gap", range(9))
def test_changes_near_each_other_are_one_hunk(tmp_path: Path, gap: int) -> None:
    edits = [Edit(4, 5, ("five\n",)), Edit(5 + gap, 6 + gap, ("more\n", "and more\n"))]
    patch = unified("a.txt", CODE, edits)
    assert patch.count("@@ -") == (1 if gap <= 6 else 2)
    assert git_applies(tmp_path / "w", patch, {"a.txt": CODE}) == {"a.txt": applied(CODE, edits)}


def test_a_name_with_a_space_ends_in_a_tab() -> None:
    assert unified("a b.txt", "x\n", [Edit(0, 1, ("y\n",))]).startswith(
        "--- a/a b.txt\t\n+++ b/a b.txt\t\n@@ -1 +1 @@\n"
    )


@needs_git
def test_a_new_file_comes_through_git(tmp_path: Path) -> None:
    suggestion = "--- /dev/null\n+++ b/new/test_a.py\n@@ -0,0 +1,9 @@\n+import a\n+\n+print(a)\n"
    patch, whole, _ = check_suggestion(finding(suggestion), {"a.txt": CODE})
    assert patch == "applies"
    made = git_applies(tmp_path / "w", whole, {"a.txt": CODE})
    assert made == {"a.txt": CODE, "new/test_a.py": "import a\n\nprint(a)\n"}


LINES = st.lists(st.sampled_from(["", "x", "  y", "z\t", "}"]), max_size=14)


@needs_git
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, LINES, st.integers(0, 2), st.booleans(), st.booleans())
def test_what_a_program_wrote_is_applied_as_git_does(
    tmp_path: Path, before: list[str], after: list[str], context: int, ended: bool, ended_after: bool
) -> None:
    old = "\n".join(before) + ("\n" if ended and before else "")
    new = "\n".join(after) + ("\n" if ended_after and after else "")
    (tmp_path / "old").write_bytes(old.encode())
    (tmp_path / "new").write_bytes(new.encode())
    diff = subprocess.run(
        ["git", "diff", "--no-index", f"-U{context + 1}", "old", "new"],
        cwd=tmp_path, env=safe_environment(), capture_output=True, timeout=60,
    ).stdout.decode()  # fmt: skip
    if not diff:
        return
    diff = diff[diff.index("@@") :] if "@@" in diff else ""
    head = "--- a/f.txt\n+++ b/f.txt\n"
    if not diff or not old:
        return
    taken = git_applies(tmp_path / "w", head + diff, {"f.txt": old})
    assert taken == {"f.txt": new}
    edits = edits_of(read_suggestion(head + diff, "f.txt")[0].hunks, old, around=(1, 1))
    assert applied(old, edits) == new
    ours = unified("f.txt", old, edits)
    assert git_applies(tmp_path / "w", ours, {"f.txt": old}) == {"f.txt": new}


def checked(suggestion: str, number: int, **fields: object) -> Checked:
    return Checked(finding(suggestion), "confirmed", "applies", f"{number}", **fields)  # type: ignore[arg-type]


@needs_git
def test_a_patch_joins_what_goes_together(tmp_path: Path) -> None:
    def change(at: int, new: str) -> str:
        return f"@@ -{at} +{at} @@\n-line {at}\n+{new}\n"

    findings = [
        checked(change(5, "five"), 1),
        checked(change(6, "six"), 2),
        checked(change(5, "FIVE"), 3),
        checked(change(5, "five"), 4),
        checked(change(15, "fifteen"), 5),
        Checked(finding(change(9, "nine")), "unconfirmed", "applies", "6"),
        checked(change(9, "nine"), 7, dismissed="as it should be"),
        Checked(finding("nonsense"), "confirmed", "fails", "8", "It does not apply."),
        Checked(finding(""), "confirmed", "none", "9"),
        checked("--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+new\n", 10),
    ]
    joined = as_patch(findings, {"a.txt": CODE})
    assert joined.taken == ("1", "2", "4", "5", "10")
    assert dict(joined.left_out) == {
        "3": "It changes lines of a.txt that another suggestion of this patch changes too.",
        "6": "The finding is not confirmed by the code.",
        "7": "The finding was dismissed.",
        "8": "It does not apply.",
    }
    wanted = CODE.replace("line 5\n", "five\n").replace("line 6\n", "six\n").replace("line 15\n", "fifteen\n")
    assert git_applies(tmp_path / "w", joined.text, {"a.txt": CODE}) == {"a.txt": wanted, "new.txt": "new\n"}
    assert as_patch([], {}) == as_patch(findings[8:9], {"a.txt": CODE})


def test_two_that_add_at_one_place_do_not_go_together() -> None:
    def adds(at: int, new: str) -> str:
        return f"@@ -{at} +{at} @@\n line {at}\n+{new}\n line {at + 1}\n"

    findings = [checked(adds(5, "one"), 1), checked(adds(5, "two"), 2), checked(adds(5, "one"), 3)]
    findings.append(checked(adds(6, "three"), 4))
    findings.append(checked("@@ -6 +6 @@\n-line 6\n+six\n", 5))
    joined = as_patch(findings, {"a.txt": CODE})
    assert joined.taken == ("1", "3", "4")
    assert [number for number, _ in joined.left_out] == ["2", "5"]


def test_python_that_parses_alone_and_not_together_is_left_out() -> None:
    code = "x = 1\ny = 2\nz = 3\n"
    one = "@@ -1 +1 @@\n-x = 1\n+x = '''\n@@ -3 +3 @@\n-z = 3\n+z = '''\n"
    two = "@@ -2 +2 @@\n-y = 2\n+y = '''a'''\n"
    findings = [
        Checked(finding(suggestion, path="a.py", at=2), "confirmed", "applies", name)
        for name, suggestion in (("one", one), ("two", two))
    ]
    assert [check_suggestion(f.finding, {"a.py": code})[0] for f in findings] == ["applies", "applies"]
    joined = as_patch(findings, {"a.py": code})
    assert joined.taken == ("one",)
    assert "Together with the other suggestions" in joined.left_out[0][1]


def test_python_that_was_broken_before_is_not_held_against_a_change() -> None:
    change = "@@ -2 +2 @@\n-y = 2\n+y = 3\n"
    assert check_suggestion(finding(change, path="a.py", at=2), {"a.py": "print 1\ny = 2\n"})[0] == "applies"
    assert check_suggestion(finding(change, path="a.py", at=2), {"a.py": "print(1)\ny = 2\n"})[0] == "applies"
    worse = change.replace("+y = 3", "+y = (3")
    assert check_suggestion(finding(worse, path="a.py", at=2), {"a.py": "print(1)\ny = 2\n"})[0] == "breaks"


def test_a_diff_that_lies_about_its_place_is_still_held_against_the_text() -> None:
    with pytest.raises(NoPatch):
        edits_of(read_suggestion("@@ -3 +3 @@\n-line 9\n+x\n", "a.txt")[0].hunks, "line 1\n" * 5, around=(3, 3))
