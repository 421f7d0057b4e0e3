"""Toy problems: losses with a known minimum, and holes in them, on which a descent loop can be tried without a network.

A toy problem is data and a pure function of x, so it can be written to a file, sent elsewhere, and called twice.
"""

from dataclasses import dataclass

import numpy as np

from nst.errors import OptionError

KINDS = ("bowl", "vee")


@dataclass(frozen=True, eq=False)
class ToyProblem:
    """A `loss_and_gradient`: called with x it returns (loss: float, gradient: array like x, float32 for float32).

    `centre` and `stiffness` have the shape of x. A "bowl" is smooth at its centre and straight far from it; a "vee" is
    a fold, whose gradient never gets smaller. Each hole (point, radius, loss) replaces the loss of all x that are
    nearer to the point than the radius, in their most distant entry; the gradient stays.
    """

    kind: str
    centre: np.ndarray
    stiffness: np.ndarray
    holes: tuple[tuple[np.ndarray, float, float], ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise OptionError(f"a toy problem is one of {', '.join(KINDS)}, not {self.kind!r}")

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """(loss, gradient) at x."""
        dtype = getattr(x, "dtype", None)
        x = np.asarray(x, dtype=float)
        u = x - self.centre
        height, slope = (np.abs(u), np.sign(u)) if self.kind == "vee" else _bowl(u)
        loss = float(np.sum(self.stiffness * height))
        for point, radius, value in self.holes:
            if np.max(np.abs(x - point)) < radius:
                loss = float(value)
        gradient = self.stiffness * slope
        return loss, gradient.astype(np.float32) if dtype == np.float32 else gradient


def _bowl(u):
    root = np.sqrt(1 + u * u)
    return root - 1, u / root
