"""total_loss: equation (10). Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.inputs import losses_and_weights
from autograder.exercises.model import Exercise, Limit

exercise = Exercise(
    "total_loss",
    losses_and_weights,
    limits=(
        Limit(
            "zero_weights",
            "edge",
            "zero",
            "Right for ordinary weights, wrong when alpha or beta is zero: zero is a weight like any other.",
        ),
    ),
)


@exercise.mistake("weights")
def weights_swapped(content, style, alpha, beta):
    """alpha and beta are swapped: in equation (10) alpha belongs to the content, beta to the style."""
    return beta * content + alpha * style


@exercise.mistake("weights")
def unweighted(content, style, alpha, beta):
    """The weights have no effect: what do alpha and beta stand before in equation (10)?"""
    return content + style


@exercise.mistake("weights")
def beta_missing(content, style, alpha, beta):
    """beta is missing: the style loss is multiplied by it."""
    return alpha * content + style


@exercise.mistake("weights")
def alpha_missing(content, style, alpha, beta):
    """alpha is missing: the content loss is multiplied by it."""
    return content + beta * style


@exercise.mistake("weights")
def normalised(content, style, alpha, beta):
    """You divided by alpha + beta: equation (10) is the weighted sum, not a weighted mean."""
    return (alpha * content + beta * style) / (alpha + beta)


@exercise.mistake("weights")
def convex(content, style, alpha, beta):
    """You weighted the style with 1 - alpha: alpha and beta are independent of each other."""
    return alpha * content + (1 - alpha) * style


@exercise.mistake("sign")
def difference(content, style, alpha, beta):
    """You subtracted the style loss: both losses are to become small, so both are added."""
    return alpha * content - beta * style


@exercise.mistake("formula")
def product(content, style, alpha, beta):
    """You multiplied the two losses: equation (10) adds them."""
    return alpha * content * beta * style


@exercise.mistake("weights")
def alpha_on_both(content, style, alpha, beta):
    """The style loss is multiplied by alpha as well: alpha belongs to the content only. Look at your brackets."""
    return alpha * (content + beta * style)


@exercise.mistake("weights")
def ratio_only(content, style, alpha, beta):
    """You divided all by alpha: the ratio beta / alpha decides which picture is best, but equation (10) keeps both
    weights."""
    return content + beta / np.float64(alpha) * style


@exercise.mistake("weights")
def beta_added(content, style, alpha, beta):
    """beta is added: equation (10) multiplies the style loss by it."""
    return alpha * content + beta + style


@exercise.mistake("weights")
def both_weights_on_both(content, style, alpha, beta):
    """Each loss has both weights: alpha belongs to the content only, beta to the style only."""
    return alpha * beta * (content + style)


@exercise.mistake("weights")
def divided_by_weights(content, style, alpha, beta):
    """You divided by the weights: a larger alpha must make the content count more, so multiply."""
    return np.float64(content) / alpha + np.float64(style) / beta


@exercise.mistake("in_place")
def in_place(content, style, alpha, beta):
    """Right at first, but `*=` or `+=` writes into an argument that is an array: what makes a new number?"""
    if isinstance(content, np.ndarray):
        content *= alpha
        content += beta * style
        return content
    return alpha * content + beta * style


@exercise.mistake("formula")
def sums_multiplied(content, style, alpha, beta):
    """You multiplied two sums: each loss has a weight of its own, and the products are added."""
    return (alpha + beta) * (content + style)


@exercise.variant
def dot(content, style, alpha, beta):
    return np.dot([alpha, beta], [content, style])


@exercise.variant
def accumulates(content, style, alpha, beta):
    loss = 0
    for weight, part in ((alpha, content), (beta, style)):
        loss = loss + weight * part
    return loss


@exercise.variant
def python_float(content, style, alpha, beta):
    return float(beta * style + alpha * content)


@exercise.variant
def float32_zero_dimensional(content, style, alpha, beta):
    return np.array(np.float32(alpha) * np.float32(content) + np.float32(beta) * np.float32(style))


@exercise.variant
def einsum(content, style, alpha, beta):
    print(content, style)
    return np.einsum("i,i->", np.array([content, style], float), np.array([alpha, beta], float))
