"""What a read state depends on: anything that changes what is read changes the fingerprint, nothing else does."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from engine.fingerprint import NOT_READ, Fingerprint, differences, fingerprint, full_sha256
from engine.gguf_file import read_gguf
from engine.protocol import LoadOptions
from tests.make_gguf import Sizes, write_random

BUILD = {"version": "1", "system": "CPU"}
SMALL = Sizes(layers=1, width=32, heads=1, kv_heads=1, feed_forward=32)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_random(tmp_path / "model.gguf", architecture="llama", sizes=SMALL)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "libllama.so"
    path.write_bytes(b"code" * 100)
    return path


def of(model: Path, library: Path, *, build: dict[str, str] = BUILD, key: bytes = b"k", **chosen: Any) -> Fingerprint:
    return fingerprint(read_gguf(model), LoadOptions(str(model), **{"n_ctx": 1024, **chosen}), build, (library,), key)


def test_it_stays_the_same_over_what_changes_nothing(model: Path, library: Path, tmp_path: Path) -> None:
    before = of(model, library)
    assert of(model, library) == before
    assert of(model, library, threads=7, state_folder="x", state_quota=5) == before
    assert of(model, library, n_ubatch=512, kv_values="f16") == before, "said, or taken for granted"
    assert of(model, library, gpu_layers=3) == of(model, library, gpu_layers=40)
    moved = model.rename(tmp_path / "moved.gguf")
    assert of(moved, library) == before
    assert json.loads(json.dumps(before.facts)) == before.facts
    assert Fingerprint.of(dict(reversed(list(before.facts.items())))) == before


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"n_ctx": 2048}, "another context size"),
        ({"kv": "q8_0"}, "another type of KV cache"),
        ({"kv_values": "q8_0"}, "another type of KV cache"),
        ({"flash": "off"}, "another choice of flash attention"),
        ({"gpu_layers": 1}, "another use of the GPU"),
        ({"n_batch": 256}, "another batch size"),
        ({"key": b"other"}, "another computer"),
        ({"build": {**BUILD, "version": "2"}}, "another build of llama.cpp"),
    ],
)
def test_it_follows_what_is_read_with(model: Path, library: Path, chosen: dict[str, Any], words: str) -> None:
    before, after = of(model, library), of(model, library, **chosen)
    assert before.digest != after.digest
    assert differences(before.facts, after.facts) == [words]


def test_every_load_option_is_one_or_the_other() -> None:
    names = {field.name for field in fields(LoadOptions)}
    assert names >= NOT_READ, "an option that is gone is still listed"


def test_it_follows_the_model_and_the_library(model: Path, library: Path, tmp_path: Path) -> None:
    before = of(model, library)
    other = write_random(tmp_path / "other.gguf", architecture="llama", sizes=SMALL, seed=1)
    assert other.stat().st_size == model.stat().st_size
    assert differences(before.facts, of(other, library).facts) == ["another model file"]
    turned = write_random(
        tmp_path / "turned.gguf", architecture="llama", sizes=SMALL, extra_metadata={"llama.rope.scaling.factor": 2.0}
    )
    assert "other position settings" in differences(before.facts, of(turned, library).facts)
    worded = write_random(
        tmp_path / "worded.gguf", architecture="llama", sizes=SMALL, template="{{ messages[0].content }}"
    )
    assert "another chat template" in differences(before.facts, of(worded, library).facts)
    library.write_bytes(b"codf" * 100)
    assert differences(before.facts, of(model, library).facts) == ["another build of llama.cpp"]


def test_all_bytes_of_a_model_are_read_when_asked_and_once(model: Path, tmp_path: Path) -> None:
    cache = tmp_path / "hashes.json"
    gguf = read_gguf(model)
    whole = hashlib.sha256(model.read_bytes()).hexdigest()
    assert full_sha256(gguf) == full_sha256(gguf, cache) == whole
    status = model.stat()
    raw = bytearray(model.read_bytes())
    raw[-1] ^= 1
    model.write_bytes(raw)
    os.utime(model, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert full_sha256(gguf, cache) == whole, "with the same times and size it is not read again"
    os.utime(model, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert full_sha256(gguf, cache) != whole
    cache.write_text("no json")
    assert full_sha256(gguf, cache) == hashlib.sha256(bytes(raw)).hexdigest()
    assert full_sha256(replace(gguf), cache) == hashlib.sha256(bytes(raw)).hexdigest()
