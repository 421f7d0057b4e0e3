"""How much memory a stylisation takes, and a refusal before the machine begins to swap."""

from collections.abc import Sequence

import psutil

from nst.errors import OptionError

# Peaks of steps without an optimiser (benchmarks/bench_scaling.py): 0.78 GiB at 256, 1.36 at 512, 3.44 at 1024 pixels a
# side, so 3200 bytes a pixel; L-BFGS with its pairs takes up to 400 more; the rest is a margin.
BYTES_PER_PIXEL = 4800
FIXED = 700 * 2**20  # weights in both directions, libraries


def needed_bytes(pixels: int) -> int:
    """Bytes that an image of that many pixels needs, network and libraries included."""
    return FIXED + BYTES_PER_PIXEL * pixels


def free_bytes() -> int:
    """Memory that this machine has left."""
    return psutil.virtual_memory().available


def require_memory(shape: Sequence[int], available: int) -> None:
    """OptionError, naming the longest side that fits, if an image of `shape` does not fit into `available` bytes."""
    pixels = shape[0] * shape[1]
    if needed_bytes(pixels) <= available:
        return
    fits = max(0.0, (available - FIXED) / BYTES_PER_PIXEL / pixels) ** 0.5 * max(shape[:2])
    raise OptionError(
        f"{shape[1]} x {shape[0]} pixels need {needed_bytes(pixels) / 2**30:.1f} GiB of memory, "
        f"{available / 2**30:.1f} GiB are free. Use size={int(fits) // 16 * 16} or less, or close other programs"
    )
