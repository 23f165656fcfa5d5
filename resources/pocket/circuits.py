"""Weights that read: the attention patterns of an extractive reader, written into a `llama4` model layer by layer.

Each part of the residual stream has a meaning (the slices below). What the layers do:

0. Each token learns the two tokens before it, and parts of words what they continue.
1. Each token learns the number of the mark it stands behind, its line, roughly: of near marks, nearer ones win.
2. The same once more, now exactly. Tokens of the question and tokens of the sources are told apart.
3. Each token of the question finds the places in the sources where the same word stands and takes their lines' numbers:
   votes, fewer for words that say little. What it does not find together counts for silence.
4. The votes and that count are gathered where the answer is written.
7. The line with most votes, if they are more than the count, gives the answer's mark; from then on the next token is
   copied from the place in that line that follows the same two tokens. Else the refusal is copied from the system text.

Layers 5 and 6 pass on. How much each word says comes from `wordweights`. Knows nothing of tasks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from resources.pocket import kernels
from resources.pocket.codes import HALF, NUMBER_DIMS, Codes
from resources.pocket.gguf_writer import Llama4Shape
from resources.pocket.model import Layer, Pocket
from resources.pocket.wordweights import WordWeights

CODE = slice(0, 128)
VARIANT = slice(128, 140)
STEADY = slice(192, 224)
BEFORE = slice(224, 352)
BEFORE_THAT = slice(352, 416)
CONTINUED = slice(416, 480)
BACK = (BEFORE, BEFORE_THAT, slice(416, 440), slice(440, 460), slice(460, 476))
"""The last five tokens, the nearest first; the last three in place of `CONTINUED` once that has been used."""
LINE = slice(480, 608)
VOTES = slice(608, 736)
OPENS, CLOSES, ENDS, BEGINS, CONTINUES, STANDS, ASKS, HEADS = range(160, 168)
SALIENCE, SILENCE, UNMATCHED, FOUND, ASKED, SOURCE, CHOSEN = range(168, 175)
AGAINST = VOTES.stop - 1
"""Flags: `‹`, `›`, a blank line, the first token, parts of words and whole ones, the word before a question, the end of
a role's name; log salience and silence of a token, shares of attention, what speaks against answering, place."""
NUMBERED, QUESTION, USER, ASSISTANT, SYSTEM = range(NUMBER_DIMS, NUMBER_DIMS + 5)
"""Inside a code: what kind of token a mark's name is."""

_SHORT = HALF
_STEADINESS = 24.0
_SMALL = 1 / 8
_RMS = (0.8866, 0.8877, 0.8878, 0.8879, 0.8879, 0.8900, 0.8907, 0.8915, *[0.8916] * 8)
"""Of the stream in front of each layer's attention and feed-forward part; nearly the same for all tokens, since the
steady part is most of it. As norm weights they undo the norm."""

_SHARP = 40.0
_ROOT = 16.0
_BOX = 48
_FOUND_FAIR, _MISSED_FAIR, _RESERVED = 1.1, 0.75, -0.1
"""What the sums of `wordweights` for silence are multiplied by, and what is added: less for short questions, more for
long ones, set on two rounds of held-out questions that are in no table."""

_ROUGHLY = 0.3
_NORM = 1.28
_COMMON_LENGTH = 50


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Ids of tokens that mean something. asks: opens a question. roles: the last token of user, assistant, system.

    line_break: one alone. refuses: the first of the refusal.
    """

    opens: int
    closes: int
    ends: int
    begins: int
    asks: int
    heads: int
    end_of_turn: int
    line_break: int
    refuses: int
    roles: tuple[int, int, int]


@torch.no_grad()
def plant(model: Pocket, codes: Codes, weights: WordWeights, at: Landmarks) -> None:
    """Overwrite all weights of `model` (of shape `model.SHAPE`)."""
    for weight in model.parameters():
        weight.fill_(0.0)
    for number, layer in enumerate(model.layers):
        layer.attn_norm.fill_(_RMS[2 * number])
        layer.ffn_norm.fill_(_RMS[2 * number + 1])
    _embed(model.token_embd, codes, weights, at)
    _know_before(model.layers[0], model.shape)
    _know_line(model.layers[1], model.shape)
    _know_line_exactly(model.layers[2], model.shape)
    _vote(model.layers[3], weights)
    _gather(model.layers[4], model.shape)
    _know_further_back(model.layers[5], model.shape, ((3, BACK[2]), (4, BACK[3])))
    _know_further_back(model.layers[6], model.shape, ((5, BACK[4]),))
    _answer(model.layers[7], model.token_embd, at)
    model.output_norm[CODE.start : CODE.start + NUMBER_DIMS] = 1
    model.output_norm[VARIANT] = 1


def _embed(embedding: Tensor, codes: Codes, weights: WordWeights, at: Landmarks) -> None:
    embedding[:, CODE.start : CODE.start + NUMBER_DIMS] = codes.words
    embedding[:, VARIANT] = codes.variants
    embedding[:, STEADY] = _STEADINESS / math.sqrt(STEADY.stop - STEADY.start)
    embedding[at.begins, : VARIANT.stop] = 0
    embedding[codes.numbers, NUMBERED] = 1
    embedding[at.line_break, QUESTION] = 1
    for token, role in zip(at.roles, (USER, ASSISTANT, SYSTEM), strict=True):
        embedding[token, role] = 1
    for token, flag in (
        (at.opens, OPENS),
        (at.closes, CLOSES),
        (at.ends, ENDS),
        (at.begins, BEGINS),
        (at.asks, ASKS),
        (at.heads, HEADS),
    ):
        embedding[token, flag] = 1
    embedding[:, CONTINUES] = codes.continues
    embedding[:, STANDS] = 1 - codes.continues
    embedding[at.begins, STANDS] = 0
    embedding[:, SALIENCE] = weights.salience * _SMALL
    embedding[:, SILENCE] = weights.silence * _SMALL
    embedding[at.end_of_turn, AGAINST] = weights.reserve + _RESERVED


def _know_before(layer: Layer, shape: Llama4Shape) -> None:
    _know_further_back(layer, shape, ((1, BEFORE), (2, BEFORE_THAT)))
    for i in range(_SHORT):
        _unit(layer, i, gate={CONTINUES: _SHARP}, down={CONTINUED.start + i: 1 / _SHARP})
    layer.ffn_up[:_SHORT, BEFORE.start : BEFORE.start + _SHORT] = torch.eye(_SHORT)


def _know_line(layer: Layer, shape: Llama4Shape) -> None:
    """Marks, ends of roles' names and the word before a question lie in one direction, all else in one that loses."""
    kernel = kernels.fit(shape, _nearest, length=2200, unused=64)
    dump = torch.zeros(256)
    dump[-2] = 1
    _steady(layer.attn_k, slice(0, 256), dump)
    for flag in (CLOSES, HEADS, ASKS):
        layer.attn_k[:, flag] = 2.0 * kernel.key() - dump
    _steady(layer.attn_q, slice(0, 256), kernel.query() - 0.5 * dump)
    layer.attn_v[0:128, BEFORE] = torch.eye(128)
    layer.attn_output[LINE, 0:128] = torch.eye(128) * _ROUGHLY


def _know_line_exactly(layer: Layer, shape: Llama4Shape) -> None:
    """Distance as before, and that the mark has the number found so far, in frequencies that hardly turn."""
    kernel = kernels.fit(shape, _nearest, length=2200, unused=64)
    dump = torch.zeros(256)
    dump[-2] = 1
    _steady(layer.attn_k, slice(0, 256), dump)
    names = slice(128, 128 + NUMBER_DIMS)
    for flag in (CLOSES, HEADS, ASKS):
        layer.attn_k[:, flag] = 2.0 * kernel.key() - dump
    layer.attn_k[names, BEFORE.start : BEFORE.start + NUMBER_DIMS] = torch.eye(NUMBER_DIMS) * 3.0
    _steady(layer.attn_q, slice(0, 256), kernel.query() - 0.5 * dump)
    layer.attn_q[names, LINE.start : LINE.start + NUMBER_DIMS] = torch.eye(NUMBER_DIMS) * 2.5 / _ROUGHLY
    layer.attn_v[0:128, BEFORE] = torch.eye(128)
    layer.attn_output[LINE, 0:128] = torch.eye(128)
    for number, (kinds, target) in enumerate((((QUESTION, USER), ASKED), ((NUMBERED,), SOURCE))):
        for edge, sign in ((0.4, 1.0), (0.6, -1.0)):
            unit = 2 * number + (edge > 0.5)
            gate = {LINE.start + kind: _SHARP / _NORM for kind in kinds}
            _unit(layer, unit, gate=gate, steady=-edge * _SHARP, up_steady=1, down={target: sign / (0.199 * _SHARP)})


def _vote(layer: Layer, weights: WordWeights) -> None:
    word, part, place = 20.0, 10.0, 9.0
    match = (word + part + place) * _ROOT
    layer.attn_k[0:NUMBER_DIMS, CODE.start : CODE.start + NUMBER_DIMS] = torch.eye(NUMBER_DIMS)
    layer.attn_k[128:192, CONTINUED] = torch.eye(_SHORT)
    layer.attn_k[192, STANDS] = 1
    layer.attn_k[193, BEGINS] = 1
    layer.attn_k[194, SOURCE] = 1
    far = 8.0 * _ROOT
    for head, alone in ((0, math.log(weights.spread)), (1, -3.5)):
        at = 256 * head
        layer.attn_q[at : at + NUMBER_DIMS, CODE.start : CODE.start + NUMBER_DIMS] = (
            torch.eye(NUMBER_DIMS) * word * _ROOT
        )
        layer.attn_q[at + 128 : at + 192, CONTINUED] = torch.eye(_SHORT) * part * _ROOT * 2.034
        layer.attn_q[at + 192, STANDS] = part * _ROOT
        layer.attn_q[at + 193, STEADY] = _average(match + (alone - 0.155) * _ROOT + far)
        layer.attn_q[at + 193, ASKED] = -far
        layer.attn_q[at + 194, STEADY] = _average(place * _ROOT)
    layer.attn_q[193, SALIENCE] = -_ROOT / _SMALL
    layer.attn_v[0:NUMBER_DIMS, LINE.start : LINE.start + NUMBER_DIMS] = torch.eye(NUMBER_DIMS) / _NORM
    layer.attn_v[128, BEGINS] = 1
    layer.attn_v[129, SOURCE] = 1
    layer.attn_output[VOTES.start : VOTES.start + NUMBER_DIMS, 0:NUMBER_DIMS] = torch.eye(NUMBER_DIMS) * weights.spread
    layer.attn_output[UNMATCHED, 128] = 1
    layer.attn_output[FOUND, 256 + 129] = 1.005
    up = {SILENCE: 1 / _SMALL}
    down = {AGAINST: _FOUND_FAIR * weights.elsewhere / _SHARP}
    gate = {UNMATCHED: _SHARP, FOUND: _SHARP, ASKED: 2 * _SHARP}
    _unit(layer, 0, gate=gate, steady=-3 * _SHARP, up=up, down=down)
    down = {AGAINST: _MISSED_FAIR * weights.nowhere / _SHARP}
    _unit(layer, 1, gate={ASKED: _SHARP, FOUND: -_SHARP}, up=up, down=down)


def _gather(layer: Layer, shape: Llama4Shape) -> None:
    kernel = kernels.fit(shape, lambda scores: -torch.log_softmax(scores, 0)[1 : 1 + _BOX].mean(), length=4096)
    _steady(layer.attn_k, slice(0, 256), kernel.key())
    _steady(layer.attn_q, slice(0, 256), kernel.query())
    layer.attn_v[0:128, VOTES] = torch.eye(128)
    layer.attn_output[VOTES, 0:128] = torch.eye(128) * _BOX
    # What words continue is no longer needed; the next layers write there.
    for i in range(_SHORT):
        _unit(layer, i, gate={}, steady=_SHARP, down={CONTINUED.start + i: -1 / _SHARP})
    layer.ffn_up[:_SHORT, CONTINUED] = torch.eye(_SHORT)


def _know_further_back(layer: Layer, shape: Llama4Shape, tokens: Sequence[tuple[int, slice]]) -> None:
    """tokens: how far back, and where to keep what stands there (its code's first dimensions)."""
    kernel = kernels.fit(shape, lambda scores: -torch.log_softmax(scores, 0)[1], length=4096)
    _steady(layer.attn_k, slice(0, 256), kernel.key())
    layer.attn_v[0:128, CODE] = torch.eye(128)
    for head, (distance, target) in enumerate(tokens):
        _steady(layer.attn_q, slice(256 * head, 256 * head + 256), kernel.moved(shape, distance - 1).query())
        size = target.stop - target.start
        layer.attn_output[target, 256 * head : 256 * head + size] = torch.eye(size)


def _answer(layer: Layer, embedding: Tensor, at: Landmarks) -> None:
    """Head 0 chooses a mark while the answer's first two tokens are written, head 1 copies."""
    role, closed, first, quoted, sink = range(250, 255)
    decided, place, rest = 25.0, 15.0, 200.0
    layer.attn_k[0:NUMBER_DIMS, LINE.start : LINE.start + NUMBER_DIMS] = torch.eye(NUMBER_DIMS) / _NORM
    layer.attn_k[role, LINE.start + SYSTEM] = 1 / _NORM
    layer.attn_k[closed, CLOSES] = 1
    layer.attn_k[first, BEGINS] = 1
    layer.attn_k[quoted, SOURCE] = 1
    # A row of its own: in one with weights this large, the others would be rounded away when the file is quantised.
    layer.attn_k[sink, BEGINS] = 1
    layer.attn_q[0:NUMBER_DIMS, VOTES.start : VOTES.start + NUMBER_DIMS] = torch.eye(NUMBER_DIMS) * decided * _ROOT
    layer.attn_q[closed, STEADY] = _average(place * _ROOT)
    layer.attn_q[first, STEADY] = _average(place * _ROOT)
    layer.attn_q[first, AGAINST] = decided * _ROOT
    # Once a mark is begun, silence is no choice any more, and after its number nothing of the system text comes.
    layer.attn_q[first, OPENS] = -rest * _ROOT
    layer.attn_q[sink, STEADY] = _average(rest * _ROOT)
    layer.attn_q[sink, OPENS] = layer.attn_q[sink, ENDS] = -rest * _ROOT
    line = 40.0
    layer.attn_q[256 : 256 + NUMBER_DIMS, LINE.start : LINE.start + NUMBER_DIMS] = (
        torch.eye(NUMBER_DIMS) * line * _ROOT / _NORM
    )
    layer.attn_q[256 + role, LINE.start + ASSISTANT] = (line + 25.0) * _ROOT / _NORM
    layer.attn_q[256 + role, NUMBERED] = -(line + 25.0) * _ROOT
    layer.attn_q[256 + quoted, STEADY] = _average(line * _ROOT)
    layer.attn_q[256 + sink, OPENS] = layer.attn_q[256 + sink, ENDS] = rest * _ROOT
    at_row = NUMBER_DIMS
    for kept, asking, size, gain in zip(BACK, (CODE, *BACK), (32, 32, 24, 20, 16), (30, 20, 14, 12, 12), strict=False):
        rows = slice(at_row, at_row + size)
        layer.attn_k[rows, kept.start : kept.start + size] = torch.eye(size)
        strength = gain * CODE.stop / size / 0.9
        layer.attn_q[256 + rows.start : 256 + rows.stop, asking.start : asking.start + size] = (
            torch.eye(size) * strength * _ROOT
        )
        at_row += size
    layer.attn_v[0:NUMBER_DIMS, CODE.start : CODE.start + NUMBER_DIMS] = torch.eye(NUMBER_DIMS)
    layer.attn_v[120 : 120 + NUMBER_DIMS, BEFORE.start : BEFORE.start + NUMBER_DIMS] = torch.eye(NUMBER_DIMS)
    layer.attn_v[240:252, VARIANT] = torch.eye(12)
    layer.attn_v[252, ENDS] = 1
    layer.attn_v[253, CLOSES] = 1
    said = slice(0, VARIANT.stop)
    signs = torch.zeros(embedding.shape[1], 3)
    for column, token in enumerate((at.opens, at.end_of_turn, at.refuses)):
        signs[said, column] = embedding[token, said]
        signs[NUMBER_DIMS : CODE.stop, column] = 0
    opens, end, refuses = signs.T
    layer.attn_output[CODE.start : CODE.start + NUMBER_DIMS, 120:240] = torch.eye(NUMBER_DIMS) * 4
    layer.attn_output[CHOSEN, 253] = 1
    layer.attn_output[CODE.start : CODE.start + NUMBER_DIMS, 256 : 256 + NUMBER_DIMS] = torch.eye(NUMBER_DIMS) * 4
    layer.attn_output[VARIANT, 256 + 240 : 256 + 252] = torch.eye(12) * 4
    layer.attn_output[:, 256 + 252] = end * 8
    for unit, sign, token in ((0, 1.0, opens), (1, -1.0, refuses)):
        _unit(layer, unit, gate={ENDS: _SHARP, CHOSEN: sign * _SHARP}, steady=-(1 + sign / 2) * _SHARP, up_steady=1)
        layer.ffn_down_shexp[:, unit] = token * 60 / _SHARP


def _nearest(scores: Tensor) -> Tensor:
    """How badly the last of many marks wins, near ones counting more, and the nearer of two that stand close by."""
    first = torch.arange(1, 150, 3)[:, None, None]
    gap = torch.arange(5, 50, 3)[None, :, None]
    many = -torch.log_softmax(scores[first + gap * torch.arange(40)], -1)[..., 0]
    share = 1 / (1 + first[..., 0] / _COMMON_LENGTH)
    many = (many * share).sum() / (share.sum() * many.shape[1])
    close = torch.arange(0, 16)[:, None, None]
    apart = torch.arange(4, 9)[None, :, None]
    return many - 0.3 * torch.log_softmax(scores[close + apart * torch.arange(2)], -1)[..., 0].mean()


def _average(value: float) -> float:
    """The weight that makes `value` of the steady part."""
    return value / (_STEADINESS * math.sqrt(STEADY.stop - STEADY.start))


def _steady(weight: Tensor, rows: slice, vector: Tensor) -> None:
    """Rows whose result is `vector` for every token."""
    weight[rows, STEADY] = vector[:, None] * _average(1.0)


def _unit(
    layer: Layer,
    unit: int,
    *,
    gate: dict[int, float],
    down: dict[int, float] | None = None,
    steady: float = 0.0,
    up: dict[int, float] | None = None,
    up_steady: float = 0.0,
) -> None:
    """One hidden unit: max(gate, 0) * up, nearly, if the gate's weights are large."""
    ends = "_shexp" if layer.routed else ""
    into, beside, out = (getattr(layer, f"ffn_{part}{ends}") for part in ("gate", "up", "down"))
    for place, value in gate.items():
        into[unit, place] = value
    into[unit, STEADY] = _average(steady)
    for place, value in (up or {}).items():
        beside[unit, place] = value
    if up_steady:
        beside[unit, STEADY] = _average(up_steady)
    for place, value in (down or {}).items():
        out[place, unit] = value
