"""Training prompts are the program's own prompts, and answers repeat the source's own tokens."""

from __future__ import annotations

import re
from random import Random
from types import SimpleNamespace

import pytest

from app.core.prompt import default_system, mark_documents, question_text
from resources.pocket.rendering import REFUSAL, Renderer, as_document
from resources.pocket.tasks.mixture import scene

SPECIAL = ("<|begin_of_text|>", "<|header_start|>", "<|header_end|>", "<|eot|>", "<|finetune_right_pad|>")


class Characters:
    """A vocabulary of one token per character, but for the ends of marks: enough to read ids back as text."""

    def __init__(self) -> None:
        self.tokens = [*SPECIAL, "]\n", "]\n\n", *(chr(code) for code in range(10, 0x2500))]
        self._ids = {token: index for index, token in enumerate(self.tokens)}

    def encode(self, text: str, *, add_special_tokens: bool) -> SimpleNamespace:
        assert not add_special_tokens
        ids, offsets, at = [], [], 0
        while at < len(text):
            token = next(t for t in (text[at : at + 3], text[at : at + 2], text[at]) if t in self._ids)
            ids.append(self._ids[token])
            offsets.append((at, at + len(token)))
            at += len(token)
        return SimpleNamespace(ids=ids, offsets=offsets)

    def text(self, ids: list[int]) -> str:
        return "".join(self.tokens[i] for i in ids)


@pytest.mark.parametrize("seed", range(12))
def test_a_context_is_what_the_program_would_send(seed: int) -> None:
    vocabulary = Characters()
    renderer = Renderer(vocabulary, vocabulary.tokens)
    documents = scene(Random(seed), 40)
    dialogue = renderer.dialogue(documents, Random(seed))
    layout = Random(seed)
    laid_out = [as_document(f"S{i + 1}", name, passage, layout)[0] for i, (name, passage) in enumerate(documents)]
    contents = "".join(marked.text for marked in mark_documents(laid_out, "numbered"))
    head = f"<|begin_of_text|><|header_start|>system<|header_end|>\n\n{default_system('numbered')}<|eot|>"
    assert vocabulary.text(dialogue.context) == f"{head}<|header_start|>user<|header_end|>\n\n{contents}"
    asked = [ask.question for _, passage in documents for ask in passage.asks]
    for turn in dialogue.turns:
        question = vocabulary.text(turn.ids[: turn.answer])
        assert question.endswith("<|eot|><|header_start|>assistant<|header_end|>\n\n")
        assert question[: question.index("<|eot|>")] in {question_text(text) for text in asked}


@pytest.mark.parametrize("seed", range(12))
def test_an_answer_is_a_mark_and_its_whole_unit(seed: int) -> None:
    vocabulary = Characters()
    documents = scene(Random(seed), 40)
    dialogue = Renderer(vocabulary, vocabulary.tokens).dialogue(documents, Random(seed))
    layout = Random(seed)
    laid_out = [as_document(f"S{i + 1}", name, passage, layout)[0] for i, (name, passage) in enumerate(documents)]
    units = {
        mark.name: laid_out[mark.document].sections[mark.section].text[mark.start : mark.end]
        for marked in mark_documents(laid_out, "numbered")
        for mark in marked.marks
    }
    assert sum(not turn.refusal for turn in dialogue.turns) > 5
    for turn in dialogue.turns:
        answer = vocabulary.text(turn.ids[turn.answer :])
        assert answer.endswith("<|eot|>")
        if turn.refusal:
            assert answer == f"{REFUSAL}<|eot|>"
            continue
        quoted = re.findall(r"‹(\d+)› (.+?)(?:\n\n(?=‹)|<\|eot\|>)", answer, re.DOTALL)
        assert quoted
        assert all(quote.strip() == units[mark] for mark, quote in quoted)


def test_marks_can_begin_at_any_number() -> None:
    vocabulary = Characters()
    documents = scene(Random(4), 12)
    dialogue = Renderer(vocabulary, vocabulary.tokens).dialogue(documents, Random(4), first_number=1200)
    assert "‹1200› " in vocabulary.text(dialogue.context)
    assert "‹1199› " not in vocabulary.text(dialogue.context)
