"""Colours of one image for another."""

import numpy as np

from nst.images.loading import as_image

# Luminance and two colour differences (the broadcast standard's YIQ).
YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]], np.float32)


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
