"""Work shared out to this machine's processors."""

import contextlib
import functools
import os
import threading
from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import ThreadpoolController


def cpus():
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_parallel(work, pieces):
    """[work(*piece) for every piece], by all processors; raises what one of them raised."""
    return list(_threads().map(lambda piece: work(*piece), pieces))


def shares(total, size=None):
    """(first, last) pairs that cover range(total) in pieces of `size`, by default one for each processor."""
    size = max(1, size or -(-total // cpus()))
    return [(first, min(first + size, total)) for first in range(0, total, size)]


@functools.cache
def _threads():
    return ThreadPoolExecutor(cpus(), thread_name_prefix="nst")


class _SingleThreadedBlas(contextlib.ContextDecorator):
    """While any thread is inside, matrix products use one thread each: the work is shared out already."""

    def __init__(self):
        self._lock, self._inside, self._limit = threading.Lock(), 0, None

    def __enter__(self):
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._limit = _controller().limit(limits=1, user_api="blas")

    def __exit__(self, *error):
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._limit.restore_original_limits()


@functools.cache
def _controller():
    return ThreadpoolController()


single_threaded_blas = _SingleThreadedBlas()
