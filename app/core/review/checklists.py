"""What a review looks for: checklists as data, those that come with the program and people's own.

A checklist is a TOML file (`title`, `about`, `[[items]]` with `id`, `look` and, where one fits, `cwe`) or a Markdown
file whose heading is its title and whose list items are what to look for: `- **id** (CWE-79): words`, of which the
words alone suffice. Its name is the file's. Knows no model and no findings.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.errors import ChecklistRefused
from app.core.paths import data_dir
from ingest.files import why

BUNDLED = Path(__file__).resolve().parents[3] / "resources" / "checklists"
DEFAULT = ("bugs", "security")
LARGEST = 100_000
"""Bytes. A checklist is read by the model after each pass, so it is meant to be short."""

MOST_ITEMS = 60

_SUFFIXES = (".toml", ".md", ".markdown")
_ITEM = re.compile(r"[-*+] +(?:\*\*(?P<id>[^*]+)\*\* *)?(?:\((?P<cwe>CWE-\d{1,5})\) *)?(?:: *)?(?P<look>.*)")
_CWE = re.compile(r"CWE-[1-9]\d{0,4}")
_KINDS = {"title": str, "about": str, "items": list}


@dataclass(frozen=True, slots=True)
class Item:
    """Something to look for. id: the category of findings of it. cwe: such as "CWE-79", or ""."""

    id: str
    look: str
    cwe: str = ""


@dataclass(frozen=True, slots=True)
class Checklist:
    """name: how it is chosen. title, about: for people; about also opens the question. path: of its file."""

    name: str
    title: str
    about: str
    items: tuple[Item, ...]
    path: Path

    @property
    def cwes(self) -> Mapping[str, str]:
        """The CWE of each item that has one, by id."""
        return {item.id: item.cwe for item in self.items if item.cwe}


def own_folder() -> Path:
    """Where people's own checklists lie; a file there takes the place of a bundled one of the same name."""
    return data_dir() / "checklists"


def load_checklists(folders: Sequence[Path] | None = None) -> tuple[dict[str, Checklist], tuple[str, ...]]:
    """The checklists in `folders` (None: the bundled ones and people's own) by name; later folders win.

    Returned with them: a sentence for each file that cannot be used.
    """
    found: dict[str, Checklist] = {}
    problems: list[str] = []
    for folder in (BUNDLED, own_folder()) if folders is None else folders:
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        for path in files:
            if path.suffix.lower() not in _SUFFIXES or path.name.startswith("."):
                continue
            try:
                checklist = read_checklist(path)
                found[checklist.name] = checklist
            except ChecklistRefused as refused:
                problems.append(str(refused))
    return found, tuple(problems)


def choose(names: Sequence[str], folders: Sequence[Path] | None = None) -> tuple[Checklist, ...]:
    """The checklists of these names; one with a slash or an ending is a file's path. Raises ChecklistRefused."""
    known, problems = load_checklists(folders)
    chosen: dict[str, Checklist] = {}
    for name in names:
        if name in known:
            chosen[name] = known[name]
        elif os.sep in name or "/" in name or Path(name).suffix.lower() in _SUFFIXES:
            own = read_checklist(Path(name).expanduser())
            chosen[own.name] = own
        else:
            own_problem = next((problem for problem in problems if Path(name).stem in problem), None)
            raise ChecklistRefused(
                own_problem or f"There is no checklist {name}.", hint=f"Choose of {', '.join(known)}, or name a file."
            )
    return tuple(chosen.values())


def read_checklist(path: Path) -> Checklist:
    """The checklist in a TOML or Markdown file. Raises ChecklistRefused."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise ChecklistRefused(f"The checklist {path} cannot be read: {why(error)}.") from error
    if len(content) > LARGEST:
        raise ChecklistRefused(f"The checklist {path} is too long.", hint=f"Keep it below {LARGEST:,} bytes.")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ChecklistRefused(f"The checklist {path} is not in UTF-8.", hint="Save it as UTF-8.") from error
    title, about, items = _of_toml(path, text) if path.suffix.lower() == ".toml" else _of_markdown(text)
    ids = [item.id for item in items]
    twice = next((one for one in ids if ids.count(one) > 1), None)
    if not items:
        raise _wrong(path, "it lists nothing to look for")
    if twice is not None:
        raise _wrong(path, f"the id {twice} stands there twice")
    if len(items) > MOST_ITEMS:
        raise _wrong(path, f"it has {len(items)} items, over {MOST_ITEMS}; make two of it")
    return Checklist(path.stem, title or path.stem, about, tuple(items), path)


def _of_toml(path: Path, text: str) -> tuple[str, str, list[Item]]:
    try:
        fields = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(path, f"it is no TOML ({error})") from error
    for name, kind in _KINDS.items():
        if not isinstance(fields.get(name, kind()), kind):
            raise _wrong(path, f"its {name} is no {'list of tables' if kind is list else 'text'}")
    return fields.get("title", ""), fields.get("about", ""), [_item(path, one) for one in fields.get("items", [])]


def _item(path: Path, fields: Any) -> Item:
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        raise _wrong(path, "an item is no table of texts")
    look, cwe = " ".join(fields.get("look", "").split()), fields.get("cwe", "")
    if not look:
        raise _wrong(path, f"the item {fields.get('id') or 'without an id'} does not say what to look for (look = ...)")
    if cwe and not _CWE.fullmatch(cwe):
        raise _wrong(path, f"{cwe!r} is no CWE such as CWE-79")
    return Item(_id(fields.get("id", "") or look), look, cwe)


def _of_markdown(text: str) -> tuple[str, str, list[Item]]:
    title, about = "", []
    items: list[Item] = []
    for line in text.split("\n"):
        found = _ITEM.match(line.strip())
        if line.startswith("#"):
            title = title or line.strip("# ")
        elif found:
            look = " ".join(found["look"].split())
            if look or found["id"]:
                items.append(Item(_id(found["id"] or look), look or found["id"], found["cwe"] or ""))
        elif line.strip() and items and line[:1].isspace():
            last = items[-1]
            items[-1] = Item(last.id, f"{last.look} {line.strip()}", last.cwe)
        elif line.strip() and not items:
            about.append(line.strip())
    return title, " ".join(about), items


def _id(words: str) -> str:
    """Letters, digits and hyphens, of the first words."""
    plain = re.sub(r"[^\w]+", "-", words.lower()).strip("-")
    return "-".join(plain.split("-")[:5])[:40].strip("-") or "item"


def _wrong(path: Path, what: str) -> ChecklistRefused:
    return ChecklistRefused(
        f"The checklist {path} cannot be used: {what}.", hint="See resources/checklists for how one is written."
    )
