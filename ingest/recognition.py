"""How text is to be recognised on pictures of pages, and what this computer has for it: Tesseract's language data.

The recognising itself is built into the PDF library; only the data has to be installed. Knows no PDF and runs nothing.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

DPI = 300
"""What Tesseract was trained for."""

ENGLISH = "eng"

_SUFFIX = ".traineddata"
_NO_LANGUAGES = frozenset({"osd", "equ"})
_ISO: Mapping[str, str] = {
    "ar": "ara", "bg": "bul", "ca": "cat", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng",
    "es": "spa", "et": "est", "fa": "fas", "fi": "fin", "fr": "fra", "he": "heb", "hi": "hin", "hr": "hrv",
    "hu": "hun", "id": "ind", "is": "isl", "it": "ita", "ja": "jpn", "ko": "kor", "lt": "lit", "lv": "lav",
    "nb": "nor", "nl": "nld", "nn": "nor", "no": "nor", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus",
    "sk": "slk", "sl": "slv", "sr": "srp", "sv": "swe", "th": "tha", "tr": "tur", "uk": "ukr", "vi": "vie",
    "zh": "chi_sim",
}  # fmt: skip
_TRADITIONAL = ("zh_tw", "zh_hk", "zh_mo", "zh_hant")


@dataclass(frozen=True, slots=True)
class Recognition:
    """language: one or several of those installed, such as "eng+deu". tessdata: the folder of their data."""

    language: str
    tessdata: str
    dpi: int = DPI


@dataclass(frozen=True, slots=True)
class Tessdata:
    """Installed language data. languages: as Tesseract calls them, in alphabetical order, never empty."""

    folder: str
    languages: tuple[str, ...]

    def recognition(self, language: str) -> Recognition | None:
        """For these languages, joined by "+"; None when one of them is not installed."""
        wanted = [part for part in language.split("+") if part]
        return Recognition("+".join(wanted), self.folder) if wanted and set(wanted) <= set(self.languages) else None


def find_tessdata(environment: Mapping[str, str] | None = None) -> Tessdata | None:
    """The first folder that has the data of any language: what TESSDATA_PREFIX names, or where installers put it."""
    environment = os.environ if environment is None else environment
    for folder in _folders(environment):
        languages = _languages(folder)
        if languages:
            return Tessdata(str(folder), languages)
    return None


def default_language(locale: str, installed: Sequence[str]) -> str:
    """The installed language of a locale such as "de_DE.UTF-8", else English, else the first. installed: not empty."""
    name = locale.replace("-", "_").lower()
    wanted = "chi_tra" if name.startswith(_TRADITIONAL) else _ISO.get(name.split("_")[0].split(".")[0], ENGLISH)
    return next((language for language in (wanted, ENGLISH) if language in installed), installed[0])


def locale_of(environment: Mapping[str, str] | None = None) -> str:
    """The locale of messages, as the environment of a program names it; "" for none."""
    environment = os.environ if environment is None else environment
    names = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next((name for name in names if name), "")


def iso_of(language: str) -> str:
    """The two letters of a Tesseract language, such as "de" for "deu"; "" when it has none here."""
    return next((iso for iso, code in _ISO.items() if code == language), "")


def how_to_install(environment: Mapping[str, str] | None = None, *, platform: str = sys.platform) -> str:
    """What is missing, and what to do on this system."""
    environment = os.environ if environment is None else environment
    named = environment.get("TESSDATA_PREFIX")
    if named:
        return (
            f"Recognising text needs the language data of Tesseract, and TESSDATA_PREFIX names {named}, where there "
            "is none. Let it name the folder of the .traineddata files, or unset it."
        )
    ways = {
        "darwin": "brew install tesseract tesseract-lang",
        "win32": "winget install UB-Mannheim.TesseractOCR",
    }
    way = ways.get(
        platform, "sudo apt install tesseract-ocr tesseract-ocr-eng (other languages: tesseract-ocr-deu ...)"
    )
    return (
        "Recognising text needs the language data of Tesseract, and none was found on this computer. "
        f"Install it with: {way}. If it lies elsewhere, let TESSDATA_PREFIX name its folder."
    )


def not_installed(language: str, installed: Sequence[str]) -> str:
    """A sentence about languages of which one is missing."""
    missing = [part for part in language.split("+") if part and part not in installed] or [language]
    return f"Tesseract has no data here for {', '.join(missing)}. Installed: {', '.join(installed)}."


def _folders(environment: Mapping[str, str]) -> Iterable[Path]:
    named = environment.get("TESSDATA_PREFIX")
    if named:
        # As for Tesseract itself, what is named there counts alone.
        yield from (Path(named), Path(named) / "tessdata")
        return
    program = shutil.which("tesseract", path=environment.get("PATH"))
    if program:
        beside = Path(program).resolve().parent
        yield from (beside / "tessdata", beside.parent / "share" / "tessdata")
    if os.name == "nt":
        for root in ("ProgramFiles", "ProgramFiles(x86)"):
            yield Path(environment.get(root, "C:/Program Files")) / "Tesseract-OCR" / "tessdata"
        yield Path(environment.get("LOCALAPPDATA", "")) / "Programs" / "Tesseract-OCR" / "tessdata"
        return
    yield from sorted(Path("/usr/share/tesseract-ocr").glob("*/tessdata"), reverse=True)
    yield from map(Path, ("/usr/share/tessdata", "/usr/local/share/tessdata", "/opt/homebrew/share/tessdata"))


def _languages(folder: Path) -> tuple[str, ...]:
    try:
        names = [entry.name.removesuffix(_SUFFIX) for entry in os.scandir(folder) if entry.name.endswith(_SUFFIX)]
    except OSError:
        return ()
    return tuple(sorted(set(names) - _NO_LANGUAGES))
