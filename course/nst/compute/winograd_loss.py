"""The note's total loss and its image gradient on the CPU, in NumPy around `fastnet.py`."""

import numpy as np

from nst.plumbing.parallel import in_parallel, shares


class FastObjective:
    """Content loss (4), style loss (8) and the gradient of (10) of an image, against one content and some styles.

    styles: (image, share) pairs; the target Gram matrix is the mean of theirs, weighted by the shares (which sum to 1).
    Calling it with (x, alpha, beta) gives (content loss, style loss, dL_total/dx).
    """

    def __init__(self, network, content, styles, content_layers, style_layers):
        self._network = network
        activations = network.forward(content)
        self._P = {layer: activations[layer].copy() for layer in content_layers}
        self._gradients = {layer: np.empty_like(activations[layer]) for layer in network.layers}
        self._A = {}
        for image, share in styles:
            self._activations = network.forward(image)
            for layer in style_layers:
                self._A[layer] = self._A.get(layer, 0) + share * self._second_moments(layer)

    def __call__(self, x, alpha, beta):
        self._activations = self._network.forward(x)
        for gradient in self._gradients.values():
            gradient[:] = 0
        content = sum(self._content(layer, alpha) for layer in self._P)
        style = sum(self._style(layer, beta) for layer in self._A) / len(self._A)
        return content, style, self._network.backward(self._gradients)

    def _content(self, layer, alpha):
        """Add this layer's part of alpha * (5) to its gradient, return (3)."""
        difference = self._activations[layer] - self._P[layer]
        self._gradients[layer] += np.float32(alpha) * difference
        return 0.5 * float(np.vdot(difference, difference))

    def _style(self, layer, beta):
        """Add this layer's part of beta * (9) to its gradient, return (7)."""
        a, slope = self._activations[layer], self._gradients[layer]
        N, M = a.shape[2], a.shape[0] * a.shape[1]
        difference = self._second_moments(layer) - self._A[layer]
        scaled = difference * np.float32(beta / len(self._A) / (float(N) ** 2 * float(M) ** 2))

        def share(first, last):
            slope[first:last] += a[first:last] @ scaled

        in_parallel(share, shares(a.shape[0]))
        return float(np.vdot(difference, difference)) / (4.0 * N**2 * M**2)

    def _second_moments(self, layer):
        """(6) of the image that was last sent through the network, summed over shares of the rows."""
        a = self._activations[layer]

        def share(first, last):
            rows = a[first:last].reshape(-1, a.shape[2])
            return rows.T @ rows

        return sum(in_parallel(share, shares(a.shape[0])))
