"""Whether a model fits here, in a word, a number and a sentence, and the refusal to load what cannot fit.

One function for the window, the command line and the engine. Knows no llama.cpp, no window and no files but headers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from engine.devices import may_have_gpu
from engine.errors import ContextError
from engine.free_memory import free_memory
from engine.gguf_file import GgufFile
from engine.kv_memory import BLOCK
from engine.memory_plan import MemoryPlan, Request, can_quantise, largest_fitting, plan, request_of
from engine.model_shape import ModelShape, shape_of
from engine.placement import Memory
from engine.protocol import KvType, LoadOptions

Fits = Literal["yes", "q8_0", "smaller", "no"]
"""As asked for; with a q8_0 cache; with a smaller context; not at all."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was asked for against what there is. max_context: tokens that fit with the cache asked for, 0: none.

    q8_0_context: the same with a q8_0 cache. plan: of what was asked for.
    """

    fits: Fits
    request: Request
    plan: MemoryPlan
    available: Memory
    max_context: int
    q8_0_context: int

    @property
    def words(self) -> str:
        """The verdict as a heading."""
        return {
            "yes": "fits",
            "q8_0": "fits with q8_0 KV",
            "smaller": f"fits up to {self.max_context or self.q8_0_context:,} tokens",
            "no": "does not fit",
        }[self.fits]

    @property
    def sentence(self) -> str:
        """What is needed and what is there, and which context would do."""
        need, free = _amount(self.tightest[0]), _amount(self.tightest[1])
        where = "" if self.tightest[2] == "RAM" else f" on {self.tightest[2]}"
        tokens = f"A context of {self.request.n_ctx:,} tokens"
        if self.fits == "yes":
            return f"{tokens} fits: it takes about {need} of the {free} free{where}."
        missing = f"{tokens} needs about {need} with this model; {free} are free{where}."
        if self.fits == "q8_0":
            return f"{missing} It fits with q8_0 KV."
        if self.fits == "smaller" and not self.max_context:
            return f"{missing} With q8_0 KV, up to {self.q8_0_context:,} tokens fit."
        if self.fits == "smaller":
            return f"{missing} Up to {self.max_context:,} tokens fit."
        return f"{missing} No context fits."

    @property
    def tightest(self) -> tuple[int, int, str]:
        """Bytes needed, bytes free and the name of the device that is fullest."""
        free = {"RAM": self.available.ram} | {gpu.name: gpu.free for gpu in self.available.gpus or ()}
        need = max(self.plan.devices, key=lambda device: device.total / max(1, free[device.name]))
        return need.total, free[need.name], need.name


def judge(shape: ModelShape, request: Request, available: Memory) -> Verdict:
    """What fits of `request`. GPUs that are not known are not judged; nothing is refused over them."""
    wanted = plan(shape, request, available.gpus or ())
    packed = replace(request, kv="q8_0", kv_values=None)
    may_pack = can_quantise(shape) and request.flash and request.kv == "f16"
    unknown = bool(request.gpu_layers) and available.gpus is None
    largest = shape.trained_context if unknown else largest_fitting(shape, request, available)
    with_q8_0 = largest if unknown or not may_pack else largest_fitting(shape, packed, available)
    fits: Fits
    if unknown or wanted.fits(available):
        fits = "yes"
    elif may_pack and with_q8_0 >= request.n_ctx:
        fits = "q8_0"
    else:
        fits = "smaller" if max(largest, with_q8_0) else "no"
    return Verdict(fits, request, wanted, available, largest, with_q8_0)


def refusal(shape: ModelShape, request: Request) -> ContextError | None:
    """Why the model cannot be had like this on any machine, or None."""
    if request.n_ctx < 1:
        return ContextError(
            f"A context of {request.n_ctx:,} tokens holds nothing.", hint="Choose a --ctx of 1,024 or more."
        )
    trained = shape.trained_context
    if request.n_ctx > trained:
        return ContextError(
            f"A context of {request.n_ctx:,} tokens is more than the {trained:,} this model was made for.",
            hint=f"Choose a --ctx of at most {trained}.",
        )
    packed: KvType | None = next((kv for kv in (request.kv, request.values) if kv != "f16"), None)
    if packed and not can_quantise(shape):
        size = next(layer.head for layer in shape.layers if layer.key and layer.head % BLOCK)
        return ContextError(
            f"This model's keys hold {size} values, and {packed} packs them by {BLOCK}.", hint="Choose --kv f16."
        )
    return None


def available_memory(*, rpc: Sequence[str] = ()) -> Memory:
    """What this machine has free now. Which GPUs there are is known only where there can be none."""
    return Memory(free_memory(), None if rpc or may_have_gpu() else ())


def check_fits(gguf: GgufFile, options: LoadOptions, *, available: Memory | None = None) -> None:
    """Raise ContextError, with what would do, when `options` cannot be had here.

    available: what may be taken, where that is not what is free now (a model that is about to go still holds some).
    """
    shape, request = shape_of(gguf), request_of(options)
    never = refusal(shape, request)
    if never is not None:
        raise never
    if options.anyway:
        return
    verdict = judge(shape, request, available or available_memory(rpc=options.rpc))
    if verdict.fits == "yes":
        return
    raise ContextError(verdict.sentence, hint=f"{_remedy(verdict)} --anyway loads it all the same.")


def largest_context(gguf: GgufFile, *, kv: KvType, n_batch: int, free: int) -> int:
    """The largest context that fits `free` bytes of RAM; 0 when none does."""
    return largest_fitting(shape_of(gguf), Request(1, kv=kv, n_batch=n_batch), Memory(free, ()))


def _remedy(verdict: Verdict) -> str:
    smaller = f"a --ctx of at most {verdict.max_context}" if verdict.max_context else ""
    if verdict.fits == "q8_0":
        return f"Choose --kv q8_0{f' or {smaller}' if smaller else ''}."
    if smaller:
        more = verdict.q8_0_context > verdict.max_context
        return f"Choose {smaller}{f', or of {verdict.q8_0_context} with --kv q8_0' if more else ''}."
    if verdict.fits == "smaller":
        return f"Choose --kv q8_0 with a --ctx of at most {verdict.q8_0_context}."
    return "Choose a smaller model."


def _amount(size: int) -> str:
    """Bytes as people read them."""
    return f"{size / 1e9:,.1f} GB" if size >= 10**9 else f"{size / 1e6:,.0f} MB"
