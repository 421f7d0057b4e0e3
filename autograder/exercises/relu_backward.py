"""relu_backward: the gradient on its way back through a ReLU. Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.backward_inputs import gradients_and_maps
from autograder.exercises.model import AtWork, Exercise

exercise = Exercise("relu_backward", gradients_and_maps, at_work=AtWork("a a", filters=64, positions=4096, calls=150))


@exercise.mistake("formula")
def forward_again(g, z):
    """This is the ReLU itself, forwards: what is asked for is how its output answers to z, times g."""
    return np.maximum(z, 0)


@exercise.mistake("mask")
def mask_of_gradient(g, z):
    """The mask is made of g: whether a number passed the ReLU was decided by z, on the way forward."""
    return g * (g > 0)


@exercise.mistake("mask")
def both_masks(g, z):
    """There are two masks, one of z and one of g: negative gradients go back as well, where z was positive."""
    return g * (z > 0) * (g > 0)


@exercise.mistake("formula")
def nothing_stopped(g, z):
    """You handed g on as it is: where z was negative, the ReLU gave 0 whatever z was, and nothing goes back."""
    return 1 * g


@exercise.mistake("formula")
def reversed_mask(g, z):
    """The mask is the wrong way round: the gradient goes on where z is positive, and stops where it is negative."""
    return g * (z < 0)


@exercise.mistake("formula")
def times_output(g, z):
    """You multiplied by what came out of the ReLU: the slope of a ReLU is 1 or 0, however large z is."""
    return g * np.maximum(z, 0)


@exercise.mistake("formula")
def times_input(g, z):
    """You multiplied g by z: the slope of a ReLU is 1 where z is positive and 0 elsewhere."""
    return g * z


@exercise.mistake("formula")
def mask_alone(g, z):
    """This is the slope of the ReLU alone: the chain rule multiplies it by g."""
    return (z > 0).astype(float)


@exercise.mistake("formula")
def leaky(g, z):
    """A hundredth of the gradient goes back where z is negative, as through a leaky ReLU: VGG19's lets nothing pass."""
    return np.where(z > 0, g, 0.01 * g)


@exercise.mistake("formula")
def signs(g, z):
    """You multiplied by the sign of z, so that -g goes back where z is negative: the ReLU is flat there."""
    return g * np.sign(z)


@exercise.mistake("mask")
def above_one(g, z):
    """The gradient is stopped below z = 1: the ReLU bends at 0."""
    return g * (z > 1)


@exercise.mistake("part")
def picked(g, z):
    """You picked the entries that pass, and lost their places: the result has the shape of g, with 0 at the others."""
    return g[z > 0]


@exercise.mistake("axes")
def per_position(g, z):
    """A whole position passes or not, by the sum over its filters: each entry of z decides for itself."""
    return g * (z.sum(axis=2, keepdims=True) > 0)


@exercise.variant
def where(g, z):
    return np.where(z > 0, g, 0)


@exercise.variant
def where_not_negative(g, z):
    return g * (z >= 0)


@exercise.variant
def copy_and_set(g, z):
    back = np.array(g)
    back[z <= 0] = 0.0
    return back


@exercise.variant
def loops(g, z):
    back = np.zeros(np.shape(g))
    for place in np.ndindex(*np.shape(g)):
        if z[place] > 0:
            back[place] = g[place]
    return back


@exercise.variant
def heaviside(g, z):
    return np.multiply(np.heaviside(z, 0.5), g)


@exercise.variant
def float32_lists(g, z):
    return (np.float32(g) * np.float32(np.sign(np.maximum(z, 0)))).tolist()
