"""What all tests of reading share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ingest.warm import end_child


@pytest.fixture(scope="module", autouse=True)
def one_child_for_a_module() -> Iterator[None]:
    """The process that `read_warm` keeps ends with the module's tests."""
    yield
    end_child()
