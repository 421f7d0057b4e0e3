"""Style and content of a picture as two short vectors, whose distances are the losses of the note; kept on disk.

A picture's Gram matrices hold 600 000 numbers, so those of a thousand pictures would fill the memory. Each entry is
therefore added, with a random sign, to one of LENGTH places (a count sketch: Charikar, Chen, Farach-Colton 2002; the
same places for every picture). Squared distances stay right on average; their standard error is sqrt(2 / LENGTH) of
them, so a distance is off by about 1 %.
"""

import hashlib
import io
from pathlib import Path

import numpy as np

from nst.compute.weights import load_weights
from nst.constants import CONTENT_LAYER, STYLE_LAYERS
from nst.network import VGG19
from nst.plumbing.files import cache_folder, write_atomically

LENGTH = 4096
SPACES = ("style", "content")
VERSION = 1  # to be raised when anything changes that a stored sketch depends on


class Sketcher:
    """Calling it with an image (H, W, 3) gives its sketches (2, LENGTH), float32: style first, content second.

    Between two images of one size the distance of their style sketches is the root of the style loss (8), that of
    their content sketches the norm of F - P at the content layer (the root of twice the content loss (3)).
    """

    def __init__(self, weights: str | Path = "auto") -> None:
        self._weights = load_weights(weights).layers
        self._extractor, self._foldings = VGG19((*STYLE_LAYERS, CONTENT_LAYER), weights), {}

    def __call__(self, image: np.ndarray) -> np.ndarray:
        features, style = self._extractor.features(image), 0.0
        for layer in STYLE_LAYERS:
            F = features[layer]
            scale = (1 / len(STYLE_LAYERS)) ** 0.5 / (2 * F.size)  # the square root of (7)'s and (8)'s factors
            style += scale * self._folded(F @ F.T, layer)
        return np.stack([style, self._folded(features[CONTENT_LAYER], "content")]).astype(np.float32)

    def _folded(self, numbers, name):
        """All the numbers added up in LENGTH places, each with its sign; float64."""
        if name not in self._foldings:
            rng = np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]))
            self._foldings[name] = rng.integers(LENGTH, size=numbers.size), rng.choice([-1.0, 1.0], numbers.size)
        places, signs = self._foldings[name]
        return np.bincount(places, weights=signs * numbers.ravel(), minlength=LENGTH)

    def fingerprint(self) -> str:
        """A text that is another one for other weights."""
        first, last = (self._weights[layer][0] for layer in (STYLE_LAYERS[0], STYLE_LAYERS[-1]))
        return hashlib.sha256(first.tobytes() + last[0, 0].tobytes()).hexdigest()[:16]


class SketchCache:
    """Sketches on disk, one file a picture, named by the hash of the picture file's bytes: a run that was stopped goes
    on where it was, and a picture that was moved or renamed is known again."""

    def __init__(self, folder: str | Path | None, size: int, fingerprint: str) -> None:
        self.folder = Path(folder or cache_folder() / "style_map") / f"v{VERSION}-{size}px-{fingerprint}"

    def get(self, key: str) -> np.ndarray | None:
        """The sketches (2, LENGTH) of that hash; None where there are none, or only a damaged file."""
        try:
            found = np.load(self._path(key), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return found if found.shape == (len(SPACES), LENGTH) and np.isfinite(found).all() else None

    def put(self, key: str, sketches: np.ndarray) -> None:
        """Keep them. Raises SaveError."""
        buffer = io.BytesIO()
        np.save(buffer, sketches)
        write_atomically(self._path(key), buffer.getvalue(), make_folder=True)

    def _path(self, key):
        return self.folder / key[:2] / f"{key}.npy"


def hash_of(path: Path) -> str:
    """SHA-256 of the file's bytes, read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
