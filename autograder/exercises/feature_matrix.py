"""feature_matrix: an activation as a matrix. Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.inputs import activations
from autograder.exercises.model import AtWork, Exercise, Limit

exercise = Exercise(
    "feature_matrix",
    activations,
    limits=(
        Limit(
            "square_pictures_only",
            "square",
            "H != W",
            "Right for square pictures only: height and width are confused. Position k is row k // W and column k % W.",
        ),
    ),
    at_work=AtWork("a", filters=3, positions=16384, calls=16),
)


@exercise.mistake("axes")
def reshape_only(activation):
    """The shape is right, but the numbers were only poured into it: reshape keeps the order in memory, in which the
    filters of one position stand side by side. Bring the filter axis to the front first."""
    H, W, N = activation.shape
    return activation.reshape(N, H * W)


@exercise.mistake("axes")
def positions_as_rows(activation):
    """Your rows are positions and your columns filters: row i must hold filter i. Transpose the result."""
    H, W, N = activation.shape
    return activation.reshape(H * W, N)


@exercise.mistake("axes")
def column_order(activation):
    """The filters are right, but the positions run down the columns of the picture (`activation.T`, a swap of the
    first and last axis, and `order="F"` all do this). Position k is row k // W and column k % W."""
    return activation.T.reshape(activation.shape[2], -1)


@exercise.mistake("extra_axis")
def not_flattened(activation):
    """Each filter is still a picture, (N, H, W): flatten height and width into one axis of H*W positions."""
    return np.transpose(activation, (2, 0, 1))


@exercise.mistake("axes")
def upside_down(activation):
    """The rows of the picture are in reverse order: position 0 is the first row and first column."""
    N = activation.shape[2]
    return activation[::-1].reshape(-1, N).T


@exercise.mistake("axes")
def filters_reversed(activation):
    """The filters are in reverse order (as when RGB is turned into BGR): row i must be filter i."""
    N = activation.shape[2]
    return activation[..., ::-1].reshape(-1, N).T


@exercise.mistake("mask")
def rectified(activation):
    """Negative values became zero: no ReLU is wanted here, each number only moves to another place."""
    N = activation.shape[2]
    return np.maximum(activation, 0).reshape(-1, N).T


@exercise.mistake("formula")
def normalised(activation):
    """The values are divided by their largest: do not scale or normalise, each number only moves."""
    F = activation.reshape(-1, activation.shape[2]).T
    return F / np.abs(F).max()


@exercise.mistake("formula")
def centred(activation):
    """Each filter's mean is subtracted: keep the values as they are, each number only moves."""
    F = activation.reshape(-1, activation.shape[2]).T
    return F - F.mean(axis=1, keepdims=True)


@exercise.mistake("part")
def first_row_only(activation):
    """Only the first row of positions is there: all H*W positions belong into each row of F."""
    return activation[0].T


@exercise.variant
def transpose_then_reshape(activation):
    H, W, N = activation.shape
    return np.transpose(activation, (2, 0, 1)).reshape(N, H * W)


@exercise.variant
def moveaxis(activation):
    return np.moveaxis(activation, -1, 0).reshape(np.shape(activation)[-1], -1)


@exercise.variant
def loops(activation):
    H, W, N = activation.shape
    F = np.zeros((N, H * W))
    for i in range(N):
        for k in range(H * W):
            F[i, k] = activation[k // W, k % W, i]
    return F


@exercise.variant
def list_of_filters(activation):
    return [activation[:, :, i].ravel().tolist() for i in range(activation.shape[-1])]


@exercise.variant
def einsum(activation):
    return np.einsum("hwn->nhw", activation).reshape(activation.shape[2], -1)


@exercise.variant
def float32_and_prints(activation):
    print("shape", activation.shape)
    return np.stack([activation[..., i].flatten() for i in range(activation.shape[2])]).astype(np.float32)
