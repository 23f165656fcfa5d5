"""Writes PDFs that lie, loop, burst or are cut: by hand where no library would write them."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Mapping
from pathlib import Path

CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"


def stream(content: bytes, more: bytes = b"") -> bytes:
    """A stream object."""
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), more, content)


def shown(words: str) -> bytes:
    """The content of a page that shows these words."""
    return b"BT /F 12 Tf 50 200 Td (" + words.encode("latin-1") + b") Tj ET"


def assembled(objects: Mapping[int, bytes], *, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, the catalog being number 1, with a table that leads to them."""
    parts, offsets, at = [b"%PDF-1.4\n"], {}, 9
    for number, body in objects.items():
        offsets[number] = at
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        at += len(parts[-1])
    size = max(objects) + 1
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % size)
    parts += [b"%010d 00000 n \n" % offsets[n] if n in offsets else b"0000000000 00000 f \n" for n in range(1, size)]
    parts.append(b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, at))
    return b"".join(parts)


def one_page(pages: bytes, *, words: str = "Hidden words", content: bytes | None = None) -> bytes:
    """A PDF with one page in the tree node `pages`, object 2."""
    drawn = content if content is not None else stream(shown(words))
    return assembled({1: CATALOG, 2: pages, 3: PAGE, 4: drawn, 5: FONT})


def bomb(megabytes: int, piece: bytes) -> bytes:
    """A page whose content, `piece` again and again, is so large once it is unpacked."""
    packer = zlib.compressobj(9)
    pieces = 1_000_000 // len(piece) * piece
    packed = b"".join([*(packer.compress(pieces) for _ in range(megabytes)), packer.flush()])
    return one_page(b"<</Type/Pages/Kids[3 0 R]/Count 1>>", content=stream(packed, b"/Filter/FlateDecode"))


def unknown_handler() -> bytes:
    """Encrypted by a scheme that no reader knows."""
    handler = b"/Encrypt<</Filter/Harbour.Lock/V 9/R 9/Length 128/O(%s)/U(%s)/P -4>>/ID[<00><00>]" % (
        b"x" * 32,
        b"y" * 32,
    )
    pages = {1: CATALOG, 2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>", 3: PAGE, 4: stream(shown("secret")), 5: FONT}
    return assembled(pages, trailer=handler)


def mutated(content: bytes, seed: int) -> bytes:
    """`content` cut, flipped or spliced, the same for the same seed; mostly where it hurts."""
    chosen = random.Random(seed)
    data = bytearray(content)
    for _ in range(chosen.choice([1, 1, 2, 5])):
        at = chosen.randrange(max(1, len(data)))
        kind = chosen.randrange(5)
        if kind == 0:
            del data[at:]
        elif kind == 1:
            for _ in range(chosen.choice([1, 8, 60])):
                if data:
                    data[chosen.randrange(len(data))] = chosen.randrange(256)
        elif kind == 2:
            start = chosen.randrange(max(1, len(data)))
            data[at:at] = data[start : start + chosen.randrange(1, 200)]
        elif kind == 3:
            del data[at : at + chosen.randrange(1, 100)]
        else:
            numbers = list(re.finditer(rb"\d+", bytes(data)))
            if numbers:
                found = chosen.choice(numbers)
                data[found.start() : found.end()] = chosen.choice([b"0", b"-1", b"2", b"99999999999", b"1 0 R", b"<<"])
    return bytes(data)


def write(path: Path, content: bytes) -> Path:
    """Write it."""
    path.write_bytes(content)
    return path
