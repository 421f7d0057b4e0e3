"""VGG19 on the CPU without TensorFlow: forward, and back to the image, by the convolutions of `winograd_kernels.py`.

A network keeps its arrays between calls (page faults cost as much as arithmetic) and works on one image at a time.
Threads share a layer by rows of tiles where there are many, else by the 36 matrix products.
"""

import functools
import threading
import weakref
from collections.abc import Sequence

import numpy as np

from nst.compute import winograd_kernels
from nst.compute.weights import Weights
from nst.constants import LAYERS, MEAN_BGR
from nst.plumbing.parallel import cpus, in_parallel, one_blas_thread, shares

TILES_AT_ONCE = 128  # of one thread: the products' operands then stay in the processor's cache
FEW_TILES = 100  # below this, reading the kernel once counts for more than keeping tiles in the cache


class Convolution:
    """One layer: ReLU(convolution + bias) forward, its transpose backward, in the product basis."""

    def __init__(self, kernel: np.ndarray, bias: np.ndarray) -> None:
        self.kernel, self.bias = np.asarray(kernel, np.float32), np.asarray(bias, np.float32)

    @functools.cached_property
    def identity(self) -> bool:
        """Whether the layer hands on its input as it is (after a ReLU), so that it can be left out."""
        _, _, inputs, outputs = self.kernel.shape
        if inputs != outputs or self.bias.any():
            return False
        return np.count_nonzero(self.kernel) == inputs and np.array_equal(self.kernel[1, 1], np.eye(inputs))

    @functools.cached_property
    def _ahead(self):
        return winograd_kernels.transformed_kernel(self.kernel)

    @functools.cached_property
    def _back(self):
        return winograd_kernels.transformed_kernel(winograd_kernels.transposed_kernel(self.kernel))

    def forward(self, x: np.ndarray, y: np.ndarray) -> None:
        """y = ReLU(convolution of x + bias); x (H, W, inputs), y (H, W, outputs)."""
        _convolve(x, self._ahead, lambda M, first, last: winograd_kernels.relu_out(M, first, last, self.bias, y))

    def backward(self, gradient: np.ndarray, activation: np.ndarray, y: np.ndarray) -> None:
        """y = (y + transposed convolution of the gradient) where the activation is above zero, else 0."""
        _convolve(
            gradient, self._back, lambda M, first, last: winograd_kernels.masked_out(M, first, last, activation, y)
        )


def _convolve(x, kernel, out):
    """The three stages for all tiles; `out(M, first, last)` takes the products of the tile rows first..last."""
    rows, across = winograd_kernels.tile_rows(x.shape[0]), winograd_kernels.tile_rows(x.shape[1])
    if rows * across < FEW_TILES and cpus() > 1:
        V, M = _scratch(rows * across, *kernel.shape[1:])
        winograd_kernels.patches_in(x, 0, rows, V)
        in_parallel(lambda i, j: np.matmul(V[i:j], kernel[i:j], out=M[i:j]), shares(36))
        return out(M, 0, rows)

    def share(first, last):
        V, M = _scratch((last - first) * across, *kernel.shape[1:])
        winograd_kernels.patches_in(x, first, last, V)
        np.matmul(V, kernel, out=M)
        out(M, first, last)

    turns = -(-rows * across // (TILES_AT_ONCE * cpus()))  # so that each thread gets the same number of pieces
    return in_parallel(share, shares(rows, -(-rows // (turns * cpus()))))


_local = threading.local()


def _scratch(tiles, inputs, outputs):
    """Room for V (36, tiles, inputs) and M (36, tiles, outputs), kept by each thread."""
    split, needed = 36 * tiles * inputs, 36 * tiles * (inputs + outputs)
    if getattr(_local, "room", np.empty(0)).size < needed:
        _local.room = np.empty(needed, np.float32)
    return _local.room[:split].reshape(36, tiles, inputs), _local.room[split:needed].reshape(36, tiles, outputs)


_prepared = weakref.WeakKeyDictionary()  # Weights -> its convolutions, shared by all networks that use them


class FastNetwork:
    """VGG19 up to the last of `layers`: `forward(image)`, then `backward(gradients)` for that image."""

    def __init__(self, layers: Sequence[str], weights: Weights, pooling: str) -> None:
        one_blas_thread()
        self.layers, self.largest = layers, pooling == "max"
        self.names = LAYERS[: 1 + LAYERS.index(layers[-1])]
        shared = _prepared.setdefault(weights, {})
        for name in self.names:
            shared.setdefault(name, Convolution(*weights.layers[name]))
        self._convolutions = shared
        self._arrays: dict[str, np.ndarray] = {}
        self._image: np.ndarray | None = None

    def forward(self, image: np.ndarray) -> dict[str, np.ndarray]:
        """dict: layer -> activation (H, W, N) of the image. The arrays are overwritten by the next image's."""
        if self._image is None or not np.array_equal(image, self._image):
            self._image = None  # until all is computed: what is interrupted must not be taken for done
            self._compute(image)
            self._image = np.array(image)
        return {name: self._outputs[name] for name in self.layers}

    def _compute(self, image):
        x = np.ascontiguousarray(np.float32(image)[..., ::-1]) * np.float32(255) - np.float32(MEAN_BGR)
        self._inputs, self._outputs = {}, {}
        for name in self.names:
            if _pools(name):
                x = self._pool(name, x)
            self._inputs[name] = x
            x = self._outputs[name] = self._layer(name, x)

    def backward(self, gradients: dict[str, np.ndarray]) -> np.ndarray:
        """dL/dx (H, W, 3) of the last image, from dict layer -> dL/da (H, W, N); these arrays are overwritten."""
        names = self.names[: 1 + max(map(self.names.index, gradients))]
        g = gradients[names[-1]]
        g *= self._outputs[names[-1]] > 0
        for name, below in zip(names[:0:-1], names[-2::-1], strict=True):
            given = gradients.get(below)
            y = self._zeros(below) if given is None else given
            g = self._layer_back(name, below, g, y)
        image = self._array("image", self._inputs[names[0]].shape)
        image[:] = 0
        self._convolutions[names[0]].backward(g, np.ones_like(image), image)
        return image[..., ::-1] * np.float32(255)

    def _layer(self, name, x):
        convolution = self._convolutions[name]
        if convolution.identity:
            return x
        y = self._array(name, (*x.shape[:2], convolution.bias.size))
        convolution.forward(x, y)
        return y

    def _layer_back(self, name, below, g, y):
        """The masked gradient of the activation of `below`, which `name` reads: y (what is there already) and g."""
        convolution, x, a = self._convolutions[name], self._inputs[name], self._outputs[below]
        if _pools(name):
            pooled = self._array(f"{name} pooled gradient", x.shape)
            pooled[:] = 0
            convolution.backward(g, x, pooled)
            return self._unpool(a, x, pooled, y)
        if convolution.identity:
            y += g
            y *= a > 0
        else:
            convolution.backward(g, a, y)
        return y

    def _pool(self, name, a):
        pooled = self._array(f"{name} pooled", (a.shape[0] // 2, a.shape[1] // 2, a.shape[2]))
        in_parallel(lambda i, j: winograd_kernels.pool_rows(a, i, j, self.largest, pooled), shares(pooled.shape[0]))
        return pooled

    def _unpool(self, a, pooled, gradient, y):
        height, width = 2 * pooled.shape[0], 2 * pooled.shape[1]
        y[height:] *= a[height:] > 0  # an odd last row or column is in no block
        y[:, width:] *= a[:, width:] > 0
        work = winograd_kernels.unpool_rows
        in_parallel(lambda i, j: work(a, pooled, gradient, i, j, self.largest, y), shares(pooled.shape[0]))
        return y

    def _zeros(self, name):
        y = self._array(f"{name} gradient", self._outputs[name].shape)
        y[:] = 0
        return y

    def _array(self, key, shape):
        """An array of this shape that is kept for the next call, its contents undefined."""
        if key not in self._arrays or self._arrays[key].shape != shape:
            self._arrays[key] = np.empty(shape, np.float32)
        return self._arrays[key]


def _pools(name):
    """Whether the layer comes after a pooling: the first of every block but the first."""
    return name.endswith("conv1") and name != LAYERS[0]
