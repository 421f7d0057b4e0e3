"""Two ways to paint with the note's loss: from small to large (the default), or at one size from the content image.

At 64 pixels a swirl of a painting is a few pixels wide, so that the style layers see it whole. Painted there first,
then at growing sizes, each from the picture before it, a picture gets broad strokes, light and dark; painted from the
content at full size it gets a fine texture, and flat walls stay flat. `benchmarks/README.md` says how the numbers here
were chosen, and what people say who compare the two without knowing which is which.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nst.constants import MIN_SHORT_SIDE
from nst.errors import OptionError
from nst.images.loading import resized, scaled_shape

# Strength 1. The content loss (3) is a sum over positions, the style loss (7) is not: beta grows with the pixels.
BETA_PER_PIXEL = 0.2  # where each pair begins; from there beta is set by what the picture loses of the content
BETA_AT_ONE_SIZE = 0.03  # where there is no smaller size to find it at: what most pairs are found to bear
BETA_RANGE = 0.02, 1.5  # of that, how far it may go
LOST = 0.05  # share of the content's structure that a picture may lose (`painting.Balance`)
STYLE_SIDE = 1024  # pixels: a larger style image costs memory, and shows nothing more
LEAST = 10  # evaluations at a size, on average: L-BFGS needs some to learn anything
PIXELS_OF_A_STEP = 9000  # what a step costs beside its pixels, measured: 30 ms at 48 x 32, 175 ms at 256 x 171


@dataclass(frozen=True)
class Look:
    """What a way to paint does beside lowering the loss."""

    smallest: int | None  # at least so many pixels on the first scale's longest side; None: the full size alone
    steps: tuple[int, ...]  # evaluations at the first scale, the second ...; the last number also at all further ones
    noise: float  # standard deviation, added to the first start: plain places need something that style can shape
    detail: float  # the style image is this much larger than the content at each scale: broader strokes
    restore: float  # how much of the content's finer detail each larger start gets back: faces, edges
    smoothing: float  # weight of the total variation: it takes away lone coloured pixels
    brush: float  # what a larger scale adds is blurred by this share of each neighbour: no mesh in plain places

    def detail_at(self, shape: Sequence[int]) -> float:
        """`detail` at a scale of this shape (H, W): less where the style image would be larger than STYLE_SIDE."""
        return max(1.0, min(self.detail, STYLE_SIDE / max(shape[:2])))


LOOKS = {
    "ladder": Look(64, (60, 40, 40), noise=0.1, detail=1.5, restore=1.0, smoothing=250.0, brush=0.2),
    "plain": Look(None, (100,), noise=0.0, detail=1.0, restore=0.0, smoothing=0.0, brush=0.0),
}


@dataclass(frozen=True)
class Scale:
    """One size at which a picture is painted, and for how many evaluations."""

    shape: tuple[int, int]  # (H, W)
    steps: int

    @property
    def pixels(self) -> int:
        return self.shape[0] * self.shape[1]

    @property
    def work(self) -> int:
        """How long its steps take, all together, counted in pixels."""
        return self.steps * self.cost

    @property
    def cost(self) -> int:
        """How long one step takes, counted in pixels."""
        return self.pixels + PIXELS_OF_A_STEP


def find_look(name: str | Look) -> Look:
    """The look of that name, or that look itself; OptionError for another name."""
    if isinstance(name, Look):
        return name
    if name not in LOOKS:
        raise OptionError(f"look={name!r}: use one of {', '.join(map(repr, LOOKS))}")
    return LOOKS[name]


def scales(look: Look, shape: Sequence[int], iterations: int | None = None, above: int = 0) -> list[Scale]:
    """The `Scale`s up to an image of `shape` (H, W), each twice as large as the one before.

    above: only those whose longest side has more pixels than this; there is always the full size.

    iterations: evaluations in all, shared out as the look's steps are; the smallest sizes are left out where a
    size would get fewer than LEAST on average.
    """
    sides = [side for side in _sides(look.smallest, shape) if side > above] or [max(shape[:2])]
    if iterations is not None:
        sides = sides[-max(1, iterations // LEAST) :]
    steps = [look.steps[min(k, len(look.steps) - 1)] for k in range(len(sides))]
    if iterations is not None:
        ends = np.round(np.cumsum([0, *steps]) * (iterations / sum(steps))).astype(int)
        steps = np.diff(ends).tolist()
    return [Scale(scaled_shape(shape[0], shape[1], side), n) for side, n in zip(sides, steps, strict=True)]


def _sides(smallest, shape):
    """Longest sides in pixels, each half of the next: 64, 128; 96, 192; 64, 128, 256; 64, 128, 256, 512."""
    largest, shortest = max(shape[:2]), min(shape[:2])
    sides = [largest]
    while smallest and sides[0] >= 2 * smallest and sides[0] * shortest >= 2 * MIN_SHORT_SIDE * largest:
        sides.insert(0, round(sides[0] / 2))
    return sides


def larger_start(x: np.ndarray, before: np.ndarray, content: np.ndarray, restore: float) -> np.ndarray:
    """Where the next scale starts: x at the content's size, with `restore` of the detail that only this size shows.

    before: the content at the size of x.
    """
    shape = content.shape[:2]
    return np.clip(resized(x, shape=shape) + restore * (content - resized(before, shape=shape)), 0, 1)
