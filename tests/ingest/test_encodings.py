"""Text in old and wide encodings is text, and what is none is not taken for it."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from tests.ingest.reading import read_one, why_skipped

WORDS = {
    "latin-1": "Größere Schiffe warten im Hafen, bis das Büro öffnet.\n",
    "cp1252": "Le café – où l’on boit – est fermé à l’été.\n",
    "iso-8859-2": "Kancelář přístavu otevírá v sedm hodin ráno a velké lodě čekají.\n",
    "cp1251": "Портовое управление открывается в семь часов утра, и большие суда ждут.\n",
    "koi8-r": "Портовое управление открывается в семь часов утра, и большие суда ждут.\n",
    "cp1253": "Το γραφείο του λιμανιού ανοίγει στις επτά το πρωί.\n",
    "shift_jis": "港湾事務所は午前七時に開きます。大きな船は沖で待ちます。\n",
    "euc-jp": "港湾事務所は午前七時に開きます。大きな船は沖で待ちます。\n",
    "gb18030": "港口办公室早上七点开门，大型船舶在外海等待。\n",
    "big5": "港口辦公室早上七點開門，大型船舶在外海等待。\n",
    "euc-kr": "항만 사무소는 오전 일곱 시에 문을 열고 큰 배들은 기다립니다.\n",
}
CODE = {
    "cp1251": "// комментарий о портовом управлении\nint harbour_opens(int hour) { return hour >= 7; }\n",
    "shift_jis": "// 港湾事務所は午前七時に開きます\nint harbour_opens(int hour) { return hour >= 7; }\n",
    "gb18030": "// 港口办公室早上七点开门\nint harbour_opens(int hour) { return hour >= 7; }\n",
}


@pytest.mark.parametrize("encoding", WORDS)
def test_prose_in_old_encodings(tmp_path: Path, encoding: str) -> None:
    text = WORDS[encoding] * 8
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode(encoding))
    document = read_one(path)
    assert document.sections[0].text == text
    assert "which is a guess" in (document.problem or "")


@pytest.mark.parametrize("encoding", CODE)
def test_code_with_remarks_in_old_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.c"
    path.write_bytes((CODE[encoding] * 6).encode(encoding))
    assert read_one(path).sections[0].text == CODE[encoding] * 6


@pytest.mark.parametrize("wide", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [*WORDS.values(), *CODE.values(), "The harbour opens at seven.\n"])
def test_wide_text_without_a_mark(tmp_path: Path, wide: str, text: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes((text * 20).encode(wide))
    document = read_one(path)
    assert document.sections[0].text == text * 20
    assert document.problem == f"It is not in UTF-8; it was read as {wide}, which is a guess."


CHOSEN = random.Random(5)
BINARY = {
    "random": CHOSEN.randbytes(20_000),
    "integers": struct.pack("<5000i", *(CHOSEN.randrange(100_000) for _ in range(5000))),
    "sound": struct.pack("<9000h", *(CHOSEN.randrange(-20_000, 20_000) for _ in range(9000))),
    "floats": struct.pack("<3000d", *(CHOSEN.random() for _ in range(3000))),
    "records": b"".join(struct.pack("<HHI8s", n, 7, n * 99, b"name") for n in range(900)),
    "nothing but NUL": bytes(9000),
    "strings with NUL": b"\0".join(b"\x01\x02name%d\xff\xfe" % n for n in range(900)),
}


@pytest.mark.parametrize("what", BINARY)
def test_what_is_no_text_in_any_encoding(tmp_path: Path, what: str) -> None:
    (tmp_path / "a.dat").write_bytes(BINARY[what])
    assert why_skipped(tmp_path / "a.dat") == "binary: it holds no text"
