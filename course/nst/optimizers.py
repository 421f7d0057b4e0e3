"""Optimisers that ask for one evaluation at a time: `x = opt.x`, evaluate there, `opt.tell(loss, gradient)`, again.

So a caller can show, stop or change something between any two evaluations. Arrays are images; `bounds` keeps
every x in [0, 1], where a picture can be shown (the note's plain gradient descent has none).
"""

import numpy as np

from nst.errors import OptionError
from nst.lbfgs import LBFGS


class GradientDescent:
    """The note's (11): x <- x - learning_rate * gradient, not clipped.

    learning_rate: by default such that the first step moves the most affected channel value by 0.1.
    """

    def __init__(self, x0, learning_rate=None):
        self.x, self.learning_rate = x0.copy(), learning_rate

    def tell(self, loss: float, gradient: np.ndarray) -> None:
        if self.learning_rate is None:
            self.learning_rate = 0.1 / max(float(np.abs(gradient).max()), 1e-30)
        self.x = self.x - self.learning_rate * gradient

    def restart(self) -> None:
        """Nothing is remembered but the learning rate, which a new loss needs anew."""
        self.learning_rate = None


class Adam:
    """Adam (Kingma & Ba 2015) with the settings of TensorFlow's style-transfer tutorial, clipped to [0, 1]."""

    def __init__(self, x0, learning_rate=None, beta_1=0.99, beta_2=0.999, epsilon=0.1):
        self.x, self.rate = x0.copy(), learning_rate or 0.02
        self.betas, self.epsilon = (beta_1, beta_2), epsilon
        self.restart()

    def restart(self) -> None:
        """Forget the running means."""
        self.t, self.m, self.v = 0, np.zeros_like(self.x), np.zeros_like(self.x)

    def tell(self, loss: float, gradient: np.ndarray) -> None:
        (b1, b2), self.t = self.betas, self.t + 1
        self.m += (1 - b1) * (gradient - self.m)
        self.v += (1 - b2) * (gradient * gradient - self.v)
        rate = self.rate * np.sqrt(1 - b2**self.t) / (1 - b1**self.t)
        self.x = np.clip(self.x - rate * self.m / (np.sqrt(self.v) + self.epsilon), 0, 1)


OPTIMIZERS = {"lbfgs": LBFGS, "adam": Adam, "gd": GradientDescent}


def check_optimizer(name):
    """OptionError unless there is an optimiser of that name."""
    if name not in OPTIMIZERS:
        raise OptionError(f"optimizer={name!r}: use one of {', '.join(map(repr, OPTIMIZERS))}")


def make_optimizer(name, x0, learning_rate=None, guess=None):
    """The optimiser of that name ("lbfgs", "adam" or "gd") starting at x0; only L-BFGS looks at the guess."""
    check_optimizer(name)
    if name == "lbfgs":
        return LBFGS(x0, learning_rate, guess)
    return OPTIMIZERS[name](x0, learning_rate)
