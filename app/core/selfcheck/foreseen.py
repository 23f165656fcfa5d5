"""What is known of a model as it would be loaded: its newest self-check, and what is not as it was then.

Before the weights are loaded it goes by the file and the options, and takes llama.cpp for the one of the last check;
once they are loaded it is exact. Knows no engine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from app.core.answering import Settings, options_for
from app.core.paths import checks_path
from app.core.selfcheck.facts import check_fingerprint
from app.core.selfcheck.kept import Kept, KeptChecks
from app.core.selfcheck.standing import standing_for
from engine.fingerprint import fingerprint
from engine.gguf_file import read_gguf
from engine.protocol import ModelInfo
from engine.selfcheck.verdicts import VERIFYING

_OF_THE_LIBRARY = "build"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """kept: None where nothing is. stale_because: what is another now, in words; () where nothing is.

    length: tokens up to which it is verified, 0 for not even the shortest; None where that is not known.
    """

    kept: Kept | None = None
    stale_because: tuple[str, ...] = ()
    length: int | None = None


def foresee(settings: Settings, info: ModelInfo) -> Foreseen:
    """The newest check that says anything of the model of `settings`, of one that ran just so if there is any.

    info: of the model, with its weights or of its vocabulary alone. Raises ModelFileError, DeviceError and StoreError.
    """
    if not checks_path().exists():
        return Foreseen()
    info = info if info.facts else with_facts(settings, info)
    with KeptChecks.open() as kept:
        info = _with_library(kept, info)
        standing = standing_for(info)
        number = standing.report_id
        if number is None:
            # One that verified nothing is still worth looking at.
            same = kept.finished(fingerprint=check_fingerprint(info).digest, levels=VERIFYING)
            number = same[0] if same else None
        found = kept.load(number) if number is not None else None
    return Foreseen(found, standing.stale_because, standing.length)


def with_facts(settings: Settings, info: ModelInfo) -> ModelInfo:
    """The model of a vocabulary as it would be loaded with `settings`, but for what only llama.cpp can say."""
    options = options_for(settings, loaded=None)
    known: dict[str, Any] = dict(fingerprint(read_gguf(settings.model), options, {}, ()).facts)
    del known[_OF_THE_LIBRARY]
    return replace(info, facts=known)


def _with_library(kept: KeptChecks, info: ModelInfo) -> ModelInfo:
    """As if llama.cpp were what it was in the last check of this model, where it has not said what it is."""
    checks = kept.finished(model=str(info.facts["model"])) if _OF_THE_LIBRARY not in info.facts else []
    if not checks:
        return info
    before = kept.load(checks[0]).report.facts
    return replace(info, facts={**info.facts, _OF_THE_LIBRARY: before.get(_OF_THE_LIBRARY)})
