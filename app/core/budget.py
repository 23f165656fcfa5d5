"""The budget: what a context is spent on, in exact integers that add up. Knows no text and no tokenizer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens of one prompt. context = system + documents + conversation + answer + free, always.

    system: the template's opening and the system prompt. documents: headings, text and marks of what is included.
    conversation: earlier turns, the question, and the template's tokens around them. answer: room kept for the
    answer. free: what is left, negative when the prompt is over the budget.
    """

    context: int
    system: int
    documents: int
    conversation: int
    answer: int

    @property
    def prompt(self) -> int:
        """Tokens that the engine will hold before the answer begins."""
        return self.system + self.documents + self.conversation

    @property
    def free(self) -> int:
        """Tokens left; negative when over."""
        return self.context - self.prompt - self.answer

    @property
    def over(self) -> int:
        """By how many tokens the prompt is too long; 0 when it fits."""
        return max(0, -self.free)
