"""A session for the export tests: every state of a citation, three scripts, and markup wherever text can stand."""

from __future__ import annotations

from app.core.records import StoredCitation, StoredPassage
from app.core.review.finding import Checked, Finding, Omitted, PassReport, Review
from app.core.sessions import Store
from app.core.workspace import Workspace
from ingest.document import Document, Place, Section, Span

EVIL = '<script>alert(1)</script><img src="http://evil.example/x.png" onerror="alert(2)">" onload="alert(3)'
PAGE = f"Harbour rules {EVIL}\n\nAll ships\nreport at the gate. Ships pay a fee of 12 shillings."
ARABIC = "السفن تدفع رسومًا قدرها 12 شلنًا لكل ليلة."
ANSWER = f"""The handbook says: “Ships pay a fee of 12 shillings.” [S1 p.1] It says "ships report at the gate" [S1 p.1],
and “The crane may lift 900 tonnes.” [S1 p.1]

# Heading {EVIL}

| Ship | Fee |
|:-----|----:|
| Anna | 1,200 |

[a link](https://example.org/page) and ![a picture](https://evil.example/y.png) and [bad](javascript:alert(4))

```python" onclick="alert(5)
code = "<b>"
```

{ARABIC}

Nothing else was said. \U000f0000 \U000f0063
"""

REVIEW = Review(
    "/home/ana/caf\udce9",
    "1 file",
    ("bugs",),
    EVIL,
    "2026-03-14T12:00:00+01:00",
    (
        Checked(
            Finding("a\udce9.py", 3, 4, "error", "bugs", EVIL, "Why.", "x = 1", "--- a\n", "CWE-20", 0.5, "bugs"),
            "moved",
            "fails",
            "f" * 32,
            "It does not apply.",
            ("security, pass 2",),
        ),
    ),
    (PassReport(1, ("a\udce9.py",), "bugs", 100, 20, 80, 30, 1.5, 1, "It was cut off.", ("a.py:1-9",)),),
    (Omitted("big.bin", "It is too large."),),
    True,
    ("It is a shallow clone.",),
)


def build(store: Store) -> int:
    """The session's number."""
    place = Place(0, 7, (72.0, 36.25, 500.5, 48.0))
    rects = (place.rect,)
    documents = [
        Document(
            "/home/ana/handbook.pdf",
            "pdf",
            "ok",
            sections=(Section("page 1", Span(page=1, rects=rects, recognised=True), PAGE, (place,)),),
            size=10,
            mtime_ns=-5,
            sha256="ab" * 32,
        ),
        Document(f"/home/ana/{EVIL}.txt", "text", "repaired", f"Read as Latin-1. {EVIL}"),
        Document("/home/ana/دليل.md", "markdown", "ok", sections=(Section("دليل", Span(lines=(1, 1)), ARABIC),)),
        Document(
            "/home/ana/caf\udce9.html",
            "html",
            "ok",
            sections=(Section("", Span(lines=(3, 9)), "One.\nTwo.", line_map=(3, 9)),),
        ),
    ]
    session = store.create(f"Fees {EVIL}", system_prompt="Be exact.", settings={"ctx": 4096})
    store.add_documents(session, Workspace().add(documents).entries)
    store.set_included(session, ["S4"], included=False)
    store.set_included(session, ["S1"], included=True, pages=(1, 2))
    store.set_order(session, ["S3", "S1", "S2", "S4"])
    store.set_view(session, {"scroll": 0.5})
    store.start_message(session, "user", text=f"How much?\n{EVIL}")
    answer = store.start_message(session, "assistant")
    store.finish_message(answer, text=ANSWER, citations=_citations(), model={"name": EVIL}, tokens={"answer": 9})
    store.start_message(session, "user", text="كم الرسوم؟", mode="evidence")
    answer = store.start_message(session, "assistant", mode="evidence")
    store.finish_message(
        answer, text="", passages=[StoredPassage(1, "S3", 0, 0, 12, Span(lines=(1, 1)), ARABIC[:12], 2.5)]
    )
    open_answer = store.start_message(session, "assistant")
    store.append_answer(open_answer, "half an ans")
    store.remove_documents(session, ["S2"])
    store.add_review(session, REVIEW)
    store.dismiss(session, "f" * 32, EVIL)
    return session


def _citations() -> list[StoredCitation]:
    def cited(number: int, state: str, quote: str, place: tuple[int, int] | None = None) -> StoredCitation:
        at = ANSWER.index(quote)
        found = place is not None
        start, end = place or (None, None)
        return StoredCitation(
            number,
            quote,
            state,
            "S1 p.1",
            "S1" if found else None,
            0 if found else None,
            start,
            end,
            Span(page=1, rects=((1.0, 2.0, 3.0, 4.0),)) if found else Span(),
            None if found else f"crane.pdf {EVIL}, page 7",
            at,
            at + len(quote),
        )

    exact, near = "Ships pay a fee of 12 shillings.", "ships report at the gate"
    return [
        cited(1, "exact", exact, (PAGE.index(exact), PAGE.index(exact) + len(exact))),
        cited(2, "near", near, (PAGE.index("ships\n"), PAGE.index(" gate") + 5)),
        cited(3, "missing", "The crane may lift 900 tonnes."),
        StoredCitation(4, "Nothing else was said.", "not_quoted", answer_start=ANSWER.index("Nothing")),
    ]
