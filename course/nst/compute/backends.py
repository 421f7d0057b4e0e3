"""What Keras's backends do each in their own way: differentiate, compile, multiply more coarsely.

Keras computes with one of them in a process, chosen before it is imported. Nothing is imported before it is used.
"""

import contextlib
import logging
import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from nst.compute import machine
from nst.errors import MissingPackageError, OptionError


class TensorFlow:
    """KINDS "tensorflow-...". What oneDNN multiplies in bfloat16 on a CPU agrees with float32 to about 2e-4."""

    BFLOAT16 = "auto_mixed_precision_onednn_bfloat16"

    @classmethod
    def compiled(cls, function: Callable, way: str) -> Callable:
        """The function of tensors as a graph. bfloat16 and TF32 are a switch for all graphs, on while this one runs."""
        tf = machine.tensorflow()
        tf.get_logger().addFilter(_said_of_others)
        graph = tf.function(function, autograph=False, jit_compile=way == "xla")
        if way not in ("bfloat16", "tf32"):
            return graph
        options, coarse = tf.config.optimizer.set_experimental_options, tf.config.experimental

        def switch(on):
            options({cls.BFLOAT16: on and way == "bfloat16"})
            coarse.enable_tensor_float_32_execution(on and way == "tf32")

        def with_switch(*arguments):
            switch(True)
            try:
                return graph(*arguments)
            finally:
                switch(False)

        return with_switch

    @classmethod
    def with_gradient(cls, function: Callable, way: str) -> Callable:
        """(x, *more) -> (parts, d(total)/dx), compiled, of a function that returns (total, parts)."""
        tf = machine.tensorflow()

        def evaluate(x, *more):
            with tf.GradientTape() as tape:
                tape.watch(x)
                total, parts = function(x, *more)
            return parts, tape.gradient(total, x)

        return cls.compiled(evaluate, way)

    @staticmethod
    def exact() -> None:
        """Float32 in full from here on: no TF32, which TensorFlow takes by itself."""
        machine.tensorflow().config.experimental.enable_tensor_float_32_execution(False)


class Jax:
    """KINDS "jax-...": always compiled by XLA."""

    @staticmethod
    def compiled(function: Callable, way: str) -> Callable:
        jax = machine.package("jax")

        compiled = jax.jit(function)
        if way != "tf32":
            return compiled

        def with_switch(*arguments):
            with jax.default_matmul_precision("tensorfloat32"):
                return compiled(*arguments)

        return with_switch

    @classmethod
    def with_gradient(cls, function: Callable, way: str) -> Callable:
        jax = machine.package("jax")

        differentiated = jax.value_and_grad(function, has_aux=True)

        def evaluate(x, *more):
            (_, parts), gradient = differentiated(x, *more)
            return parts, gradient

        return cls.compiled(evaluate, way)

    @staticmethod
    def exact() -> None:
        jax = machine.package("jax")

        jax.config.update("jax_default_matmul_precision", "highest")


class Torch:
    """KINDS "torch-...": step by step, or compiled where it has a compiler for that (Triton, or C++ for a CPU)."""

    @classmethod
    def compiled(cls, function: Callable, way: str) -> Callable:
        torch = machine.package("torch")

        inner = torch.compile(function) if way == "compiled" else function

        @torch.no_grad()
        def evaluate(*arguments):
            with cls._precision(way):
                return inner(*arguments)

        return evaluate

    @classmethod
    def with_gradient(cls, function: Callable, way: str) -> Callable:
        torch = machine.package("torch")

        inner = torch.compile(function) if way == "compiled" else function

        def evaluate(x, *more):
            x = x.detach().requires_grad_()
            with cls._precision(way), torch.enable_grad():
                total, parts = inner(x, *more)
                (gradient,) = torch.autograd.grad(total, x)
            return tuple(part.detach() for part in parts), gradient

        return evaluate

    @staticmethod
    @contextlib.contextmanager
    def _precision(way):
        """TF32 while it lasts, for the way of that name."""
        torch = machine.package("torch")

        parts = torch.backends.cudnn, torch.backends.cuda.matmul
        before = [part.allow_tf32 for part in parts]
        for part in parts:
            part.allow_tf32 = way == "tf32"
        try:
            yield
        finally:
            for part, allowed in zip(parts, before, strict=True):
                part.allow_tf32 = allowed

    @staticmethod
    def exact() -> None:
        torch = machine.package("torch")

        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False


PARTS = {"tensorflow": TensorFlow, "jax": Jax, "torch": Torch}


def parts(backend: str = "") -> Any:
    """What `backend` does in its own way; by default the one that Keras computes with."""
    return PARTS[backend or machine.backend()]


def keras(kind: str = "") -> ModuleType:
    """Keras, on the backend of that kind (default: `machine.backend()`), in full float32.

    Raises MissingPackageError; OptionError if it computes with another one in this process already.
    """
    wanted = machine.backend_of(kind) or machine.backend() or "tensorflow"
    if (found := machine.backend(wanted)) != wanted:
        raise OptionError(
            f"kind={kind!r} is computed by {wanted}, but Keras computes with {found} in this process. "
            f"Set KERAS_BACKEND={wanted} and start Python (or the notebook's kernel) again"
        )
    os.environ["KERAS_BACKEND"] = wanted
    if wanted == "tensorflow":
        machine.tensorflow()
    try:
        import keras
    except ImportError as error:
        raise MissingPackageError(
            f"this needs Keras and {wanted} ({error}). Type: pip install keras {wanted}"
        ) from error
    parts(wanted).exact()
    return keras


def placed(image: np.ndarray, kind: str) -> Any:
    """The image as a tensor on the GPU, where that kind computes on one; else as it is."""
    return keras(kind).ops.convert_to_tensor(image) if machine.backend_of(kind) and machine.on_gpu() else image


def _said_of_others(record: logging.LogRecord) -> bool:
    """Not TensorFlow's warning that our graphs are built too often: each size of a picture has one of its own."""
    text = record.getMessage()
    return "triggered tf.function retracing" not in text or not ("KerasNetwork" in text or "with_gradient" in text)
