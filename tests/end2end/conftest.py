"""A workspace as people have them: a contract as PDF, a source tree, a packed log, notes in many languages."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import pytest

from tests.ingest.pdfs import write_pdf

CONTRACT = (
    "Lease of the tower crane TC-4.\nThe lessor is Halloran Steel.\nThe lessee is Brackwater Quay.",
    "The monthly rent is 4,250 euros.\nThe rent is paid on the third working day.",
    "The lease ends on 30 November 2027.\nNotice is given six months before the end.",
)
LOG = (
    "2026-03-14T08:00:01 INFO  gateway   started on port 8443",
    "2026-03-14T08:00:09 WARN  billing   la facture 7781 n'a pas été payée à temps",
    "2026-03-14T08:01:33 ERROR billing   Zahlung 7781 wurde von der Bank zurückgewiesen",
    "2026-03-14T08:02:10 INFO  gateway   تم إغلاق الجلسة بعد عشر دقائق",
    "2026-03-14T08:03:47 ERROR storage   ดิสก์เต็มแล้ว เขียนไฟล์ไม่ได้",
    "2026-03-14T08:04:00 INFO  gateway   kết nối lại thành công",
)
NOTES = {
    "en.txt": "The harbour office opens at seven in the morning. Every ship must report its cargo.",
    "ar.txt": "يفتح مكتب الميناء في الساعة السابعة صباحا. يجب على كل سفينة أن تعلن عن حمولتها.",
    "fr.txt": "Le bureau du port ouvre à sept heures du matin. Tout navire doit déclarer sa cargaison.",
    "de.txt": "Das Hafenamt öffnet um sieben Uhr früh. Jedes Schiff muss seine Ladung melden.",
    "hi.txt": "बंदरगाह कार्यालय सुबह सात बजे खुलता है। हर जहाज़ को अपना माल बताना होगा।",
    "id.txt": "Kantor pelabuhan buka pukul tujuh pagi. Setiap kapal wajib melaporkan muatannya.",
    "it.txt": "L'ufficio del porto apre alle sette del mattino. Ogni nave deve dichiarare il carico.",
    "pt.txt": "A repartição do porto abre às sete da manhã. Todos os navios declaram a carga.",
    "es.txt": "La oficina del puerto abre a las siete de la mañana. Todo barco debe declarar su carga.",
    "tl.txt": "Nagbubukas ang opisina ng daungan sa ika-pito ng umaga. Dapat iulat ng barko ang kargamento.",
    "th.txt": "สำนักงานท่าเรือเปิดเวลาเจ็ดโมงเช้า เรือทุกลำต้องแจ้งสินค้า",
    "vi.txt": "Văn phòng cảng mở cửa lúc bảy giờ sáng. Mọi con tàu phải khai báo hàng hóa.",
}


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder; its source tree is a Git work tree with an ignored file."""
    folder = tmp_path_factory.mktemp("workspace") / "case"
    (folder / "notes").mkdir(parents=True)
    write_pdf(folder / "contract.pdf", CONTRACT)
    with gzip.open(folder / "service.log.gz", "wt", encoding="utf-8") as log:
        log.write("\n".join(LOG) + "\n")
    for name, text in NOTES.items():
        (folder / "notes" / name).write_text(text + "\n", encoding="utf-8")
    source = folder / "billing"
    (source / "lib").mkdir(parents=True)
    (source / "retry.py").write_text(
        "from lib.bank import charge\n\n\ndef charge_again(order):\n    return charge(order)\n"
    )
    (source / "lib" / "bank.py").write_text("def charge(order):\n    raise BankRefusal(order)\n")
    (source / ".gitignore").write_text("*.secret\n")
    (source / "key.secret").write_text("the password is swordfish\n")
    subprocess.run(["git", "init", "-q", str(source)], check=True)
    return folder
