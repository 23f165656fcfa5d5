"""What llama.cpp logged while it loaded a model is held against what file and options lead to expect."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.gguf_file import read_gguf
from engine.load_facts import Overhear, load_facts
from engine.protocol import LoadOptions, ModelInfo
from tests.engine.asking import ROOT, loaded
from tests.make_gguf import Architecture, Sizes, write_random

POCKET = ROOT / "resources" / "pocket" / "plumbline-pocket-3.gguf"


def found(info: ModelInfo, *names: str) -> list[object]:
    return [info.loaded_facts[name].found for name in names]


def test_the_bundled_readers_facts_are_its_files() -> None:
    with loaded(POCKET, n_ctx=1000) as backend:
        facts = backend.info.loaded_facts
        assert all(fact.holds is not False for fact in facts.values()), facts
        assert {name for name, fact in facts.items() if fact.holds is None} == {"flash attention"}
        assert found(backend.info, "keys", "values", "rope scaling", "flash attention") == [
            "f16",
            "f16",
            "linear",
            "enabled",
        ]
        assert found(backend.info, "rope base in windows", "rope scale in windows") == [2_000_000.0, 3.14]
        assert found(backend.info, "context", "trained context") == [1024, 32_768]
        assert replace(backend.info) == backend.info and hash(backend.info)


@pytest.mark.parametrize("architecture", ["llama", "gemma2"])
def test_a_quantised_cache_is_named(tmp_path: Path, architecture: Architecture) -> None:
    path = write_random(tmp_path / "m.gguf", architecture=architecture, sizes=Sizes(heads=2, kv_heads=1))
    with loaded(path, n_ctx=512, kv="q8_0", kv_values="q4_0") as backend:
        facts = backend.info.loaded_facts
        assert found(backend.info, "keys", "values", "flash attention") == ["q8_0", "q4_0", "enabled"]
        assert all(fact.holds for name, fact in facts.items()), facts
    with loaded(path, n_ctx=512, flash="off") as backend:
        assert (backend.info.loaded_facts["flash attention"].found, backend.notice) == ("disabled", None)


def test_what_differs_does_not_hold_and_what_was_not_said_is_not_known(tiny_llama4: Path) -> None:
    gguf, heard = read_gguf(tiny_llama4), Overhear(lambda _: None)
    for line in (
        "print_info: freq_base_swa         = 10000.0",
        "llama_context: n_ctx                 = 4096",
        "llama_kv_cache: size =    2.00 MiB (  1024 cells), K (f16):    1.00 MiB, V (f16):    1.00 MiB",
        "llama_kv_cache: size =    2.00 MiB (  1024 cells), K (q8_0):    1.00 MiB, V (f16):    1.00 MiB",
    ):
        heard.hear(line)
    heard.stop()
    heard.hear("llama_context: n_ctx                 = 1")
    facts = load_facts(gguf, LoadOptions("m", 8192), heard.found, adds_bos=True)
    assert {name: fact.holds for name, fact in facts.items() if fact.found is not None} == {
        "context": False,
        "keys": False,
        "values": True,
        "rope base in windows": False,
    }
    assert facts["keys"].found == "f16 and q8_0"
    assert facts["rope base"].holds is None


def test_a_vocabulary_alone_has_no_facts(tiny_llama4: Path) -> None:
    with loaded(tiny_llama4, vocabulary_only=True) as backend:
        assert backend.info.loaded_facts == {}
