"""Work shared out to this machine's processors."""

import functools
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import ThreadpoolController


def cpus() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_parallel(work: Callable, pieces: Iterable[tuple]) -> list:
    """[work(*piece) for every piece], by all processors; raises what one of them raised."""
    return list(_threads().map(lambda piece: work(*piece), pieces))


def shares(total: int, size: int | None = None) -> list[tuple[int, int]]:
    """(first, last) pairs that cover range(total) in pieces of `size`, by default one for each processor."""
    size = max(1, size or -(-total // cpus()))
    return [(first, min(first + size, total)) for first in range(0, total, size)]


@functools.cache
def _threads():
    return ThreadPoolExecutor(cpus(), thread_name_prefix="nst")


@functools.cache
def one_blas_thread() -> None:
    """From now on NumPy's matrix products use one thread each in this process: the work is shared out already.

    For good, not for the time of a call: OpenBLAS's threads wait for more work by spinning, and the processor that they
    spin on is the one that our own threads need next (measured: the students' loop of notebook 05 is 1.2 times faster).
    """
    ThreadpoolController().limit(limits=1, user_api="blas")
