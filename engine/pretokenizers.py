"""How llama.cpp cuts text into pieces before it merges bytes, as data: one pattern per family of pre-tokenizers.

Facts from llama.cpp's llama-vocab.cpp and unicode.cpp, kept only where a comparison over every code point and random
text found no difference. Two things differ from the patterns models are published with, and both are llama.cpp's:
its upper and lower case are a-z and A-Z alone (every other letter is both), and marks are no letters.
"""

from __future__ import annotations

from dataclasses import dataclass

_CONTRACTION = "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]"
_KNOWN = r"\p{Age=15.1}"
_LETTER = rf"[\p{{L}}&&{_KNOWN}]"
_NUMBER = rf"[\p{{N}}&&{_KNOWN}]"
_MARK = rf"[\p{{M}}&&{_KNOWN}]"
_UPPER = rf"[{_LETTER}--[a-z]]"
_LOWER = rf"[{_LETTER}--[A-Z]]"
_BEFORE_WORD = rf"[^\r\n{_LETTER}{_NUMBER}]?"
_OTHER = rf" ?[^\s{_LETTER}{_NUMBER}]+"
_SPACE = r"\s*[\r\n]+|\s+(?!\S)|\s+"


@dataclass(frozen=True, slots=True)
class PreTokenizer:
    """pattern: for tiktoken. newlines_end_pieces: a run of white space is cut behind its last line end.

    ignore_merges: a piece that is a token as a whole is taken without looking at the merges.
    """

    pattern: str
    newlines_end_pieces: bool = True
    ignore_merges: bool = False


_GPT4O = PreTokenizer(
    f"{_BEFORE_WORD}{_UPPER}*{_LOWER}+(?:{_CONTRACTION})?|{_BEFORE_WORD}{_UPPER}+{_LOWER}*(?:{_CONTRACTION})?"
    rf"|{_NUMBER}{{1,3}}|{_OTHER}[\r\n/]*|{_SPACE}"
)
_LLAMA3 = rf"(?:{_CONTRACTION})|{_BEFORE_WORD}{_LETTER}+|{_NUMBER}{{1,3}}|{_OTHER}[\r\n]*|{_SPACE}"
_QWEN2 = PreTokenizer(rf"(?:{_CONTRACTION})|{_BEFORE_WORD}{_LETTER}+|{_NUMBER}|{_OTHER}[\r\n]*|{_SPACE}")
_QWEN35 = PreTokenizer(
    rf"(?:{_CONTRACTION})|{_BEFORE_WORD}[{_LETTER}{_MARK}]+|{_NUMBER}| ?[^\s{_LETTER}{_MARK}{_NUMBER}]+[\r\n]*|{_SPACE}"
)
_TEKKEN = PreTokenizer(
    f"{_BEFORE_WORD}{_UPPER}*{_LOWER}+|{_BEFORE_WORD}{_UPPER}+{_LOWER}*"
    rf"|{_NUMBER}|{_OTHER}[\r\n/]*|{_SPACE}",
    ignore_merges=True,
)
_GPT2 = PreTokenizer(
    rf"'s|'t|'re|'ve|'m|'ll|'d| ?{_LETTER}+| ?{_NUMBER}+|{_OTHER}|\s+(?!\S)|\s+", newlines_end_pieces=False
)

_FAMILIES = (
    (_GPT4O, "gpt-4o llama4 kanana2 talkie minimax-m2"),
    (
        PreTokenizer(_LLAMA3, ignore_merges=True),
        "llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 glm4 glm5",
    ),
    (PreTokenizer(_LLAMA3), "dbrx smaug-bpe chatglm-bpe"),
    (_QWEN2, "qwen2 deepseek-r1-qwen kormo f2llmv2 megrez stablelm2 hunyuan solar-open grok-2"),
    (_QWEN35, "qwen35"),
    (_TEKKEN, "tekken"),
    (_GPT2, "gpt-2 phi-2 gigachat a.x-4.0 mellum mpt olmo jais exaone4 trillion granite-docling"),
)

PRE_TOKENIZERS: dict[str, PreTokenizer] = {name: family for family, names in _FAMILIES for name in names.split()}
"""By the name in `tokenizer.ggml.pre`."""
