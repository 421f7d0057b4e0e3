"""What goes beyond the note, each small: a start from noise, smoothing, masks, a brush, mixed models.

The classes wrap a `Problem`: they are called like one, `problem(x, alpha, beta)`, and so can be put around each other.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nst.compute.arrays import functions, like
from nst.compute.backends import placed
from nst.errors import ImageError, OptionError
from nst.images.colours import YIQ
from nst.images.loading import as_image

if TYPE_CHECKING:  # for annotations only: problem.py stands above this module
    from nst.problem import Losses, Problem


def noise(shape: Sequence[int], seed: int = 0) -> np.ndarray:
    """Grey with a little colour noise, (H, W, 3): a start that knows nothing of the content."""
    return np.clip(np.random.default_rng(seed).normal(0.5, 0.05, (*shape[:2], 3)), 0, 1).astype(np.float32)


def total_variation(x: np.ndarray) -> tuple[float, np.ndarray]:
    """(sum of squared differences between neighbouring pixels, its gradient (H, W, 3))."""
    xp, none = functions(x), (0, 0)
    down = xp.pad(x[1:] - x[:-1], ((1, 1), none, none))  # none at the edges
    right = xp.pad(x[:, 1:] - x[:, :-1], (none, (1, 1), none))
    gradient = 2 * (down[:-1] - down[1:] + right[:, :-1] - right[:, 1:])
    return float(xp.sum(down**2) + xp.sum(right**2)), gradient


def as_mask(mask: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """The mask as (H, W), in [0, 1]; of an image the lightness. ImageError unless it has this height and width."""
    mask = np.asarray(mask, np.float32)
    mask = np.clip(mask if mask.ndim == 2 else as_image(mask, "mask") @ YIQ[0], 0, 1)
    if mask.shape != tuple(shape[:2]):
        raise ImageError(f"the mask has the size {mask.shape}, the content {tuple(shape[:2])}")
    return mask


def blend(content: np.ndarray, x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """x where the mask (H, W) is 1, the content where it is 0; all of one height and width."""
    content, mask = like(content, x), like(mask, x)
    return content + mask[..., None] * (x - content)


def blurred(x: np.ndarray, share: float) -> np.ndarray:
    """(H, W, ...) with `share` of each neighbour, down and across; beyond the edge it goes on as at the edge."""
    xp = functions(x)
    x = (1 - 2 * share) * x + share * (xp.concatenate([x[:1], x[:-1]]) + xp.concatenate([x[1:], x[-1:]]))
    left, right = xp.concatenate([x[:, :1], x[:, :-1]], axis=1), xp.concatenate([x[:, 1:], x[:, -1:]], axis=1)
    return (1 - 2 * share) * x + share * (left + right)


class Variation:
    """What is called like a problem because it goes around one; content, start and kind are those of the inner one."""

    content: np.ndarray
    head_start: np.ndarray
    kind: str

    def __init__(self, problem: "Problem | Variation") -> None:
        self._problem = problem
        self.content, self.head_start, self.kind = problem.content, problem.head_start, problem.kind

    def __call__(self, x: np.ndarray, alpha: float, beta: float) -> "tuple[Losses, np.ndarray]":
        """(losses, gradient) as a problem gives them."""
        raise NotImplementedError


class Smoothed(Variation):
    """A problem plus `strength` times the total variation of x."""

    def __init__(self, problem: "Problem | Variation", strength: float) -> None:
        if not (np.isfinite(strength) and strength >= 0):
            raise OptionError(f"smoothing={strength}: a number of 0 or more is needed")
        super().__init__(problem)
        self._strength = strength

    def __call__(self, x: np.ndarray, alpha: float, beta: float) -> "tuple[Losses, np.ndarray]":
        losses, gradient = self._problem(x, alpha, beta)
        value, slope = total_variation(x)
        total = losses.total + self._strength * value
        return losses._replace(total=total), gradient + float(self._strength) * slope


class Masked(Variation):
    """A problem of the picture that shows x where the mask is 1, the content where it is 0, a blend between.

    mask: (H, W), or an image, of which the lightness counts. `seen(x)` is the picture; its losses are given.
    """

    def __init__(self, problem: "Problem | Variation", mask: np.ndarray) -> None:
        super().__init__(problem)
        self._mask = placed(as_mask(mask, problem.content.shape), problem.kind)
        self._behind = placed(problem.content, problem.kind)

    def seen(self, x: np.ndarray) -> np.ndarray:
        """The picture (H, W, 3) of the optimised array x."""
        return blend(self._behind, x, self._mask)

    def __call__(self, x: np.ndarray, alpha: float, beta: float) -> "tuple[Losses, np.ndarray]":
        losses, gradient = self._problem(self.seen(x), alpha, beta)
        return losses, gradient * like(self._mask, gradient)[..., None]


class Brushed(Variation):
    """A problem of the picture start + blurred(x - start): it keeps the start's detail, and gets no finer strokes.

    `seen(x)` is the picture; its losses are given. What x does to single pixels hardly shows, so that plain places get
    no mesh.
    """

    def __init__(self, problem: "Problem | Variation", start: np.ndarray, brush: float) -> None:
        super().__init__(problem)
        self._start, self._brush = placed(start, problem.kind), brush

    def seen(self, x: np.ndarray) -> np.ndarray:
        """The picture (H, W, 3) of the optimised array x."""
        start = like(self._start, x)
        return start + blurred(x - start, self._brush)

    def __call__(self, x: np.ndarray, alpha: float, beta: float) -> "tuple[Losses, np.ndarray]":
        losses, gradient = self._problem(self.seen(x), alpha, beta)
        return losses, blurred(gradient, self._brush)  # the blur is its own transpose


class Mixed(Variation):
    """Content features of one problem's network, style features of another's (two evaluations a step)."""

    def __init__(self, of_content: "Problem | Variation", of_style: "Problem | Variation") -> None:
        super().__init__(of_content)
        self._of_style = of_style

    def __call__(self, x: np.ndarray, alpha: float, beta: float) -> "tuple[Losses, np.ndarray]":
        of_content, to_content = self._problem(x, alpha, 0.0)
        of_style, to_style = self._of_style(x, 0.0, beta)
        total = of_content.total + of_style.total
        return of_content._replace(total=total, style=of_style.style), to_content + to_style
