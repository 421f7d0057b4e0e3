"""Weights files for tests, in the layouts that Keras writes."""

import h5py


def write_keras_file(path, layers):
    """`layers` (name -> kernel, bias) as Keras's VGG19 "notop" .h5 file: one group per layer, names with :0."""
    with h5py.File(path, "w") as file:
        for name, (kernel, bias) in layers.items():
            file[f"{name}/{name}_W_1:0"] = kernel
            file[f"{name}/{name}_b_1:0"] = bias
    return path
