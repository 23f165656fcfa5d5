"""What the user set, kept in one JSON file beside the sessions. Knows no window.

A file that cannot be understood is kept aside, and what could not be read of it starts from defaults.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar, get_args

from app.core.model_choice import ModelChoice
from app.core.paths import data_dir
from ingest.preview import MANY_BYTES, MANY_FILES

FILE_NAME = "settings.json"
DAMAGED_SUFFIX = ".damaged"
SMALLEST_ZOOM, LARGEST_ZOOM = 0.8, 2.0
MOST_RECENT_MODELS = 12

ThemeChoice = Literal["light", "dark", "high_contrast"]
T = TypeVar("T")
_PRESETS = Path(__file__).resolve().parents[2] / "resources" / "prompts" / "presets.json"


class Preset(NamedTuple):
    """A task by its name, and the question that is asked for it."""

    name: str
    text: str


def default_presets() -> tuple[Preset, ...]:
    """The tasks that come with the program."""
    return tuple(Preset(p["name"], p["text"]) for p in json.loads(_PRESETS.read_text("utf-8")))


@dataclass(frozen=True, slots=True)
class Preferences:
    """Everything that is remembered but sessions.

    theme, reduced_motion: None follows the system. zoom: 0.8 to 2.0. with_history: a question sees those before it.
    ask_on_enter: Enter sends and Shift+Enter begins a line; else Ctrl+Enter sends. geometry, panels: Qt's, in base64.
    keep_read: what is read for a session stays on disk. read_quota: bytes for that, 0 for a share of the disk.
    read_seconds: only what takes longer to read. many_files, many_bytes: a drop of more is shown before it is read.
    """

    theme: ThemeChoice | None = None
    zoom: float = 1.0
    reduced_motion: bool | None = None
    recent_models: tuple[Path, ...] = ()
    model: ModelChoice | None = None
    with_history: bool = False
    ask_on_enter: bool = False
    presets: tuple[Preset, ...] = field(default_factory=default_presets)
    geometry: str = ""
    panels: str = ""
    keep_read: bool = True
    read_quota: int = 0
    read_seconds: float = 2.0
    many_files: int = MANY_FILES
    many_bytes: int = MANY_BYTES

    def with_model(self, choice: ModelChoice) -> Preferences:
        """These, with `choice` as the last model and the first of the recent ones."""
        recent = (choice.path, *(path for path in self.recent_models if path != choice.path))
        return replace(self, model=choice, recent_models=recent[:MOST_RECENT_MODELS])


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read. problem: one sentence when something could not be, else ""."""

    preferences: Preferences
    problem: str = ""


def settings_path() -> Path:
    """The file."""
    return data_dir() / FILE_NAME


def load() -> Loaded:
    """Read the file; never raises for what stands in it. Settings that make no sense get their defaults."""
    path = settings_path()
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Loaded(Preferences())
    except OSError as error:
        return Loaded(Preferences(), f"Your settings in {path} cannot be read: {error.strerror or error}.")
    try:
        plain = json.loads(raw)
    except (ValueError, RecursionError):
        plain = None
    if not isinstance(plain, dict):
        return Loaded(Preferences(), f"Your settings were damaged and start anew{_put_aside(path, raw)}.")
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for name, read in _READERS.items():
        if name in plain:
            try:
                values[name] = read(plain[name])
            except (ValueError, TypeError):
                wrong.append(name)
    if not wrong:
        return Loaded(Preferences(**values))
    named = ", ".join(wrong)
    problem = f"Some settings were damaged ({named}) and are as they were at first{_put_aside(path, raw)}."
    return Loaded(Preferences(**values), problem)


def save(preferences: Preferences) -> None:
    """Write the file so that at any moment the old or the new one is there whole. Raises OSError."""
    path = settings_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = json.dumps(_as_plain(preferences), indent=2).encode("ascii") + b"\n"
    handle, name = tempfile.mkstemp(prefix=f"{FILE_NAME}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _put_aside(path: Path, raw: bytes) -> str:
    """Keep the damaged file; what to say about it."""
    aside = path.with_name(path.name + DAMAGED_SUFFIX)
    try:
        aside.write_bytes(raw)
    except OSError:
        return ""
    return f"; the damaged file is kept as {aside}"


def _as_plain(preferences: Preferences) -> dict[str, Any]:
    presets = preferences.presets
    return {
        "theme": preferences.theme,
        "zoom": preferences.zoom,
        "reduced_motion": preferences.reduced_motion,
        "recent_models": [str(path) for path in preferences.recent_models],
        "model": preferences.model.as_plain() if preferences.model else None,
        "with_history": preferences.with_history,
        "ask_on_enter": preferences.ask_on_enter,
        # Tasks that nobody edited stay the program's, so that its next version may better them.
        "presets": None if presets == default_presets() else [[preset.name, preset.text] for preset in presets],
        "geometry": preferences.geometry,
        "panels": preferences.panels,
        "keep_read": preferences.keep_read,
        "read_quota": preferences.read_quota,
        "read_seconds": preferences.read_seconds,
        "many_files": preferences.many_files,
        "many_bytes": preferences.many_bytes,
    }


def _of(kind: type[T]) -> Callable[[Any], T]:
    def read(value: Any) -> T:
        if not isinstance(value, kind):
            raise TypeError
        return value

    return read


def _or_none(read: Callable[[Any], T]) -> Callable[[Any], T | None]:
    return lambda value: None if value is None else read(value)


def _theme(value: Any) -> ThemeChoice:
    if value not in get_args(ThemeChoice):
        raise ValueError
    chosen: ThemeChoice = value
    return chosen


def _zoom(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not SMALLEST_ZOOM <= value <= LARGEST_ZOOM:
        raise ValueError
    return float(value)


def _quota(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise ValueError
    return float(value)


def _paths(value: Any) -> tuple[Path, ...]:
    if not isinstance(value, list) or not all(isinstance(path, str) and path for path in value):
        raise ValueError
    return tuple(Path(path) for path in value)[:MOST_RECENT_MODELS]


def _presets(value: Any) -> tuple[Preset, ...]:
    if value is None:
        return default_presets()
    presets = tuple(Preset(*map(_of(str), _of(list)(preset))) for preset in _of(list)(value))
    if not all(preset.name.strip() for preset in presets):
        raise ValueError
    return presets


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "theme": _or_none(_theme),
    "zoom": _zoom,
    "reduced_motion": _or_none(_of(bool)),
    "recent_models": _paths,
    "model": _or_none(ModelChoice.from_plain),
    "with_history": _of(bool),
    "ask_on_enter": _of(bool),
    "presets": _presets,
    "geometry": _of(str),
    "panels": _of(str),
    "keep_read": _of(bool),
    "read_quota": _quota,
    "read_seconds": _seconds,
    "many_files": _quota,
    "many_bytes": _quota,
}
