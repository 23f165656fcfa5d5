"""A session as Markdown, for people to read elsewhere. Knows no database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from app.core.records import STANDING, MessageRecord, SessionRecord, StoredCitation
from app.core.selfcheck.standing import standing_of, standing_words
from app.core.span_words import span_words
from app.core.workspace import Entry, shown_path
from ingest.document import Span

STATES = {
    "exact": "found word for word",
    "near": "found, but for white space, case or typography",
    "missing": "NOT FOUND in the place it names",
    "not_quoted": "no words quoted, so nothing could be checked",
}


def to_markdown(record: SessionRecord) -> str:
    """Sources, then each question with its answer, the state of each citation in words, and the quoted evidence."""
    summary = record.summary
    parts = [
        f"# {summary.name}",
        f"Begun {summary.created:%Y-%m-%d %H:%M} UTC, last changed {summary.changed:%Y-%m-%d %H:%M} UTC.",
    ]
    entries = record.workspace.entries
    parts += ["## Sources", "\n".join(_source(entry) for entry in entries) or "None."]
    if record.removed:
        parts.append("Taken out:\n\n" + "\n".join(f"- **{r.key}** {r.name} ({r.kind})" for r in record.removed))
    names = source_names(record)
    questions = 0
    for message in record.messages:
        if message.role == "user":
            questions += 1
            parts += [f"## Question {questions}", _quoted(message.text)]
        else:
            parts += _answer(message, names)
    return "\n\n".join(parts) + "\n"


def source_names(record: SessionRecord, *, shown: Callable[[str], str] = str) -> dict[str, str]:
    """What the sources are called in an export, by key: "handbook.pdf (S3)". shown: how the format writes a name."""
    names = {r.key: f"{shown(r.name)} ({r.key}, taken out)" for r in record.removed}
    return names | {e.key: f"{shown(e.name)} ({e.key})" for e in record.workspace.entries}


def _source(entry: Entry) -> str:
    document = entry.document
    remarks: list[str] = [document.kind]
    if entry.pages:
        remarks.append(f"pages {entry.pages[0]} to {entry.pages[1]}")
    if not entry.included:
        remarks.append("left out")
    if document.sha256:
        remarks.append(f"SHA-256 {document.sha256}")
    problem = f" {document.problem}" if document.problem else ""
    return f"- **{entry.key}** {entry.name} ({', '.join(remarks)}): {_code(shown_path(document.path))}{problem}"


def _answer(message: MessageRecord, names: Mapping[str, str]) -> Iterator[str]:
    yield "### Answer" if message.mode == "model" else "### Passages, no model"
    if message.text.strip():
        yield message.text.strip()
    if not message.finished:
        yield "*(This answer was interrupted.)*"
    if message.citations:
        yield "#### Citations"
    for citation in message.citations:
        yield f"{citation.number}. {_citation(citation, names)}\n\n{_quoted(citation.quote, indent='   ')}"
    for passage in message.passages:
        place = place_words(passage.key, passage.span, names)
        yield f"{passage.number}. {place}\n\n{_quoted(passage.text, indent='   ')}"
    if model := message.model.get("name"):
        yield f"*Model: {model}*"
    if standing := verified_words(message):
        yield f"*{standing}*"


def verified_words(message: MessageRecord) -> str:
    """What the self-check said of the model when it answered; "" where nothing of it was kept."""
    standing = standing_of(message.model.get(STANDING))
    return standing_words(standing, message.used) if standing is not None else ""


def _citation(citation: StoredCitation, names: Mapping[str, str]) -> str:
    state = STATES.get(citation.state, citation.state)
    mark = f"[{citation.mark}] " if citation.mark else ""
    where = (
        f" in {place_words(citation.key, citation.span, names)}" if citation.key and citation.state != "missing" else ""
    )
    elsewhere = f"; it stands in {citation.found_elsewhere}" if citation.found_elsewhere else ""
    return f"{mark}{state}{where}{elsewhere}"


def place_words(key: str, span: Span, names: Mapping[str, str]) -> str:
    """Such as "handbook.pdf (S3), page 4"; names: as `source_names` gives them."""
    source = names.get(key, key)
    where = span_words(span)
    # Words that were recognised do not stand in the file: whoever relies on them has to look at the page.
    return (f"{source}, {where}" if where else source) + (" (text recognised by OCR)" if span.recognised else "")


def _quoted(text: str, *, indent: str = "") -> str:
    return "\n".join(f"{indent}> {line}".rstrip() for line in text.strip("\n").split("\n"))


def _code(text: str) -> str:
    """`text` as Markdown code, fenced by more backticks than it holds in a row."""
    longest = max((len(run) for run in "".join(c if c == "`" else " " for c in text).split()), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"`{text}`"
