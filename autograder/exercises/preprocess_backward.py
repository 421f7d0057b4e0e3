"""preprocess_backward: from the network's input back to the picture. Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.backward_inputs import gradients_of_inputs
from autograder.exercises.model import AtWork, Exercise

exercise = Exercise(
    "preprocess_backward", gradients_of_inputs, at_work=AtWork("x", filters=3, positions=4096, calls=32)
)


@exercise.mistake("axes")
def channels_not_turned(g):
    """The channels are still in the network's order, blue first: the picture's first channel is red."""
    return 255 * g


@exercise.mistake("factor")
def factor_missing(g):
    """The 255 is missing: a picture value that grows by 1 moves what goes into the network by 255."""
    return g[..., ::-1]


@exercise.mistake("factor")
def divided(g):
    """You divided by 255, as if to bring back the picture: a gradient is multiplied by the slope of the way forward."""
    return g[..., ::-1] / 255


@exercise.mistake("formula")
def mean_subtracted(g):
    """You subtracted the mean colour, as on the way forward: a constant that is subtracted has no slope."""
    return 255 * g[..., ::-1] - np.array([123.68, 116.779, 103.939])


@exercise.mistake("formula")
def mean_added(g):
    """You added the mean colour back: that would recover a picture, but in a gradient a constant leaves no trace."""
    return 255 * g[..., ::-1] + np.array([123.68, 116.779, 103.939])


@exercise.mistake("formula")
def picture_recovered(g):
    """This turns the network's input back into a picture: a gradient is asked for, each number times the slope of
    the way forward."""
    return ((g + np.array([103.939, 116.779, 123.68])) / 255)[..., ::-1]


@exercise.mistake("axes")
def rows_turned(g):
    """You reversed the rows: `[::-1]` alone turns the first axis, and the channels are the last."""
    return 255 * g[::-1]


@exercise.mistake("axes")
def columns_turned(g):
    """You reversed the columns: the channels are the last axis, not the second."""
    return 255 * g[:, ::-1]


@exercise.mistake("axes")
def all_axes_turned(g):
    """You reversed all three axes: only the channels change their order, the places stay."""
    return 255 * np.flip(g)


@exercise.mistake("axes")
def channels_rotated(g):
    """The channels are moved on by one, not reversed: red and blue change places, green stays in the middle."""
    return 255 * np.roll(g, 1, axis=2)


@exercise.mistake("mask")
def clipped(g):
    """The result is clipped to [0, 1], as a picture would be: a gradient may be negative, and as large as it likes."""
    return np.clip(255 * g[..., ::-1], 0, 1)


@exercise.mistake("factor")
def of_256(g):
    """You multiplied by 256: pictures run from 0 to 1 and the network's input over 255."""
    return 256 * g[..., ::-1]


@exercise.mistake("factor")
def twice(g):
    """The slope is squared: one factor of 255 is enough."""
    return 255**2 * g[..., ::-1]


@exercise.mistake("unreduced")
def grey(g):
    """All three channels get their mean: each colour has a gradient of its own."""
    return 255 * np.repeat(g.mean(axis=2, keepdims=True), 3, axis=2)


@exercise.mistake("in_place")
def in_place(g):
    """The result is right, but `g *= ...` writes into the argument: what makes a new array?"""
    g *= 255
    return g[..., ::-1]


@exercise.variant
def flip(g):
    return np.flip(g, axis=-1) * 255.0


@exercise.variant
def by_names(g):
    blue, green, red = np.moveaxis(g, -1, 0)
    return 255 * np.stack([red, green, blue], axis=-1)


@exercise.variant
def by_index(g):
    return (255 * g)[:, :, [2, 1, 0]]


@exercise.variant
def by_matrix(g):
    return g @ (255 * np.eye(3)[::-1])


@exercise.variant
def loops(g):
    back = np.zeros(g.shape)
    for c in range(3):
        back[:, :, 2 - c] = g[:, :, c] * 255
    return back


@exercise.variant
def float32_lists(g):
    return (np.float32(255) * np.float32(g)[..., ::-1]).tolist()
