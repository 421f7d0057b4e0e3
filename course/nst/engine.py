"""The style-transfer engine: the note's total loss and its gradient on whole images, and the loop that lowers it."""

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nst import speed, variations
from nst.constants import CONTENT_LAYER, STYLE_LAYERS
from nst.errors import OptionError
from nst.images.colours import content_colours
from nst.images.loading import Picture, Shared, as_image, load_pair
from nst.optimizers import make_optimizer
from nst.plumbing.interrupts import Interrupts
from nst.plumbing.keywords import check_names, names_typos, takes_options_of
from nst.problem import Problem
from nst.variations import Variation

ALPHA, BETA, ITERATIONS = 1.0, 1e3, 100


@dataclass(frozen=True)
class Record:
    """One evaluation: what a callback, a progress bar or the explorer gets to see."""

    step: int  # 1 for the first
    loss: float
    content_loss: float
    style_loss: float
    seconds: float  # since the run began
    image: np.ndarray  # the image that these losses belong to
    best_loss: float
    best_image: np.ndarray


class Run:
    """An optimisation that the caller steps: `record = run.step(alpha, beta)`; keeps the best image.

    A change of alpha or beta is a new loss: the optimiser forgets its curvature and the best image starts anew.
    `.diverged` after a step whose loss or gradient is not finite: the image then stays where it is.
    """

    def __init__(self, problem: Problem | Variation, optimizer: str = "lbfgs", x0: np.ndarray | None = None) -> None:
        """x0: where to start; by default the content, and L-BFGS looks at the content in the style's colours next."""
        self.problem = problem
        guess = problem.head_start if x0 is None else None
        start = problem.content if x0 is None else as_image(x0, "start")
        self._optimizer = make_optimizer(optimizer, start.copy(), guess)
        self._weights: tuple[float, float] | None = None
        self._start: float | None = None
        self.steps, self.diverged = 0, False
        self.best_loss, self.best_image = np.inf, self._optimizer.x.copy()

    @property
    def image(self) -> np.ndarray:
        """The image that the next step will evaluate."""
        return self._optimizer.x

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
            self.best_loss, self.best_image = losses.total, x.copy()
        self.diverged = not (np.isfinite(losses.total) and np.isfinite(gradient).all())
        if not self.diverged:
            self._optimizer.tell(losses.total, gradient)
        seconds = time.perf_counter() - self._start
        return Record(self.steps, *losses, seconds, x, self.best_loss, self.best_image)

    def records(self, alpha: float, beta: float, iterations: int) -> Iterator[Record]:
        """Step by step, the `Record` of each of `iterations` evaluations."""
        return (self.step(alpha, beta) for _ in range(iterations))


@dataclass(frozen=True)
class Result:
    """What `stylize` returns."""

    image: np.ndarray  # the best one, clipped to [0, 1]
    losses: list[float]  # total loss of each evaluation
    best_loss: float
    seconds: float
    advice: str = ""  # why the run ended early and what to do, if it did
    interrupted: bool = False  # by Ctrl-C, or the notebook's stop button


@names_typos
def stylize(
    content: Picture,
    style: Picture | Shared,
    *,
    alpha: float = ALPHA,
    beta: float = BETA,
    iterations: int = ITERATIONS,
    size: int | None = None,
    optimizer: str = "lbfgs",
    precision: str = "auto",
    seed: int = 0,
    callback: Callable[[Record], Any] | None = None,
    start: str | np.ndarray = "content",
    colours: str = "style",
    smoothing: float = 0.0,
    mask: np.ndarray | None = None,
    style_model: Mapping[str, Any] | None = None,
    weights: str | Path = "auto",
    pooling: str = "max",
    content_layers: str | Sequence[str] = (CONTENT_LAYER,),
    style_layers: str | Sequence[str] = STYLE_LAYERS,
) -> Result:
    """Paint `content` in the manner of `style`: a `Result` with .image (the best), .losses, .best_loss, .seconds.

    content, style: images, asset names or paths; the style is brought to the content's (H, W), and may be a list of
    (style, share) pairs. size: longest side in pixels (default: 256 for a name or path, an image's own size).
    callback(record) sees every evaluation (`Record`) and may return False to stop. A loss that is not finite, or
    Ctrl-C, ends the run with the best image so far and .advice. start: "content", "noise" (by `seed`) or an image.
    colours: the "style"'s or the "content"'s. precision, smoothing, mask, style_model, weights, pooling and the layers:
    see `make_problem`. Raises ImageError, OptionError, WeightsError.
    """
    check_weights(alpha, beta)
    check_options(iterations, colours)
    content, styles = load_pair(content, style, size)
    problem = make_problem(
        content, styles, precision=precision, smoothing=smoothing, mask=mask, style_model=style_model, weights=weights,
        pooling=pooling, content_layers=content_layers, style_layers=style_layers,
    )  # fmt: skip
    run, started = Run(problem, optimizer, _start(start, content, seed)), time.perf_counter()
    losses, advice, interrupted = _walk(run, alpha, beta, iterations, callback)
    seconds = time.perf_counter() - started
    return Result(finished(run.best_image, problem, colours), losses, run.best_loss, seconds, advice, interrupted)


def _walk(run, alpha, beta, iterations, callback):
    """(loss of each evaluation, advice, whether Ctrl-C was pressed) of a run until something ends it."""
    losses, advice = [], ""
    try:
        with Interrupts() as interrupts:
            for record in run.records(alpha, beta, iterations):
                losses.append(record.loss)
                if run.diverged:
                    advice = f"stopped at step {record.step}, the loss is {record.loss}: try a smaller beta"
                if (callback is not None and callback(record) is False) or run.diverged:
                    break
                interrupts.raise_swallowed()
    except KeyboardInterrupt:
        return losses, f"interrupted after {len(losses)} steps: this is the best image so far", True
    return losses, advice, False


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


def finished(x: np.ndarray, problem: Problem | Variation, colours: str = "style") -> np.ndarray:
    """The picture of the optimised x, clipped to [0, 1], with the style's or the content's colours."""
    picture = np.clip(problem.seen(x) if hasattr(problem, "seen") else x, 0, 1)
    return content_colours(picture, problem.content) if colours == "content" else picture


def _start(start, content, seed):
    """The image to start from; None is the content."""
    if isinstance(start, str) and start in ("content", "noise"):
        return variations.noise(content.shape, seed) if start == "noise" else None
    if isinstance(start, str):
        raise OptionError(f'start={start!r}: use "content", "noise" or an image')
    return as_image(start, "start")


def check_weights(alpha: float, beta: float) -> None:
    """OptionError unless alpha and beta are numbers of 0 or more, and one of them is above 0."""
    for name, value in (("alpha", alpha), ("beta", beta)):
        if not (np.isfinite(value) and value >= 0):
            raise OptionError(f"{name}={value}: a number of 0 or more is needed")
    if alpha == beta == 0:
        raise OptionError("alpha and beta are both 0: the loss would be 0 for every image")


def check_options(iterations: int, colours: str) -> None:
    """OptionError unless there is at least one iteration, and the colours are one of the images'."""
    if iterations < 1:
        raise OptionError(f"iterations={iterations}: at least 1 is needed")
    if colours not in ("style", "content"):
        raise OptionError(f'colours={colours!r}: use "style" or "content"')


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
