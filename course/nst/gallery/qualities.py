"""How good a picture looks, in figures that need no download and that were not optimised.

The score is weighed by blind comparisons; it agrees with two choices of three (`benchmarks/README.md`).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nst.constants import CONTENT_LAYER
from nst.images.colours import YIQ
from nst.images.loading import resized
from nst.network import VGG19

DETAIL_LAYER = "block3_conv3"  # fine enough for a face
PATCH, SCALES, DIRECTIONS, QUANTILES = 5, (1, 2, 4), 48, 200
WEIGHTS = {"lost": 3.1, "style": 7.4}  # fitted to 120 blind choices; the others did not agree


@dataclass(frozen=True)
class Quality:
    """0 is best for each of the four figures, more is better for the score; see `quality`."""

    lost: float  # 1 - correlation of centred features with the content's: how much of the subject is gone
    style: float  # sliced Wasserstein distance of patches from the style's, in their standard deviations, 3 scales
    mesh: float  # log of how much more of the light and dark is within the finest octave than in the style image
    specks: float  # the same for the colours

    @property
    def score(self) -> float:
        """One figure: the subject and the style, as blind choices weigh them."""
        return -sum(weight * getattr(self, name) for name, weight in WEIGHTS.items())

    def __str__(self):
        return (
            f"score {self.score:.2f} (subject lost {self.lost:.2f}, style distance {self.style:.2f}, "
            f"mesh {self.mesh:.2f}, specks {self.specks:.2f})"
        )


def quality(image: np.ndarray, content: np.ndarray, style: np.ndarray, weights: str | Path = "auto") -> Quality:
    """The `Quality` of a picture made from content and style; images (H, W, 3) of any size, brought to the picture's.

    Patches: Rabin et al. 2011, as in Heitz et al. 2021. Takes about a second at 256 pixels. Raises ImageError.
    """
    shape = image.shape[:2]
    content, style = (x if x.shape[:2] == shape else resized(x, shape=shape) for x in (content, style))
    network = VGG19((DETAIL_LAYER, CONTENT_LAYER), weights)
    F, P = network.features(image), network.features(content)
    of_style = [_patch_distance(_smaller(image, scale), _smaller(style, scale)) for scale in SCALES]
    return Quality(
        1 - float(np.mean([_correlation(F[layer], P[layer]) for layer in F])),
        float(np.mean(of_style)),
        *(max(0.0, float(np.log(mine / its))) for mine, its in zip(_finest(image), _finest(style), strict=True)),
    )


def _correlation(F, P):
    """Cosine between two feature matrices (N, M), each filter without its mean."""
    f, p = (A - A.mean(axis=1, keepdims=True) for A in (F, P))
    return float(np.vdot(f, p)) / max(float(np.linalg.norm(f) * np.linalg.norm(p)), 1e-30)


def _finest(image):
    """(share of light and dark that lies in the finest octave, energy of the two colour differences there a pixel)."""
    height, width = image.shape[:2]
    finest = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None]) > 0.25
    window = np.hanning(height)[:, None] * np.hanning(width)[None]
    channels = np.moveaxis(image @ YIQ.T, -1, 0)
    channels = (channels - channels.mean(axis=(1, 2), keepdims=True)) * window
    light, *colours = np.abs(np.fft.fft2(channels)) ** 2
    share = light[finest].sum() / max(light.sum(), 1e-9)
    return share + 1e-9, sum(c[finest].sum() for c in colours) / (height * width) ** 2 + 1e-9


def _smaller(image, scale):
    """The image with `scale` x `scale` pixels averaged to one."""
    height, width = (side // scale * scale for side in image.shape[:2])
    return image[:height, :width].reshape(height // scale, scale, width // scale, scale, 3).mean(axis=(1, 3))


def _patch_distance(image, style):
    """Sliced Wasserstein-1 distance between the colour patches of two images, by quantiles along fixed directions."""
    directions = np.random.default_rng(1).standard_normal((3 * PATCH**2, DIRECTIONS))
    directions /= np.linalg.norm(directions, axis=0)
    steps = np.linspace(0.5 / QUANTILES, 1 - 0.5 / QUANTILES, QUANTILES)
    along, along_style = (_patches(x) @ directions for x in (image, style))
    difference = np.quantile(along, steps, axis=0) - np.quantile(along_style, steps, axis=0)
    return float(np.abs(difference).mean() / max(along_style.std(axis=0).mean(), 1e-9))


def _patches(image):
    return np.lib.stride_tricks.sliding_window_view(image, (PATCH, PATCH), axis=(0, 1)).reshape(-1, 3 * PATCH**2)
