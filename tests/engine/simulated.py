"""A machine with known speeds and noise, to tune on: what a real one cannot be asked to be.

Its seconds pass only by measuring, so that a minute of tuning takes no time.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.measuring import Measured, Trial
from engine.protocol import LoadOptions, ModelInfo

INFO = ModelInfo("m.gguf", "m", "llama4", "", 1, 512, 8192, 1000, "header", "", True, 0.0)


@dataclass
class SimulatedMachine:
    """read, write: tokens a second of a trial. noise: spread of a measurement. hiccups: how often one is far off.

    slower_after: from that second on everything takes twice as long. gpu: times as fast with layers on the GPU.
    """

    read: Callable[[Trial], float]
    write: Callable[[Trial], float]
    noise: float = 0.0
    hiccups: float = 0.0
    slower_after: float = float("inf")
    gpu: float = 1.0
    seed: int = 0
    seconds: float = 0.0
    loads: list[int] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def clock(self) -> float:
        """Now."""
        return self.seconds

    def load(self, options: LoadOptions, *, on_progress: Callable[[float], None] | None = None) -> ModelInfo:
        """See Backend."""
        self.loads.append(options.gpu_layers)
        if on_progress is not None:
            on_progress(1.0)
        return INFO

    def measure(self, trial: Trial) -> Measured:
        """See LocalBackend."""
        self.trials.append(trial)
        times = self.gpu if self.loads[-1] else 1.0
        read = self._took(trial.read / (self.read(trial) * times))
        write = self._took(trial.write / (self.write(trial) * times))
        self.seconds += read + write
        return Measured(read, write)

    def _took(self, seconds: float) -> float:
        off = self._random.lognormvariate(0, self.noise)
        if self._random.random() < self.hiccups:
            off *= self._random.uniform(1.2, 4.0)
        return seconds * off * (2.0 if self.seconds >= self.slower_after else 1.0)
