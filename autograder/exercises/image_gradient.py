"""image_gradient: from the wishes of the layers down to the pixels. Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.backward_inputs import networks
from autograder.exercises.model import Exercise, Limit, LineByLine

exercise = Exercise(
    "image_gradient",
    networks,
    parts=("relu_backward", "pool_backward", "conv_backward", "preprocess_backward"),
    limits=(
        Limit(
            "beyond_the_wishes",
            "edge",
            "beyond",
            "Right as long as the last layer has a wish: the steps may go on, and nothing comes back from there.",
        ),
        Limit(
            "several_wishes",
            "layers",
            "several",
            "Right for one wish, wrong for several: what comes from above and a layer's own wish add up.",
        ),
        Limit("max_pooling", "layers", "max", "Right but for networks with max pooling: hand the kind of the step on."),
        Limit(
            "average_pooling",
            "layers",
            "average",
            "Right but for networks with average pooling: hand the kind of the step on.",
        ),
    ),
)


loop = LineByLine(
    exercise,
    {
        "head": "def image_gradient(steps, wishes):",
        "start": "    g = np.zeros(steps[-1][1].shape)",
        "steps": "    for kind, kept, layer in reversed(steps):",
        "relu": "        if kind == 'relu':",
        "wished": "            if layer in wishes:",
        "wish": "                g = g + wishes[layer].T.reshape(kept.shape)",
        "mask": "            g = relu_backward(g, kept)",
        "conv": "        elif kind == 'conv':",
        "flip": "            g = conv_backward(g, kept)",
        "pool": "        else:",
        "spread": "            g = pool_backward(g, kept, kind)",
        "end": "    return preprocess_backward(g)",
    },
)

loop.mistake(
    "wish_after_the_mask",
    "mask",
    "The wish joins in after relu_backward: F is what comes out of the ReLU, so its gradient goes through it, too.",
    wished="g = relu_backward(g, kept)\nif layer in wishes:",
    mask="",
)
loop.mistake(
    "wish_replaces",
    "layers",
    "A layer's own wish replaces what came from the layers above: the two add up.",
    wish="g = wishes[layer].T.reshape(kept.shape)",
)
loop.mistake(
    "lower_wishes_forgotten",
    "layers",
    "Only the wish of the highest layer arrives: lower layers have wishes as well, which are added on the way down.",
    wish="g = g if np.any(g) else wishes[layer].T.reshape(kept.shape)",
)
loop.mistake(
    "wishes_averaged",
    "weights",
    "The wishes are divided by their number: a sum of losses has the sum of the gradients.",
    wish="g = g + wishes[layer].T.reshape(kept.shape) / len(wishes)",
)
loop.mistake(
    "wish_added_twice",
    "layers",
    "Each wish is added twice, at the ReLU and at the convolution of its layer: both steps carry the layer's name.",
    flip="""if layer in wishes:
    g = g + wishes[layer].T.reshape(g.shape)
g = conv_backward(g, kept)""",
)
loop.mistake(
    "not_transposed",
    "axes",
    "A wish is reshaped without a transpose: its rows are filters, and in (H, W, N) the filters come last.",
    wish="g = g + wishes[layer].reshape(kept.shape)",
)
loop.mistake(
    "filled_by_columns",
    "axes",
    "A wish is laid out column by column: position k of F is row k // W, column k % W.",
    wish="g = g + wishes[layer].T.reshape(kept.shape[1], kept.shape[0], -1).swapaxes(0, 1)",
)
loop.mistake(
    "relu_left_out",
    "mask",
    "The ReLUs are left out: where z was negative nothing goes back.",
    mask="",
)
loop.mistake(
    "max_for_every_pooling",
    "layers",
    "Every pooling is taken for max pooling: the step's first word says which it was.",
    spread="g = pool_backward(g, kept, 'max')",
)
loop.mistake(
    "average_for_every_pooling",
    "layers",
    "Every pooling is taken for average pooling: the step's first word says which it was.",
    spread="g = pool_backward(g, kept, 'average')",
)
loop.mistake(
    "preprocessing_forgotten",
    "formula",
    "You stop at the network's input: preprocess_backward takes the gradient from there to the picture.",
    end="return g",
)
loop.mistake(
    "preprocessing_twice",
    "formula",
    "preprocess_backward is called twice: the picture was prepared once.",
    end="return preprocess_backward(preprocess_backward(g))",
)
loop.mistake(
    "begun_with_ones",
    "formula",
    "You begin with ones: above the last step there is nothing, so the way down begins with 0, and wishes are added.",
    start="g = np.ones(steps[-1][1].shape)",
)
loop.mistake(
    "descent",
    "sign",
    "This is minus the gradient, a step downhill: the gradient itself is asked for, gradient_step subtracts it.",
    end="return -preprocess_backward(g)",
)


@exercise.variant
def none_until_a_wish(steps, wishes):
    g = None
    for kind, kept, layer in steps[::-1]:
        if kind == "relu":
            if layer in wishes:
                H, W, N = kept.shape
                wish = np.transpose(np.reshape(wishes[layer], (N, H, W)), (1, 2, 0))
                g = wish if g is None else g + wish
            g = None if g is None else relu_backward(g, kept)
        elif g is not None:
            g = conv_backward(g, kept) if kind == "conv" else pool_backward(g, kept, kind)
    return preprocess_backward(g)


@exercise.variant
def zeros_like(steps, wishes):
    g = np.zeros_like(steps[-1][1])
    for kind, kept, layer in reversed(list(steps)):
        if kind == "conv":
            g = conv_backward(g, kept)
        if kind in ("max", "average"):
            g = pool_backward(g, kept, kind)
        if kind == "relu":
            own = wishes.get(layer)
            if own is not None:
                g = g + np.array([row.reshape(kept.shape[:2]) for row in own]).transpose(1, 2, 0)
            g = relu_backward(g, kept)
    return preprocess_backward(g)


@exercise.variant
def without_parts(steps, wishes):
    g = 0.0
    for kind, kept, layer in reversed(steps):
        if kind == "relu":
            g = (g + (wishes[layer].T.reshape(kept.shape) if layer in wishes else 0)) * (kept > 0)
        elif kind == "conv":
            H, W, _ = g.shape
            back = np.zeros((H + 2, W + 2, kept.shape[2]))
            for i, j in np.ndindex(3, 3):
                back[i : i + H, j : j + W] += g @ kept[i, j].T
            g = back[1:-1, 1:-1]
        else:
            back = np.zeros(kept.shape)
            for i, j, n in np.ndindex(*g.shape):
                block = kept[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, n]
                share = block == block.max() if kind == "max" else 0.25
                back[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, n] = share * g[i, j, n]
            g = back
    return 255 * g[..., ::-1]


@exercise.variant
def by_recursion(steps, wishes):
    def down(g, steps):
        if not steps:
            return preprocess_backward(g)
        *below, (kind, kept, layer) = steps
        if kind == "relu":
            return down(relu_backward(g + wishes[layer].T.reshape(kept.shape) if layer in wishes else g, kept), below)
        return down(conv_backward(g, kept) if kind == "conv" else pool_backward(g, kept, kind), below)

    return down(np.zeros(steps[-1][1].shape), steps)
