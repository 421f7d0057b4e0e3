"""Bounded L-BFGS for images, in a metric that is measured on the way.

Images are NumPy's arrays or tensors (`compute/arrays.py`). What is as large as an image stays where it is, also on a
GPU; single numbers come to the host, where it is decided how to go on.
"""

from typing import Any

import numpy as np

from nst.compute.arrays import functions, host, like, products, with_row

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
        self.x, self._guess, self._first_move = _clipped(x0), guess, FIRST_MOVE
        self.restart()

    def restart(self) -> None:
        """Forget the curvature (the loss has changed): the next evaluation, also of the guess, is a new start."""
        self._pairs, self._metric = _Pairs(_size(self.x)), _Metric(self.x.shape)
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
        self.x = _clipped(self.base[0] + self.length * self.direction)
        if self._guess is not None:
            self.x, self._guess, self._guessing = _clipped(self._guess), None, True

    def _enough(self):
        x, base_loss, gradient = self.base
        return base_loss + 1e-4 * float(products(x)(gradient, self.x - x))

    def _shorten(self, loss):
        x, base_loss, gradient = self.base
        slope = float(products(x)(gradient, self.x - x))
        best = -slope / (2 * (loss - base_loss - slope))  # of the parabola, as a part of this step's length
        self.length *= min(max(best, 0.1), 0.5)
        if self.length < 1e-5:  # no step along this direction helps: start again with the gradient alone
            self._pairs, self._first_move, self.length = _Pairs(_size(x)), self._first_move * 0.1, 1.0
            self.direction = self._descent(x, gradient)

    def _accept(self, loss, gradient):
        if self.base is not None:
            s, y = self.x - self.base[0], gradient - self.base[2]
            if self._pairs.add(s, y):
                self._metric.add(s, y)
        self.base, self.length = (self.x, loss, gradient), 1.0
        self.direction = self._descent(self.x, gradient)

    def _descent(self, x, gradient):
        xp = functions(x)
        held = ((x <= LOW) & (gradient > 0)) | ((x >= HIGH) & (gradient < 0))
        g = d = xp.where(held, 0.0, gradient)
        if self._pairs:
            scale = xp.where(held, 0.0, self._metric.scale())
            d = xp.where(held, 0.0, -self._pairs.inverse_hessian(g, scale))
        if not float(products(g)(d, g)) < 0:  # not downhill, or not a number
            return -g * (self._first_move / max(_largest(g), 1e-30))
        return d * min(1.0, LARGEST_MOVE / max(_largest(d), 1e-30))


def _clipped(x):
    return functions(x).clip(x, LOW, HIGH)


def _largest(x):
    xp = functions(x)
    return float(xp.max(xp.abs(x)))


def _size(x):
    return int(np.prod(x.shape))


class _Pairs:
    """The last pairs of steps s and gradient changes y, and the inverse Hessian that they speak for."""

    def __init__(self, numbers):
        self._numbers, self._s, self._y = numbers, None, None  # tables (MEMORY, numbers), with the first pair
        self._sy = np.zeros((MEMORY, MEMORY))  # the product of each s with each y
        self._slots = []  # the places in use, the latest pair's last

    def __len__(self):
        return len(self._slots)

    def add(self, s, y):
        """Keep a pair of positive curvature, which leaves the direction downhill; False for another."""
        xp = functions(s)
        s, y = xp.reshape(s, (-1,)), xp.reshape(y, (-1,))
        dot = products(s)
        if not float(dot(s, y)) > 1e-8 * np.sqrt(float(dot(s, s))) * np.sqrt(float(dot(y, y))):
            return False
        if self._s is None:
            self._s, self._y = (xp.zeros((MEMORY, self._numbers), "float32") for _ in range(2))
        slot = self._slots.pop(0) if len(self._slots) == MEMORY else len(self._slots)
        self._slots.append(slot)
        self._s, self._y = with_row(self._s, slot, s), with_row(self._y, slot, y)
        self._sy[slot], self._sy[:, slot] = host(xp.matmul(self._y, s)), host(xp.matmul(self._s, y))
        return True

    def inverse_hessian(self, g, scale):
        """The two-loop recursion's estimate of the inverse Hessian, times g; its start is `scale` instead of 1.

        The loops run over products of the pairs, which are made all at once (Chen, Wang & Zhou 2014).
        """
        xp, shape = functions(g), g.shape
        g, scale = (xp.reshape(a, (-1,)) for a in (g, scale))
        sy, sg, ahead, back = self._sy, host(xp.matmul(self._s, g)), np.zeros(MEMORY), np.zeros(MEMORY)
        for i in reversed(self._slots):
            ahead[i] = (sg[i] - sy[i] @ ahead) / sy[i, i]
        latest = self._slots[-1]
        y = self._y[latest]
        dot = products(y)
        moved = float(dot(y, scale * y))
        if not moved > 1e-6 * float(dot(y, y)):  # what the latest step moved is held now: nothing to scale by
            return xp.zeros(shape, "float32")
        r = scale * (g - xp.matmul(like(ahead, g), self._y)) * float(sy[latest, latest] / moved)
        yr = host(xp.matmul(self._y, r))
        for i in self._slots:
            back[i] = ahead[i] - (yr[i] + sy[:, i] @ back) / sy[i, i]
        return xp.reshape(r + xp.matmul(like(back, g), self._s), shape)


class _Metric:
    """How far each pixel may move for the same change of its gradient, from the latest pairs.

    Curvature differs by far more than ten times between a picture's busy and its plain parts, and less from pixel to
    pixel. The root of (mean y^2 / mean s^2) around a pixel is its size there.
    """

    def __init__(self, shape):
        self._shape, self._plane = shape, (1, *shape)[-2:] if len(shape) < 3 else shape[:2]
        self._s: Any = None  # (H, W) each, with the first pair
        self._y: Any = None

    def add(self, s, y):
        self._s, self._y = (self._further(sums, step) for sums, step in ((self._s, s), (self._y, y)))

    def _further(self, sums, step):
        xp = functions(step)
        seen = xp.sum(xp.reshape(xp.square(step), (*self._plane, -1)), axis=2) / products(step)(step, step)
        return seen if sums is None else FORGET * sums + seen

    def scale(self):
        """Like x: the moves, 1 in the harmonic mean and all within a factor of 10 of that."""
        xp, s, y = functions(self._s), _local_mean(self._s), _local_mean(self._y)
        curvature = xp.sqrt((y + 1e-3 * xp.mean(y)) / (s + 1e-2 * xp.mean(s)))
        moves = 1 / xp.clip(curvature / xp.mean(curvature), 0.1, 10)
        return xp.reshape(xp.repeat(moves, int(np.prod(self._shape)) // _size(moves)), self._shape)


def _local_mean(a):
    """The mean of each number's surroundings, (2 AROUND + 1) squared; the edge counts as going on beyond itself."""
    xp, (height, width), size = functions(a), a.shape, 2 * AROUND + 1
    a = xp.concatenate([a[:1]] * AROUND + [a] + [a[-1:]] * AROUND, axis=0)
    a = xp.concatenate([a[:, :1]] * AROUND + [a] + [a[:, -1:]] * AROUND, axis=1)
    a = sum(a[k : k + height] for k in range(size))
    return sum(a[:, k : k + width] for k in range(size)) / float(size**2)
