"""Settings come back as they were saved; a damaged file costs its own settings, is kept, and is said."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from app.core.model_choice import ModelChoice
from app.core.settings import MOST_RECENT_MODELS, Preferences, Preset, default_presets, load, save, settings_path


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLUMBLINE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


EVERYTHING = Preferences(
    theme="high_contrast",
    zoom=1.5,
    reduced_motion=False,
    recent_models=(Path("/models/ä.gguf"), Path("/models/b.gguf")),
    model=ModelChoice(Path("/models/b.gguf"), n_ctx=8192, kv="q4_0", threads=2, gpu_layers=1),
    with_history=True,
    ask_on_enter=True,
    presets=(Preset("One", "What is…\nin two lines?"),),
    geometry="AdnQywADAAA=",
    panels="AAAA/wAAAAA=",
)


def test_without_a_file_everything_is_as_at_first_and_nothing_is_made(data: Path) -> None:
    assert load().preferences == Preferences()
    assert not load().problem
    assert not data.exists()


@pytest.mark.parametrize("preferences", [EVERYTHING, Preferences(), Preferences(presets=())])
def test_what_is_saved_comes_back(preferences: Preferences) -> None:
    save(Preferences(zoom=2.0))
    save(preferences)
    assert load().preferences == preferences
    assert not load().problem
    assert [file.name for file in settings_path().parent.iterdir()] == ["settings.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="names of another kind")
def test_a_path_that_is_no_unicode_comes_back() -> None:
    path = Path(os.fsdecode(b"/models/odd-\xff.gguf"))
    save(Preferences().with_model(ModelChoice(path)))
    assert load().preferences.recent_models == (path,)


def test_tasks_nobody_edited_stay_the_programs_own() -> None:
    save(Preferences())
    assert json.loads(settings_path().read_text())["presets"] is None
    assert [preset.name for preset in default_presets()] == [
        "Summarise each document", "Summarise all", "Compare", "Find contradictions", "Timeline", "Obligations",
    ]  # fmt: skip
    assert all(len(preset.text) > 50 for preset in default_presets())


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe{}", b"[]", b"null", b"[" * 100_000, b'{"zoom": ' + b"9" * 5000])
def test_a_damaged_file_is_kept_aside_and_said(raw: bytes) -> None:
    settings_path().parent.mkdir(parents=True)
    settings_path().write_bytes(raw)
    loaded = load()
    assert loaded.preferences == Preferences()
    assert loaded.problem.endswith(".") and "\n" not in loaded.problem
    aside = settings_path().with_name("settings.json.damaged")
    assert str(aside) in loaded.problem
    assert aside.read_bytes() == raw


WRONG = [
    ("theme", "pink"), ("theme", 1), ("zoom", 0.1), ("zoom", 9), ("zoom", True), ("zoom", float("nan")),
    ("zoom", 10**400), ("reduced_motion", "yes"), ("recent_models", "/a"), ("recent_models", [1]),
    ("model", {"path": 3}), ("with_history", 1), ("ask_on_enter", None), ("presets", [["only a name"]]),
    ("presets", ["ab"]), ("presets", [["", "text"]]), ("presets", 7), ("geometry", None), ("panels", [])
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_one_damaged_setting_leaves_the_others(name: str, value: object) -> None:
    save(EVERYTHING)
    plain = json.loads(settings_path().read_text())
    settings_path().write_text(json.dumps({**plain, name: value}))
    loaded = load()
    assert name in loaded.problem
    for other in Preferences.__dataclass_fields__:
        expected = getattr(Preferences() if other == name else EVERYTHING, other)
        assert getattr(loaded.preferences, other) == expected
    assert settings_path().with_name("settings.json.damaged").exists()


def test_settings_of_a_newer_version_are_no_damage() -> None:
    settings_path().parent.mkdir(parents=True)
    settings_path().write_text('{"zoom": 1.25, "hologram": true}')
    assert load().preferences == Preferences(zoom=1.25)
    assert not load().problem


def test_a_file_that_cannot_be_read_is_said_and_left() -> None:
    settings_path().mkdir(parents=True)
    assert "cannot be read" in load().problem
    assert settings_path().is_dir()


def test_a_failed_saving_leaves_what_was_there_and_nothing_else(data: Path) -> None:
    (settings_path() / "inside").mkdir(parents=True)
    with pytest.raises(OSError):
        save(EVERYTHING)
    assert [file.name for file in data.iterdir()] == ["settings.json"]


def test_the_last_model_is_the_first_of_the_recent_ones() -> None:
    preferences = Preferences()
    for number in range(MOST_RECENT_MODELS + 3):
        preferences = preferences.with_model(ModelChoice(Path(f"/{number}.gguf")))
    again = preferences.with_model(ModelChoice(Path("/9.gguf"), n_ctx=1024))
    assert again.recent_models[:2] == (Path("/9.gguf"), Path("/14.gguf"))
    assert len(set(again.recent_models)) == MOST_RECENT_MODELS
    assert again.model == ModelChoice(Path("/9.gguf"), n_ctx=1024)
