"""What can go wrong in the engine.

EngineError              the base; its text is one sentence for the user, `hint` says what to do
  ModelFileError         the file is missing, cut short, not a GGUF, or not a model that answers
  TemplateError          the model's chat template is missing, broken or does not end
  ContextError           the context asked for cannot be had (zero, negative, over what fits)
  DeviceError            a device or an RPC server that was named cannot be used
  GrammarError           a grammar or JSON schema cannot be used
  CannotScore            what runs the model gives no log-probabilities of given tokens
  CheckError             a self-check cannot be done as it was asked for
  PromptTooLong          more tokens than the context holds; nothing was read
  Cancelled              the caller asked to stop; what was read so far is kept
  StateError             what was read cannot be kept on disk
    StateDamaged         a read state on disk cannot be believed; its text completes "the read state ..."
  EngineStopped          the worker process ended; a new one can be started and the question asked again
    EngineHung           it gave no sign of life for too long and was ended
"""


class EngineError(Exception):
    """The world did something wrong; `str(error)` can be shown as it is."""

    kind = "engine"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ModelFileError(EngineError):
    """The model file cannot be used."""

    kind = "model_file"


class TemplateError(EngineError):
    """The chat template cannot be used."""

    kind = "template"


class ContextError(EngineError):
    """The context asked for cannot be had."""

    kind = "context"


class DeviceError(EngineError):
    """A device, or another machine's RPC server, cannot be used."""

    kind = "device"


class GrammarError(EngineError):
    """The grammar or JSON schema that an answer is to follow cannot be used."""

    kind = "grammar"


class CannotScore(EngineError):
    """What runs the model gives no log-probabilities of given tokens."""

    kind = "no_scores"


class CheckError(EngineError):
    """A self-check cannot be done as it was asked for."""

    kind = "check"


class PromptTooLong(EngineError):
    """The prompt does not fit the context; nothing was read."""

    kind = "over_budget"


class Cancelled(EngineError):
    """Stopped on request."""

    kind = "cancelled"


class StateError(EngineError):
    """What was read cannot be kept on disk; nothing else is lost."""

    kind = "state"


class StateDamaged(StateError):
    """A read state on disk cannot be believed. Its text completes a sentence: "is damaged"."""


class EngineStopped(EngineError):
    """The worker process ended before it answered. code: its exit code (negative: the signal), when it is known."""

    kind = "engine_stopped"

    def __init__(self, message: str, *, hint: str = "", code: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code


class EngineHung(EngineStopped):
    """The worker process gave no sign of life for too long, and was ended."""

    kind = "engine_hung"
