"""What is known of a model as it is loaded now: up to where it was verified, and what makes that stale.

Asked by the budget bar, and kept with each answer. Knows no engine and no window.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.errors import StoreError
from app.core.paths import checks_path
from app.core.selfcheck.facts import check_fingerprint
from app.core.selfcheck.kept import KeptChecks
from engine.fingerprint import differences
from engine.protocol import ModelInfo
from engine.selfcheck.report import Verified
from engine.selfcheck.verdicts import VERIFYING, verified

NOTHING = Verified(None, None)


@dataclass(frozen=True, slots=True)
class CheckStanding:
    """verified: what the newest result says that verifies anything; both None where there is none.

    stale_because: what is not as it was then, in words; () where the result holds. when: of the result, ISO 8601, UTC.
    report_id: under which it is kept.
    """

    verified: Verified = NOTHING
    stale_because: tuple[str, ...] = ()
    when: str = ""
    report_id: int | None = None

    @property
    def length(self) -> int | None:
        """Tokens up to which it is verified now: of retrieval, else of reasoning; None where nothing holds."""
        if self.stale_because:
            return None
        retrieval, reasoning = self.verified.retrieval, self.verified.reasoning
        return reasoning if retrieval is None else retrieval

    def as_json(self) -> dict[str, Any]:
        """As it is kept with an answer; `standing_of` brings it back."""
        return {
            "verified": {"retrieval": self.verified.retrieval, "reasoning": self.verified.reasoning},
            "stale_because": list(self.stale_because),
            "when": self.when,
            "report": self.report_id,
        }


def standing_for(info: ModelInfo) -> CheckStanding:
    """Of a loaded model. A file of self-checks that cannot be read says nothing."""
    if not checks_path().exists():
        return CheckStanding()
    mark = check_fingerprint(info)
    try:
        with KeptChecks.open() as kept:
            found = _newest(kept, kept.finished(fingerprint=mark.digest, levels=VERIFYING))
            if found is not None:
                return found[0]
            stale = _newest(kept, kept.finished(model=str(mark.facts.get("model", "")), levels=VERIFYING))
    except StoreError:
        return CheckStanding()
    if stale is None:
        return CheckStanding()
    standing, facts = stale
    because = tuple(differences(facts, mark.facts))
    return CheckStanding(standing.verified, because, standing.when, standing.report_id)


def _newest(kept: KeptChecks, checks: list[int]) -> tuple[CheckStanding, Mapping[str, Any]] | None:
    """The newest that says anything, and what it was measured with."""
    for number in checks:
        one = kept.load(number)
        best = verified(one.report)
        if best != NOTHING:
            return CheckStanding(best, (), one.finished, number), one.report.facts
    return None


def standing_of(plain: object) -> CheckStanding | None:
    """What `as_json` gave; None for what it cannot have given."""
    if not isinstance(plain, Mapping):
        return None
    best, because, when, number = (plain.get(name) for name in ("verified", "stale_because", "when", "report"))
    if not isinstance(best, Mapping) or not isinstance(because, list) or not isinstance(when, str):
        return None
    return CheckStanding(
        Verified(_tokens(best.get("retrieval")), _tokens(best.get("reasoning"))),
        tuple(str(reason) for reason in because),
        when,
        number if isinstance(number, int) else None,
    )


def _tokens(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def standing_words(standing: CheckStanding, used: int | None = None) -> str:
    """In one or two sentences. used: tokens of the context that an answer took."""
    if standing.verified == NOTHING:
        return "How much of its context this model really uses was not verified."
    figures = [
        f"{name} {f'to {tokens:,} tokens' if tokens else 'not even at the shortest length'}"
        for name, tokens in (("retrieval", standing.verified.retrieval), ("reasoning", standing.verified.reasoning))
        if tokens is not None
    ]
    when = f" on {standing.when[:10]}" if standing.when else ""
    if standing.stale_because:
        then = " and ".join(standing.stale_because)
        return f"Not verified as it ran: it was measured{when} ({', '.join(figures)}), but with {then}."
    words = f"Verified on this computer{when}: {', '.join(figures)}."
    best = standing.length
    if used is not None and best is not None and used > best:
        words += f" This answer took {used:,} tokens, more than was verified."
    return words
