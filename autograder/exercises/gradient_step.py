"""gradient_step: equation (11). Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.inputs import steps
from autograder.exercises.model import AtWork, Exercise, Limit

exercise = Exercise(
    "gradient_step",
    steps,
    limits=(
        Limit("no_gradient", "edge", "equal", "Right unless the gradient is zero: then the picture stays as it is."),
    ),
    at_work=AtWork("x x 0.1", filters=3, positions=12288, calls=103),
)


@exercise.mistake("printed")
def uphill(x, gradient, learning_rate):
    """You step uphill: the gradient points to larger losses. Equations (1) and (2) of the note have this sign wrong,
    equation (11) has it right."""
    return x + learning_rate * gradient


@exercise.mistake("formula")
def no_rate(x, gradient, learning_rate):
    """The learning rate is missing: it multiplies the gradient."""
    return x - gradient


@exercise.mistake("mask")
def clipped(x, gradient, learning_rate):
    """The result is clipped to [0, 1]: equation (11) does not, images may leave this range on the way."""
    return np.clip(x - learning_rate * gradient, 0, 1)


@exercise.mistake("formula")
def normalised(x, gradient, learning_rate):
    """You divided by the length of the gradient: equation (11) takes the gradient as it is."""
    return x - learning_rate * gradient / np.sqrt(np.sum(gradient**2))


@exercise.mistake("formula")
def signs_only(x, gradient, learning_rate):
    """Only the signs of the gradient are used: its size counts, too."""
    return x - learning_rate * np.sign(gradient)


@exercise.mistake("formula")
def step_only(x, gradient, learning_rate):
    """This is the step alone: where does it start from?"""
    return -learning_rate * gradient


@exercise.mistake("formula")
def divided_by_rate(x, gradient, learning_rate):
    """You divided by the learning rate: a smaller rate must give a smaller step, so multiply."""
    return x - gradient / learning_rate


@exercise.mistake("sizes")
def mean_gradient(x, gradient, learning_rate):
    """All pixels move by the mean of the gradient: each one moves by its own entry."""
    return x - learning_rate * np.mean(gradient)


@exercise.mistake("formula")
def scaled_image(x, gradient, learning_rate):
    """The image shrinks as well: only the gradient is multiplied by the learning rate."""
    return (1 - learning_rate) * x - learning_rate * gradient


@exercise.mistake("in_place")
def in_place(x, gradient, learning_rate):
    """The result is right, but `x -= ...` writes into the argument, and the image before the step is lost (the best
    one, perhaps): what makes a new array?"""
    x -= learning_rate * gradient
    return x


@exercise.mistake("in_place")
def gradient_in_place(x, gradient, learning_rate):
    """The result is right, but `gradient *= ...` writes into the argument: what makes a new array?"""
    gradient *= learning_rate
    return x - gradient


@exercise.mistake("formula")
def divided_by_largest(x, gradient, learning_rate):
    """You divided the gradient by its largest entry: equation (11) takes it as it is, its size counts."""
    return x - learning_rate * gradient / np.abs(gradient).max()


@exercise.mistake("mask")
def clipped_to_bytes(x, gradient, learning_rate):
    """The result is clipped to [0, 255]: equation (11) does not clip, and pictures here run from 0 to 1."""
    return np.clip(x - learning_rate * gradient, 0, 255)


@exercise.variant
def subtract(x, gradient, learning_rate):
    return np.subtract(x, np.multiply(gradient, learning_rate))


@exercise.variant
def copy(x, gradient, learning_rate):
    new = x.copy().astype(float)
    new -= learning_rate * gradient
    return new


@exercise.variant
def loops(x, gradient, learning_rate):
    new = np.zeros(np.shape(x))
    for place in np.ndindex(*np.shape(x)):
        new[place] = x[place] - learning_rate * gradient[place]
    return new


@exercise.variant
def nested_lists(x, gradient, learning_rate):
    return (x + (-learning_rate) * gradient).tolist()


@exercise.variant
def float32(x, gradient, learning_rate):
    print(x.mean())
    return np.float32(x) - np.float32(learning_rate) * np.float32(gradient)
