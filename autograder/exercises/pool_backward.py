"""pool_backward: the gradient on its way back through a pooling. Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.backward_inputs import gradients_of_pools
from autograder.exercises.model import AtWork, Exercise, Limit, LineByLine

exercise = Exercise(
    "pool_backward",
    gradients_of_pools,
    limits=(
        Limit("max_wrong", "layers", "max", "Right for average pooling, wrong for max: there the winner gets all."),
        Limit(
            "average_wrong",
            "layers",
            "average",
            "Right for max pooling, wrong for average: there each of the four places gets a quarter of g.",
        ),
        Limit(
            "odd_sides",
            "edge",
            "odd",
            "Right for even height and width: an odd last row or column is in no block, and its gradient is 0.",
        ),
    ),
    at_work=AtWork("h a max", filters=64, positions=4096, calls=60),
)


loop = LineByLine(
    exercise,
    {
        "head": "def pool_backward(g, a, kind):",
        "start": "    back = np.zeros(a.shape)",
        "places": "    for i, j, n in np.ndindex(*g.shape):",
        "block": "        block = a[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, n]",
        "share": "        share = block == block.max() if kind == 'max' else 0.25",
        "put": "        back[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, n] = share * g[i, j, n]",
        "end": "    return back",
    },
)

loop.mistake(
    "max_to_all_four",
    "part",
    "In max pooling all four places of a block get g: only the largest of them came through.",
    share="share = 1.0 if kind == 'max' else 0.25",
)
loop.mistake(
    "average_not_divided",
    "factor",
    "In average pooling each place gets all of g: how much does the mean of four grow when one of them does?",
    share="share = block == block.max() if kind == 'max' else 1.0",
)
loop.mistake(
    "average_halved",
    "factor",
    "In average pooling each place gets half of g: a block has four places, and their mean divides by 4.",
    share="share = block == block.max() if kind == 'max' else 0.5",
)
loop.mistake(
    "always_max",
    "layers",
    "The winner gets all of g in average pooling, too: `kind` says which pooling it was.",
    share="share = block == block.max()",
)
loop.mistake(
    "always_average",
    "layers",
    "Every place gets a quarter of g in max pooling, too: `kind` says which pooling it was.",
    share="share = 0.25",
)
loop.mistake(
    "first_place_wins",
    "axes",
    "In max pooling g goes to the upper left place of each block: it belongs where the largest of the four numbers is.",
    share="share = np.array([[1, 0], [0, 0]]) if kind == 'max' else 0.25",
)
loop.mistake(
    "smallest_wins",
    "axes",
    "In max pooling g goes to the smallest of the four numbers: it belongs where the largest is.",
    share="share = block == block.min() if kind == 'max' else 0.25",
)
loop.mistake(
    "largest_size_wins",
    "axes",
    "In max pooling g goes to the number of the largest size, its sign aside: -3 is smaller than 1.",
    share="share = abs(block) == abs(block).max() if kind == 'max' else 0.25",
)
loop.mistake(
    "one_winner_for_all_filters",
    "part",
    "In max pooling one filter alone wins a block: each filter is pooled by itself, and has a winner of its own.",
    block="block, all_filters = (a[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, k] for k in (n, slice(None)))",
    share="share = block == all_filters.max() if kind == 'max' else 0.25",
)
loop.mistake(
    "times_the_winner",
    "formula",
    "In max pooling g is multiplied by the number that won: the winner comes through as it is, so its slope is 1.",
    share="share = (block == block.max()) * block if kind == 'max' else 0.25",
)
loop.mistake(
    "winner_gets_a_quarter",
    "factor",
    "In max pooling the winner gets a quarter of g: it alone made the output, so it gets all of it.",
    share="share = 0.25 * (block == block.max()) if kind == 'max' else 0.25",
)
loop.mistake(
    "winner_above_zero",
    "mask",
    "In max pooling g is lost where all four numbers are negative: the largest of them has won all the same.",
    share="share = block == max(block.max(), 0) if kind == 'max' else 0.25",
)
loop.mistake(
    "odd_sides_cut_off",
    "edge",
    "An odd last row or column is missing: the result has the shape of a, with 0 where no block is.",
    end="return back[: 2 * len(g), : 2 * len(g[0])]",
)
loop.mistake(
    "one_block_for_all",
    "part",
    "Each number of g goes into the first block: number (i, j) belongs to rows 2i and 2i + 1, columns 2j and 2j + 1.",
    put="back[0:2, 0:2, n] = share * g[i, j, n]",
)
loop.mistake(
    "blocks_overlap",
    "axes",
    "The blocks overlap: block (i, j) begins in row 2i and column 2j, not in row i and column j.",
    block="block = a[i : i + 2, j : j + 2, n]",
    put="back[i : i + 2, j : j + 2, n] += share * g[i, j, n]",
)


@exercise.variant
def by_slices(g, a, kind):
    H, W, N = a.shape
    h, w = H // 2, W // 2
    four = [a[i : 2 * h : 2, j : 2 * w : 2] for i in (0, 1) for j in (0, 1)]
    back = np.zeros(a.shape)
    for k, (i, j) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        share = np.argmax(four, axis=0) == k if kind == "max" else 0.25
        back[i : 2 * h : 2, j : 2 * w : 2] = share * g
    return back


@exercise.variant
def loops_with_argmax(g, a, kind):
    back = np.zeros_like(a)
    for i in range(g.shape[0]):
        for j in range(g.shape[1]):
            for n in range(g.shape[2]):
                block = a[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, n]
                if kind == "max":
                    di, dj = np.unravel_index(np.argmax(block), (2, 2))
                    back[2 * i + di, 2 * j + dj, n] = g[i, j, n]
                else:
                    back[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, n] = g[i, j, n] / 4
    return back


@exercise.variant
def last_of_equals_wins(g, a, kind):
    h, w, N = g.shape
    blocks = a[: 2 * h, : 2 * w].reshape(h, 2, w, 2, N).transpose(0, 2, 4, 1, 3).reshape(h, w, N, 4)
    if kind == "max":
        shares = np.eye(4)[3 - np.argmax(blocks[..., ::-1], axis=-1)]
    else:
        shares = np.full(blocks.shape, 0.25)
    spread = (shares * g[..., None]).reshape(h, w, N, 2, 2).transpose(0, 3, 1, 4, 2).reshape(2 * h, 2 * w, N)
    return np.pad(spread, [(0, a.shape[0] - 2 * h), (0, a.shape[1] - 2 * w), (0, 0)])


@exercise.variant
def equals_share(g, a, kind):
    h, w, N = g.shape
    blocks = a[: 2 * h, : 2 * w].reshape(h, 2, w, 2, N)
    wins = blocks == blocks.max(axis=(1, 3), keepdims=True) if kind == "max" else np.ones(blocks.shape)
    back = np.zeros(a.shape)
    back[: 2 * h, : 2 * w] = (wins / wins.sum(axis=(1, 3), keepdims=True) * g[:, None, :, None]).reshape(2 * h, -1, N)
    return back


@exercise.variant
def add_at(g, a, kind):
    h, w, N = g.shape
    i, j, n = np.indices(g.shape)
    back = np.zeros(a.shape)
    four = np.array([a[2 * i + di, 2 * j + dj, n] for di in (0, 1) for dj in (0, 1)])
    if kind == "average":
        for di in (0, 1):
            for dj in (0, 1):
                np.add.at(back, (2 * i + di, 2 * j + dj, n), g / 4)
    else:
        best = four.argmax(axis=0)
        np.add.at(back, (2 * i + best // 2, 2 * j + best % 2, n), g)
    return back


@exercise.variant
def float32_kron(g, a, kind):
    h, w, N = g.shape
    spread = np.float32([np.kron(g[..., n], np.ones((2, 2))) for n in range(N)])
    back = np.zeros(a.shape, np.float32)
    cut = np.float32(np.moveaxis(a[: 2 * h, : 2 * w], 2, 0))
    if kind == "max":
        top = np.array([np.kron(c.reshape(h, 2, w, 2).max(axis=(1, 3)), np.ones((2, 2))) for c in cut])
        spread = spread * (cut == top)
    else:
        spread = spread / 4
    back[: 2 * h, : 2 * w] = np.moveaxis(spread, 0, 2)
    return back
