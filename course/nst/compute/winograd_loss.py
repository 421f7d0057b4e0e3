"""The note's total loss and its image gradient on the CPU, in NumPy around `winograd_network.py`."""

from collections.abc import Callable, Sequence

import numpy as np

from nst.compute.winograd_network import FastNetwork
from nst.plumbing.parallel import in_parallel, shares


def fast_objective(
    network: FastNetwork,
    content: np.ndarray,
    styles: Sequence[tuple[np.ndarray, float]],
    content_layers: Sequence[str],
    style_layers: Sequence[str],
) -> Callable:
    """A function: (x, alpha, beta) -> (content loss (4), style loss (8), gradient of (10)), against these images.

    styles: (image, share) pairs; the target Gram matrix is the mean of theirs, weighted by the shares (which sum to 1),
    each multiplied by positions of the content / positions of that image.
    The steps are functions inside this one, and the network is nst's own: the formulas are exercises of the course, so
    whole images go in here and no feature matrices. Raises TypeError for another network.
    """
    if type(network) is not FastNetwork:
        raise TypeError(f"a FastNetwork is needed, got {type(network).__name__}")

    def second_moments(a):
        """(6) of an activation (H, W, N), summed over shares of the rows."""

        def share(first, last):
            rows = a[first:last].reshape(-1, a.shape[2])
            return rows.T @ rows

        return sum(in_parallel(share, shares(a.shape[0])))

    def add_content(layer, a, alpha):
        """Add the layer's part of alpha * (5) to its gradient, return (3)."""
        difference = a - P[layer]
        gradients[layer] += np.float32(alpha) * difference
        return 0.5 * float(np.vdot(difference, difference))

    def add_style(layer, a, beta):
        """Add the layer's part of beta * (9) to its gradient, return (7)."""
        N, M, slope = a.shape[2], a.shape[0] * a.shape[1], gradients[layer]
        difference = second_moments(a) - A[layer]
        scaled = difference * np.float32(beta / len(A) / (float(N) ** 2 * float(M) ** 2))

        def share(first, last):
            slope[first:last] += a[first:last] @ scaled

        in_parallel(share, shares(a.shape[0]))
        return float(np.vdot(difference, difference)) / (4.0 * N**2 * M**2)

    def objective(x, alpha, beta):
        activations = FastNetwork.forward(network, x)
        for gradient in gradients.values():
            gradient[:] = 0
        content = sum(add_content(layer, activations[layer], alpha) for layer in P)
        style = sum(add_style(layer, activations[layer], beta) for layer in A) / len(A)
        return content, style, FastNetwork.backward(network, gradients)

    means = dict.fromkeys(style_layers, 0)  # (6) per position
    for image, part in styles:
        activations = FastNetwork.forward(network, image)
        for layer in style_layers:
            means[layer] += part * second_moments(activations[layer]) / positions(activations[layer])
    activations = FastNetwork.forward(network, content)
    P = {layer: activations[layer].copy() for layer in content_layers}
    A = {layer: positions(activations[layer]) * mean for layer, mean in means.items()}
    gradients = {layer: np.empty_like(activations[layer]) for layer in network.layers}
    return objective


def positions(a: np.ndarray) -> np.float32:
    """M of an activation (H, W, N)."""
    return np.float32(a.shape[0] * a.shape[1])
