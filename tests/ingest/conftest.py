"""What all tests of reading share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingest.outline import _CHILD
from tests.ingest.warm import end_child


@pytest.fixture(scope="module", autouse=True)
def one_child_for_a_module() -> Iterator[None]:
    """The processes that `read_warm` and outlines keep end with the module's tests."""
    yield
    end_child()
    _CHILD.close()
