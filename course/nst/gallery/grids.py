"""Pictures side by side: a table over alpha and beta, and what single layers know of content and of style."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from nst.constants import CONTENT_LAYER, STYLE_LAYERS
from nst.drawing.figures import emit, new_figure, show
from nst.engine import Record, Run, check_weights, make_problem
from nst.errors import OptionError
from nst.images.loading import Picture, Shared, load_pair
from nst.looks import find_look
from nst.network import check_layers
from nst.painting import Climb
from nst.plumbing.keywords import takes_options_of
from nst.problem import Losses, Problem
from nst.variations import Variation, noise

SIZE = 96  # pixels: a table of six pictures in half a minute


@dataclass(frozen=True)
class Table:
    """Pictures for each pair of weights: `.images[alpha, beta]`, their content and style losses alike."""

    alphas: tuple
    betas: tuple
    images: dict
    content_losses: dict
    style_losses: dict

    def show(self) -> None:
        """Draw it: alpha grows downward, beta to the right; along a diagonal beta / alpha is the same."""
        rows, columns = len(self.alphas), len(self.betas)
        width = min(3.0, 10.4 / columns)  # inches of a picture
        height = width * max(image.shape[0] / image.shape[1] for image in self.images.values())
        figure = new_figure(width * columns + 0.6, (height + 0.4) * rows + 0.3)
        for axes, (alpha, beta) in zip(figure.subplots(rows, columns, squeeze=False).flat, self.images, strict=True):
            axes.imshow(np.clip(self.images[alpha, beta], 0, 1))
            axes.set(xticks=[], yticks=[])
            axes.set_title(f"β/α = {beta / alpha:,g}", size="medium")
            if beta == self.betas[0]:
                axes.set_ylabel(f"α = {alpha:g}")
            if alpha == self.alphas[-1]:
                axes.set_xlabel(f"β = {beta:,g}")
        words = [f"β/α = {b / a:,g}: content loss {self.content_losses[a, b]:.3g}, style loss "
                 f"{self.style_losses[a, b]:.3g}" for a, b in self.images]  # fmt: skip
        emit(figure, "The same pair painted with different weights. " + "; ".join(words))


@takes_options_of(make_problem)
def alpha_beta_grid(
    content: Picture = "china",
    style: Picture | Shared = "the_starry_night",
    *,
    alphas: Sequence[float] = (1.0,),
    betas: Sequence[float] = (10.0, 100.0, 1e3, 1e4),
    iterations: int | None = None,
    size: int = SIZE,
    progress: bool = True,
    **options: Any,
) -> Table:
    """Paint the pair once for each alpha and beta, show all in one figure, and return the `Table`.

    Each picture is painted from small to large, as `nst.stylize` does, with this beta for the full size; without
    smoothing, unless it is asked for, so that nothing but alpha and beta counts. The losses of the table are all
    measured on the finished pictures, at the full size.
    content, style: names, paths or images; iterations: evaluations for one picture (default: the look's own); size:
    longest side, pixels; options: those of `nst.engine.make_problem`. One progress bar counts all steps.
    Raises OptionError for weights below zero or no weight at all.
    """
    check_table(alphas, betas)
    p, a = load_pair(content, style, size, find_look("ladder").detail)
    options = {"smoothing": 0.0, **options}
    pairs = [(alpha, beta) for alpha in alphas for beta in betas]
    table = Table(tuple(alphas), tuple(betas), {}, {}, {})
    with tqdm(desc="alpha/beta grid", unit="step", disable=not progress) as bar:
        for alpha, beta in pairs:
            climb = Climb(p, a, iterations=iterations, **options)
            bar.total = len(pairs) * climb.total
            image, losses = climbed(climb, alpha, beta, bar)
            table.images[alpha, beta] = image
            table.content_losses[alpha, beta], table.style_losses[alpha, beta] = losses.content, losses.style
    table.show()
    return table


def climbed(climb: Climb, alpha: float, beta: float, bar: tqdm) -> tuple[np.ndarray, Losses]:
    """(the picture at the top of a climb, its losses there)."""
    for _ in range(climb.total):
        climb.step(alpha, beta)
        bar.update()
    image, last = climb.picture(), climb.run
    assert last is not None, "a climb has at least one step"
    return image, last.problem(image, alpha, beta)[0]


def check_table(alphas: Sequence[float], betas: Sequence[float]) -> None:
    """OptionError for a table that would be empty, has a row or column twice, or a weight that makes no ratio."""
    if not len(alphas) or not len(betas):
        raise OptionError("give at least one alpha and one beta")
    if len({*alphas}) < len(alphas) or len({*betas}) < len(betas):
        raise OptionError(f"each alpha and each beta once, please; got {alphas} and {betas}")
    for alpha, beta in itertools.product(alphas, betas):
        check_weights(alpha, beta)
    if 0 in alphas:
        raise OptionError("alpha=0 has no ratio beta / alpha; layer_pictures shows the style alone")


def paint(
    problem: Problem | Variation, alpha: float, beta: float, iterations: int, bar: tqdm, x0: np.ndarray | None = None
) -> Record:
    """The last `Record` of that many steps; its `.best_image` is what was painted."""
    run = Run(problem, x0=x0)
    for _ in range(iterations):
        record = run.step(alpha, beta)
        bar.update()
    return record


@dataclass(frozen=True)
class LayerPictures:
    """What a content layer and some style layers keep: two images (H, W, 3), painted from the same noise."""

    reconstruction: np.ndarray
    texture: np.ndarray


@takes_options_of(make_problem, without=("content_layers",))
def layer_pictures(
    content: Picture = "chelsea",
    style: Picture = "the_starry_night",
    *,
    content_layer: str = CONTENT_LAYER,
    style_layers: str | Sequence[str] = STYLE_LAYERS,
    iterations: int = 60,
    size: int = SIZE,
    progress: bool = True,
    **options: Any,
) -> LayerPictures:
    """Paint from noise what one layer knows of the content (beta = 0), and what some know of the style (alpha = 0).

    Shows content, reconstruction, texture and style, and returns `LayerPictures`. options: those of
    `nst.engine.make_problem` but the layers. Raises LayerError, ImageError.
    """
    p, a = load_pair(content, style, size)
    problem = make_problem(p, a, content_layers=(content_layer,), style_layers=style_layers, **options)
    start = noise(p.shape)
    with tqdm(total=2 * iterations, desc="layers", unit="step", disable=not progress) as bar:
        made = LayerPictures(
            paint(problem, 1, 0, iterations, bar, x0=start).best_image,
            paint(problem, 0, 1, iterations, bar, x0=start).best_image,
        )
    style_layers = check_layers(style_layers)
    chosen = ", ".join(style_layers)
    few = "\n".join(style_layers) if len(style_layers) <= 2 else f"{len(style_layers)} layers"
    titles = ["content", f"content kept by\n{content_layer}", f"style kept by\n{few}", "style"]
    show(p, made.reconstruction, made.texture, a, titles=titles, columns=4,
         alt=f"From noise: the content that {content_layer} keeps, and the texture that {chosen} keep.")  # fmt: skip
    return made
