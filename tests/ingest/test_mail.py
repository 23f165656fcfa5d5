"""Messages and mailboxes: who, when, what about and the text; attachments by name; nothing hostile gets far."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from ingest.document import Document, Span
from tests.ingest.office_files import message, write_mbox
from tests.ingest.warm import read_warm


def read_mail(path: Path, content: bytes) -> Document:
    path.write_bytes(content)
    return read_warm(path)


def test_a_message(tmp_path: Path) -> None:
    mail = message(
        "Grüße aus Köln, schon wieder", "Der Pegel steigt.\n", From="Änne Groß <a@pier.example>", Cc="c@x.example"
    )
    document = read_mail(tmp_path / "mail", bytes(mail))
    assert (document.kind, document.status, document.problem) == ("mail", "ok", None)
    (section,) = document.sections
    assert section.label == "message 1: Grüße aus Köln, schon wieder"
    assert section.span == Span(part=section.label)
    assert section.text == (
        "From: Änne Groß <a@pier.example>\nTo: b@pier.example\nCc: c@x.example\n"
        "Date: Sat, 14 Mar 2026 10:00:00 +0100\nSubject: Grüße aus Köln, schon wieder\n\nDer Pegel steigt."
    )


def test_text_is_preferred_to_html_and_html_is_read_where_there_is_no_other(tmp_path: Path) -> None:
    mail = message(text="As text.\n")
    mail.add_alternative("<p>As <b>HTML</b>.</p>", subtype="html")
    assert read_mail(tmp_path / "a", bytes(mail)).sections[0].text.endswith("\n\nAs text.")
    page = EmailMessage()
    page["From"], page["Subject"], page["Date"] = "a@x.example", "s", "today"
    page.set_content("<style>p{}</style><h1>Fees</h1><p>As <b>HTML</b>.</p>", subtype="html")
    assert read_mail(tmp_path / "b", bytes(page)).sections[0].text.endswith("\n\nFees\nAs HTML.")


def test_attachments_are_named_and_attached_messages_are_read(tmp_path: Path) -> None:
    mail = message("Outer")
    mail.add_attachment(b"%PDF-1.7" * 300, maintype="application", subtype="pdf", filename="Größe 1.pdf")
    mail.add_attachment("a,b\n", subtype="csv", filename="table.csv")
    mail.add_attachment(message("Inner", "From below.\n"))
    document = read_mail(tmp_path / "a.eml", bytes(mail))
    assert [section.label for section in document.sections] == ["message 1: Outer", "message 1.1: Inner"]
    assert document.details.attachments == (("Größe 1.pdf", 2400), ("table.csv", 4))
    assert "\nAttachments: Größe 1.pdf (2.4 kB), table.csv (4 bytes)\n" in document.sections[0].text
    assert document.sections[1].text.endswith("\n\nFrom below.")


def test_a_mailbox(tmp_path: Path) -> None:
    box = write_mbox(
        tmp_path / "box",
        [message("One", "From the start.\n"), message("Two", "Text.\n\nFrom here 2026 it goes on.\n"), message("")],
    )
    document = read_warm(box)
    assert document.kind == "mail"
    assert [section.label for section in document.sections] == ["message 1: One", "message 2: Two", "message 3"]
    assert document.sections[0].text.endswith("\n\nFrom the start.")
    assert document.sections[1].text.endswith("\n\nText.\n\nFrom here 2026 it goes on.")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"=?utf-8?q?Gr=C3=BC=C3=9Fe?= =?utf-8?q?_an_alle?=", "Grüße an alle"),
        (b"=?iso-8859-1?b?R3L832U=?= heute", "Grüße heute"),
        (b"=?koi8-r?B?8NLJ18XU?=", "Привет"),
        ("Grüße roh".encode(), "Grüße roh"),
        ("Grüße roh und lang".encode("cp1252"), "Grüße roh und lang"),
        (b"=?no-such-charset?q?abc?=", "abc"),
        (b"=?utf-8?b?broken", "=?utf-8?b?broken"),
        (b"folded\r\n over lines", "folded over lines"),
    ],
)
def test_headers_are_decoded(tmp_path: Path, raw: bytes, shown: str) -> None:
    mail = b"From: a@x.example\r\nDate: today\r\nMessage-ID: <1>\r\nSubject: " + raw + b"\r\n\r\nText.\r\n"
    assert f"\nSubject: {shown}\n" in read_mail(tmp_path / "a.eml", mail).sections[0].text


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252", "none-such", ""])
def test_texts_in_any_encoding(tmp_path: Path, charset: str) -> None:
    stored = "latin-1" if charset.startswith(("iso", "win")) else "utf-8"
    kind = f"Content-Type: text/plain; charset={charset}\n" if charset else ""
    mail = f"From: a@x.example\nDate: today\nSubject: s\n{kind}Content-Transfer-Encoding: 8bit\n\nGrüße an Ägir.\n"
    assert read_mail(tmp_path / "a.eml", mail.encode(stored)).sections[0].text.endswith("\n\nGrüße an Ägir.")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "From: the harbour office\nTo all masters\n\nText.\n"),
        ("a.txt", "Subject: tides\nDate: tomorrow\n\nNo sender, no mail.\n"),
        ("a.md", "From: a\nTo: b\nSubject: c\nDate: d\n\nText.\n"),
        (
            "a",
            f"From {'0123456789' * 4} Mon Sep 17 00:00:00 2001\nFrom: a\nDate: b\nSubject: c\n\nx\n",
        ),
        ("a", "From here on 10:00 2026\nit is a story.\n"),
    ],
)
def test_what_only_looks_like_mail_is_text(tmp_path: Path, name: str, content: str) -> None:
    assert read_mail(tmp_path / name, content.encode()).kind != "mail"


def nested(depth: int) -> bytes:
    head = b"From: a@x.example\nDate: today\nSubject: deep\n"
    for level in range(depth):
        head += b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level)
    return head + b"\nat the bottom\n"


@pytest.mark.parametrize("depth", [5, 100, 3000])
def test_parts_inside_parts(tmp_path: Path, depth: int) -> None:
    document = read_mail(tmp_path / "a.eml", nested(depth))
    if depth == 5:
        assert document.sections[0].text.endswith("at the bottom")
    assert document.sections or document.problem == "It cannot be read as a message: its parts are nested too deeply."


def test_one_message_made_to_do_harm_does_not_cost_the_mailbox(tmp_path: Path) -> None:
    whole = bytes(message("Whole"))
    start = b"From a@x.example Sat Mar 14 10:00:00 2026\n"
    document = read_mail(tmp_path / "box", start + whole + b"\n\n" + start + nested(3000) + b"\n\n" + start + whole)
    assert [section.label for section in document.sections] == ["message 1: Whole", "message 3: Whole"]
    assert document.problem == "1 message was left out: nested too deeply."


@pytest.mark.parametrize(
    "headers",
    [
        b"To: " + b"a@x.example, " * 50_000,
        b"Subject: " + b"=?utf-8?q?" * 20_000,
        b"To: " + b"(" * 50_000,
        b"Content-Type: text/plain" + b"; a*0*=x" * 20_000,
        b"X-Spam: y\n" * 100_000 + b"Subject: s",
    ],
)
def test_headers_made_to_take_long_do_not(tmp_path: Path, headers: bytes) -> None:
    mail = b"From: a@x.example\nDate: today\nMessage-ID: <1>\n" + headers + b"\n\nText.\n"
    document = read_mail(tmp_path / "a.eml", mail)
    assert document.sections[0].text.endswith("\n\nText.")


def test_a_report_of_a_failed_delivery_and_parts_without_their_borders_are_read(tmp_path: Path) -> None:
    report = (
        b"From: a@x.example\nDate: today\nSubject: returned\n"
        b'Content-Type: multipart/report; boundary="b"\n\n--b\nContent-Type: message/delivery-status\n\n'
        b"Reporting-MTA: dns; x.example\n\nAction: failed\nStatus: 5.1.1\n\n--b\n"
        b'Content-Type: text/plain; name="n.txt"\nContent-Disposition: inline\n\nShown inside.\n--b--\n'
    )
    text = read_mail(tmp_path / "a.eml", report).sections[0].text
    assert text.endswith("Reporting-MTA: dns; x.example\nAction: failed\nStatus: 5.1.1\nShown inside.")
    head = b"From: a@x.example\nDate: today\nSubject: s\n"
    lost = head + b'Content-Type: multipart/mixed; boundary="b"\n\nNo border at all.\n'
    assert read_mail(tmp_path / "b.eml", lost).sections[0].text.endswith("\n\nNo border at all.")
