"""A video's frames, one after another, each beginning where the last one ended."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from nst.errors import OptionError
from nst.images.loading import Picture, Shared, as_image
from nst.painting import stylize
from nst.plumbing.keywords import takes_options_of


@takes_options_of(stylize, without=("size", "start"))
def stylize_frames(
    frames: Sequence[np.ndarray],
    style: Picture | Shared,
    *,
    iterations: int | None = None,
    later: int = 15,
    **options: Any,
) -> tuple[list[np.ndarray], float]:
    """(pictures, flicker) of a frame sequence: each frame starts from the last frame's result plus what moved.

    frames: images of one size, at least two. iterations: for the first (default: the look's own), `later` for each
    after it. options: those of `stylize` but size and start. flicker: mean change between successive pictures, as a
    multiple of the mean change between the frames themselves (1 is as steady as the video).
    """
    frames = [as_image(frame, "frame") for frame in frames]
    if len(frames) < 2:
        raise OptionError(f"{len(frames)} frames: at least 2 are needed")
    first = stylize(frames[0], style, iterations=iterations, **options)
    pictures = [first.image]
    options |= {"strength": None, "beta": first.beta}  # what was found for the first holds for all
    for before, frame in itertools.pairwise(frames):
        start = np.clip(pictures[-1] + frame - before, 0, 1)
        pictures.append(stylize(frame, style, iterations=later, start=start, **options).image)
    return pictures, _mean_change(pictures) / max(_mean_change(frames), 1e-6)


def _mean_change(images):
    return float(np.mean([np.abs(b - a).mean() for a, b in itertools.pairwise(images)]))
