"""Real documents that every installation of the project has, for labelled questions about them.

The Python reference, modules of the standard library, the source and read-me files of the project's own dependencies,
a licence, and a text of our own in fourteen languages. All are read from where they are installed.
"""

from __future__ import annotations

import heapq
import importlib.metadata
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path

from ingest.document import Document, Kind, Section, Span

DATA = Path(__file__).parent / "data"

PACKAGES = ("click", "jinja2", "pathspec", "platformdirs", "sqlite_utils")
READ_ME_FILES = (
    "beautifulsoup4",
    "charset_normalizer",
    "click",
    "jinja2",
    "llama_cpp_python",
    "markdown_it_py",
    "pathspec",
    "platformdirs",
    "psutil",
    "sqlite_utils",
    "tiktoken",
)
MODULES = tuple(
    "bisect calendar contextlib csv difflib fnmatch fractions functools glob graphlib gzip heapq hmac ipaddress queue "
    "random sched secrets shelve shutil smtplib socketserver statistics string tarfile tempfile textwrap threading "
    "weakref zipfile".split()
)


@dataclass(frozen=True)
class Question:
    """A question and what a right passage must be: from the document named `file`, holding `phrase`.

    held_out: not looked at while the ranking was made.
    """

    question: str
    file: str
    phrase: str
    held_out: bool


def load_questions() -> list[Question]:
    """Those of which the phrase stands in the installed documents: other versions have other texts."""
    texts = {name: "\n".join(s.text for s in d.sections) for name, d in load_documents().items()}
    entries = json.loads((DATA / "ranking_questions.json").read_text(encoding="utf-8"))
    questions = [Question(e["question"], e["file"], e["phrase"], held_out=i % 3 == 2) for i, e in enumerate(entries)]
    return [q for q in questions if plain(q.phrase) in plain(texts.get(q.file, ""))]


def plain(text: str) -> str:
    """`text` with its white space collapsed."""
    return " ".join(text.split())


def load_documents() -> dict[str, Document]:
    """Documents by the names that questions use."""
    from pydoc_data.topics import topics

    documents = {f"topics/{name}": _document(f"topics/{name}", "text", text) for name, text in topics.items()}
    library = Path(heapq.__file__).parent
    for module in MODULES:
        file = library / f"{module}.py"
        file = file if file.exists() else library / module / "__init__.py"
        documents[f"std/{module}.py"] = _file(f"std/{module}.py", "code", file)
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        assert spec is not None and spec.origin is not None
        root = Path(spec.origin).parent
        for file in sorted(root.rglob("*.py")):
            name = f"pkg/{package}/{file.relative_to(root).as_posix()}"
            documents[name] = _file(name, "code", file)
    for package in READ_ME_FILES:
        read_me = importlib.metadata.distribution(package).read_text("METADATA") or ""
        text = read_me.partition("\n\n")[2]
        documents[f"meta/{package}"] = _document(f"meta/{package}", "markdown", text)
    licence = importlib.metadata.distribution("pathspec").read_text("licenses/LICENSE")
    documents["licence/mpl"] = _document("licence/mpl", "text", licence or "")
    for block in (DATA / "ranking_texts.txt").read_text(encoding="utf-8").split("\n# ")[1:]:
        title, _, text = block.partition("\n")
        documents[f"text/{title}"] = _document(f"text/{title}", "text", text)
    return {name: document for name, document in documents.items() if document.sections}


def _file(name: str, kind: Kind, path: Path) -> Document:
    return _document(name, kind, path.read_text(encoding="utf-8"))


def _document(name: str, kind: Kind, text: str) -> Document:
    if not text.strip():
        return Document(name, kind, "empty", "Nothing in it.")
    section = Section(name, Span(lines=(1, text.count("\n") + 1)), text)
    return Document(name, kind, "ok", sections=(section,))
