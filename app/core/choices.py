"""What a person can do when the documents are more than the context holds. Nothing is ever cut off for them.

Every choice is worked out to fit, from exact counts. Knows no command line; a choice carries the values that would
have to be set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from app.core.budget import Budget
from app.core.errors import CoreError
from app.core.workspace import Entry

ChoiceKind = Literal["leave_out", "pages", "context", "answer", "evidence"]
SHORTEST_ANSWER = 128


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to make it fit, in words. keys: documents to leave out; value: the last page, the context or the room."""

    kind: ChoiceKind
    text: str
    keys: tuple[str, ...] = ()
    value: int = 0


class OverBudget(CoreError):
    """The prompt is longer than the context; nothing was read and nothing left out."""

    kind = "over_budget"

    def __init__(self, budget: Budget, choices: Sequence[Choice]) -> None:
        super().__init__(
            f"This is {budget.over:,} tokens too long: documents, question and room for the answer take "
            f"{budget.prompt + budget.answer:,} of the context's {budget.context:,}.",
            hint="Choose one: " + "; or ".join(choice.text for choice in choices) + ".",
        )
        self.budget = budget
        self.choices = tuple(choices)

    @property
    def details(self) -> Mapping[str, Any]:
        """The budget's figures, and each choice with its values."""
        budget = {**asdict(self.budget), "free": self.budget.free, "over": self.budget.over}
        return {"budget": budget, "choices": [asdict(choice) for choice in self.choices]}


def choices_for(
    budget: Budget, entries: Sequence[Entry], counts: Sequence[Sequence[int]], *, largest_context: int
) -> list[Choice]:
    """The ways that would do, the ones that lose least first.

    counts[i][0]: tokens of the heading of entries[i]; counts[i][1 + j]: of its j-th section that takes part.
    largest_context: tokens that this model and this machine's memory allow.
    """
    choices: list[Choice] = []
    needed = budget.prompt + budget.answer
    if needed <= largest_context:
        choices.append(Choice("context", f"a context of {needed:,} tokens, which fits here", value=needed))
    if budget.answer - budget.over >= SHORTEST_ANSWER:
        room = budget.answer - budget.over
        choices.append(Choice("answer", f"room for an answer of {room:,} tokens", value=room))
    keys = _fewest_to_leave_out([sum(c) for c in counts], budget.over)
    if keys and len(keys) < len(entries):
        chosen = [entries[i] for i in keys]
        tokens = sum(sum(counts[i]) for i in keys)
        named = ", ".join(f"{e.key} {e.name}" for e in chosen[:3]) + (" and others" if len(chosen) > 3 else "")
        text = f"leave out {named} ({tokens:,} tokens)"
        choices.append(Choice("leave_out", text, keys=tuple(e.key for e in chosen)))
    last = _last_page(entries, counts, budget.over)
    if last:
        choices.append(Choice("pages", f"only the first {last:,} pages of each paged document", value=last))
    choices.append(Choice("evidence", "the best passages of everything, without a model"))
    return choices


def _fewest_to_leave_out(tokens: Sequence[int], over: int) -> list[int]:
    """The smallest single document that is enough, else the largest ones together; [] when all are not enough."""
    order = sorted(range(len(tokens)), key=lambda i: tokens[i])
    alone = next((i for i in order if tokens[i] >= over), None)
    if alone is not None:
        return [alone]
    chosen: list[int] = []
    for i in reversed(order):
        chosen.append(i)
        over -= tokens[i]
        if over <= 0:
            return sorted(chosen)
    return []


def _last_page(entries: Sequence[Entry], counts: Sequence[Sequence[int]], over: int) -> int:
    """The most pages per paged document with which it fits; 0 when not even one page each does."""
    by_page: dict[int, int] = {}
    for entry, tokens in zip(entries, counts, strict=True):
        for position, amount in zip(entry.sections_in(), tokens[1:], strict=True):
            page = entry.document.sections[position].span.page
            if page is not None:
                by_page[page] = by_page.get(page, 0) + amount
    for page in sorted(by_page, reverse=True):
        over -= by_page[page]
        if over <= 0:
            return page - 1
    return 0
