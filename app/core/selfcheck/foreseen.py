"""What is known of a model as it would be loaded: its newest self-check, and what is not as it was then.

Before the weights are loaded it goes by the file and the options, and takes llama.cpp for the one of that check; once
they are loaded it is exact. Knows no engine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from app.core.answering import Settings, options_for
from app.core.selfcheck.facts import check_fingerprint
from app.core.selfcheck.kept import Kept, KeptChecks
from engine.fingerprint import Fingerprint, differences, fingerprint
from engine.gguf_file import read_gguf
from engine.protocol import ModelInfo
from engine.selfcheck.verdicts import VERIFYING

_OF_THE_LIBRARY = "build"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """kept: None where nothing can be told. stale_because: what is another now, in words; () where nothing is."""

    kept: Kept | None = None
    stale_because: tuple[str, ...] = ()


def foresee(settings: Settings, info: ModelInfo) -> Foreseen:
    """The newest check that can verify the model of `settings`, of one that ran just so if there is any.

    info: of the model, with its weights or of its vocabulary alone. Raises ModelFileError, DeviceError and StoreError.
    """
    facts = dict(check_fingerprint(info if info.facts else with_facts(settings, info)).facts)
    with KeptChecks.open() as kept:
        of_model = kept.finished(model=str(facts["model"]), levels=VERIFYING)
        if not of_model:
            return Foreseen()
        last = kept.load(of_model[0])
        if _OF_THE_LIBRARY not in facts and _OF_THE_LIBRARY in last.report.facts:
            facts[_OF_THE_LIBRARY] = last.report.facts[_OF_THE_LIBRARY]
        same = kept.finished(fingerprint=Fingerprint.of(facts).digest, levels=VERIFYING)
        if same:
            return Foreseen(last if same[0] == last.id else kept.load(same[0]))
    return Foreseen(last, tuple(differences(last.report.facts, facts)))


def with_facts(settings: Settings, info: ModelInfo) -> ModelInfo:
    """The model of a vocabulary as it would be loaded with `settings`, but for what only llama.cpp can say."""
    known: dict[str, Any] = dict(
        fingerprint(read_gguf(settings.model), options_for(settings, loaded=None), {}, ()).facts
    )
    del known[_OF_THE_LIBRARY]
    return replace(info, facts=known)
