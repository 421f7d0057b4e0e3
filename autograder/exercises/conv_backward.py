"""conv_backward: the gradient on its way back through a convolution. Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.backward_inputs import gradients_and_kernels
from autograder.exercises.model import AtWork, Exercise, Limit, LineByLine

exercise = Exercise(
    "conv_backward",
    gradients_and_kernels,
    limits=(
        Limit(
            "as_many_channels",
            "square",
            "unequal",
            "Right when as many channels go in as come out, wrong otherwise: which axis of the kernel is which?",
        ),
    ),
    at_work=AtWork("a k", filters=64, positions=4096, calls=145),
)


loop = LineByLine(
    exercise,
    {
        "head": "def conv_backward(g, kernel):",
        "sizes": "    H, W, _ = g.shape",
        "pad": "    around = np.pad(g, [(1, 1), (1, 1), (0, 0)])",
        "start": "    back = np.zeros((H, W, kernel.shape[2]))",
        "offsets": "    for i, j in np.ndindex(3, 3):",
        "add": "        back += around[i : i + H, j : j + W] @ kernel[2 - i, 2 - j].T",
        "end": "    return back",
    },
)

loop.mistake(
    "not_flipped",
    "axes",
    "The kernel is not turned: an input to the right of an output gets that output's gradient from its left.",
    add="back += around[i : i + H, j : j + W] @ kernel[i, j].T",
)
loop.mistake(
    "rows_flipped_only",
    "axes",
    "The kernel is turned upside down only: left and right change places as well.",
    add="back += around[i : i + H, j : j + W] @ kernel[2 - i, j].T",
)
loop.mistake(
    "columns_flipped_only",
    "axes",
    "The kernel is turned left to right only: up and down change places as well.",
    add="back += around[i : i + H, j : j + W] @ kernel[i, 2 - j].T",
)
loop.mistake(
    "transposed_in_space",
    "axes",
    "Rows and columns of the kernel are exchanged: to turn it by half a turn, reverse both and exchange neither.",
    add="back += around[i : i + H, j : j + W] @ kernel[2 - j, 2 - i].T",
)
loop.mistake(
    "channels_turned_as_well",
    "axes",
    "You reversed the channels, too (np.flip without an axis?): only the first two axes of the kernel are reversed.",
    add="back += around[i : i + H, j : j + W] @ kernel[2 - i, 2 - j, ::-1, ::-1].T",
)
loop.mistake(
    "channels_not_exchanged",
    "square",
    "The kernel still leads from the channels in to the channels out: on the way back the sum runs over the outputs.",
    add="back += around[i : i + H, j : j + W] @ kernel[2 - i, 2 - j]",
)
loop.mistake(
    "channels_reshaped",
    "axes",
    "You exchanged the channels with `reshape`, which mixes the numbers: exchanging two axes is a transpose.",
    start="back = np.zeros((H, W, kernel.shape[2]))\nturned = kernel[::-1, ::-1].reshape(3, 3, -1, kernel.shape[2])",
    add="back += around[i : i + H, j : j + W] @ turned[i, j]",
)
loop.mistake(
    "centre_only",
    "part",
    "Only the middle of the kernel is used: each input went into nine outputs, and all nine answer.",
    add="if i == j == 1:\n    back += around[i : i + H, j : j + W] @ kernel[1, 1].T",
)
loop.mistake(
    "last_offset_only",
    "part",
    "Only the last of the nine products is left: they are added up, and an `=` overwrites what was there.",
    add="back = around[i : i + H, j : j + W] @ kernel[2 - i, 2 - j].T",
)
loop.mistake(
    "mean_of_nine",
    "factor",
    "You took the mean of the nine products: gradients that arrive at one place add up.",
    end="return back / 9",
)
loop.mistake(
    "edge_repeated",
    "edge",
    "Beyond the border you repeat the last gradients: there are no outputs there, so the frame is 0.",
    pad="around = np.pad(g, [(1, 1), (1, 1), (0, 0)], mode='edge')",
)
loop.mistake(
    "wrapped_around",
    "edge",
    "What leaves on one side comes in on the other, as with np.roll: beyond the border there is 0.",
    pad="around = np.pad(g, [(1, 1), (1, 1), (0, 0)], mode='wrap')",
)
loop.mistake(
    "border_cut_off",
    "part",
    "The result lost its border: the forward convolution kept H and W with a frame of zeros, and so does the way back.",
    end="return back[1:-1, 1:-1]",
)
loop.mistake(
    "border_too_wide",
    "extra_axis",
    "The result has one more row and column on each side: what goes to the frame of zeros is of no use, cut it off.",
    sizes="H, W = g.shape[0] + 2, g.shape[1] + 2",
    pad="around = np.pad(g, [(2, 2), (2, 2), (0, 0)])",
)
loop.mistake(
    "one_step_off",
    "axes",
    "Everything lies one row and one column off: the middle of the kernel, [1, 1], belongs to the place itself.",
    pad="around = np.pad(g, [(2, 0), (2, 0), (0, 0)])",
)
loop.mistake(
    "output_channels_summed_first",
    "formula",
    "You added up the output channels of g before the kernel saw them: each has weights of its own.",
    add="back += around[i : i + H, j : j + W].sum(axis=2, keepdims=True) * kernel[2 - i, 2 - j].sum(axis=1)",
)
loop.mistake(
    "picture_turned",
    "axes",
    "You turned the map of gradients in place of the kernel: the places stay where they are.",
    add="back += around[::-1, ::-1][i : i + H, j : j + W] @ kernel[2 - i, 2 - j].T",
)


@exercise.variant
def scattered(g, kernel):
    H, W, _ = g.shape
    back = np.zeros((H + 2, W + 2, kernel.shape[2]))
    for i in range(3):
        for j in range(3):
            back[i : i + H, j : j + W] += g @ kernel[i, j].T
    return back[1:-1, 1:-1]


@exercise.variant
def turned_first(g, kernel):
    H, W, out = g.shape
    turned = np.swapaxes(np.flip(kernel, (0, 1)), 2, 3)
    around = np.zeros((H + 2, W + 2, out))
    around[1 : H + 1, 1 : W + 1] = g
    return sum(around[i : i + H, j : j + W] @ turned[i, j] for i in range(3) for j in range(3))


@exercise.variant
def windows(g, kernel):
    around = np.pad(g, [(1, 1), (1, 1), (0, 0)])
    found = np.lib.stride_tricks.sliding_window_view(around, (3, 3), axis=(0, 1))
    return np.einsum("hwoij,ijco->hwc", found, kernel[::-1, ::-1])


@exercise.variant
def loops(g, kernel):
    H, W, out = g.shape
    back = np.zeros((H, W, kernel.shape[2]))
    for y, x in np.ndindex(H, W):
        for i, j in np.ndindex(3, 3):
            v, u = y + 1 - i, x + 1 - j
            if 0 <= v < H and 0 <= u < W:
                for c in range(kernel.shape[2]):
                    for o in range(out):
                        back[y, x, c] += g[v, u, o] * kernel[i, j, c, o]
    return back


@exercise.variant
def add_at(g, kernel):
    H, W, _ = g.shape
    back = np.zeros((H + 2, W + 2, kernel.shape[2]))
    y, x = np.indices((H, W))
    for i, j in np.ndindex(3, 3):
        np.add.at(back, (y + i, x + j), np.tensordot(g, kernel[i, j], axes=(2, 1)))
    return back[1 : H + 1, 1 : W + 1]


@exercise.variant
def by_fourier(g, kernel):
    H, W, _ = g.shape
    sizes = (H + 2, W + 2)
    spectrum = np.einsum("hwo,hwco->hwc", np.fft.fft2(g, sizes, (0, 1)), np.fft.fft2(kernel, sizes, (0, 1)))
    return np.fft.ifft2(spectrum, axes=(0, 1)).real[1 : H + 1, 1 : W + 1]


@exercise.variant
def float32_lists(g, kernel):
    H, W, _ = g.shape
    g, kernel = np.float32(g), np.float32(kernel)
    around = np.pad(g, [(1, 1), (1, 1), (0, 0)])
    rows = np.concatenate([around[i : i + H, j : j + W] for i in range(3) for j in range(3)], axis=2)
    return (rows @ np.concatenate([kernel[2 - i, 2 - j].T for i in range(3) for j in range(3)])).tolist()
