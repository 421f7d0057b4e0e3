"""What goes beyond the note, each a small function: starts, colours, smoothing, masks, mixed models, frames, figures.

The classes wrap a `Problem`: they are called like one, `problem(x, alpha, beta)`, and so can be put around each other.
"""

from collections.abc import Sequence

import numpy as np

from nst.errors import ImageError, OptionError
from nst.images.loading import as_image

# Luminance and two colour differences (the broadcast standard's YIQ).
YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]], np.float32)


def noise(shape: Sequence[int], seed: int = 0) -> np.ndarray:
    """Grey with a little colour noise, (H, W, 3): a start that knows nothing of the content."""
    return np.clip(np.random.default_rng(seed).normal(0.5, 0.05, (*shape[:2], 3)), 0, 1).astype(np.float32)


def matched_colours(image: np.ndarray, style: np.ndarray) -> np.ndarray:
    """The image with the style's colour mean and covariance: the shortest such map (Monge's, between Gaussians).

    As a start it spares the optimiser the large part of the style loss that is colour alone.
    """
    a, b = (np.float64(as_image(x)).reshape(-1, 3) for x in (image, style))
    cov_a, cov_b = (np.cov(x.T) + 1e-4 * np.eye(3) for x in (a, b))
    half, back = _power(cov_a, 0.5), _power(cov_a, -0.5)
    mapped = (a - a.mean(0)) @ (back @ _power(half @ cov_b @ half, 0.5) @ back) + b.mean(0)
    return np.clip(mapped, 0, 1).astype(np.float32).reshape(image.shape)


def _power(matrix, exponent):
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, 1e-12) ** exponent) @ vectors.T


def content_colours(image: np.ndarray, content: np.ndarray) -> np.ndarray:
    """The image's light and dark with the content's colours (Gatys et al. 2016, "luminance only")."""
    yiq = as_image(content) @ YIQ.T
    yiq[..., 0] = as_image(image) @ YIQ[0]
    return np.clip(yiq @ np.linalg.inv(YIQ).T, 0, 1).astype(np.float32)


def total_variation(x: np.ndarray) -> tuple[float, np.ndarray]:
    """(sum of squared differences between neighbouring pixels, its gradient (H, W, 3))."""
    down, right = np.diff(x, axis=0), np.diff(x, axis=1)
    gradient = np.zeros_like(x)
    gradient[1:] += 2 * down
    gradient[:-1] -= 2 * down
    gradient[:, 1:] += 2 * right
    gradient[:, :-1] -= 2 * right
    return float(np.sum(down**2) + np.sum(right**2)), gradient


class _Around:
    """What is called like a problem because it goes around one; content, start and kind are those of the inner one."""

    def __init__(self, problem):
        self._problem = problem
        self.content, self.head_start, self.kind = problem.content, problem.head_start, problem.kind


class Smoothed(_Around):
    """A problem plus `strength` times the total variation of x."""

    def __init__(self, problem, strength):
        if not (np.isfinite(strength) and strength >= 0):
            raise OptionError(f"smoothing={strength}: a number of 0 or more is needed")
        super().__init__(problem)
        self._strength = strength

    def __call__(self, x, alpha, beta):
        losses, gradient = self._problem(x, alpha, beta)
        value, slope = total_variation(x)
        total = losses.total + self._strength * value
        return losses._replace(total=total), gradient + np.float32(self._strength) * slope


class Masked(_Around):
    """A problem of the picture that shows x where the mask is 1, the content where it is 0, a blend between.

    mask: (H, W), or an image, of which the lightness counts. `seen(x)` is the picture; its losses are given.
    """

    def __init__(self, problem, mask):
        mask = np.asarray(mask, np.float32)
        mask = np.clip(mask if mask.ndim == 2 else as_image(mask, "mask") @ YIQ[0], 0, 1)
        if mask.shape != problem.content.shape[:2]:
            raise ImageError(f"the mask has the size {mask.shape}, the content {problem.content.shape[:2]}")
        super().__init__(problem)
        self._mask = mask[..., None]

    def seen(self, x: np.ndarray) -> np.ndarray:
        """The picture (H, W, 3) of the optimised array x."""
        return self.content + self._mask * (x - self.content)

    def __call__(self, x, alpha, beta):
        losses, gradient = self._problem(self.seen(x), alpha, beta)
        return losses, gradient * self._mask


class Mixed(_Around):
    """Content features of one problem's network, style features of another's (two evaluations a step)."""

    def __init__(self, of_content, of_style):
        super().__init__(of_content)
        self._of_style = of_style

    def __call__(self, x, alpha, beta):
        of_content, to_content = self._problem(x, alpha, 0.0)
        of_style, to_style = self._of_style(x, 0.0, beta)
        total = of_content.total + of_style.total
        return of_content._replace(total=total, style=of_style.style), to_content + to_style
