"""The optimisation behind the explorer, without widgets: at each step it does what the settings of that moment say."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nst.compute.weights import load_weights
from nst.engine import ALPHA, BETA, Run, make_problem
from nst.errors import OptionError
from nst.images.loading import Picture, image_of
from nst.plumbing.keywords import takes_options_of
from nst.settings import fixed_plan, seconds_per_pixel

START_SIZE, LARGER_START = 128, 192  # pixels; the larger one where a step takes no longer than QUICK there
QUICK = 0.35  # seconds: quick enough to answer a slider


def start_size() -> int:
    """Pixels to begin with on this machine: one step is measured, once in a process."""
    if plan := fixed_plan(LARGER_START, 1):
        return plan.size
    return LARGER_START if LARGER_START**2 * seconds_per_pixel() <= QUICK else START_SIZE


@dataclass(frozen=True, eq=False)
class Choice:
    """A picture to paint with. source: what `image_of` takes. Equal only to itself."""

    label: str
    source: Picture
    note: str = ""  # what it is and whose; of a stand-in, for what

    def load(self, size: int | None = None, shape: tuple[int, int] | None = None) -> np.ndarray:
        """The image (H, W, 3) at this size or shape; raises ImageError."""
        return image_of(self.source, size, shape, what=self.label)


@dataclass(frozen=True)
class Settings:
    """Everything that the controls say at one moment. Immutable: a step sees all of a change or nothing of it."""

    content: Choice
    style: Choice
    size: int = START_SIZE  # longest side of the content picture, pixels
    optimizer: str = "lbfgs"
    alpha: float = ALPHA
    beta: float = BETA

    @property
    def ratio(self) -> float:
        """beta / alpha: how much style for each unit of content."""
        return self.beta / self.alpha

    @property
    def task(self) -> tuple[Choice, Choice, int]:
        """What a change of needs another network graph for, and a start from the beginning."""
        return self.content, self.style, self.size


@dataclass(frozen=True)
class Frame:
    """The picture after one step, and the numbers that belong to it. Losses are those before the step moved it."""

    image: np.ndarray = field(repr=False)  # (H, W, 3)
    step: int  # 1 for the first
    alpha: float
    beta: float
    content_loss: float
    style_loss: float
    loss: float  # (10)
    best_image: np.ndarray = field(repr=False)
    best_loss: float  # since alpha or beta were last changed: another ratio is another loss
    best_step: int

    @property
    def ratio(self) -> float:
        """The beta / alpha that this frame was made with."""
        return self.beta / self.alpha


class Painter:
    """Paints in steps, each with its own `Settings`. options: those of `nst.engine.make_problem`.

    New pictures or another size start from the content picture; another optimiser goes on from the present one.
    Not thread-safe: one thread at a time may call `step` or `reset`.
    """

    @takes_options_of(make_problem)
    def __init__(self, **options: Any) -> None:
        self.options, self.task, self.problem, self.label = options, None, None, ""
        self.reset()

    def reset(self) -> None:
        """Back to the content picture, step 0; what the network was compiled for is kept."""
        self._run, self._optimizer, self._best_step = None, None, 0
        self.frame: Frame | None = None
        self.history: list[tuple[float, float, float]] = []  # (content loss, style loss, total loss) of each step
        self._durations = deque(maxlen=8)

    @property
    def steps(self) -> int:
        """Steps done since the last start from the content picture."""
        return len(self.history)

    @property
    def seconds_per_step(self) -> float:
        """Median of the last few steps; NaN before the first."""
        return float(np.median(self._durations)) if self._durations else float("nan")

    def step(self, settings: Settings) -> Frame:
        """One step of the optimisation: the new `Frame`. Raises OptionError where the loss is no longer a number."""
        run = self._prepared(settings)
        started = time.perf_counter()
        record = run.step(settings.alpha, settings.beta)
        self._durations.append(time.perf_counter() - started)
        if run.diverged:
            raise OptionError(
                f"the loss at step {self.steps + 1} is {record.loss}: the steps were too long. "
                "Press Reset and choose another optimiser or a smaller beta."
            )
        self.history.append((record.content_loss, record.style_loss, record.loss))
        if record.loss == record.best_loss:
            self._best_step = self.steps
        self.frame = frame = self._framed(record, settings)
        return frame

    def _prepared(self, settings):
        """The run that these settings need; it and its problem are made anew where they differ from what there is."""
        if settings.task != self.task:
            content = settings.content.load(size=settings.size)
            style = settings.style.load(shape=content.shape[:2])
            self.problem, self.task = make_problem(content, style, **self.options), settings.task
            self.label = load_weights(self.options.get("weights", "auto")).label  # from the cache
            self.reset()
        if settings.optimizer != self._optimizer:
            self._run = Run(self.problem, settings.optimizer, x0=None if self._run is None else self._run.image)
            self._optimizer = settings.optimizer
        return self._run

    def _framed(self, record, settings):
        # L-BFGS tries steps that it may take back: after one of those the best picture is where it stands.
        taken_back = settings.optimizer == "lbfgs" and record.loss > record.best_loss
        return Frame(
            record.best_image if taken_back else self._run.image,
            self.steps,
            settings.alpha,
            settings.beta,
            record.content_loss,
            record.style_loss,
            record.loss,
            record.best_image,
            record.best_loss,
            self._best_step,
        )
