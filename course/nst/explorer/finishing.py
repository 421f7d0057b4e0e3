"""Going on from the explorer's picture at higher sizes: what makes a sketch a picture to keep."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from nst import looks
from nst.errors import OptionError
from nst.explorer.painter import Frame, Settings
from nst.images.loading import load_pair
from nst.painting import Climb

LOOK = dataclasses.replace(looks.LOOKS["ladder"], steps=looks.LOOKS["ladder"].steps[-1:])


class Finishing:
    """Paints on from `image`, at the look's larger sizes up to `size` pixels; stepped by one thread.

    Each step takes alpha and beta from the settings of its moment: beta is that of the explorer's own size, and grows
    with the pixels, as the content loss does. Pictures and optimiser are those of the beginning.
    options: those of `nst.engine.make_problem`. Raises OptionError where `size` is no larger than the image.
    """

    def __init__(self, image: np.ndarray, settings: Settings, size: int, options: Mapping[str, Any]) -> None:
        content, style = load_pair(settings.content.source, settings.style.source, size, LOOK.detail)
        if max(content.shape) <= max(image.shape):
            raise OptionError(
                f"the picture has {max(image.shape)} pixels already: choose a larger size to finish it at than {size}"
            )
        self.climb = Climb(content, style, LOOK, start=image, optimizer=settings.optimizer, **options)
        self._larger = content.size / image.size  # so many times more pixels
        self.best_image, self.ratio, self.seconds_left = image, settings.ratio, float("nan")

    @property
    def over(self) -> bool:
        return self.climb.steps >= self.climb.total

    def step(self, settings: Settings) -> Frame:
        """One step at the present size, or the first one at the next. OptionError where the loss is no number."""
        record = self.climb.step(settings.alpha, settings.beta * self._larger)
        if self.climb.diverged:
            raise OptionError(f"the loss at {max(record.x.shape)} pixels is {record.loss}: choose a smaller beta")
        self.best_image, self.ratio = record.best_image, settings.ratio
        self.seconds_left = record.seconds * (1 - record.done) / record.done
        return Frame(
            record.best_image, record.step, settings.alpha, settings.beta, record.content_loss, record.style_loss,
            record.loss, record.best_image, record.best_loss, record.step,
        )  # fmt: skip
