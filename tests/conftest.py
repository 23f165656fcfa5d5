"""Random-weight models that many tests share, written once per run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from tests.make_gguf import write_random

# How long an example takes says nothing about whether it is right, least of all on a busy machine.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tests out unless a `-m` expression or a test's own name asks for them."""
    if config.option.markexpr or any("::" in argument for argument in config.args):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if not item.get_closest_marker("long")]


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
