"""In a notebook: a small picture beside a hint, the student's array, the right one, and where they differ."""

import base64
import io
import sys

import numpy as np

from nst.checks.comparison import Example, numbers
from nst.checks.showing import smallest_difference

FEWEST, MOST = 4, 4000  # numbers of an array that is worth a picture
WRITTEN = 40  # numbers that are written into their squares


def show(example: Example) -> None:
    """Display it, where there is a notebook to display it in and an array to draw; else nothing."""
    arrays = _arrays(example)
    if arrays is None or not _in_notebook():
        return
    from IPython.display import HTML, display

    words = f"Your array, the right one, and the {int(arrays[2].sum())} of {arrays[2].size} places where they differ."
    display(HTML(f'<img alt="{words}" src="data:image/png;base64,{base64.b64encode(drawn(*arrays)).decode()}">'))


def _in_notebook():
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")


def _arrays(example):
    """(student's, right, where they differ) as matrices, or None where there is nothing to draw."""
    _, yours, right = smallest_difference(example.answer, example.case.expected, example.case.results)
    a, e = numbers(yours), numbers(right)
    if a is None or e is None or a.shape != e.shape or a.ndim < 2 or not FEWEST <= a.size <= MOST:
        return None
    a, e = (array.reshape(len(array), -1) for array in (a, e))
    return a, e, ~np.isclose(a, e, rtol=1e-3, atol=1e-4 * np.abs(e).max())


def drawn(yours: np.ndarray, right: np.ndarray, wrong: np.ndarray) -> bytes:
    """A PNG of three matrices side by side."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 1 + 2 * min(max(right.shape[0] / right.shape[1], 0.4), 1.2)), dpi=80)
    FigureCanvasAgg(figure)
    most = float(np.abs(right).max()) or 1.0
    titles = {"yours": yours, "right": right, "where they differ": wrong}
    for axes, (title, matrix) in zip(figure.subplots(1, 3), titles.items(), strict=True):
        limit = 1.0 if matrix is wrong else most
        colours = "Greys" if matrix is wrong else "RdBu_r"
        axes.imshow(matrix, cmap=colours, vmin=0 if matrix is wrong else -limit, vmax=limit)
        axes.set_title(title, fontsize=10)
        axes.set_xticks([])
        axes.set_yticks([])
        if matrix.size <= WRITTEN and matrix is not wrong:
            for (row, column), value in np.ndenumerate(matrix):
                dark = np.isfinite(value) and abs(value) > 0.6 * most
                axes.text(column, row, f"{value:.3g}", ha="center", va="center", size=8, color="w" if dark else "k")
    figure.tight_layout()
    with io.BytesIO() as file:
        figure.savefig(file, format="png")
        return file.getvalue()
