"""From what a person wants to what came of it: which code it is, what is kept from before, what there is to choose."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.answering import Settings
from app.core.errors import ChecklistRefused, ScopeRefused
from app.core.review.finding import Checked, Finding, Review
from app.core.review.offering import offer_dropped, offer_sources, own_list
from app.core.review.running import ReviewProgress
from app.core.review.scope import Scope, everything
from app.core.review.taking_out import write_review, write_text
from app.core.review.wanted import Heard, Reviewed, Wanted
from app.core.review.work import carry_out, changed_since, joined, scope_of
from engine.backends.local import LocalBackend
from ingest.errors import Stopped
from tests.core.review.repositories import commit, git, module, new_repository, write
from tests.engine.asking import COMMAND
from tests.ingest.reading import read

POCKET = Path(__file__).resolve().parents[3] / "resources" / "pocket" / "plumbline-pocket-3.gguf"
FILES = {"a.py": module(1, 1), "b.py": module(2, 1), "deep/c.py": module(3, 1)}


class Ears:
    """Hears a review."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.found: list[Checked] = []
        self.scopes: list[Scope] = []
        self.stopped = False

    def heard(self) -> Heard:
        return Heard(self._progress, self.found.append, self.scopes.append, lambda: self.stopped)

    def _progress(self, state: ReviewProgress) -> None:
        self.stages.append(state.stage)


def checked(path: str, *, first: int = 1) -> Checked:
    finding = Finding(path, first, first, "warning", "bugs", f"In {path}", "", "code")
    return Checked(finding, "confirmed", "none", f"{path}:{first}")


def review_of(scope: Scope, found: Sequence[Checked] = ()) -> Review:
    return Review(scope.root, scope.what, ("bugs",), "m", "2026-03-14T07:00:00+00:00", tuple(found), ())


@pytest.fixture
def code(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "crane", FILES)


def test_each_choice_is_the_code_that_it_names(code: Path, tmp_path: Path) -> None:
    heard = Ears().heard()
    assert set(scope_of(Wanted(paths=(code,)), heard).texts) == set(FILES)
    some = scope_of(Wanted("files", (code,), files=(str(code / "a.py"), str(code / "b.py"))), heard)
    assert set(some.texts) == {"a.py", "b.py"}
    commit(code, {"b.py": module(2) + "\n\nX = 1\n"})
    since = scope_of(Wanted("changes", (code,), since="HEAD~1"), heard)
    assert set(since.texts) == {"b.py"}
    assert since.changed["b.py"]
    with pytest.raises(ScopeRefused):
        scope_of(Wanted("changes", (code / "deep",), since="HEAD~1"), heard)
    patch = tmp_path / "x.patch"
    patch.write_text(git(code, "diff", "HEAD~1", "HEAD"), "utf-8")
    whole = scope_of(Wanted("patch", (code,), patch=patch), heard)
    assert whole.texts["b.py"].startswith('"""Module 2')
    alone = scope_of(Wanted("patch", patch=patch), heard)
    assert set(alone.known) == {"b.py"}


def test_what_cannot_be_reviewed_is_a_sentence(code: Path, tmp_path: Path) -> None:
    heard = Ears().heard()
    with pytest.raises(ScopeRefused, match="Nothing was named"):
        scope_of(Wanted(), heard)
    with pytest.raises(ScopeRefused, match="No patch was named"):
        scope_of(Wanted("patch", (code,)), heard)
    with pytest.raises(ScopeRefused, match="no code whose changes"):
        scope_of(Wanted("changes", since="main"), heard)
    with pytest.raises(ChecklistRefused):
        carry_out(Wanted(paths=(code,), checklists=("nothing",)), heard, LocalBackend(COMMAND), _settings(), None)


def test_only_what_changed_is_read_again_and_the_rest_is_kept(code: Path) -> None:
    first = everything([code])
    before = Reviewed(review_of(first, [checked("a.py"), checked("b.py"), checked("gone.py")]), first.texts)
    with pytest.raises(ScopeRefused, match="Nothing has changed"):
        changed_since(first, before)
    write(code, {"b.py": module(7), "new.py": module(8)})
    whole = everything([code])
    scope = changed_since(whole, before)
    assert set(scope.texts) == {"b.py", "new.py"}
    assert {"a.py", "deep/c.py"} <= set(scope.others)
    done = joined(review_of(scope, [checked("new.py", first=4)]), whole, scope, before.review)
    # What stood in b.py is looked for anew, and gone.py is no longer there.
    assert [one.finding.path for one in done.findings] == ["a.py", "new.py"]


def test_what_is_dropped_or_read_can_be_chosen_from(code: Path, tmp_path: Path) -> None:
    offer = offer_dropped([code], model="m")
    assert (offer.paths, offer.whole, offer.first) == ((code,), "Everything in crane", "everything")
    assert [name for _, name in offer.files] == ["a.py", "b.py", "deep/c.py"]
    assert offer.repository == code
    assert [one.name for one in offer.checklists[:2]] == ["bugs", "security"]
    assert offer.chosen == ("bugs", "security")
    assert all(one.items and one.title for one in offer.checklists)
    patch = tmp_path / "fix.patch"
    patch.write_text("--- a/x\n+++ b/x\n", "utf-8")
    dropped = offer_dropped([patch], model="m")
    assert (dropped.first, dropped.patch, dropped.paths) == ("patch", patch, ())
    (tmp_path / "readme.md").write_text("# Crane\n", "utf-8")
    sources = offer_sources(read(code, tmp_path / "readme.md").documents, model="")
    assert set(sources.paths) == {code / name for name in FILES}
    assert sources.whole == "All code among the sources, 3 files"
    nothing = offer_sources(read(tmp_path / "readme.md").documents, model="m")
    assert (nothing.paths, nothing.files, nothing.repository) == ((), (), None)


def test_a_checklist_of_ones_own_is_offered_by_its_path(tmp_path: Path) -> None:
    own = tmp_path / "cranes.md"
    own.write_text("# Cranes\n\n- **limit**: A limit that is not checked.\n", "utf-8")
    listed = own_list(own)
    assert (listed.name, listed.title, listed.items) == (str(own), "Cranes", 1)
    own.write_text("nothing\n", "utf-8")
    with pytest.raises(ChecklistRefused):
        own_list(own)


def test_a_review_is_written_as_a_whole_or_not_at_all(code: Path, tmp_path: Path) -> None:
    scope = everything([code])
    found = checked("a.py")
    line = scope.texts["a.py"].split("\n")[0]
    diff = f"--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-{line}\n+{line} # seen\n"
    suggested = replace(found, patch="applies", finding=replace(found.finding, suggestion=diff))
    broken = replace(checked("b.py"), patch="fails", reason="It does not fit.")
    reviewed = Reviewed(review_of(scope, [suggested, broken]), scope.texts)
    path = tmp_path / "out.patch"
    assert write_review(reviewed, "patch", path) == "1 suggestion is not in it: It does not fit."
    git(code, "apply", "--check", str(path))
    assert write_review(reviewed, "json", tmp_path / "out.json") == ""
    assert (tmp_path / "out.json").read_text("utf-8").startswith("{")
    with pytest.raises(OSError, match="missing"):
        write_text("x", tmp_path / "missing" / "x.patch")
    path.unlink()
    folder = tmp_path / "taken"
    folder.mkdir()
    with pytest.raises(OSError, match="taken"):
        write_text("x", folder)
    assert [one.name for one in tmp_path.iterdir() if one.name.endswith(".part")] == []


@pytest.fixture
def backend() -> Iterator[LocalBackend]:
    engine = LocalBackend(COMMAND)
    yield engine
    engine.close()
    from ingest.outline import _CHILD

    _CHILD.close()


def test_a_real_model_reviews_what_is_wanted_and_then_only_what_changed(code: Path, backend: LocalBackend) -> None:
    ears = Ears()
    wanted = Wanted(paths=(code,), checklists=("bugs",))
    done = carry_out(wanted, ears.heard(), backend, _settings(), None)
    assert done.review.passes[0].files == tuple(sorted(FILES))
    assert done.texts == ears.scopes[0].texts
    assert {"reading", "answering"} <= set(ears.stages)
    assert len(ears.found) >= len(done.review.findings)
    write(code, {"b.py": module(9, 1)})
    again = carry_out(replace(wanted, only_changed=True), ears.heard(), backend, _settings(), done)
    assert [report.files for report in again.review.passes] == [("b.py",)]
    assert set(again.texts) == set(FILES)
    stopping = Ears()
    stopping.stopped = True
    with pytest.raises(Stopped):
        carry_out(wanted, stopping.heard(), backend, _settings(), None)


def _settings() -> Settings:
    return Settings(model=POCKET, date=datetime.date(2026, 3, 14), threads=1, n_ctx=4096, max_answer=48)
