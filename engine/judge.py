"""A sample on which a fast tokeniser is compared with llama.cpp's own before it is trusted to count.

Llama 4's twelve languages, code, logs, combining marks, emoji, numbers, white space and special tokens as text: the
places where pre-tokenizers are known to differ. Knows no tokeniser.
"""

from __future__ import annotations

from collections.abc import Sequence

JUDGE_SAMPLE: tuple[str, ...] = (
    "The lamp wasn't lit; we'd waited, they'll say, since O'Neill's ship LEFT AT 7. It's Ann'S, I'M sure, you'Re.",
    "Die größte Überraschung: Straßenbahnhaltestellen heißen jetzt »Haltepunkt«, und Übermaß kostet 1.250,75 €.",
    "Où est passé l'été ? « À l'œuvre », répondit-elle ; c'est déjà fini, n'est-ce pas ?",
    "¿Cuántos años hace? ¡Muchísimos! El niño pidió un café con azúcar y 3,5 % de descuento.",
    "A situação não mudou: informações, corações e mãos — tudo à espera de amanhã.",
    "Perché l'acqua è così fredda? Un'amica d'infanzia l'ha detto: «È dell'inverno».",
    "Buku-buku itu dibagikan kepada anak-anak di perpustakaan; pengumumannya menyusul tanggal 17/8/2024.",
    "Ang mga bata'y naglalaro sa tabing-dagat habang nag-uusap ang kanilang mga magulang.",
    "Người Việt thường uống cà phê sữa đá vào buổi sáng; thời tiết hôm nay đẹp tuyệt vời.",
    "नदी के किनारे एक पुराना मंदिर है। ज़रूर देखिए, क्योंकि वहाँ १२३ सीढ़ियाँ हैं।",
    "كانت المدينةُ هادئةً في الصباح، ثمَّ بدأ النّاسُ يخرجون إلى السوق؛ السعر ١٢٣٫٥ ريال؟",
    "น้ำในแม่น้ำสูงขึ้นทุกปี ผู้คนจึงย้ายบ้านไปอยู่บนที่สูง ราคา ๑๒๓ บาท",
    "def merge(left, right):\n\t'''Join two lists.'''\n    return [*left, *right]  # O(n)\n\n\n        pass\n",
    "for (int i = 0; i < n; ++i) {\r\n    sum += a[i] * 0x1F;\r\n}\r\n\r\n// done //\n/* /path/to/x */\n",
    '{"id": 12345678, "ok": true, "items": [1.5e-7, null, "a\\nb"], "naïve_key": "Ünï"}',
    "CREATE TABLE t(id INTEGER PRIMARY KEY, camelCaseName TEXT NOT NULL); -- HTTPServerError XMLHttpRequest\n",
    "2026-03-14T07:00:01.042Z ERROR [worker-17] com.example.Db: timeout after 30000ms (3/5)\n\tat Db.run(Db.java:88)\n",
    '192.168.0.1 - - [14/Mar/2026:07:03:00 +0000] "GET /a/b?c=d&e=%20 HTTP/1.1" 404 0 "-" "curl/8.5.0"\n',
    "e\u0301 a\u0308\u0323 n\u0303o\u0302 Z\u0351\u036b\u0343 ñ \u0041\u030a ｆｕｌｌ ﬁ ﬃ ǅ ǈ ß ẞ ſ İ ı K Å",
    "👍🏽 👩‍👩‍👧‍👦 🇩🇪🇫🇷 ❤️ ☕️ 1️⃣ 😀😀😀 \U0001fae8 © ™ ½ Ⅷ ² ₃ ① 四百 한글과 漢字 かなカナ ελληνικά Кириллица עִבְרִית",
    "0 00 000 0000 12345 1234567890 3.14159 1,000,000 -42 +7 1e10 0b1010 v1.2.3 7th",
    " a  b   c    d\t\te \u00a0f\u2003g\u3000h \n \n\n  i\n\t \n   \n",
    "\n\n\n", "   ", "\t\t \n", "\r\n\r\n", "x \n", " \n x", "...\n\n/ // ///\n!?\r\n",
    "\u200b\u200d\ufeff\x00\x1c\x7f\x85",
    "<|eot|><|begin_of_text|><|header_start|>system<|header_end|>\n\n<|im_start|> </s> <s> [INST] <|endoftext|>",
    "''' \"\"\" ``` --- === ***bold*** __init__ ~~~ $x^2$ \\frac{a}{b} &amp; @user %d §4.2 ¶ … — – “quoted” ‘so’",
)  # fmt: skip


def differences(mine: Sequence[Sequence[int]], theirs: Sequence[Sequence[int]]) -> list[int]:
    """Indices at which two lists of token lists differ, missing entries included."""
    shorter = min(len(mine), len(theirs))
    unequal = [i for i in range(shorter) if list(mine[i]) != list(theirs[i])]
    return unequal + list(range(shorter, max(len(mine), len(theirs))))
