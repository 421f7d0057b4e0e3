"""Bounded L-BFGS for images, in a metric that is measured on the way."""

from typing import Any

import numpy as np
from numpy import vdot

LOW, HIGH = 0.0, 1.0  # the bounds
FIRST_MOVE = 0.1  # of the channel value that the gradient moves most
MEMORY = 10  # pairs of steps and gradient changes
LARGEST_MOVE = 0.3  # of a channel value in one step: the first pairs know too little curvature for more
AROUND = 4  # pixels to each side, over which curvature is averaged
FORGET = 0.8  # of the curvature seen before each new pair


class LBFGS:
    """Limited-memory BFGS (Nocedal 1980) on the pixels that are free to move inside [0, 1].

    Directions come from the last pairs of steps s and gradient changes y; where these say nothing, each pixel moves by
    its surroundings' curvature (see `_Metric`), not all alike. A step that does not lower the loss enough (Armijo)
    is shortened to where a parabola through what is known has its minimum, so most steps cost one evaluation. A pixel
    at a bound whose gradient points outward is held there.
    guess: an image to look at second, from where to go on if its loss is lower than that of x0.
    """

    def __init__(self, x0: np.ndarray, guess: np.ndarray | None = None) -> None:
        self.x, self._guess, self._first_move = np.clip(x0, LOW, HIGH), guess, FIRST_MOVE
        self.restart()

    def restart(self) -> None:
        """Forget the curvature (the loss has changed): the next evaluation, also of the guess, is a new start."""
        self._pairs, self._metric = _Pairs(self.x.size), _Metric(self.x.shape)
        self.base: Any = None  # (x, loss, gradient), from where the direction leads
        self._guessing = False

    def tell(self, loss: float, gradient: np.ndarray) -> None:
        if self._guessing:
            self._guessing = False
            if loss < self.base[1]:
                self.restart()
        elif self.base is not None and loss > self._enough():
            self._shorten(loss)
        else:
            self._accept(loss, gradient)
        if self.base is None:
            self._accept(loss, gradient)
        self.x = np.clip(self.base[0] + self.length * self.direction, LOW, HIGH)
        if self._guess is not None:
            self.x, self._guess, self._guessing = np.clip(self._guess, LOW, HIGH), None, True

    def _enough(self):
        x, base_loss, gradient = self.base
        return base_loss + 1e-4 * float(vdot(gradient, self.x - x))

    def _shorten(self, loss):
        x, base_loss, gradient = self.base
        slope = float(vdot(gradient, self.x - x))
        best = -slope / (2 * (loss - base_loss - slope))  # of the parabola, as a part of this step's length
        self.length *= min(max(best, 0.1), 0.5)
        if self.length < 1e-5:  # no step along this direction helps: start again with the gradient alone
            self._pairs, self._first_move, self.length = _Pairs(x.size), self._first_move * 0.1, 1.0
            self.direction = self._descent(x, gradient)

    def _accept(self, loss, gradient):
        if self.base is not None:
            s, y = self.x - self.base[0], gradient - self.base[2]
            if self._pairs.add(s, y):
                self._metric.add(s, y)
        self.base, self.length = (self.x, loss, gradient), 1.0
        self.direction = self._descent(self.x, gradient)

    def _descent(self, x, gradient):
        free = ~(((x <= LOW) & (gradient > 0)) | ((x >= HIGH) & (gradient < 0)))
        g = gradient * free
        d = -self._pairs.inverse_hessian(g, free * self._metric.scale()) * free if self._pairs else g
        if not vdot(d, g) < 0:  # not downhill, or not a number
            return -g * (self._first_move / max(float(np.abs(g).max()), 1e-30))
        return d * min(1.0, LARGEST_MOVE / max(float(np.abs(d).max()), 1e-30))


class _Pairs:
    """The last pairs of steps s and gradient changes y, and the inverse Hessian that they speak for."""

    def __init__(self, numbers):
        self._s, self._y = np.zeros((2, MEMORY, numbers), np.float32)
        self._sy = np.zeros((MEMORY, MEMORY))  # the product of each s with each y
        self._slots = []  # the places in use, the latest pair's last

    def __len__(self):
        return len(self._slots)

    def add(self, s, y):
        """Keep a pair of positive curvature, which leaves the direction downhill; False for another."""
        if not vdot(s, y) > 1e-8 * np.sqrt(vdot(s, s)) * np.sqrt(vdot(y, y)):
            return False
        slot = self._slots.pop(0) if len(self._slots) == MEMORY else len(self._slots)
        self._slots.append(slot)
        self._s[slot], self._y[slot] = s.ravel(), y.ravel()
        self._sy[slot], self._sy[:, slot] = self._y @ self._s[slot], self._s @ self._y[slot]
        return True

    def inverse_hessian(self, g, scale):
        """The two-loop recursion's estimate of the inverse Hessian, times g; its start is `scale` instead of 1.

        The loops run over products of the pairs, which are made all at once (Chen, Wang & Zhou 2014).
        """
        shape, g, scale = g.shape, g.ravel(), scale.ravel()
        sy, sg, ahead, back = self._sy, self._s @ g, np.zeros(MEMORY), np.zeros(MEMORY)
        for i in reversed(self._slots):
            ahead[i] = (sg[i] - sy[i] @ ahead) / sy[i, i]
        latest = self._slots[-1]
        y = self._y[latest]
        r = scale * (g - np.float32(ahead) @ self._y)
        moved = vdot(y, scale * y)
        if not moved > 1e-6 * vdot(y, y):  # what the latest step moved is held now: nothing to scale by
            return np.zeros(shape, np.float32)
        r *= np.float32(sy[latest, latest] / moved)
        yr = self._y @ r
        for i in self._slots:
            back[i] = ahead[i] - (yr[i] + sy[:, i] @ back) / sy[i, i]
        return (r + np.float32(back) @ self._s).reshape(shape)


class _Metric:
    """How far each pixel may move for the same change of its gradient, from the latest pairs.

    Curvature differs by far more than ten times between a picture's busy and its plain parts, and less from pixel to
    pixel. The root of (mean y^2 / mean s^2) around a pixel is its size there.
    """

    def __init__(self, shape):
        self._shape, self._plane = shape, (1, *shape)[-2:] if len(shape) < 3 else shape[:2]
        self._s, self._y = np.zeros((2, *self._plane), np.float32)

    def add(self, s, y):
        for sums, step in ((self._s, s), (self._y, y)):
            sums *= FORGET
            sums += np.square(step).reshape(*self._plane, -1).sum(axis=2) / vdot(step, step)

    def scale(self):
        """Like x: the moves, 1 in the harmonic mean and all within a factor of 10 of that."""
        if not self._y.any():
            return np.ones(self._shape, np.float32)
        s, y = _local_mean(self._s), _local_mean(self._y)
        curvature = np.sqrt((y + 1e-3 * y.mean()) / (s + 1e-2 * s.mean()))
        moves = 1 / np.clip(curvature / curvature.mean(), 0.1, 10)
        return np.repeat(moves, np.prod(self._shape) // moves.size).reshape(self._shape)


def _local_mean(a):
    """The mean of each number's surroundings, (2 AROUND + 1) squared; the edge counts as going on beyond itself."""
    (height, width), a, size = a.shape, np.pad(a, AROUND, "edge"), 2 * AROUND + 1
    a = sum(a[k : k + height] for k in range(size))
    return sum(a[:, k : k + width] for k in range(size)) / np.float32(size**2)
