"""Watch an optimisation while it runs, whoever wrote the loop: no widget, one display that is updated in place."""

import time
from collections.abc import Callable

import numpy as np

from nst.drawing.figures import COLOURS, HIDDEN, Shown, finite, in_notebook, new_figure
from nst.plumbing.interrupts import keep

FRAMES = 12  # how often the display is updated on the way
ALT = "the picture while it is painted, and its loss so far"


def watch(loss_and_gradient: Callable, steps: int) -> Callable:
    """`loss_and_gradient`, wrapped: each call returns what it returned, and now and then shows how it goes.

    steps: how many calls to expect (for the time left).
    What is shown: the picture of that call, the loss of all calls so far on a log scale, the seconds left.
    """
    view = _View(steps)

    def watched(x):
        loss, gradient = loss_and_gradient(x)
        view.see(x, float(loss))
        return loss, gradient

    return watched


class _View:
    """One display of a notebook: the last picture beside the loss curve."""

    def __init__(self, steps):
        self.steps, self.every = steps, max(1, steps // FRAMES)
        self.losses, self.handle, self.started = [], None, time.perf_counter()

    def see(self, x, loss):
        if loss < min([np.inf, *filter(np.isfinite, self.losses)]):
            keep(np.array(x))  # a loop that is interrupted may have kept nothing
        self.losses.append(loss)
        done = len(self.losses)
        if in_notebook() and (done == 1 or done % self.every == 0 or done == self.steps):
            self._show(self._draw(x, done))

    def _show(self, figure):
        from IPython.display import HTML, display

        frame = Shown(figure, ALT)
        if self.handle is None:
            display(HTML(f'<span style="{HIDDEN}">{ALT}</span>'))
            self.handle = display(frame, display_id=True)
        else:
            self.handle.update(frame)

    def _draw(self, x, done):
        figure = new_figure(9, 3.4)
        picture, curve = figure.subplots(1, 2, width_ratios=(1, 1.3))
        picture.imshow(np.clip(finite(x), 0, 1))
        picture.set(title=f"step {done} of {self.steps}", xticks=[], yticks=[])
        losses = np.array(self.losses)
        curve.semilogy(np.where(np.isfinite(losses) & (losses > 0), losses, np.nan), color=COLOURS[0], linewidth=2)
        curve.set(title=f"loss {losses[-1]:.3g}, {self._left(done)}", xlabel="step", xlim=(0, self.steps))
        curve.grid(alpha=0.3)
        return figure

    def _left(self, done):
        passed = time.perf_counter() - self.started
        return f"{passed:.0f} s" if done == self.steps else f"about {passed / done * (self.steps - done):.0f} s left"
