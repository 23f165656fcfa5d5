"""Llama 4's twelve languages come through every office format, mail and notebooks unharmed."""

from __future__ import annotations

from collections.abc import Callable
from email import policy
from html import escape
from pathlib import Path

import pytest

from tests.ingest.office_files import (
    code_cell,
    message,
    write_docx,
    write_epub,
    write_mbox,
    write_notebook,
    write_pptx,
    write_xlsx,
)
from tests.ingest.test_languages import LANGUAGES, samples
from tests.ingest.warm import read_warm

Write = Callable[[Path, list[str]], object]


def write_mail(path: Path, lines: list[str], how: str) -> None:
    rules = policy.SMTPUTF8 if how == "8bit" else policy.SMTP
    mail = message(lines[0][:60], "\n".join(lines), From=f'"{lines[0][:20].strip()}" <a@x.example>')
    mail.replace_header("Content-Transfer-Encoding", mail["Content-Transfer-Encoding"])
    if how != "8bit":
        mail.set_content("\n".join(lines), cte=how)
    path.write_bytes(mail.as_bytes(policy=rules))


FORMATS: dict[str, Write] = {
    "a.docx": lambda path, lines: write_docx(path, [("", line) for line in lines]),
    "b.docx": lambda path, lines: write_docx(path, [("table", [[line] for line in lines])]),
    "a.pptx": lambda path, lines: write_pptx(path, [(lines[0], "\n".join(lines[1:]), "\n".join(lines))]),
    "a.xlsx": lambda path, lines: write_xlsx(path, {"S": [[line] for line in lines]}),
    "a.epub": lambda path, lines: write_epub(
        path, [(lines[0][:40], "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines))]
    ),
    "a.csv": lambda path, lines: path.write_text("\n".join(f'"{line}"' for line in lines), encoding="utf-8"),
    "8bit.eml": lambda path, lines: write_mail(path, lines, "8bit"),
    "base64.eml": lambda path, lines: write_mail(path, lines, "base64"),
    "quoted.eml": lambda path, lines: write_mail(path, lines, "quoted-printable"),
    "a.mbox": lambda path, lines: write_mbox(path, [message("s", "\n".join(lines))] * 2),
    "a.ipynb": lambda path, lines: write_notebook(path, [code_cell("\n".join(lines), {"text": "\n".join(lines)})]),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_line_is_there_as_it_was_written(tmp_path: Path, name: str) -> None:
    written = samples()
    for number, language in enumerate(LANGUAGES):
        lines = [" ".join(line.split()) for line in written[language].splitlines()]
        path = tmp_path / f"{number}.{name}"
        FORMATS[name](path, lines)
        document = read_warm(path)
        assert document.problem is None
        text = "\n".join(section.text for section in document.sections)
        for line in lines:
            assert line in text, (language, name)
        if name.endswith(".eml"):
            assert f"Subject: {lines[0][:60].strip()}\n" in text
