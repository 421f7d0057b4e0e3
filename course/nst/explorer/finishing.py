"""Going on from the explorer's picture at higher sizes: what makes a sketch a picture to keep."""

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from nst import looks
from nst.engine import Run, make_problem
from nst.errors import OptionError
from nst.explorer.painter import Frame, Settings
from nst.images.loading import larger_shape, load_pair, resized
from nst.plumbing.memory import free_bytes, require_memory

LOOK = looks.LOOKS["ladder"]


class Finishing:
    """Paints on from `image`, at the look's larger sizes up to `size` pixels; stepped by one thread.

    Each step takes alpha and beta from the settings of its moment: beta is that of the explorer's own size, and grows
    with the pixels, as the content loss does. Pictures and optimiser are those of the beginning.
    options: those of `nst.engine.make_problem`. Raises OptionError where `size` is no larger than the image.
    """

    def __init__(self, image: np.ndarray, settings: Settings, size: int, options: Mapping[str, Any]) -> None:
        self.content, self.style = load_pair(settings.content.source, settings.style.source, size, LOOK.detail)
        if max(self.content.shape) <= max(image.shape):
            raise OptionError(
                f"the picture has {max(image.shape)} pixels already: choose a larger size to finish it at than {size}"
            )
        require_memory(self.content.shape, free_bytes())
        look = dataclasses.replace(LOOK, steps=LOOK.steps[-1:])
        self.scales = [s for s in looks.scales(look, self.content.shape) if max(s.shape) > max(image.shape)]
        self._options, self._optimizer = {"smoothing": LOOK.smoothing, **options}, settings.optimizer
        self.number, self.step_number, self._pixels = 0, 0, image.shape[0] * image.shape[1]
        self.best_image, self.ratio = image, settings.ratio
        self._run: Run | None = None
        self._began = time.perf_counter()

    @property
    def scale(self) -> looks.Scale:
        """The present size."""
        return self.scales[max(self.number - 1, 0)]

    @property
    def total(self) -> int:
        """Steps at all sizes."""
        return sum(scale.steps for scale in self.scales)

    @property
    def over(self) -> bool:
        return self.step_number >= self.total

    @property
    def seconds_left(self) -> float:
        """As the work so far has taken."""
        before = sum(scale.work for scale in self.scales[: self.number - 1])
        done = before + (self._run.steps if self._run else 0) * self.scale.cost
        work = sum(scale.work for scale in self.scales)
        return (time.perf_counter() - self._began) * (work - done) / done if done else float("nan")

    def step(self, settings: Settings) -> Frame:
        """One step at the present size, or the first one at the next. OptionError where the loss is no number."""
        run = self._run
        if run is None or run.steps >= self.scale.steps:
            run = self._enter_next()
        scale = self.scale
        record = run.step(settings.alpha, settings.beta * scale.pixels / self._pixels)
        if run.diverged:
            raise OptionError(f"the loss at {max(scale.shape)} pixels is {record.loss}: choose a smaller beta")
        self.step_number += 1
        self.best_image, self.ratio = record.best_image, settings.ratio
        return Frame(
            record.best_image, self.step_number, settings.alpha, settings.beta, record.content_loss, record.style_loss,
            record.loss, record.best_image, record.best_loss, self.step_number,
        )  # fmt: skip

    def _enter_next(self):
        shape = self.scales[self.number].shape
        content = resized(self.content, shape=shape)
        before = resized(self.content, shape=self.best_image.shape[:2])
        start = looks.larger_start(self.best_image, before, content, LOOK.restore)
        detail = LOOK.detail_at(shape)
        style = resized(self.style, shape=larger_shape(shape, detail, self.style.shape))
        self._run, self.number = (
            Run(make_problem(content, style, **self._options), self._optimizer, start),
            self.number + 1,
        )
        return self._run
