"""The documents of the pictures: an agreement, a report, e-mails, scans, code, a log; and some from right to left."""

from __future__ import annotations

import datetime
import random
import shutil
from pathlib import Path

from app.ui.main_window import SAMPLE
from ingest.document import Annotation, Details, OutlineEntry
from tests.ingest.pdfs import library, write_pictures, write_protected

_CLAUSES = (
    ("Scope", "The Contractor keeps the quay cranes 1 to 6 in working order for the Port for a term of four years."),
    ("Safety devices", "The Contractor shall test every limit switch, overload cell and emergency stop once in each "
     "calendar month and shall record the result in the log book kept in the crane cabin."),
    ("Replacement", "The Contractor shall at its own cost replace any limit switch that fails two consecutive monthly "
     "tests within ten working days of the second failure, and shall tell the Port in writing on the same day."),
    ("Operation", "Until the replacement has been accepted the crane shall be used only with a second operator who "
     "watches the slewing angle."),
    ("Reporting", "The Contractor sends the Port a written report by the fifth day of each month. The report lists "
     "every failed test, the part number, and the date on which the device went back into service."),
    ("Payment", "The Port pays 18,400 euros for each quarter within thirty days of a correct invoice."),
)  # fmt: skip
_EMAILS = """# Vendor e-mails

**From:** Tomas Wren, 12 March. **To:** Ana Reyes.

The part left our store this morning. We can lend you a switch of the older type until it arrives; it fits the same
bracket. Please return it unopened if you do not need it.

**From:** Ana Reyes, 13 March. **To:** Tomas Wren.

The loan switch has not come. The lift on the 14th goes ahead with a second operator in the cabin.
"""
_REPORT = (
    "On 9 January the slewing limit switch of crane 4 did not act within 0.5 s. Repeated, it failed again.",
    "On 11 February the same switch failed the monthly test for the second time. The operator was told on that day.",
    "The overload cell acted at 104 per cent of the rated load, which is within the tolerance of the maker.",
)

DETAILS = Details(
    outline=tuple(
        OutlineEntry(level, title, page)
        for level, title, page in (
            (1, "Scope and term", 1),
            (2, "The cranes", 2),
            (2, "Safety devices and their monthly tests", 5),
            (1, "Replacement of parts", 9),
            (1, "Payment", 17),
        )
    ),
    fields=(("Signed for the Port", "A. Reyes"), ("Signed on", "3 February 2023")),
    annotations=(Annotation(9, "Highlight", "ten working days, check the calendar", "T. Wren"),),
    attachments=(("crane-4-plan.dwg", 1_240_000),),
)
"""What an agreement may hold beside its text."""


def incident(folder: Path) -> list[Path]:
    """Sources about one incident, small and large, two of them with a problem."""
    folder.mkdir(parents=True, exist_ok=True)
    agreement = _book(folder / "Maintenance agreement 2023.pdf", "Maintenance agreement, quay cranes 1 to 6", 24)
    report = _pages(folder / "Inspection report crane 4, February.pdf", "Inspection of crane 4", _REPORT, 5)
    code = folder / "controller"
    shutil.copytree(SAMPLE / "workspace" / "controller", code)
    log = folder / "plc-gateway.log"
    log.write_text((SAMPLE / "workspace" / "crane.log").read_text("utf-8") * 3, "utf-8")
    mails = folder / "Vendor e-mails.md"
    mails.write_text(_EMAILS, "utf-8")
    scans = write_pictures(folder / "Appendix B, scanned.pdf", 12)
    locked = write_protected(folder / "Insurance file.pdf", "Policy 4471")
    return [agreement, report, code, log, mails, scans, locked]


def right_to_left(folder: Path) -> list[Path]:
    """An Arabic and a Hebrew text."""
    folder.mkdir(parents=True, exist_ok=True)
    arabic = folder / "اتفاقية الصيانة.txt"
    arabic.write_text(
        "اتفاقية صيانة رافعات الرصيف.\n\n"
        "يستبدل المقاول على نفقته كل مفتاح يفشل في اختبارين شهريين متتاليين خلال عشرة أيام عمل.\n"
        "يدفع الميناء 18,400 يورو عن كل ربع سنة.\n",
        "utf-8",
    )
    hebrew = folder / "דוח בדיקה.txt"
    hebrew.write_text(
        "דוח בדיקה של מנוף 4.\n\nב-9 בינואר מפסק הגבול לא פעל בתוך 0.5 שניות.\nהבדיקה נערכה שוב ונכשלה.\n", "utf-8"
    )
    return [arabic, hebrew]


def many(folder: Path, files: int) -> Path:
    """A folder of small notes."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        (folder / f"note {number:04}.md").write_text(f"# Note {number}\n\nThe crane moved {number} times.\n", "utf-8")
    return folder


def archive(folder: Path) -> Path:
    """A folder of several, with more files than are read without a question."""
    root = folder / "archive"
    for name, files in (("notes", 400), ("minutes of the crane board", 90), ("old", 210)):
        many(root / name, files)
    for number in range(40):
        (root / f"lift {number:02}.csv").write_text("time,load\n06:41,12.4\n" * 200, "utf-8")
    write_pictures(root / "plan.pdf", 1)
    (root / "crane.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(9000))
    lock = "".join(f'[[package]]\nname = "part-{i}"\nversion = "1.{i}"\n\n' for i in range(200))
    (root / "uv.lock").write_text("version = 1\n\n" + lock, "utf-8")
    return root


def _book(path: Path, title: str, pages: int) -> Path:
    texts = []
    for page in range(pages):
        clauses = [(f"{page + 1}.{i + 1}  {name}", text) for i, (name, text) in enumerate(_CLAUSES)]
        texts.append([(f"{page + 1}  Part {page + 1}", ""), *clauses])
    return _write(path, title, texts)


def _pages(path: Path, title: str, findings: tuple[str, ...], pages: int) -> Path:
    return _write(
        path, title, [[(f"Finding {page}.{i + 1}", f) for i, f in enumerate(findings)] for page in range(pages)]
    )


def _write(path: Path, title: str, pages: list[list[tuple[str, str]]]) -> Path:
    """A page for each list of (heading, text), with a running title and a number."""
    pymupdf = library()
    with pymupdf.open() as document:
        for number, parts in enumerate(pages, 1):
            page = document.new_page()
            page.insert_text((72, 50), title, fontname="tiit", fontsize=9)
            top = 84.0
            for heading, text in parts:
                page.insert_text((72, top), heading, fontname="tibo", fontsize=12)
                top += 8
                if text:
                    box = pymupdf.Rect(72, top, 523, top + 80)
                    top += 80 - page.insert_textbox(box, text, fontname="tiro", fontsize=11, lineheight=1.35)
                top += 20
            page.insert_text((294, 800), str(number), fontname="tiro", fontsize=9)
        document.save(str(path), deflate=True)
    return path


def with_secrets(folder: Path) -> list[Path]:
    """Settings with keys that open nothing, put together here so that no scanner takes this file for one."""
    folder.mkdir(parents=True, exist_ok=True)
    gateway = folder / "gateway.env"
    aws, hook = "AKIA" + "Q3EGRIXF5W2ZLB7T", "xoxb-" + "263594206564-FGqddMF8t08v8N7Oq4i57vs1"
    gateway.write_text(
        f"# Gateway of crane 4\nPORT=8811\nAWS_ACCESS_KEY_ID={aws}\nRADIO_CHANNEL=14\nSLACK_TOKEN={hook}\nRETRIES=3\n",
        "utf-8",
    )
    store = folder / "store.yaml"
    store.write_text("host: quay\nuser: reader\npass" + "word: Zq8vT1xLmW4kR7\nkeep_days: 30\n", "utf-8")
    return [gateway, store]


def busy_log(folder: Path) -> Path:
    """Four hours of a gateway with half an hour of trouble in them."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "plc-gateway.log"
    chance = random.Random(4)
    began = datetime.datetime(2026, 3, 14, 4, 0, 0)
    lines = []
    at = 0.0
    while at < 4.5 * 3600:
        trouble = 2.7 * 3600 < at < 3.1 * 3600
        at += chance.expovariate(2.2 if trouble else 0.8)
        number = chance.random()
        moment = began + datetime.timedelta(seconds=at)
        stamp = f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03}"
        if trouble and number < 0.14:
            words = f"ERROR slew.guard: slew request {chance.randrange(900)} refused: reading stale"
        elif number < (0.45 if trouble else 0.1):
            words = f"WARN radio.link: link quality {chance.randrange(12, 60)} %"
        elif number < 0.6:
            words = f"INFO heartbeat: heartbeat from 10.4.0.{chance.randrange(1, 7)}"
        else:
            words = f"INFO lift: lift {2000 + int(at // 9)} load {chance.randrange(80, 400) / 10} t"
        lines.append(f"{stamp} {words}\n")
    path.write_text("".join(lines), "utf-8")
    return path
