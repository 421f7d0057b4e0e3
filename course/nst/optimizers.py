"""Optimisers that ask for one evaluation at a time: `x = opt.x`, evaluate there, `opt.tell(loss, gradient)`, again.

So a caller can show, stop or change something between any two evaluations. Arrays are images; `bounds` keeps
every x in [0, 1], where a picture can be shown (the note's plain gradient descent has none).
"""

import numpy as np
from numpy import vdot

from .errors import OptionError


class GradientDescent:
    """The note's (11): x <- x - learning_rate * gradient, not clipped.

    learning_rate: by default such that the first step moves the most affected channel value by 0.1.
    """

    def __init__(self, x0, learning_rate=None):
        self.x, self.learning_rate = x0.copy(), learning_rate

    def tell(self, loss, gradient):
        if self.learning_rate is None:
            self.learning_rate = 0.1 / max(float(np.abs(gradient).max()), 1e-30)
        self.x = self.x - self.learning_rate * gradient

    def restart(self):
        """Nothing is remembered but the learning rate, which a new loss needs anew."""
        self.learning_rate = None


class Adam:
    """Adam (Kingma & Ba 2015) with the settings of TensorFlow's style-transfer tutorial, clipped to [0, 1]."""

    def __init__(self, x0, learning_rate=None, beta_1=0.99, beta_2=0.999, epsilon=0.1):
        self.x, self.rate = x0.copy(), learning_rate or 0.02
        self.betas, self.epsilon = (beta_1, beta_2), epsilon
        self.restart()

    def restart(self):
        """Forget the running means."""
        self.t, self.m, self.v = 0, np.zeros_like(self.x), np.zeros_like(self.x)

    def tell(self, loss, gradient):
        (b1, b2), self.t = self.betas, self.t + 1
        self.m += (1 - b1) * (gradient - self.m)
        self.v += (1 - b2) * (gradient * gradient - self.v)
        rate = self.rate * np.sqrt(1 - b2**self.t) / (1 - b1**self.t)
        self.x = np.clip(self.x - rate * self.m / (np.sqrt(self.v) + self.epsilon), 0, 1)


LARGEST_MOVE = 0.15  # of a channel value in one step: the first pairs know too little curvature for more


def _curved(s, y):
    """Whether a pair has positive curvature, which keeps the direction downhill; the loss's scale does not matter."""
    return vdot(s, y) > 1e-8 * np.sqrt(vdot(s, s)) * np.sqrt(vdot(y, y))


class LBFGS:
    """Limited-memory BFGS (Nocedal 1980) on the pixels that are free to move inside [0, 1].

    Directions come from the last `memory` pairs of steps and gradient changes. A step that does not lower the loss
    enough (Armijo) is shortened to where a parabola through what is known has its minimum, so most steps cost one
    evaluation. A pixel at a bound whose gradient points outward is held there.
    guess: an image to look at second, from where to go on if its loss is lower than that of x0.
    """

    def __init__(self, x0, learning_rate=None, guess=None, memory=20, bounds=(0.0, 1.0)):
        self.bounds, self.memory, self.first_move = bounds, memory, learning_rate or 0.1
        self.x, self._guess = np.clip(x0, *bounds), guess
        self.restart()

    def restart(self):
        """Forget the curvature (the loss has changed): the next evaluation, also of the guess, is a new start."""
        self.pairs, self.base, self._guessing = [], None, False

    def tell(self, loss, gradient):
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
        self.x = np.clip(self.base[0] + self.length * self.direction, *self.bounds)
        if self._guess is not None:
            self.x, self._guess, self._guessing = np.clip(self._guess, *self.bounds), None, True

    def _enough(self):
        x, base_loss, gradient = self.base
        return base_loss + 1e-4 * float(vdot(gradient, self.x - x))

    def _shorten(self, loss):
        x, base_loss, gradient = self.base
        slope = float(vdot(gradient, self.x - x))
        best = -slope / (2 * (loss - base_loss - slope))  # of the parabola, as a part of this step's length
        self.length *= min(max(best, 0.1), 0.5)
        if self.length < 1e-5:  # no step along this direction helps: start again with the gradient alone
            self.pairs, self.first_move, self.length = [], self.first_move * 0.1, 1.0
            self.direction = self._descent(x, gradient)

    def _accept(self, loss, gradient):
        if self.base is not None:
            s, y = self.x - self.base[0], gradient - self.base[2]
            if _curved(s, y):
                self.pairs = [*self.pairs[1 - self.memory :], (s, y)]
        self.base, self.length = (self.x, loss, gradient), 1.0
        self.direction = self._descent(self.x, gradient)

    def _descent(self, x, gradient):
        low, high = self.bounds
        free = ~(((x <= low) & (gradient > 0)) | ((x >= high) & (gradient < 0)))
        g = gradient * free
        d = -self._inverse_hessian(g, free)
        if vdot(d, g) >= 0:
            return -g * (self.first_move / max(float(np.abs(g).max()), 1e-30))
        return d * min(1.0, LARGEST_MOVE / max(float(np.abs(d).max()), 1e-30))

    def _inverse_hessian(self, g, free):
        """The two-loop recursion on the free pixels: an estimate of the inverse Hessian there, times g."""
        pairs = [(s * free, y * free) for s, y in self.pairs]
        pairs = [(s, y, 1.0 / vdot(s, y)) for s, y in pairs if _curved(s, y)]
        if not pairs:
            return -g  # uphill: the caller takes the gradient's direction
        q, coefficients = g.copy(), []
        for s, y, rho in reversed(pairs):
            coefficients.append(rho * vdot(s, q))
            q -= coefficients[-1] * y
        s, y, rho = pairs[-1]
        q /= rho * vdot(y, y)
        for (s, y, rho), a in zip(pairs, reversed(coefficients), strict=True):
            q += (a - rho * vdot(y, q)) * s
        return q


OPTIMIZERS = {"lbfgs": LBFGS, "adam": Adam, "gd": GradientDescent}


def make_optimizer(name, x0, learning_rate=None, guess=None):
    """The optimiser of that name ("lbfgs", "adam" or "gd") starting at x0; only L-BFGS looks at the guess."""
    if name not in OPTIMIZERS:
        raise OptionError(f"optimizer={name!r}: use one of {', '.join(map(repr, OPTIMIZERS))}")
    if name == "lbfgs":
        return LBFGS(x0, learning_rate, guess)
    return OPTIMIZERS[name](x0, learning_rate)
