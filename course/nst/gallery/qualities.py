"""Figures of a finished picture that need no download; all but the content distance were not optimised."""

from dataclasses import dataclass

import numpy as np

from nst.constants import CONTENT_LAYER
from nst.images.loading import resized
from nst.network import VGG19

UNSEEN = ("block1_conv2", "block2_conv2", "block3_conv2", "block4_conv3")  # layers that no default loss looks at
SIMILARITY_LAYER = "block3_conv3"


@dataclass(frozen=True)
class Quality:
    """0 is best for each; see `quality`."""

    content_distance: float  # squared, of the content layer's features, relative to the content's own; optimised
    style_distance: float  # the same for Gram matrices at layers that were not optimised, mean over layers
    self_similarity: float  # mean change of which places look alike (cosine distances; Kolkin et al. 2019)
    total_variation: float  # mean absolute difference of neighbouring pixels

    def __str__(self):
        return (
            f"content distance {self.content_distance:.3f}, self-similarity distance {self.self_similarity:.3f}, "
            f"style distance {self.style_distance:.3f} (other layers), total variation {self.total_variation:.4f}"
        )


def quality(image: np.ndarray, content: np.ndarray, style: np.ndarray, weights: str = "auto") -> Quality:
    """The `Quality` of a picture made from content and style; images of any size, the style's is brought to it."""
    network = VGG19((CONTENT_LAYER, SIMILARITY_LAYER, *UNSEEN), weights)
    shape = image.shape[:2]
    F, P, S = (network.features(picture if picture.shape[:2] == shape else resized(picture, shape=shape))
               for picture in (image, content, style))  # fmt: skip
    relative = [_relative(F[l] @ F[l].T, S[l] @ S[l].T) for l in UNSEEN]
    places = np.random.default_rng(0).choice(F[SIMILARITY_LAYER].shape[1], 200)
    likeness, before = (_cosine_distances(f[SIMILARITY_LAYER][:, places]) for f in (F, P))
    return Quality(
        _relative(F[CONTENT_LAYER], P[CONTENT_LAYER]),
        float(np.mean(relative)),
        float(np.abs(likeness - before).sum(0).mean()),
        float((np.abs(np.diff(image, axis=0)).mean() + np.abs(np.diff(image, axis=1)).mean()) / 2),
    )


def _relative(found, wanted):
    return float(((found - wanted) ** 2).sum() / max(float((wanted**2).sum()), 1e-30))


def _cosine_distances(columns):
    """Distances between columns, each column of the result summing to 1."""
    unit = columns / np.maximum(np.linalg.norm(columns, axis=0), 1e-12)
    distances = np.maximum(1 - unit.T @ unit, 0)
    return distances / np.maximum(distances.sum(0), 1e-12)
