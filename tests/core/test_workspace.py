"""Keys are never reused, names are never shared, and what takes part is what was chosen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.core.workspace import Workspace
from ingest.document import Document, Section, Span


def document(path: str, pages: int = 1) -> Document:
    return Document(
        path, "pdf", "ok", sections=tuple(Section(f"p. {i}", Span(page=i), f"{i}") for i in range(1, pages + 1))
    )


def test_a_path_that_comes_again_keeps_its_key_and_takes_the_new_text() -> None:
    one = Workspace().add([document("/a/x.pdf"), document("/a/y.pdf")])
    two = one.add([document("/a/x.pdf", pages=3), document("/a/z.pdf")])
    assert [(e.key, e.document.path, len(e.document.sections)) for e in two.entries] == [
        ("S1", "/a/x.pdf", 3), ("S2", "/a/y.pdf", 1), ("S3", "/a/z.pdf", 1),
    ]  # fmt: skip


def test_text_is_not_given_up_for_want_of_a_password() -> None:
    closed = Document("/a/x.pdf", "pdf", "password_needed", "The PDF asks for a password.")
    one = Workspace().add([document("/a/x.pdf", pages=2)])
    assert one.add([closed]).entries == one.entries
    other = Workspace().add([closed])
    assert [(e.key, len(e.document.sections)) for e in other.add([document("/a/x.pdf")]).entries] == [("S1", 1)]


def test_recognised_text_stays_while_its_file_is_the_same() -> None:
    span = Span(page=1, recognised=True)
    read = Document("/a/s.pdf", "pdf", "recognised", "By OCR.", (Section("p. 1", span, "one"),), sha256="a" * 64)
    picture = Document("/a/s.pdf", "pdf", "no_text_layer", "A picture.", sha256="a" * 64)
    one = Workspace().add([picture]).add([read])
    assert [e.document.status for e in one.entries] == ["recognised"]
    assert one.add([picture]).entries == one.entries
    again = replace(read, sections=(Section("p. 1", span, "two"),))
    assert one.add([again]).entries[0].document is again
    assert one.add([replace(picture, sha256="b" * 64)]).entries[0].document.status == "no_text_layer"


def test_keys_are_not_reused_after_a_removal() -> None:
    one = Workspace().add([document("/a/x.pdf"), document("/a/y.pdf")])
    assert replace(one, entries=one.entries[:1]).add([document("/a/z.pdf")]).entries[-1].key == "S3"


def test_names_are_short_and_unlike() -> None:
    names = [e.name for e in Workspace().add(map(document, ("/r/a/x.pdf", "/r/b/x.pdf", "/q/x.pdf"))).entries]
    assert names == ["x.pdf", "b/x.pdf", "q/x.pdf"]
    inside = Workspace().add(map(document, ("/r/a/x.pdf", "/r/b/x.pdf")), [Path("/r")])
    assert [e.name for e in inside.entries] == ["a/x.pdf", "b/x.pdf"]


def test_several_folders_at_once_keep_their_names_in_front() -> None:
    paths = ("/r/case/x.pdf", "/r/case/sub/y.pdf", "/q/mails/x.pdf", "/q/one.pdf")
    roots = [Path("/r/case"), Path("/q/mails"), Path("/q/one.pdf")]
    names = [e.name for e in Workspace().add(map(document, paths), roots).entries]
    assert names == ["case/x.pdf", "case/sub/y.pdf", "mails/x.pdf", "one.pdf"]


def test_folders_of_one_name_are_told_apart_by_what_they_lie_in() -> None:
    paths = ("/a/src/x.py", "/b/src/x.py", "/c/doc/z.md")
    roots = [Path("/a/src"), Path("/b/src"), Path("/c/doc"), Path("/c/doc")]
    assert [e.name for e in Workspace().add(map(document, paths), roots).entries] == [
        "a/src/x.py", "b/src/x.py", "doc/z.md",
    ]  # fmt: skip
    assert Workspace().add([document("/x.pdf")], [Path("/"), Path("/x.pdf")]).entries[0].name == "x.pdf"


@pytest.mark.parametrize("pattern", ["S2", "y.pdf", "/a/y.pdf", "*y*", "[xy].pdf"])
def test_documents_are_left_out_by_key_name_path_or_pattern(pattern: str) -> None:
    workspace = Workspace().add([document("/a/w.pdf"), document("/a/y.pdf")]).leave_out([pattern])
    assert [e.key for e in workspace.included()] == ["S1"]


def test_pages_limit_only_what_has_pages() -> None:
    text = Document("/a/t.txt", "text", "ok", sections=(Section("", Span(lines=(1, 2)), "t"),))
    workspace = Workspace().add([document("/a/x.pdf", pages=9), text]).limit_pages((4, 5))
    assert [len(d.sections) for d in workspace.prompt_documents()] == [2, 1]
    assert workspace.entries[0].sections_in() == (3, 4)
    assert not Workspace().add([document("/a/x.pdf")]).limit_pages((4, 5)).included()


class Lying:
    """Text that lies in a file."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.reads = 0

    def read(self) -> str:
        self.reads += 1
        return self.text


def test_held_text_is_read_once_and_does_not_change_any_more() -> None:
    source = Lying("first")
    entry = (
        Workspace()
        .add([Document("/a.log", "log", "ok", sections=(Section("", Span(lines=(1, 1)), source),))])
        .entries[0]
    )
    held, read = entry.held()
    source.text = "second"
    assert (held.document.sections[0].text, read, source.reads) == ("first", {0: "first"}, 1)


def three() -> Workspace:
    return Workspace().add([document("/a/x.pdf", pages=3), document("/a/y.pdf", pages=3), document("/a/z.pdf")])


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["S3", "S1", "S2"], ["S3", "S1", "S2"]),
        (["S2"], ["S2", "S1", "S3"]),
        (["S3", "S9", "S3", "S2"], ["S3", "S2", "S1"]),
        ([], ["S1", "S2", "S3"]),
    ],
)
def test_a_new_order_keeps_every_entry(keys: list[str], expected: list[str]) -> None:
    before = three()
    after = before.reorder(keys)
    assert [e.key for e in after.entries] == expected
    assert {e.key for e in after.entries} == {"S1", "S2", "S3"}
    assert sorted(after.entries, key=lambda e: e.key) == list(before.entries)
    assert before == three()


def test_what_is_taken_out_is_gone_and_its_key_with_it() -> None:
    after = three().without(["S3", "S1", "S9"])
    assert [e.key for e in after.entries] == ["S2"]
    assert after.add([document("/a/x.pdf")]).entries[-1].key == "S4"


def test_parts_are_chosen_for_the_named_entries_alone() -> None:
    out = three().set_included(["S1", "S3", "S9"], False)
    assert [e.included for e in out.entries] == [False, True, False]
    assert out.set_included(["S3"], True).set_included(["S1"], True) == three()
    limited = three().set_pages("S2", (2, 3))
    assert [e.sections_in() for e in limited.entries] == [(0, 1, 2), (1, 2), (0,)]
    assert limited.set_pages("S2", None) == three()
