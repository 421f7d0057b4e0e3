"""The style-transfer engine: the note's total loss and its gradient on whole images, and the loop that lowers it."""

import functools
import threading
import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nst import variations
from nst.compute import machine
from nst.constants import CONTENT_LAYER, STYLE_LAYERS
from nst.errors import ImageError, OptionError
from nst.images.loading import as_image, load_image
from nst.network import VGG19, check_layers
from nst.optimizers import make_optimizer
from nst.plumbing.interrupts import Interrupts
from nst.plumbing.memory import require_memory
from nst.scaling import resized
from nst.variations import matched_colours

ALPHA, BETA, ITERATIONS, SIZE = 1.0, 1e3, 100, 256


class Losses(NamedTuple):
    """total = alpha * content + beta * style (note eq. 10), with the note's factors."""

    total: float
    content: float
    style: float


class Problem:
    """The note's total loss of an image x, for one content and one style image of the same size.

    content: image (H, W, 3). style: an image of that size, or (image, share) pairs, whose Gram matrices are averaged.
    Calling `problem(x, alpha, beta)` gives (`Losses`, dL_total/dx (H, W, 3)); alpha and beta may change at each call.
    Equations (3)-(10), w_l = 1 / number of style layers. precision: "auto", "float32" or "bfloat16"; kind: what
    computes it, instead of what is fastest here (see `backend`).
    """

    def __init__(
        self,
        content,
        style,
        *,
        content_layers=(CONTENT_LAYER,),
        style_layers=STYLE_LAYERS,
        pooling="max",
        weights="auto",
        precision="auto",
        kind=None,
    ):
        self.content, styles = as_image(content, "content"), _styles(style)
        for image, _ in styles:
            check_same_size(self.content, image)
        self.head_start = matched_colours(self.content, styles[0][0])
        require_memory(self.content.shape)
        content_layers, style_layers = check_layers(content_layers), check_layers(style_layers)
        kind, self.backend = (kind, machine.KINDS[kind]) if kind else machine.choose(precision)
        network = VGG19((*content_layers, *style_layers), weights, pooling, kind).network
        if kind == "winograd":
            from nst.compute.winograd_loss import FastObjective as Objective
        else:
            from nst.compute.tensorflow_network import TensorFlowObjective

            Objective = functools.partial(TensorFlowObjective, xla=kind == "tensorflow-xla")
        self._objective = Objective(network, self.content, styles, content_layers, style_layers)
        self._one_at_a_time = threading.Lock()  # the network keeps its arrays between calls

    def __call__(self, x, alpha, beta):
        x = np.asarray(x, np.float32)
        if not np.isfinite(x).all():
            return Losses(np.nan, np.nan, np.nan), np.full_like(x, np.nan)
        with self._one_at_a_time:
            content, style, gradient = self._objective(x, np.float32(alpha), np.float32(beta))
        return Losses(alpha * content + beta * style, content, style), gradient


def _styles(style):
    """(image, share) pairs with shares that sum to 1."""
    pairs = style if isinstance(style, (list, tuple)) else [(style, 1.0)]
    total = sum(share for _, share in pairs)
    if not (total > 0 and all(share >= 0 for _, share in pairs)):
        raise OptionError(
            f"shares of styles {[share for _, share in pairs]}: numbers of 0 or more, one above 0, are needed"
        )
    return [(as_image(image, "style"), np.float32(share / total)) for image, share in pairs]


def check_same_size(content, style):
    """ImageError where a style image's size is not the content's."""
    if content.shape != style.shape:
        raise ImageError(
            f"content {content.shape} and style {style.shape} differ in size: load_image(..., shape=) "
            "brings the style image to the content's (a Gram matrix is a sum over positions)"
        )


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
    """

    def __init__(self, problem, optimizer="lbfgs", x0=None, learning_rate=None):
        """x0: where to start; by default the content, and L-BFGS looks at the content in the style's colours next."""
        self.problem = problem
        guess = problem.head_start if x0 is None else None
        start = problem.content if x0 is None else as_image(x0, "start")
        self._optimizer = make_optimizer(optimizer, start.copy(), learning_rate, guess)
        self._weights, self._start, self.steps = None, None, 0
        self.best_loss, self.best_image = np.inf, self._optimizer.x.copy()

    @property
    def image(self):
        """The image that the next step will evaluate."""
        return self._optimizer.x

    def step(self, alpha, beta):
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
        if self.finite(losses, gradient):
            self._optimizer.tell(losses.total, gradient)
        seconds = time.perf_counter() - self._start
        return Record(self.steps, *losses, seconds, x, self.best_loss, self.best_image)

    def records(self, alpha, beta, iterations):
        """Step by step, the `Record` of each of `iterations` evaluations."""
        return (self.step(alpha, beta) for _ in range(iterations))

    def finite(self, losses, gradient):
        """Whether the optimiser can go on from here."""
        self.diverged = not (np.isfinite(losses.total) and np.isfinite(gradient).all())
        return not self.diverged


@dataclass(frozen=True)
class Result:
    """What `stylize` returns."""

    image: np.ndarray  # the best one, clipped to [0, 1]
    losses: list  # total loss of each evaluation
    best_loss: float
    seconds: float
    advice: str = ""  # why the run ended early and what to do, if it did
    interrupted: bool = False  # by Ctrl-C, or the notebook's stop button


def stylize(
    content,
    style,
    *,
    alpha=ALPHA,
    beta=BETA,
    iterations=ITERATIONS,
    size=None,
    optimizer="lbfgs",
    precision="auto",
    seed=0,
    callback=None,
    start="content",
    **options,
):
    """Paint `content` in the manner of `style`: a `Result` with .image (the best), .losses, .best_loss, .seconds.

    content, style: images, asset names or paths; the style is brought to the content's (H, W), and may be a list of
    (style, share) pairs. size: longest side in pixels (default: 256 for a name or path, an image's own size).
    callback(record) sees every evaluation (`Record`) and may return False to stop. A loss that is not finite, or
    Ctrl-C, ends the run with the best image so far and .advice. Raises ImageError, OptionError, WeightsError.
    start: "content", "noise" (by `seed`) or an image. options: smoothing=, mask=, colours="content",
    style_model=dict(weights=, pooling=), and what `Problem` takes: weights=, pooling=, content_layers=, style_layers=.
    """
    check_options(alpha, beta, iterations)
    content, styles = load_pair(content, style, size)
    colours = options.pop("colours", "style")
    problem = make_problem(content, styles, precision=precision, **options)
    run, losses, advice = Run(problem, optimizer, _start(start, content, seed)), [], ""
    interrupted, started = False, time.perf_counter()
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
        interrupted, advice = True, f"interrupted after {len(losses)} steps: this is the best image so far"
    seconds = time.perf_counter() - started
    image = finished(run.best_image, problem, colours)
    return Result(image, losses, run.best_loss, seconds, advice, interrupted)


def make_problem(content, style, *, smoothing=0.0, mask=None, style_model=None, **options):
    """The `Problem` of these images, inside the variations that are asked for."""
    problem = Problem(content, style, **options)
    if style_model:
        problem = variations.Mixed(problem, Problem(content, style, **{**options, **style_model}))
    if smoothing:
        problem = variations.Smoothed(problem, smoothing)
    return problem if mask is None else variations.Masked(problem, mask)


def finished(x, problem, colours="style"):
    """The picture of the optimised x, clipped to [0, 1], with the style's or the content's colours."""
    if colours not in ("style", "content"):
        raise OptionError(f'colours={colours!r}: use "style" or "content"')
    picture = np.clip(problem.seen(x) if hasattr(problem, "seen") else x, 0, 1)
    return variations.content_colours(picture, problem.content) if colours == "content" else picture


def _start(start, content, seed):
    """The image to start from; None is the content."""
    if isinstance(start, str) and start in ("content", "noise"):
        return variations.noise(content.shape, seed) if start == "noise" else None
    if isinstance(start, str):
        raise OptionError(f'start={start!r}: use "content", "noise" or an image')
    return as_image(start, "start")


def check_options(alpha, beta, iterations):
    """OptionError unless alpha, beta >= 0, one of them above 0, and iterations >= 1."""
    for name, value in (("alpha", alpha), ("beta", beta)):
        if not (np.isfinite(value) and value >= 0):
            raise OptionError(f"{name}={value}: a number of 0 or more is needed")
    if alpha == beta == 0:
        raise OptionError("alpha and beta are both 0: the loss would be 0 for every image")
    if iterations < 1:
        raise OptionError(f"iterations={iterations}: at least 1 is needed")


def objective(content, style, alpha=ALPHA, beta=BETA, **options):
    """A loss_and_gradient for Algorithm 1: takes an image, returns (total loss (10), its gradient (H, W, 3)).

    content, style: images of one size (or names; see `stylize`). options: those of `Problem`.
    """
    problem = Problem(*load_pair(content, style), **options)

    def loss_and_gradient(x):
        losses, gradient = problem(x, alpha, beta)
        return losses.total, gradient

    return loss_and_gradient


def load_pair(content, style, size=None):
    """(content, style) as images of the content's (H, W); each an array, an asset name, a path or an address.

    Of a list of (style, share) pairs it is the list with their images.
    """
    content = _image(content, "content", size=size if size or isinstance(content, np.ndarray) else SIZE)
    shape = content.shape[:2]
    if isinstance(style, (list, tuple)):
        return content, [(_image(one, "style", shape=shape), share) for one, share in style]
    return content, _image(style, "style", shape=shape)


def _image(given, what, **size):
    if not isinstance(given, np.ndarray):
        return load_image(given, **size)
    image = as_image(given, what)
    if not np.isfinite(image).all():
        raise ImageError(f"{what} holds NaN or infinite values")
    return image if size == {"size": None} else resized(image, **size)
