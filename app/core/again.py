"""What is done when the engine ends while it answers: it is said, it is started again, and asked once more, not twice.

Once, because a question that ends the engine twice would end it for ever. Whether the engine died, was killed or hung
makes no difference; whoever asked it to stop gets Cancelled instead. Knows no window and no command line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from engine.backends.base import Backend
from engine.errors import EngineStopped

T = TypeVar("T")


def with_one_restart(
    work: Callable[[], T],
    backend: Backend,
    *,
    again: Callable[[str], None],
    on_load: Callable[[float], None] | None = None,
) -> T:
    """What `work` returns. again: told the sentence before `work` begins anew; words that came so far are void.

    on_load: 0.0 to 1.0, while the engine is started again. Raises what `work` raises, EngineStopped of the second time.
    """
    try:
        return work()
    except EngineStopped as error:
        again(f"{error} It is started again, and the question is asked once more.")
    backend.revive(on_progress=on_load)
    return work()
