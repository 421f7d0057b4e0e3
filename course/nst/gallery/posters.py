"""The poster at the end of the course: the painting, below it content, style and the loss that led there."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nst.drawing.figures import COLOURS, emit, finite, new_figure, png, without_axes
from nst.images.loading import to_uint8
from nst.looks import Scale
from nst.plumbing.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAGE, STRIP = 11, 2.4  # inches: the page's width, the height of the strip below the picture
SHOWN, PRINTED = 80, 300  # dots per inch, in a notebook and in a file


def poster(
    content: np.ndarray,
    style: np.ndarray,
    image: np.ndarray,
    losses: Sequence[float],
    *,
    scales: Sequence[Scale] = (),
    title: str = "Neural Style Transfer",
    path: str | None = None,
) -> None:
    """Show content, style, the painted image and its losses as one page; with `path` (.png) save it at 300 dpi, too.

    content, style, image: images (H, W, 3); losses: the total loss of each evaluation; scales: `Result.scales`, for
    thin lines where the painting went on at another size. The saved page is 3300 pixels wide.
    Raises ImageError for what is no image, SaveError where the file cannot be written.
    """
    figure = draw_poster(content, style, image, losses, title, scales)
    emit(figure, f"Poster: {title}. A large painted picture; below it content, style and the curve of the loss.")
    if path is not None:
        figure.set_dpi(PRINTED)
        write_atomically(path, png(figure))
        print(f"saved as {path}: {PAGE * PRINTED} pixels wide, {PAGE} inches at {PRINTED} dpi")


def draw_poster(
    content: np.ndarray,
    style: np.ndarray,
    image: np.ndarray,
    losses: Sequence[float],
    title: str,
    scales: Sequence[Scale] = (),
) -> "Figure":
    """The page as a Matplotlib figure: the result as wide as the page, three small panels in a strip below."""
    height = PAGE * image.shape[0] / image.shape[1]
    figure = new_figure(PAGE, height + STRIP + 0.8, SHOWN)
    axes = figure.subplot_mosaic([["image"] * 3, ["content", "style", "loss"]], height_ratios=(height, STRIP))
    for name, picture in {"image": image, "content": content, "style": style}.items():
        axes[name].imshow(to_uint8(finite(picture)), interpolation="bicubic")
        without_axes(axes[name])
    axes["content"].set_title("content", fontsize=12)
    axes["style"].set_title("style", fontsize=12)
    draw_losses(axes["loss"], losses, scales)
    figure.suptitle(title, fontsize=24)
    return figure


def draw_losses(axes: "Axes", losses: Sequence[float], scales: Sequence[Scale] = ()) -> None:
    """The curve of the loss into `axes`, with a thin line at each step after which the size changes."""
    axes.semilogy(np.arange(1, len(losses) + 1), np.asarray(losses), color=COLOURS[0], linewidth=2)
    ends = np.cumsum([scale.steps for scale in scales])[:-1]
    for end in ends:
        axes.axvline(end + 0.5, color="grey", linewidth=0.7)
    axes.set_title("total loss (log scale)", fontsize=12)
    axes.set_xlabel("step (grey line: a larger size begins)" if len(ends) else "step", fontsize=10)
    axes.tick_params(labelsize=9)
