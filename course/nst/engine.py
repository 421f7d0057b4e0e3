"""The style-transfer engine: the note's total loss and its gradient on whole images, and a run that lowers it."""

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nst import speed, variations
from nst.compute.arrays import copied, functions, host
from nst.compute.backends import placed
from nst.constants import CONTENT_LAYER, STYLE_LAYERS
from nst.errors import OptionError
from nst.images.loading import Picture, Shared, as_image, load_pair
from nst.optimizers import make_optimizer
from nst.plumbing.keywords import check_names, names_typos, takes_options_of
from nst.problem import Problem
from nst.variations import Variation

ALPHA, BETA = 1.0, 1e3


@dataclass(frozen=True)
class Record:
    """One evaluation: what a callback, a progress bar or the explorer gets to see."""

    step: int  # 1 for the first
    loss: float
    content_loss: float
    style_loss: float
    seconds: float  # since the run began
    x: Any  # the image that these losses belong to, on the GPU where that computes
    best_loss: float
    best_x: Any
    alpha: float
    beta: float
    scale: int = 1  # which of the sizes that are painted one after another; losses of two sizes do not compare
    scales: int = 1  # how many sizes there are
    planned: int = 0  # evaluations in all
    done: float = 0.0  # share of the work that is done, 0 to 1: the time left is seconds * (1 - done) / done

    @functools.cached_property
    def image(self) -> np.ndarray:
        """The image that these losses belong to (H, W, 3)."""
        return host(self.x)

    @functools.cached_property
    def best_image(self) -> np.ndarray:
        """The image (H, W, 3) of the lowest loss so far."""
        return host(self.best_x)


class Run:
    """An optimisation that the caller steps: `record = run.step(alpha, beta)`; keeps the best image.

    On a GPU the image and what the optimiser keeps stay there; `record.image` fetches one.
    A change of alpha or beta is a new loss: the optimiser forgets its curvature and the best image starts anew.
    `.diverged` after a step whose loss or gradient is not finite: the image then stays where it is.
    """

    def __init__(self, problem: Problem | Variation, optimizer: str = "lbfgs", x0: np.ndarray | None = None) -> None:
        """x0: where to start; by default the content, and L-BFGS looks at the content in the style's colours next."""
        self.problem = problem
        guess = problem.head_start if x0 is None else None
        start = problem.content if x0 is None else as_image(x0, "start")
        guess = None if guess is None else placed(guess, problem.kind)
        self._optimizer = make_optimizer(optimizer, placed(start.copy(), problem.kind), guess)
        self._weights: tuple[float, float] | None = None
        self._start: float | None = None
        self.steps, self.diverged = 0, False
        self.best_loss, self._best = np.inf, copied(self._optimizer.x)

    @property
    def image(self) -> np.ndarray:
        """The image that the next step will evaluate."""
        return host(self._optimizer.x)

    @property
    def best_image(self) -> np.ndarray:
        """The image of the lowest loss so far."""
        return host(self._best)

    def step(self, alpha: float, beta: float) -> Record:
        """Evaluate once at `.image`, keep it if it is the best, move on. Returns the `Record`."""
        self._start = self._start or time.perf_counter()
        if self._weights not in (None, (alpha, beta)):
            self._optimizer.restart()
            self.best_loss = np.inf
        self._weights, x = (alpha, beta), self._optimizer.x
        losses, gradient = self.problem(x, alpha, beta)
        self.steps += 1
        if losses.total < self.best_loss:  # False for NaN
            self.best_loss, self._best = losses.total, copied(x)
        xp = functions(gradient)
        self.diverged = not (np.isfinite(losses.total) and bool(xp.all(xp.isfinite(gradient))))
        if not self.diverged:
            self._optimizer.tell(losses.total, gradient)
        seconds = time.perf_counter() - self._start
        return Record(self.steps, *losses, seconds, x, self.best_loss, self._best, alpha, beta)

    def records(self, alpha: float, beta: float, iterations: int) -> Iterator[Record]:
        """Step by step, the `Record` of each of `iterations` evaluations."""
        return (self.step(alpha, beta) for _ in range(iterations))


@names_typos
def make_problem(
    content: np.ndarray,
    style: np.ndarray | Sequence[tuple[np.ndarray, float]],
    *,
    precision: str = "auto",
    smoothing: float = 0.0,
    mask: np.ndarray | None = None,
    style_model: Mapping[str, Any] | None = None,
    weights: str | Path = "auto",
    pooling: str = "max",
    content_layers: str | Sequence[str] = (CONTENT_LAYER,),
    style_layers: str | Sequence[str] = STYLE_LAYERS,
) -> Problem | Variation:
    """The `Problem` of these images, computed by what is fastest here, inside the variations that are asked for.

    precision: "auto", "float32" or "bfloat16". smoothing: weight of the total variation. mask: (H, W) or an image; the
    style goes where it is 1, the content stays where it is 0. style_model: another network for the style features, a
    dict with weights or pooling. weights, pooling, content_layers, style_layers: see `Problem`.
    """
    kind = speed.choose_kind(precision)[0]
    make = functools.partial(
        Problem, content, style, kind=kind, content_layers=content_layers, style_layers=style_layers
    )
    problem: Problem | Variation = make(weights=weights, pooling=pooling)
    if style_model:
        check_names(style_model, ("weights", "pooling"), "style_model")
        problem = variations.Mixed(problem, make(**{"weights": weights, "pooling": pooling, **style_model}))
    if smoothing:
        problem = variations.Smoothed(problem, smoothing)
    return problem if mask is None else variations.Masked(problem, mask)


def check_weights(alpha: float, beta: float) -> None:
    """OptionError unless alpha and beta are numbers of 0 or more, and one of them is above 0."""
    for name, value in (("alpha", alpha), ("beta", beta)):
        if not (np.isfinite(value) and value >= 0):
            raise OptionError(f"{name}={value}: a number of 0 or more is needed")
    if alpha == beta == 0:
        raise OptionError("alpha and beta are both 0: the loss would be 0 for every image")


@takes_options_of(make_problem)
def objective(
    content: Picture, style: Picture | Shared, alpha: float = ALPHA, beta: float = BETA, **options: Any
) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    """A loss_and_gradient for Algorithm 1: takes an image, returns (total loss (10), its gradient (H, W, 3)).

    content, style: images of one size (or names; see `stylize`). options: those of `make_problem`.
    """
    check_weights(alpha, beta)
    problem = make_problem(*load_pair(content, style), **options)

    def loss_and_gradient(x):
        losses, gradient = problem(x, alpha, beta)
        return losses.total, gradient

    return loss_and_gradient
