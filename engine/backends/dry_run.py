"""llama.cpp's own account of a load, asked of a short-lived child process: a file it dislikes can end that process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO

from engine import errors
from engine.backends.child import Child
from engine.errors import EngineError, EngineStopped, ModelFileError
from engine.llama_dry_run import Account
from engine.memory_plan import Request

_SECONDS = 120.0
"""A vocabulary of 200,000 tokens takes two seconds; a slow disk many more."""


def ask_llama(
    command: Sequence[str],
    path: Path,
    request: Request,
    *,
    rpc: Sequence[str] = (),
    log: IO[bytes] | None = None,
) -> Account:
    """What llama.cpp says that `request` takes, the RPC servers "HOST:PORT" included.

    command: starts a worker. Raises EngineError.
    """
    child = Child(command, log)
    try:
        child.send({"do": "dry_run", "path": str(path), "request": asdict(request), "rpc": list(rpc)}, b"")
        header, _ = child.receive(_SECONDS)
    except TimeoutError:
        child.kill()
        raise EngineError(f"llama.cpp did not answer within {_SECONDS:g} seconds.", hint="Ask again.") from None
    except EngineStopped as error:
        raise ModelFileError(f"llama.cpp ended over {path}.", hint="The engine's log says more.") from error
    finally:
        child.close()
    if header["event"] == "error":
        kind: type[EngineError] = getattr(errors, header["type"], EngineError)
        raise kind(header["message"], hint=header["hint"])
    return Account(kv=header["kv"], compute=header["compute"])
