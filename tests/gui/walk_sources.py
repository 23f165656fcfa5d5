"""Files such as people drop into the window, good and bad."""

from __future__ import annotations

from pathlib import Path

from tests.ingest.pdfs import write_pdf


def write_sources(folder: Path) -> list[Path]:
    """Files such as people drop: a PDF, a log, code in a folder, a broken PDF, one far too long, one without text."""
    write_pdf(
        folder / "lease.pdf",
        [
            "The rent of 4,250 euros is paid on the third working day.",
            "The lease was signed by Anna Brandt.",
            "Every pet must be announced.",
        ],
    )
    (folder / "pumps.log").write_text(
        "".join(f"2026-03-0{1 + i // 8} 02:1{i % 6}:00 WARN pump {i % 3} alarm {i}\n" for i in range(40)), "utf-8"
    )
    (folder / "minutes.md").write_text("# Minutes\n\nPump 2 failed at night. Olga was told at 02:14.\n", "utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing here")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "rtl.txt").write_text("يدفع الإيجار في اليوم الثالث. \u202eevil\u202c\n", "utf-8")
    (folder / "long.txt").write_text("The crane was built in 2011 by Halloran Steel.\n" * 3000, "utf-8")
    code = folder / "code"
    code.mkdir()
    (code / "limits.py").write_text("LIMIT = 40  # bar\n\n\ndef over(value):\n    return value > LIMIT\n", "utf-8")
    (code / "watch.py").write_text("import limits\n\nprint(limits.over(41))\n", "utf-8")
    return sorted(folder.iterdir())
