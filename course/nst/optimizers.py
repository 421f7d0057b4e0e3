"""Optimisers that ask for one evaluation at a time: `x = opt.x`, evaluate there, `opt.tell(loss, gradient)`, again.

So a caller can show, stop or change something between any two evaluations. Arrays are images. L-BFGS and Adam keep
every x in [0, 1], where a picture can be shown; the note's plain gradient descent does not.
"""

import numpy as np

from nst.compute.arrays import copied, functions
from nst.errors import OptionError
from nst.lbfgs import FIRST_MOVE, LBFGS


class GradientDescent:
    """The note's (11): x <- x - learning_rate * gradient, not clipped.

    The learning rate is such that the first step moves the most affected channel value by FIRST_MOVE.
    """

    def __init__(self, x0: np.ndarray) -> None:
        self.x = copied(x0)
        self._learning_rate: float | None = None

    def tell(self, loss: float, gradient: np.ndarray) -> None:
        if self._learning_rate is None:
            xp = functions(gradient)
            self._learning_rate = FIRST_MOVE / max(float(xp.max(xp.abs(gradient))), 1e-30)
        self.x = self.x - self._learning_rate * gradient

    def restart(self) -> None:
        """Forget the learning rate, the only thing that is remembered: a new loss needs another one."""
        self._learning_rate = None


class Adam:
    """Adam (Kingma & Ba 2015) with the settings of TensorFlow's style-transfer tutorial, clipped to [0, 1]."""

    LEARNING_RATE, BETA_1, BETA_2, EPSILON = 0.02, 0.99, 0.999, 0.1

    def __init__(self, x0: np.ndarray) -> None:
        self.x = copied(x0)
        self.restart()

    def restart(self) -> None:
        """Forget the running means."""
        zeros = functions(self.x).zeros_like
        self.t, self.m, self.v = 0, zeros(self.x), zeros(self.x)

    def tell(self, loss: float, gradient: np.ndarray) -> None:
        b1, b2, self.t = self.BETA_1, self.BETA_2, self.t + 1
        self.m = self.m + (1 - b1) * (gradient - self.m)
        self.v = self.v + (1 - b2) * (gradient * gradient - self.v)
        rate, xp = self.LEARNING_RATE * float(np.sqrt(1 - b2**self.t)) / (1 - b1**self.t), functions(gradient)
        self.x = xp.clip(self.x - rate * self.m / (xp.sqrt(self.v) + self.EPSILON), 0, 1)


Optimizer = LBFGS | Adam | GradientDescent
OPTIMIZERS: dict[str, type[Optimizer]] = {"lbfgs": LBFGS, "adam": Adam, "gd": GradientDescent}


def check_optimizer(name: str) -> None:
    """OptionError unless there is an optimiser of that name."""
    if name not in OPTIMIZERS:
        raise OptionError(f"optimizer={name!r}: use one of {', '.join(map(repr, OPTIMIZERS))}")


def make_optimizer(name: str, x0: np.ndarray, guess: np.ndarray | None = None) -> Optimizer:
    """The optimiser of that name ("lbfgs", "adam" or "gd") starting at x0; only L-BFGS looks at the guess."""
    check_optimizer(name)
    return LBFGS(x0, guess) if name == "lbfgs" else OPTIMIZERS[name](x0)
