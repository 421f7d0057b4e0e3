"""The poster at the end of the course: content, style, result and the loss that led there, on one page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nst.drawing.figures import COLOURS, emit, finite, new_figure, png, without_axes
from nst.images.loading import to_uint8
from nst.plumbing.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def poster(
    content: np.ndarray,
    style: np.ndarray,
    image: np.ndarray,
    losses: Sequence[float],
    *,
    title: str = "Neural Style Transfer",
    path: str | None = None,
) -> None:
    """Show content, style, the painted image and its losses as one page; with `path` (.png) save it, too.

    content, style, image: images (H, W, 3); losses: the total loss of each evaluation.
    Raises ImageError for what is no image, SaveError where the file cannot be written.
    """
    figure = draw_poster(content, style, image, losses, title)
    emit(figure, f"Poster: {title}. A large painted picture; beside it content, style and the falling loss.")
    if path is not None:
        write_atomically(path, png(figure))
        print(f"saved as {path}")


def draw_poster(
    content: np.ndarray, style: np.ndarray, image: np.ndarray, losses: Sequence[float], title: str
) -> "Figure":
    """The page as a Matplotlib figure: the result on the left, three small panels on the right."""
    figure = new_figure(10, 6.4)
    axes = figure.subplot_mosaic([["image", "content"], ["image", "style"], ["image", "loss"]], width_ratios=(3, 1))
    for name, picture in {"image": image, "content": content, "style": style}.items():
        axes[name].imshow(to_uint8(finite(picture)), interpolation="bicubic")
        without_axes(axes[name])
    axes["content"].set_title("content", fontsize=10)
    axes["style"].set_title("style", fontsize=10)
    axes["loss"].semilogy(np.asarray(losses), color=COLOURS[0], linewidth=2)
    axes["loss"].set_title("total loss (log scale)", fontsize=10)
    axes["loss"].set_xlabel("step", fontsize=9)
    axes["loss"].tick_params(labelsize=8)
    figure.suptitle(title, fontsize=18)
    return figure
