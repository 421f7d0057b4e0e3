"""VGG19 (Simonyan & Zisserman 2014) cut after the last layer asked for: activations, features, the image gradient."""

import difflib
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nst.compute import machine
from nst.compute.weights import Weights, load_weights
from nst.constants import CONTENT_LAYER, LAYERS, STYLE_LAYERS
from nst.errors import ImageError, LayerError, OptionError
from nst.images.loading import as_image


class VGG19:
    """The feature extractor: an image (H, W, 3), RGB in [0, 1], goes in; activations after the ReLU come out.

    layers: a layer name or several (default: the style and content layers of Gatys et al. 2015).
    weights: see `load_weights`. pooling: "max" as trained, or "average" as Gatys et al. prefer.
    kind: what computes it, one of `machine.KINDS` (default: that for float32).
    Raises LayerError, OptionError, WeightsError, MissingPackageError (no Keras).
    """

    def __init__(
        self,
        layers: str | Iterable[str] | None = None,
        weights: str | Path = "auto",
        pooling: str = "max",
        kind: str | None = None,
    ) -> None:
        if pooling not in ("max", "average"):
            raise OptionError(f'pooling={pooling!r}: use "max" or "average"')
        self.layers = check_layers((*STYLE_LAYERS, CONTENT_LAYER) if layers is None else layers)
        self.pooling = pooling
        loaded = load_weights(weights)
        self.label = loaded.label
        self._weights = loaded
        self.network = make_network(self.layers, loaded, pooling, kind)
        self._one_at_a_time = threading.Lock()  # the network keeps its arrays between calls

    def activations(self, image: np.ndarray) -> dict[str, np.ndarray]:
        """dict: layer -> activation (H_l, W_l, N_l) after the ReLU, float32, in network order."""
        image = self._checked(image)
        with self._one_at_a_time:
            return {layer: a.copy() for layer, a in self.network.forward(image).items()}

    def features(self, image: np.ndarray) -> dict[str, np.ndarray]:
        """dict: layer -> feature matrix F (N_l, M_l); row i is filter i, positions in row-major order."""
        return {layer: a.reshape(-1, a.shape[-1]).T for layer, a in self.activations(image).items()}

    def image_gradient(self, image: np.ndarray, activation_gradients: Mapping[str, np.ndarray]) -> np.ndarray:
        """dL/dx (H, W, 3), float32, from dict layer -> dL/dF (N_l, M_l): the vector-Jacobian product.

        It goes through the network and its preprocessing, so x is the image in [0, 1].
        Layers that are not in the dict count as zero. Raises LayerError, ImageError (wrong shape of a dL/dF).
        """
        image = self._checked(image)
        if not activation_gradients:
            return np.zeros_like(image)
        self._check_used(activation_gradients)
        with self._one_at_a_time:
            activations = self.network.forward(image)
            gradients = {l: _as_activation(l, g, activations[l].shape) for l, g in activation_gradients.items()}
            return self.network.backward(gradients)

    def convolutions(self) -> list[tuple[str, np.ndarray, np.ndarray]]:
        """(layer, kernel (3, 3, in, out), bias (out,)) of each convolution up to the last layer asked for, in order.

        float32, read-only: every network of the same weights shares them. A pooling by 2 x 2 comes before the first
        convolution of each block but block 1.
        """
        names = LAYERS[: 1 + LAYERS.index(self.layers[-1])]
        return [(name, *map(_read_only, self._weights.layers[name])) for name in names]

    def _checked(self, image):
        image = as_image(image)
        if min(height_width := image.shape[:2]) < (least := 1 << (int(self.layers[-1][5]) - 1)):
            raise ImageError(f"{self.layers[-1]} needs at least {least} x {least} pixels, got {tuple(height_width)}")
        return image

    def _check_used(self, names):
        for name in names:
            if name not in self.layers:
                check_layers([name])
                raise LayerError(f"{name} is not among the layers asked for ({self.layers}): VGG19(layers=...)")


def _read_only(array):
    view = array.view()
    view.flags.writeable = False
    return view


def make_network(layers: Sequence[str], weights: Weights, pooling: str, kind: str | None = None) -> Any:
    """The network that computes here: `forward(image)`, then `backward(gradients)` for that image."""
    kind = kind or machine.supported("float32")[0]
    if kind == "winograd":
        from nst.compute.winograd_network import FastNetwork

        return FastNetwork(layers, weights, pooling)
    from nst.compute.keras_network import KerasNetwork

    return KerasNetwork(layers, weights, pooling, kind)


def check_layers(layers: str | Iterable[str]) -> tuple[str, ...]:
    """The layer names as a tuple in network order; LayerError with the nearest real name for an unknown one."""
    names = (layers,) if isinstance(layers, str) else tuple(layers)
    if not names:
        raise LayerError(f"no layer given; VGG19 has {', '.join(LAYERS)}")
    for name in names:
        if name not in LAYERS:
            close = difflib.get_close_matches(str(name), LAYERS, 2, 0.5)
            hint = f"did you mean {' or '.join(close)}?" if close else f"it has {', '.join(LAYERS)}"
            raise LayerError(f"VGG19 has no layer {name!r}: {hint}")
    return tuple(layer for layer in LAYERS if layer in names)


def _as_activation(layer, gradient, shape):
    """dL/dF (N, M) as a new array dL/da (H, W, N), float32."""
    height, width, filters = shape
    gradient = np.asarray(gradient, np.float32)
    if gradient.shape != (filters, height * width):
        raise ImageError(
            f"the gradient of {layer} has the shape {gradient.shape}; F and dL/dF of this image have "
            f"{(filters, height * width)}"
        )
    return np.array(gradient.T, order="C").reshape(height, width, filters)
