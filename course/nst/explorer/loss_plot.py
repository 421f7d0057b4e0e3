"""The explorer's loss curves, drawn without pyplot, which may not be used from two threads."""

from collections.abc import Sequence

import numpy as np

from nst.drawing.figures import COLOURS, new_figure, png

# Told apart by line style as well as by colour.
CURVES = {
    "content loss (4)": {"color": COLOURS[0], "linestyle": "-"},
    "style loss (8)": {"color": COLOURS[1], "linestyle": "--"},
    "total loss (10)": {"color": COLOURS[2], "linestyle": ":"},
}


class LossPlot:
    """Content, style and total loss against the step on a log scale; a ring marks the best step so far."""

    def __init__(self):
        self.figure = new_figure(5.2, 3.0, dpi=80)
        self.axes = self.figure.add_subplot(yscale="log", xlabel="step", ylabel="loss")
        self.axes.grid(alpha=0.3)
        self.lines = [self.axes.plot([], [], label=name, **look)[0] for name, look in CURVES.items()]
        self.best = self.axes.plot([], [], "o", mfc="none", color="black", markersize=9, label="best so far")[0]
        self.axes.xaxis.get_major_locator().set_params(integer=True)
        self.figure.legend(loc="outside upper center", ncols=4, fontsize="x-small", frameon=False)

    def png(self, history: Sequence[tuple], best_step: int = 0) -> bytes:
        """PNG bytes. history: (content, style, total) of each step; best_step: the one to mark, from 1, or 0."""
        losses = np.array(history, float).reshape(-1, 3)
        losses[~(np.isfinite(losses) & (losses > 0))] = np.nan  # a log scale has no place for these
        steps = np.arange(1, len(losses) + 1)
        for line, values in zip(self.lines, losses.T, strict=True):
            line.set_data(steps, values)
        shown = slice(best_step - 1, best_step) if best_step else slice(0, 0)
        self.best.set_data(steps[shown], losses[shown, 2])
        self.axes.relim()
        self.axes.autoscale_view()
        picture = png(self.figure)
        self.figure.set_layout_engine("none")  # the places found by the first drawing stay: half the time of the next
        return picture
