"""`stylize`: a picture painted at one size after another, or at one size alone."""

import dataclasses
import inspect
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nst import looks, variations
from nst.constants import CONTENT_LAYER, STYLE_LAYERS
from nst.engine import ALPHA, BETA, Record, Run, check_weights, make_problem
from nst.errors import OptionError
from nst.images.colours import content_colours
from nst.images.loading import Picture, Shared, as_image, larger_shape, load_pair, resized
from nst.network import VGG19
from nst.plumbing.interrupts import Interrupts, keep, raise_if_ended
from nst.plumbing.keywords import names_typos, takes_options_of
from nst.plumbing.memory import free_bytes, require_memory


class Climb:
    """A picture painted at one size after another, as a look of `looks.LOOKS` says; stepped as a `Run` is.

    content: image (H, W, 3); style: an image of any size, or (image, share) pairs. `climb.step(alpha, beta)` evaluates
    once at the present size, and goes on to the next size in time; at the last one it may be called for ever.
    An image to start from is gone on with at the sizes that are larger than it, or at the full size alone.
    options: those of `engine.make_problem`.
    """

    @takes_options_of(make_problem)
    def __init__(
        self,
        content: np.ndarray,
        style: np.ndarray | Sequence[tuple[np.ndarray, float]],
        look: str | looks.Look = "ladder",
        *,
        iterations: int | None = None,
        optimizer: str = "lbfgs",
        start: str | np.ndarray = "content",
        seed: int = 0,
        mask: np.ndarray | None = None,
        smoothing: float | None = None,
        **options: Any,
    ) -> None:
        self.look, self.content = looks.find_look(look), as_image(content, "content")
        self._styles = list(style) if isinstance(style, (list, tuple)) else [(as_image(style, "style"), 1.0)]
        self._mask = None if mask is None else variations.as_mask(mask, self.content.shape)
        require_memory(self.content.shape, free_bytes())
        smoothing = self.look.smoothing if smoothing is None else smoothing
        self._optimizer, self._seed, self._options = optimizer, seed, {"smoothing": smoothing, **options}
        self._start = start if isinstance(start, str) else as_image(start, "start")
        if isinstance(start, str) and start not in ("content", "noise"):
            raise OptionError(f'start={start!r}: use "content", "noise" or an image')
        above = 0 if isinstance(self._start, str) else max(self._start.shape[:2])
        self.scales = looks.scales(self.look, self.content.shape, iterations, above)
        self.number, self.steps = 0, 0
        self.run: Run | None = None  # that of the present size
        self._began: float | None = None

    @property
    def scale(self) -> looks.Scale:
        """The present size; before the first step the first one."""
        return self.scales[max(self.number - 1, 0)]

    @property
    def diverged(self) -> bool:
        """Whether the last loss or gradient was not finite."""
        return self.run is not None and self.run.diverged

    @property
    def total(self) -> int:
        """Evaluations that are planned, over all sizes."""
        return sum(scale.steps for scale in self.scales)

    def step(self, alpha: float, beta: float) -> Record:
        """Evaluate once; alpha, beta: those of the full size (at a smaller one beta is as much less as its pixels)."""
        self._began = self._began or time.perf_counter()
        run = self.run
        if run is None or (run.steps >= self.scale.steps and self.number < len(self.scales)):
            run = self._enter_next()
        record = run.step(alpha, beta * self.scale.pixels / self.scales[-1].pixels)
        self.steps += 1
        return dataclasses.replace(
            record, x=self._seen(record.x), best_x=self._seen(record.best_x), step=self.steps,
            seconds=time.perf_counter() - self._began, scale=self.number,
            scales=len(self.scales), planned=self.total, done=self._done(),
        )  # fmt: skip

    def picture(self, colours: str = "style") -> np.ndarray:
        """The best image so far at the full size, in [0, 1], with the style's or the content's colours."""
        x = self.content if self.run is None else resized(self._seen(self.run.best_image), shape=self.content.shape[:2])
        if self._mask is not None:
            x = variations.blend(self.content, x, self._mask)
        x = np.clip(x, 0, 1)
        return content_colours(x, self.content) if colours == "content" else x

    def loss_without_structure(self) -> float:
        """The content loss (4), at the present size, of features that are each at their filter's mean everywhere."""
        options = {"weights": "auto", "pooling": "max", "content_layers": (CONTENT_LAYER,), **self._options}
        network = VGG19(options["content_layers"], options["weights"], options["pooling"])
        features = network.features(resized(self.content, shape=self.scale.shape)).values()
        return sum(0.5 * float(((P - P.mean(axis=1, keepdims=True)) ** 2).sum()) for P in features)

    def _enter_next(self):
        """The run at the next size, from the picture so far."""
        content = resized(self.content, shape=(shape := self.scales[self.number].shape))
        before = self._start if self.run is None else self._seen(self.run.best_image)
        start = self._first_start(content) if self.run is None else self._larger(before, content)
        detail = self.look.detail_at(shape)
        styles = [(resized(a, shape=larger_shape(shape, detail, a.shape)), share) for a, share in self._styles]
        mask = None if self._mask is None else resized(self._mask, shape=shape)
        problem = make_problem(content, styles, mask=mask, **self._options)
        if self.look.brush and isinstance(before, np.ndarray) and before.shape != content.shape:
            problem = variations.Brushed(problem, start, self.look.brush)
        self.run, self.number = Run(problem, self._optimizer, start), self.number + 1
        return self.run

    def _seen(self, x):
        """The picture that the present run's x stands for."""
        problem = self.run.problem
        return problem.seen(x) if isinstance(problem, variations.Brushed) else x

    def _first_start(self, content):
        """The image to start from; None is the content, with a guess at its colours."""
        if not isinstance(self._start, str):
            return self._start if self._start.shape == content.shape else self._larger(self._start, content)
        if self._start == "noise":
            return variations.noise(content.shape, self._seed)
        if not self.look.noise:
            return None
        noise = np.random.default_rng(self._seed).standard_normal(content.shape)
        return np.float32(content + self.look.noise * noise)

    def _larger(self, x, content):
        return looks.larger_start(x, resized(self.content, shape=x.shape[:2]), content, self.look.restore)

    def _done(self):
        """Share of the work so far."""
        before = sum(scale.work for scale in self.scales[: self.number - 1])
        now = min(self.run.steps, self.scale.steps) * self.scale.cost
        return (before + now) / sum(scale.work for scale in self.scales)


@dataclass(frozen=True)
class Result:
    """What `stylize` returns."""

    image: np.ndarray  # the best one of the last size, clipped to [0, 1]
    losses: list[float]  # total loss of each evaluation; those of two sizes do not compare
    best_loss: float  # at the last size
    seconds: float
    alpha: float
    beta: float  # at the full size; found for this pair, unless it was given
    scales: list[looks.Scale]  # the sizes that were painted, and how many evaluations at each
    call: str = ""  # what paints it again
    advice: str = ""  # why the run ended early and what to do, if it did
    interrupted: bool = False  # by Ctrl-C, or the notebook's stop button


@names_typos
def stylize(
    content: Picture,
    style: Picture | Shared,
    *,
    look: str = "ladder",
    strength: float | None = None,
    alpha: float = ALPHA,
    beta: float | None = None,
    iterations: int | None = None,
    size: int | None = None,
    optimizer: str = "lbfgs",
    precision: str = "auto",
    seed: int = 0,
    callback: Callable[[Record], Any] | None = None,
    start: str | np.ndarray = "content",
    colours: str = "style",
    smoothing: float | None = None,
    mask: np.ndarray | None = None,
    style_model: Mapping[str, Any] | None = None,
    weights: str | Path = "auto",
    pooling: str = "max",
    content_layers: str | Sequence[str] = (CONTENT_LAYER,),
    style_layers: str | Sequence[str] = STYLE_LAYERS,
) -> Result:
    """Paint `content` in the manner of `style`: a `Result` with .image (the best), .losses, .best_loss, .seconds.

    content, style: images, asset names or paths; the style may be a list of (style, share) pairs.
    look: "ladder", from small to large, or "plain", at one size from the content, as the note has it.
    strength: how much style; 1 suits most pairs, 0.01 is a hint, 20 nearly all style. Or the note's own alpha and beta
    (those of the full size; "plain" has beta = 1000 unless told otherwise). iterations: evaluations at all sizes.
    size: longest side in pixels (default: 256 for a name or path, an image's own size).
    callback(record) sees every evaluation (`Record`) and may return False to stop. A loss that is not finite, or
    Ctrl-C, ends the run with the best image so far and .advice. start: "content", "noise" (by `seed`) or an image.
    colours: the "style"'s or the "content"'s. smoothing: 250 for "ladder" and 0 for "plain" unless told otherwise.
    precision, mask, style_model, weights, pooling and the layers: see `make_problem`. Raises ImageError, OptionError,
    WeightsError.
    """
    call = _call(locals())
    raise_if_ended()
    check_options(iterations, colours, look, strength, beta)
    content, styles = load_pair(content, style, size, looks.find_look(look).detail)
    if beta is None and strength is None and look == "plain":
        beta = BETA
    check_weights(alpha, 1.0 if beta is None else beta)
    climb = Climb(
        content, styles, look, iterations=iterations, optimizer=optimizer, start=start, seed=seed, mask=mask,
        precision=precision, smoothing=smoothing, style_model=style_model, weights=weights, pooling=pooling,
        content_layers=content_layers, style_layers=style_layers,
    )  # fmt: skip
    balance = Balance(climb, alpha, beta, strength or 1.0)
    started = time.perf_counter()
    losses, advice, interrupted = _walk(climb, balance, callback)
    best = climb.run.best_loss if climb.run else np.inf
    seconds, scales = time.perf_counter() - started, climb.scales[: climb.number]
    return Result(climb.picture(colours), losses, best, seconds, alpha, balance.beta, scales, call, advice, interrupted)


def _call(given):
    """The call of `stylize` with these arguments, as one would write it; images in words."""

    def written(value):
        if isinstance(value, np.ndarray):
            return f"<{' x '.join(map(str, value.shape[:2]))} pixels>"
        if isinstance(value, (list, tuple)) and not isinstance(value, str):
            return "[" + ", ".join(map(written, value)) + "]"
        return repr(str(value)) if isinstance(value, os.PathLike) else repr(value)

    defaults = inspect.signature(stylize).parameters
    chosen = [written(given["content"]), written(given["style"])]
    for name, parameter in defaults.items():
        value = given[name]
        if parameter.kind == parameter.KEYWORD_ONLY and name != "callback" and value is not parameter.default:
            chosen.append(f"{name}={written(value)}")
    return f"nst.stylize({', '.join(chosen)})"


class Balance:
    """alpha, and the beta that suits a pair: a given one stays; else it is set by what the first size shows.

    What counts is how much of the content's structure is lost: the content loss (4) of the best picture, as a share of
    that of features without any structure, each filter at its mean. At strength s it shall be s * LOST.
    """

    def __init__(self, climb: Climb, alpha: float, beta: float | None, strength: float) -> None:
        self.alpha, self._wanted = alpha, looks.LOST * strength
        first, last = climb.scales[0], climb.scales[-1]
        per_pixel = looks.BETA_AT_ONE_SIZE if first is last else looks.BETA_PER_PIXEL
        self.beta = strength * per_pixel * last.pixels * (alpha or 1.0) if beta is None else beta
        self._least, self._most = (factor * self.beta for factor in looks.BETA_RANGE)
        fixed = beta is not None or alpha == 0 or first is last
        self._measure_at = {} if fixed else {first.steps // 2: 1.0, first.steps: 1.5}
        self._climb, self._content_loss = climb, np.nan

    def see(self, record: Record) -> None:
        """Keep the content loss of the best picture; half-way through the first size and at its end, set beta."""
        if record.loss == record.best_loss:
            self._content_loss = record.content_loss
        power = self._measure_at.get(record.step)
        if power is not None and np.isfinite(self._content_loss):
            lost = max(self._content_loss / self._climb.loss_without_structure(), 1e-3)
            self.beta = float(np.clip(self.beta * (self._wanted / lost) ** power, self._least, self._most))


def _walk(climb, balance, callback):
    """(loss of each evaluation, advice, whether Ctrl-C was pressed) of a climb until something ends it."""
    losses, advice = [], ""
    try:
        with Interrupts() as interrupts:
            while climb.steps < climb.total and not advice:
                record = climb.step(balance.alpha, balance.beta)
                balance.see(record)
                losses.append(record.loss)
                if climb.diverged:
                    advice = f"stopped at step {record.step}, the loss is {record.loss}: try a smaller beta"
                if callback is not None and callback(record) is False:
                    break
                interrupts.raise_swallowed()
    except KeyboardInterrupt:
        keep(climb.picture())
        return losses, f"interrupted after {len(losses)} steps: this is the best image so far", True
    return losses, advice, False


def check_options(iterations: int | None, colours: str, look: str, strength: float | None, beta: float | None) -> None:
    """OptionError for a number of iterations, colours, a look or a strength that cannot be."""
    looks.find_look(look)
    if iterations is not None and iterations < 1:
        raise OptionError(f"iterations={iterations}: at least 1 is needed")
    if colours not in ("style", "content"):
        raise OptionError(f'colours={colours!r}: use "style" or "content"')
    if strength is not None and not (np.isfinite(strength) and strength > 0):
        raise OptionError(f"strength={strength}: a number above 0 is needed; 1 suits most pairs")
    if strength is not None and beta is not None:
        raise OptionError(f"strength={strength} and beta={beta} both say how much style: give one of them")
