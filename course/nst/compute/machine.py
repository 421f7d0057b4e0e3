"""What computes the network here: what the machine supports, and of that what a short measurement finds fastest.

TensorFlow is imported on first use and kept quiet.
"""

import contextlib
import functools
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

from nst.errors import MissingPackageError, OptionError

PRECISIONS = ("auto", "float32", "bfloat16")
KINDS = {
    "winograd": "float32, Winograd convolutions on the CPU (NumPy, Numba)",
    "tensorflow": "float32 by TensorFlow",
    "tensorflow-xla": "float32 by TensorFlow, compiled by XLA",
    "tensorflow-bfloat16": "bfloat16 by TensorFlow (oneDNN)",
}
NO_TENSORFLOW = (3, 14)  # the first Python that TensorFlow has no package for, as pyproject.toml says, too
GPU_DEVICES = ("/dev/nvidia0", "/dev/dxg", "/dev/kfd")  # NVIDIA, any under Windows' WSL, AMD


def supported(precision: str = "auto") -> tuple[str, ...]:
    """The KINDS that this machine has for that precision, as a tuple."""
    if precision not in PRECISIONS:
        raise OptionError(f"precision={precision!r}: use one of {', '.join(map(repr, PRECISIONS))}")
    if on_gpu() and precision != "bfloat16":
        return "tensorflow", "tensorflow-xla"
    if precision == "bfloat16" and (on_gpu() or not native_bfloat16()):
        raise OptionError('precision="bfloat16" needs a CPU with bfloat16 units (AVX512_BF16, AMX). Use "auto"')
    in_float32 = ("winograd",) if installed("numba") else ("tensorflow",)
    in_bfloat16 = ("tensorflow-bfloat16",)
    both = in_float32 + in_bfloat16 if native_bfloat16() and installed("tensorflow") else in_float32
    return {"float32": in_float32, "bfloat16": in_bfloat16, "auto": both}[precision]


def installed(package: str) -> bool:
    """Whether a package can be imported, without importing it."""
    return importlib.util.find_spec(package) is not None


def native_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 itself (AVX512_BF16 or AMX). Only Linux tells."""
    with contextlib.suppress(OSError):
        return bool({"avx512_bf16", "amx_bf16"} & set(Path("/proc/cpuinfo").read_text().split()))
    return False


@functools.cache
def tensorflow() -> ModuleType:
    """The TensorFlow module; `MissingPackageError` says what to type where it is not installed (about 3 s once)."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        with _quiet_start():
            import tensorflow as tf

            tf.config.list_physical_devices()
    except ImportError as error:
        raise MissingPackageError(
            f"this needs TensorFlow, which {no_tensorflow() or f'is not installed ({error})'}. "
            f"{'Use Python 3.13' if no_tensorflow() else 'Type: pip install -r requirements.txt'}. "
            "The exercises and checks of notebooks 01-05 need NumPy alone."
        ) from error
    return tf


def no_tensorflow() -> str:
    """Why TensorFlow cannot be installed for this Python; empty where it can."""
    version = sys.version_info[:2]
    return f"has no package for Python {version[0]}.{version[1]} yet" if version >= NO_TENSORFLOW else ""


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


def on_gpu() -> bool:
    """Whether there is a GPU that TensorFlow can use. Imports TensorFlow only where a GPU's device file is."""
    there = installed("tensorflow") and any(map(os.path.exists, GPU_DEVICES))
    return there and bool(tensorflow().config.list_physical_devices("GPU"))


def device() -> str:
    """Where the network runs, in words: the first GPU's name, or the CPU with its threads."""
    if not on_gpu():
        return f"CPU, {os.cpu_count()} threads"
    tf = tensorflow()
    gpu = tf.config.list_physical_devices("GPU")[0]
    return f"GPU {tf.config.experimental.get_device_details(gpu).get('device_name', gpu.name)}"
