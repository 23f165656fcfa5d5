"""A session goes out as JSON and comes back equal; what is foreign, newer, damaged or false is refused or put right."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.core import export_json, import_json
from app.core.errors import ExportFailed, ImportRefused
from app.core.export_json import session_fields, to_json
from app.core.import_json import from_json, read_session
from app.core.records import SessionRecord, TextNotKept
from app.core.sessions import Store
from app.core.workspace import Workspace
from ingest.document import Document, Section, Span
from tests.core.exported_session import ANSWER, build
from tests.core.test_sessions import Stretch


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "sessions.db") as opened:
        yield opened


@pytest.fixture
def fields(store: Store) -> dict[str, Any]:
    return session_fields(store.load(build(store)))


def content(record: SessionRecord) -> SessionRecord:
    """All of a session but the numbers and the time of the last change, which every file gives anew."""
    messages = tuple(replace(m, id=0) for m in record.messages)
    return replace(
        record, summary=replace(record.summary, id=0, changed=record.summary.created, name=""), messages=messages
    )


def read(fields: dict[str, Any]) -> SessionRecord:
    return from_json(json.dumps(fields).encode(), "session.json")


def test_a_session_comes_back_equal(store: Store, tmp_path: Path) -> None:
    old = store.load(build(store))
    file = tmp_path / "out.json"
    file.write_bytes(to_json(old))
    new = store.load(store.import_session(read_session(file)))
    assert content(new) == content(old)
    assert new.summary.name == f"{old.summary.name} 1"
    assert {h.session for h in store.search("fee of 12")} == {old.summary.id, new.summary.id}
    with Store.open(tmp_path / "elsewhere.db") as elsewhere:
        first = elsewhere.load(elsewhere.import_session(read_session(file)))
        assert first.summary.name == old.summary.name
        assert content(first) == content(old)
        assert first.workspace.add([Document("/new", "text", "ok")]).entries[-1].key == "S5"


def test_text_that_was_never_kept_stays_out(store: Store) -> None:
    sections = tuple(Section(f"{i}", Span(lines=(i, i), bytes=(i, i + 1)), Stretch(f"line {i}")) for i in (1, 2))
    session = store.create()
    store.add_documents(session, Workspace().add([Document("/x.log", "log", "ok", sections=sections)]).entries)
    store.keep_text(session, "S1", {1: "line 2"})
    new = store.load(store.import_session(from_json(to_json(store.load(session)), "s.json")))
    assert new.incomplete == ("S1",)
    first, second = new.workspace.entries[0].document.sections
    assert isinstance(first.body, TextNotKept)
    assert second.text == "line 2"


def test_an_import_that_breaks_off_is_not_seen(store: Store, fields: dict[str, Any]) -> None:
    record = read(fields)
    broken = replace(record, messages=(*record.messages, None))  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        store.import_session(broken)
    assert len(store.sessions()) == 1
    assert store.load(store.import_session(record)).summary.documents == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no session"),
        (b"%PDF-1.7", "holds no session"),
        (b"\xff\xfe\x00", "holds no session"),
        (b"[" * 100_000, "holds no session"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "holds no session"),
        (b'{"format": "plumbline-session", "version": NaN}', "holds no session"),
        (b"[]", "of this program"),
        (b"null", "of this program"),
        (b'{"messages": []}', "of this program"),
        (b'{"format": "plumbline-session", "version": 2}', "newer version"),
        (b'{"format": "plumbline-session", "version": 999999}', "newer version"),
        (b'{"format": "plumbline-session"}', "damaged: version"),
        (b'{"format": "plumbline-session", "version": "1"}', "damaged: version"),
        (b'{"format": "plumbline-session", "version": 1}', "damaged: last_key"),
    ],
)
def test_what_is_no_session_is_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(ImportRefused, match=f"^s.json .*{said}") as caught:
        from_json(content, "s.json")
    assert str(caught.value).endswith(".") and caught.value.hint.endswith(".")


def spoil(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(fields: dict[str, Any]) -> None:
        *way, last = [int(p) if p.isdecimal() else p for p in path.split("/")]
        at: Any = fields
        for step in way:
            at = at[step]
        at[last] = value

    return change


DEEP: list[Any] = []
for _ in range(100):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", 7),
        ("created", "yesterday"),
        ("created", "2026-01-01T00:00:00"),
        ("created", "0001-01-01T00:00:00+14:00"),
        ("last_key", 2),
        ("last_key", 1 << 63),
        ("last_key", True),
        ("settings", []),
        ("view", {"a": DEEP}),
        ("documents", {}),
        ("documents/0", "x"),
        ("documents/0/key", "S1"),
        ("documents/0/key", "S0"),
        ("documents/0/key", "S" + "9" * 5000),
        ("documents/0/key", "S\u0663"),
        ("documents/0/kind", "exe"),
        ("documents/0/path", "\ud800"),
        ("documents/0/pages", [3, 1]),
        ("documents/0/sha256", "x"),
        ("documents/1/sections/0/span", None),
        ("documents/1/sections/0/span/page", 0),
        ("documents/1/sections/0/span/rects", [[1, 2, 3]]),
        ("documents/1/sections/0/places", [[0, 1, 2, 3, 4]]),
        ("documents/1/sections/0/places", [[5, 1, 0.0, 0.0, 0.0, 0.0]]),
        ("documents/1/sections/0/places", [[0, 1, "a", 0.0, 0.0, 0.0]]),
        ("documents/2/sections/0/line_map", [0]),
        ("removed/0/key", None),
        ("messages/1/role", "system"),
        ("messages/1/created", 5),
        ("messages/1/tokens", {"answer": "many"}),
        ("messages/1/timings", {"total": "long"}),
        ("messages/1/citations/0/state", "certain"),
        ("messages/1/citations/0/number", 2),
        ("messages/1/citations/0/start", -1),
        ("messages/3/passages/0/score", None),
    ],
)
def test_damage_is_named_in_one_sentence(fields: dict[str, Any], path: str, value: Any) -> None:
    read(fields)
    spoil(path, value)(fields)
    with pytest.raises(ImportRefused, match=r"^session\.json is damaged: \S+ is not what it should be\.$"):
        read(fields)


def test_any_damage_is_refused_or_harmless(store: Store, fields: dict[str, Any]) -> None:
    generator = random.Random(7)
    values: tuple[Any, ...] = (None, -1, 0, 1 << 70, 1.5, True, "", "x", "\ud800", [], {}, [[]], {"a": None})
    taken = refused = 0
    for _ in range(400):
        spoiled = copy.deepcopy(fields)
        at: Any = spoiled
        while True:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            key = generator.choice(keys)
            if not isinstance(at[key], dict | list) or not at[key] or generator.random() < 0.2:
                at[key] = generator.choice(values)
                break
            at = at[key]
        try:
            record = read(spoiled)
        except ImportRefused as error:
            assert "\n" not in str(error)
            refused += 1
            continue
        session = store.import_session(record)
        assert store.load(session).summary.messages == len(record.messages)
        taken += 1
    assert taken > 20 and refused > 100


def test_strange_text_becomes_storable(store: Store, fields: dict[str, Any]) -> None:
    fields["name"] = " \n "
    fields["messages"][0]["text"] = "a\ud800b\0"
    fields["documents"][0]["sections"][0]["text"] = "\0\ud800"
    new = store.load(store.import_session(read(fields)))
    assert new.summary.name == "Session"
    assert new.messages[0].text == "a\\ud800b\0"
    assert new.workspace.entries[0].document.sections[0].text == "\ufffd\\ud800"


def test_a_file_cannot_call_exact_what_is_not(fields: dict[str, Any]) -> None:
    honest = read(fields).messages[1].citations
    assert [c.state for c in honest] == ["exact", "near", "missing", "not_quoted"]
    citations = fields["messages"][1]["citations"]
    citations[0]["quote"] = "Ships pay no fee."
    citations[1]["state"] = "exact"
    first, second, *_ = read(fields).messages[1].citations
    assert (first.state, first.key, first.start) == ("missing", None, None)
    assert second.state == "near"
    for path, value in (("start", None), ("end", 10**9), ("section", 5), ("start", 0)):
        lying = copy.deepcopy(fields)
        lying["messages"][1]["citations"][0] |= {"quote": "fee", path: value}
        lying["messages"][1]["citations"][0]["end"] = 7 if path == "start" and value == 0 else value
        assert read(lying).messages[1].citations[0].state == "missing", path


def test_a_passage_that_does_not_stand_there_is_left_out(fields: dict[str, Any]) -> None:
    assert len(read(fields).messages[3].passages) == 1
    fields["messages"][3]["passages"][0]["text"] = "words of somebody else"
    assert not read(fields).messages[3].passages
    fields["messages"][3]["passages"][0]["key"] = "S2"
    assert len(read(fields).messages[3].passages) == 1, "its source was taken out, so nobody can tell"


def test_sizes_are_limited(
    store: Store, fields: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = store.find("1")
    size = len(to_json(store.load(session)))
    file = tmp_path / "out.json"
    file.write_bytes(to_json(store.load(session)))
    monkeypatch.setattr(export_json, "LARGEST_BYTES", size - 1)
    monkeypatch.setattr(import_json, "LARGEST_BYTES", size - 1)
    with pytest.raises(ExportFailed, match="is the most"):
        to_json(store.load(session))
    with pytest.raises(ImportRefused, match="is the most"):
        read_session(file)


def test_unknown_fields_are_passed_over(fields: dict[str, Any]) -> None:
    before = read(fields)
    fields["added"] = {"later": 1}
    fields["messages"][1]["added"] = []
    assert read(fields) == before
    assert before.messages[1].text == ANSWER
