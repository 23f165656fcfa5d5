"""What must hold for a self-check to say anything: shown with what was expected and what was found.

Knows no tasks. What the library said while loading is handed in by whoever loaded the model.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

from engine.protocol import ModelInfo
from engine.selfcheck.asking import Seen
from engine.selfcheck.report import Precondition
from engine.selfcheck.statistics import wilson

LEAST_AGREEING = 0.9


def conditions(
    info: ModelInfo,
    seen: Seen,
    *,
    head: array[int],
    lengths: Sequence[int],
    facts: Mapping[str, tuple[object, object]],
    bos: int | None,
    cold: Sequence[bool],
) -> tuple[Precondition, ...]:
    """All of them but what the library said while loading, of which only context and first token are looked at.

    facts: such things by name, what was asked for and what there is. bos: the token that begins
    a text, -1 for none, None to go by what the library said. cold: for each question that was asked again from
    nothing, whether the verdict was the same.
    """
    longest = max(lengths, default=0)
    context, first = info.loaded_facts.get("context"), info.loaded_facts.get("first token")
    if bos is None and first is not None and isinstance(first.found, int):
        bos = first.found
    found = [
        Precondition(
            "context",
            info.n_ctx >= longest and (context is None or context.holds is not False),
            f"at least {longest:,} tokens",
            f"{_said(info.n_ctx if context is None or context.found is None else context.found)} tokens",
        ),
        _all("every token decoded", seen.prompts, seen.other, "tokens in = tokens decoded, in each prompt"),
        _all("no shift", seen.prompts, seen.held, "the cache holds each prompt whole"),
        Precondition(
            "nothing cut",
            seen.longest <= longest if seen.prompts else None,
            f"no prompt over {longest:,} tokens",
            f"the longest {seen.longest:,}",
        ),
        _one_bos(head, bos, added=first is None or first.expected is not None),
        *(Precondition(name, want == got, _said(want), _said(got)) for name, (want, got) in facts.items()),
        _cold(cold),
        _agreement(seen),
    ]
    return tuple(found)


def training_note(info: ModelInfo, lengths: Sequence[int]) -> str:
    """A sentence where lengths go beyond what the model was trained on, or ""."""
    beyond = [length for length in lengths if 0 < info.n_ctx_train < length]
    if not beyond:
        return ""
    return f"The model was trained on {info.n_ctx_train:,} tokens; {len(beyond)} of the lengths go beyond that."


def _all(name: str, prompts: int, others: Sequence[str], expected: str) -> Precondition:
    if not prompts:
        return Precondition(name, None, expected, "nothing was read")
    if others:
        return Precondition(name, False, expected, f"{others[0]}, and {len(others):,} of {prompts:,} prompts so")
    return Precondition(name, True, expected, f"so in {prompts:,} prompts")


def _one_bos(head: array[int], bos: int | None, *, added: bool) -> Precondition:
    """added: whether the model is to have one."""
    name, expected = "one BOS", "one token that begins the text" if added else "one token that begins the text, or none"
    if len(head) > 1 and head[0] == head[1]:
        return Precondition(name, False, expected, "the first token twice")
    if bos is None:
        return Precondition(name, None, expected, "the library does not say which it is")
    if bos < 0:
        return Precondition(name, True, "none, as the model has none", "none")
    count = head.count(bos)
    return Precondition(name, head[1:].count(bos) == 0 and (count == 1 or not added), expected, f"{count} of it")


def _cold(same: Sequence[bool]) -> Precondition:
    expected = "the same verdict from a cold context"
    if not same:
        return Precondition("cold context", None, expected, "not asked again")
    return Precondition("cold context", all(same), expected, f"the same in {sum(same)} of {len(same)}")


def _agreement(seen: Seen) -> Precondition:
    expected = "what is written agrees with what is measured"
    if not seen.compared:
        return Precondition("writing agrees", None, expected, "nothing was both measured and written")
    # A few that differ prove nothing; it fails when the interval lies below what is expected.
    _, high = wilson(seen.agreed, seen.compared)
    return Precondition("writing agrees", high >= LEAST_AGREEING, expected, f"{seen.agreed:,} of {seen.compared:,}")


def _said(value: object) -> str:
    if isinstance(value, float) and value == int(value):
        value = int(value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
