"""How much of the image one answer of a layer depends on, from the weights in use."""

from pathlib import Path

import numpy as np

from nst.compute.weights import load_weights
from nst.constants import LAYERS
from nst.errors import LayerError


def receptive_field(layer: str, weights: str | Path = "auto") -> int:
    """Side, in pixels, of the square of the image that one position of `layer` depends on.

    A 3 x 3 convolution adds a pixel of its own scale on each side, a pooling half of one. A kernel that looks only at
    its centre adds nothing: the bundled weights have such ones (each fourth convolution of blocks 3 to 5). weights: see
    `load_weights`. Raises LayerError, WeightsError.
    """
    if layer not in LAYERS:
        raise LayerError(f"VGG19 has no layer {layer!r}; it has {', '.join(LAYERS)}")
    kernels = load_weights(weights).layers
    side, pixel = 1, 1  # pixel: how many pixels of the image lie between two positions
    for name in LAYERS[: 1 + LAYERS.index(layer)]:
        if name.endswith("conv1") and name != LAYERS[0]:  # a pooling comes first
            side, pixel = side + pixel, 2 * pixel
        side += 2 * pixel * _reach(kernels[name][0])
    return side


def _reach(kernel):
    """How many positions beside its centre a kernel (3, 3, in, out) looks at: 1, or 0."""
    around = np.array(kernel)
    around[1, 1] = 0
    return int(around.any())
