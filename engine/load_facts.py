"""What llama.cpp says that it made of a model file and of the options, beside what was to be expected.

Most of it has no call in its C interface and stands in its log alone. Where a line is not there (another version's
wording), what was found is None and nothing is claimed. Knows no llama.cpp and no self-check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.gguf_file import GgufFile
from engine.protocol import Fact, LoadOptions

_NUMBER = r" *= ([-+.\deE]+)"
_LINES: Mapping[str, re.Pattern[str]] = {
    "context": re.compile(rf"llama_context: n_ctx{_NUMBER}"),
    "trained context": re.compile(rf"print_info: n_ctx_train{_NUMBER}"),
    "rope base": re.compile(rf"llama_context: freq_base{_NUMBER}"),
    "rope scale": re.compile(rf"llama_context: freq_scale{_NUMBER}"),
    "rope base in windows": re.compile(rf"print_info: freq_base_swa{_NUMBER}"),
    "rope scale in windows": re.compile(rf"print_info: freq_scale_swa{_NUMBER}"),
    "rope scaling": re.compile(r"print_info: rope scaling *= (\w+)"),
    "first token": re.compile(rf"print_info: BOS token{_NUMBER}"),
    "flash attention": re.compile(r"(?:llama_context: flash_attn *= |Flash Attention )(\w+)"),
}
_CACHE = re.compile(r"llama_kv_cache: size.* K \((\w+)\).* V \((\w+)\)")
_WINDOWS_LIKE_THE_REST = frozenset({"llama4"})
"""Their window layers have the file's only rope settings; other architectures have defaults of their own."""

_DEFAULT_BASE = 10_000.0
_CLOSE = 1e-3
"""llama.cpp's log rounds."""


class Overhear:
    """llama.cpp's log while a model is loaded, handed on to `write`; `found` is what it said."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._listening = True
        self.found: dict[str, Any] = {}
        self._caches: set[tuple[str, str]] = set()

    def hear(self, line: str) -> None:
        """One line."""
        self._write(line)
        if not self._listening:
            return
        for name, pattern in _LINES.items():
            if said := pattern.search(line):
                self.found[name] = _value(said[1])
        if cache := _CACHE.search(line):
            self._caches.add((cache[1], cache[2]))
            for name, kinds in zip(("keys", "values"), zip(*self._caches, strict=True), strict=True):
                self.found[name] = " and ".join(sorted(set(kinds)))

    def stop(self) -> None:
        """The model is loaded; from now on lines are only handed on."""
        self._listening = False


def load_facts(gguf: GgufFile, options: LoadOptions, found: Mapping[str, Any], *, adds_bos: bool) -> dict[str, Fact]:
    """Each fact by its name: what file and options lead to expect, what llama.cpp said. found: `Overhear.found`."""
    rope = f"{gguf.architecture}.rope."
    base = gguf.metadata.get(rope + "freq_base", _DEFAULT_BASE)
    factor = gguf.metadata.get(rope + "scaling.factor", 0)
    scale = 1 / factor if isinstance(factor, int | float) and factor else 1.0
    values = options.kv_values or options.kv
    expected: dict[str, Any] = {
        "context": options.n_ctx,
        "trained context": gguf.context_length,
        "keys": options.kv,
        "values": values,
        "rope base": base,
        "rope scale": scale,
        "rope scaling": gguf.metadata.get(rope + "scaling.type", "linear"),
        "first token": gguf.metadata.get("tokenizer.ggml.bos_token_id") if adds_bos else None,
        "flash attention": {"on": "enabled", "off": "disabled", "auto": None}[options.flash],
    }
    if values != "f16":
        expected["flash attention"] = "enabled"
    if gguf.architecture in _WINDOWS_LIKE_THE_REST:
        expected["rope base in windows"] = gguf.metadata.get(rope + "freq_base_swa", base)
        expected["rope scale in windows"] = scale
    return {
        name: Fact(value, found.get(name), _agree(name, value, found.get(name))) for name, value in expected.items()
    }


def _agree(name: str, expected: Any, found: Any) -> bool | None:
    if expected is None or found is None:
        return None
    if name == "context":
        # llama.cpp rounds it up.
        return bool(found >= expected)
    if isinstance(expected, int | float) and isinstance(found, int | float):
        return bool(abs(found - expected) <= _CLOSE * abs(expected))
    return bool(expected == found)


def _value(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
