"""Random-weight models that many tests share, written once per run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.make_gguf import write_random


@pytest.fixture(scope="session")
def tiny_llama4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scout's architecture: chunked and full attention layers, experts, a shared expert."""
    return write_random(tmp_path_factory.mktemp("models") / "tiny-llama4.gguf")


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every layer sees the whole context."""
    return write_random(tmp_path_factory.mktemp("models") / "tiny-llama.gguf", architecture="llama")


@pytest.fixture(scope="session")
def tiny_swa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every second layer sees a sliding window of 512 tokens."""
    return write_random(tmp_path_factory.mktemp("models") / "tiny-swa.gguf", architecture="gemma2")
