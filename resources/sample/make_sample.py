"""Writes the sample's PDF: `uv run resources/sample/make_sample.py`. Everything else in the sample is plain text.

The place, the people and the machine are made up.
"""

from __future__ import annotations

from pathlib import Path

HANDBOOK = Path(__file__).parent / "workspace" / "handbook.pdf"

PAGES: tuple[tuple[str, str], ...] = (
    (
        "Tower crane TC-4: operating handbook",
        "This handbook belongs to the tower crane TC-4 at Brackwater Quay. It was issued on 3 March 2025 by "
        "the safety office. Every operator reads it before the first shift.\n\n"
        "The crane was built in 2011 by Halloran Steel. The jib is 54 metres long. The greatest load is "
        "12,500 kilograms at a radius of 18 metres. At the tip of the jib the greatest load is 2,300 "
        "kilograms.\n\n"
        "The operator's licence number is kept in the cabin. Spare keys are kept in the gatehouse, in the red "
        "cabinet.",
    ),
    (
        "Wind",
        "The anemometer stands on the counter-jib, 61 metres above the quay. Work stops when the wind reaches "
        "20 metres per second. A warning sounds in the cabin at 15 metres per second.\n\n"
        "After a stop the brake is released only by the shift leader. In a storm the jib swings free: the "
        "slewing brake must be open, so that the jib turns with the wind.\n\n"
        "The anemometer is calibrated every six months by the Ostler Laboratory.",
    ),
    (
        "Maintenance",
        "The hoist rope is inspected every Monday. It is replaced when ten wires are broken in one metre. The "
        "rope on TC-4 was last replaced on 14 January 2026.\n\n"
        "The gearbox takes 38 litres of oil of grade VG 220. Oil samples go to Ines Calder in the workshop.\n\n"
        "The controller's software is updated only by the maker's engineer. The engineer for Brackwater Quay "
        "is Tomas Wren. His emergency number is 0555 0142.",
    ),
)


def write(path: Path) -> None:
    """The handbook as a PDF of three pages. The same text gives the same pages."""
    import pymupdf

    with pymupdf.open() as document:
        document.set_metadata({"title": PAGES[0][0], "author": "Plumbline sample"})
        for title, text in PAGES:
            page = document.new_page(width=420, height=595)
            page.insert_textbox((48, 48, 372, 90), title, fontsize=15, fontname="hebo")
            page.insert_textbox((48, 100, 372, 560), text, fontsize=11, fontname="helv", lineheight=1.35)
        document.save(str(path), garbage=4, deflate=True, no_new_id=True)


if __name__ == "__main__":
    write(HANDBOOK)
