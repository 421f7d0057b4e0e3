"""What computes the network here: what the machine supports, and of that what a short measurement finds fastest.

TensorFlow is imported on first use and kept quiet.
"""

import contextlib
import functools
import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from nst.errors import MissingPackageError, OptionError

PRECISIONS = ("auto", "float32", "bfloat16")
BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}  # of Keras, in the order of preference
KINDS = {  # BACKEND or BACKEND-WAY: what computes, and how
    "winograd": "float32, Winograd convolutions on the CPU (NumPy, Numba)",
    "tensorflow": "float32 by TensorFlow",
    "tensorflow-xla": "float32 by TensorFlow, compiled by XLA",
    "tensorflow-tf32": "TF32 by TensorFlow",
    "tensorflow-bfloat16": "bfloat16 by TensorFlow",
    "jax": "float32 by JAX",
    "jax-tf32": "TF32 by JAX",
    "jax-bfloat16": "bfloat16 by JAX",
    "torch": "float32 by PyTorch",
    "torch-compiled": "float32 by PyTorch, compiled",
    "torch-tf32": "TF32 by PyTorch",
    "torch-bfloat16": "bfloat16 by PyTorch",
}
NO_TENSORFLOW = (3, 14)  # the first Python that TensorFlow has no package for, as pyproject.toml says, too
GPU_DEVICES = (
    *("/dev/nvidia0", "/dev/dxg", "/dev/kfd"),  # NVIDIA, any under Windows' WSL, AMD
    *(r"C:\Windows\System32\nvcuda.dll", "/System/Library/Frameworks/Metal.framework"),  # NVIDIA on Windows; a Mac
)


def supported(precision: str = "auto") -> tuple[str, ...]:
    """The KINDS that this machine has for that precision, as a tuple; the first is right for checks."""
    if precision not in PRECISIONS:
        raise OptionError(f"precision={precision!r}: use one of {', '.join(map(repr, PRECISIONS))}")
    if on_gpu():
        rough = [kind for kind in KINDS if backend_of(kind) == backend() and coarse(kind)]
        exact = [
            backend(),
            *(["tensorflow-xla"] if backend() == "tensorflow" else []),
        ]  # "torch-compiled" takes minutes
        return tuple({"float32": exact, "bfloat16": rough[-1:], "auto": exact + rough}[precision])
    if precision == "bfloat16" and not native_bfloat16():
        raise OptionError('precision="bfloat16" needs a GPU, or a CPU with bfloat16 units (AVX512_BF16). Use "auto"')
    in_float32 = ("winograd",) if installed("numba") else (backend() or "tensorflow",)
    in_bfloat16 = ("tensorflow-bfloat16",)
    both = in_float32 + in_bfloat16 if native_bfloat16() and backend() == "tensorflow" else in_float32
    return {"float32": in_float32, "bfloat16": in_bfloat16, "auto": both}[precision]


def backend_of(kind: str) -> str:
    """The Keras backend of that kind; empty for Winograd, and for no kind."""
    name = kind.partition("-")[0]
    return name if name in BACKENDS else ""


def way_of(kind: str) -> str:
    """How the backend of that kind computes; empty for its usual way."""
    return kind.partition("-")[2]


def coarse(kind: str) -> bool:
    """Whether that kind computes with fewer digits than float32."""
    return way_of(kind) in ("tf32", "bfloat16")


def backend(wanted: str = "") -> str:
    """What Keras computes with in this process, one of BACKENDS; empty where none is installed.

    Once Keras is imported that stays. Before, KERAS_BACKEND says it, or else `wanted`, or the first that is installed.
    """
    keras: Any = sys.modules.get("keras")
    if hasattr(keras, "backend"):
        return keras.backend.backend()
    chosen = os.environ.get("KERAS_BACKEND", "") or wanted
    if chosen and chosen not in BACKENDS:
        raise OptionError(f"KERAS_BACKEND={chosen!r}: use one of {', '.join(BACKENDS)}")
    return chosen or next((name for name in BACKENDS if installed(name) and installed("keras")), "")


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
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # it imports Keras
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


def no_tape() -> str:
    """Why notebook 05 has no TensorFlow to show its gradient tape with; empty where TensorFlow computes."""
    if not installed("tensorflow"):
        return f"TensorFlow {no_tensorflow() or 'is not installed'}"
    return "" if backend() == "tensorflow" else f"Keras computes with {BACKENDS[backend()]} here, not with TensorFlow"


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
    """Whether there is a GPU that Keras's backend can use. Imports it only where a GPU's driver is."""
    return bool(gpus())


def gpus() -> list[str]:
    """Names of the GPUs that Keras's backend can use. Imports it only where a GPU's driver is."""
    name = backend() or "tensorflow"
    return seen(name) if may_have_gpu(name) and installed(name) else []


def may_have_gpu(name: str) -> bool:
    """Whether there is a GPU's driver that this one of BACKENDS may work with (TensorFlow on Linux alone)."""
    return any(map(os.path.exists, GPU_DEVICES)) and (name != "tensorflow" or sys.platform == "linux")


def seen(name: str) -> list[str]:
    """Names of the GPUs that one of BACKENDS sees. Imports it; MissingPackageError if it does not load."""
    if name == "tensorflow":
        config = tensorflow().config
        details = config.experimental.get_device_details
        return [f"CUDA {details(gpu).get('device_name', gpu.name)}" for gpu in config.list_physical_devices("GPU")]
    found = package(name)
    if name == "jax":
        return [f"{d.platform.upper()} {d.device_kind}" for d in found.devices() if d.platform != "cpu"]
    cuda = [f"CUDA {found.cuda.get_device_name(i)}" for i in range(found.cuda.device_count())]
    return cuda or (["Metal"] if found.backends.mps.is_available() else [])


def package(name: str) -> Any:
    """JAX's or PyTorch's module; `MissingPackageError` says what to type where it does not load."""
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as error:  # OSError: a library of CUDA's that does not load
        raise MissingPackageError(f"{BACKENDS[name]} does not load ({error}). Type: pip install {name}") from error


def device() -> str:
    """Where the network runs, in words: the first GPU's name, or the CPU with its threads."""
    return f"GPU {gpus()[0]}" if on_gpu() else f"CPU, {os.cpu_count()} threads"
