"""The problem: the note's total loss (10) of an image, and its gradient."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nst.compute import machine
from nst.compute.arrays import is_tensor
from nst.constants import CONTENT_LAYER, STYLE_LAYERS
from nst.errors import OptionError
from nst.images.colours import matched_colours
from nst.images.loading import as_image
from nst.network import VGG19, check_layers
from nst.plumbing.memory import free_bytes, require_memory


class Losses(NamedTuple):
    """total = alpha * content + beta * style (note eq. 10), with the note's factors."""

    total: float
    content: float
    style: float


class Problem:
    """The note's total loss of an image x, for one content and one style image.

    content: image (H, W, 3). style: an image, or (image, share) pairs, whose Gram matrices are averaged. (6) is a sum
    over positions, so that of a style image of another size is multiplied by M of the content / M of the style.
    Calling `problem(x, alpha, beta)` gives (`Losses`, dL_total/dx (H, W, 3)); alpha and beta may change at each call.
    A tensor x gives the gradient as a tensor.
    Equations (3)-(10), w_l = 1 / number of style layers. kind: what computes it, one of
    `machine.KINDS` (by default that for float32; `engine.make_problem` takes the fastest).
    """

    def __init__(
        self,
        content: np.ndarray,
        style: np.ndarray | Sequence[tuple[np.ndarray, float]],
        *,
        content_layers: str | Sequence[str] = (CONTENT_LAYER,),
        style_layers: str | Sequence[str] = STYLE_LAYERS,
        pooling: str = "max",
        weights: str | Path = "auto",
        kind: str | None = None,
    ) -> None:
        self.content, styles = as_image(content, "content"), _styles(style)
        self.head_start = matched_colours(self.content, styles[0][0])
        require_memory(self.content.shape, free_bytes())
        content_layers, style_layers = check_layers(content_layers), check_layers(style_layers)
        self.kind = kind = kind or machine.supported("float32")[0]
        objective: Callable
        network = VGG19((*content_layers, *style_layers), weights, pooling, kind).network
        if kind == "winograd":
            from nst.compute.winograd_loss import fast_objective

            objective = fast_objective
        else:
            from nst.compute.keras_network import keras_objective

            objective = keras_objective
        self._objective = objective(network, self.content, styles, content_layers, style_layers)
        self._one_at_a_time = threading.Lock()  # the network keeps its arrays between calls

    def __call__(self, x: np.ndarray, alpha: float, beta: float) -> tuple[Losses, np.ndarray]:
        if not is_tensor(x):
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
