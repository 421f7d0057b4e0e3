"""The style-transfer engine: the note's total loss and its gradient on whole images, and the loop that lowers it."""

import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .backend import tensorflow
from .constants import CONTENT_LAYER, STYLE_LAYERS
from .errors import ImageError, OptionError
from .network import VGG19, check_layers
from .optimizers import make_optimizer

ALPHA, BETA, ITERATIONS = 1.0, 1e3, 100


class Losses(NamedTuple):
    """total = alpha * content + beta * style (note eq. 10), with the note's factors."""

    total: float
    content: float
    style: float


class Problem:
    """The note's total loss of an image x, for one content and one style image of the same size.

    content, style: images (H, W, 3). Calling `problem(x, alpha, beta)` gives (`Losses`, dL_total/dx (H, W, 3));
    alpha and beta may change at each call. Equations (3)-(10), w_l = 1 / number of style layers.
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
    ):
        self.content, self.style = as_float_image(content), as_float_image(style)
        if self.content.shape != self.style.shape:
            raise ImageError(
                f"content {self.content.shape} and style {self.style.shape} differ in size: load_image(..., shape=) brings "
                "the style image to the content's (a Gram matrix is a sum over positions, so over others it is another target)"
            )
        self.content_layers, self.style_layers = check_layers(content_layers), check_layers(style_layers)
        self.network = VGG19((*self.content_layers, *self.style_layers), weights, pooling)
        tf = tensorflow()
        self._targets(tf)
        self._compiled = tf.function(self._evaluate, autograph=False)

    def __call__(self, x, alpha, beta):
        content, style, gradient = self._compiled(
            np.asarray(x, np.float32), np.float32(alpha), np.float32(beta)
        )
        content, style = float(content), float(style)
        return Losses(alpha * content + beta * style, content, style), gradient.numpy()

    def _targets(self, tf):
        """P of the content image and the Gram matrices A of the style image, once."""
        of_content, of_style = (self.network._forward(tf.constant(image)) for image in (self.content, self.style))
        self._P = {layer: of_content[layer] for layer in self.content_layers}
        self._A = {}
        for layer in self.style_layers:
            F = tf.reshape(of_style[layer], (-1, of_style[layer].shape[-1]))  # (M, N): the transpose of the note's
            self._A[layer] = tf.matmul(F, F, transpose_a=True)

    def _evaluate(self, x, alpha, beta):
        """Content loss (4), style loss (8) and the gradient of (10), in one pass forward and one back."""
        tf = tensorflow()
        with tf.GradientTape() as tape:
            tape.watch(x)
            activations = self.network.tensors(x)
        content = style = tf.constant(0.0)
        gradients = dict.fromkeys(activations, 0.0)
        for layer, P in self._P.items():
            difference = activations[layer] - P
            content += tf.reduce_sum(difference**2) / 2  # (3)
            gradients[layer] += alpha * difference  # (5)
        for layer, A in self._A.items():
            F = tf.reshape(activations[layer], (-1, A.shape[0]))
            M, N = F.shape
            difference = tf.matmul(F, F, transpose_a=True) - A  # (6)
            w = 1.0 / len(self._A)
            style += w * tf.reduce_sum(difference**2) / (4.0 * N**2 * M**2)  # (7), (8)
            slope = tf.matmul(F, difference) * (beta * w / (float(N) ** 2 * float(M) ** 2))  # (9), transposed as F is
            gradients[layer] += tf.reshape(slope, activations[layer].shape)
        layers = list(activations)
        gradient = tape.gradient([activations[l] for l in layers], x, [gradients[l] for l in layers])
        return content, style, gradient


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
        self.problem = problem
        self._optimizer = make_optimizer(optimizer, as_float_image(problem.content if x0 is None else x0), learning_rate)
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
    advice: str = ""  # not empty when the run stopped early: what happened, what to do


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
    weights="auto",
):
    """Paint `content` in the manner of `style`: a `Result` with .image, .losses, .best_loss, .seconds.

    content, style: images, asset names or paths. size: longest side in pixels of a content given by name or path
    (default 256). The style image is brought to the content's (H, W).
    callback(record) sees every evaluation (`Record`) and may return False to stop.
    """
    if iterations < 1:
        raise OptionError(f"iterations={iterations}: at least 1 is needed")
    content, style = load_pair(content, style, size)
    run = Run(Problem(content, style, precision=precision, weights=weights), optimizer)
    losses, seconds, advice = [], 0.0, ""
    for _ in range(iterations):
        record = run.step(alpha, beta)
        losses.append(record.loss)
        seconds = record.seconds
        if run.diverged:
            advice = f"stopped at step {record.step}: the loss is {record.loss}. Use a smaller learning rate or beta."
            break
        if callback is not None and callback(record) is False:
            break
    return Result(np.clip(run.best_image, 0, 1), losses, run.best_loss, seconds, advice)


def objective(content, style, alpha=ALPHA, beta=BETA, **options):
    """A loss_and_gradient for Algorithm 1: takes an image, returns (total loss (10), its gradient (H, W, 3)).

    content, style: images of one size (or names; see `stylize`). options: those of `Problem`.
    """
    problem = Problem(*load_pair(content, style, None), **options)

    def loss_and_gradient(x):
        losses, gradient = problem(x, alpha, beta)
        return losses.total, gradient

    return loss_and_gradient


def load_pair(content, style, size):
    """Both images as arrays of the content's (H, W)."""
    from .images import load_image

    content = _image(content, lambda name: load_image(name, size=size or 256))
    if size is not None:
        content = load_image(content, size=size)
    style = _image(style, lambda name: load_image(name, shape=content.shape[:2]))
    return content, style if style.shape == content.shape else load_image(style, shape=content.shape[:2])


def _image(given, load):
    return as_float_image(given) if isinstance(given, np.ndarray) else load(given)


def as_float_image(image):
    """The image as a float32 array (H, W, 3); ImageError where it is none."""
    image = np.asarray(image, np.float32)
    if image.ndim != 3 or image.shape[2] != 3:
        raise ImageError(f"an image has the shape (H, W, 3), this array has {image.shape}")
    return image
