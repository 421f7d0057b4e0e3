"""TensorFlow, imported on first use and kept quiet; what it runs on."""

import contextlib
import functools
import os
import sys

from .errors import MissingPackageError


@functools.cache
def tensorflow():
    """The TensorFlow module; `MissingPackageError` says what to type where it is not installed (about 3 s once)."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        with _quiet_start():
            import tensorflow as tf

            tf.config.list_physical_devices()
            tf.get_logger().setLevel("ERROR")  # its advice on retracing is for us, not for notebooks
    except ImportError as error:
        version = ".".join(map(str, sys.version_info[:2]))
        raise MissingPackageError(
            f"this needs TensorFlow, which is not installed for Python {version} ({error}). Type: "
            "pip install -r requirements.txt. The exercises and checks of notebooks 01-05 need NumPy alone."
        ) from error
    return tf


@contextlib.contextmanager
def _quiet_start():
    """Send what TensorFlow's C++ part prints while starting (missing CUDA and such; no errors of ours) nowhere.

    Those lines come before its own log level applies, on the file descriptor itself.
    """
    sys.stderr.flush()
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


def on_gpu():
    """Whether TensorFlow sees a GPU."""
    return bool(tensorflow().config.list_physical_devices("GPU"))


def device():
    """Where the network runs, in words: the first GPU's name, or the CPU with its threads."""
    if not on_gpu():
        return f"CPU, {os.cpu_count()} threads"
    tf = tensorflow()
    gpu = tf.config.list_physical_devices("GPU")[0]
    return f"GPU {tf.config.experimental.get_device_details(gpu).get('device_name', gpu.name)}"
