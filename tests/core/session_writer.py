"""A process that saves a session as the program does, and says what it has handed over; made to be killed.

Each line on standard output is JSON: {"saved": characters of the answer the store has taken, "message": its number}
or {"stage": what is done}; it is said after the store has returned.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

from app.core.records import StoredCitation
from app.core.sessions import Store
from ingest.document import Document, Section, Span

APPEND_SECONDS = 0.05
SECTIONS = 250
"""Enough for text that is saved in several transactions."""


def say(**values: object) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def answer_text(seed: int) -> str:
    """What the answer will be, so that whoever reads the file later can compare."""
    words = random.Random(seed)
    return " ".join(f"word{words.randrange(10_000)}" for _ in range(4000))


def document(seed: int) -> Document:
    body = answer_text(seed + 1)
    sections = tuple(
        Section(f"page {i}", Span(page=i), f"page {i} {body[i * 37 : i * 37 + 9000]}") for i in range(1, SECTIONS + 1)
    )
    return Document(f"/files/{seed}.pdf", "pdf", "ok", sections=sections)


def main(path: Path, seed: int) -> None:
    with Store.open(path) as store:
        say(stage="open")
        session, _ = store.open_or_create("killed")
        workspace = store.load(session, with_text=False).workspace.add([document(seed)])
        store.add_documents(session, workspace.entries[-1:])
        say(stage="documents", count=len(workspace.entries))
        while True:
            store.start_message(session, "user", text=f"question {seed}")
            message = store.start_message(session, "assistant")
            text = answer_text(seed)
            saved = 0
            step = 23
            while saved < step * 12:
                store.append_answer(message, text[saved : saved + step])
                saved += step
                say(message=message, saved=saved)
                time.sleep(APPEND_SECONDS)
            citation = StoredCitation(1, text[:10], "exact", "S1 p.1", "S1", 0, 0, 10, Span(page=1))
            store.finish_message(message, text=text[:saved], citations=[citation])
            say(message=message, saved=saved, finished=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
