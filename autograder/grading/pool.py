"""Run jobs in local processes, lazily, and survive the death of any of them."""

import multiprocessing
import signal
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any


class WorkerDied(Exception):
    """The process that ran this job was killed, twice: out of memory, most likely."""


def run_jobs(
    function: Callable[[Any], Any], jobs: Iterable[tuple[Hashable, Any]], workers: int
) -> Iterator[tuple[Hashable, Any]]:
    """(key, result) of `function(argument)` for every (key, argument) of `jobs`, as they come.

    A result is what the function returned, or the exception that it raised. At most 2 * `workers` jobs are drawn ahead,
    so that `jobs` may be a generator over a large class. When a worker dies, the jobs that were under way run
    again, one by one, each in a process of its own.
    """
    jobs = iter(jobs)
    while batch := list(islice(jobs, 1)):
        lost = {}
        with _pool(workers) as pool:
            yield from _until_broken(pool, function, jobs, batch, workers, lost)
        for key, argument in lost.items():
            yield key, _alone(function, argument)


def _until_broken(pool, function, jobs, batch, workers, lost):
    """Results until the jobs are used up or a worker dies; then `lost` holds what was under way."""
    running = {}
    while True:
        for key, argument in [*batch, *islice(jobs, 2 * workers - len(running) - len(batch))]:
            running[_submit(pool, function, argument, lost, key)] = (key, argument)
        batch = []
        running.pop(None, None)
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            key, argument = running.pop(future)
            if isinstance(future.exception(), BrokenProcessPool):
                lost[key] = argument
            else:
                yield key, future.exception() or future.result()
        if lost:
            lost.update(running.values())
            return


def _submit(pool, function, argument, lost, key):
    """The job's future, or None (and the job among the lost) if the pool is broken already."""
    try:
        return pool.submit(function, argument)
    except BrokenProcessPool:
        lost[key] = argument
        return None


def _alone(function, argument):
    """The result of one job in a process of its own."""
    with _pool(1) as pool:
        future = pool.submit(function, argument)
        error = future.exception()
        if isinstance(error, BrokenProcessPool):
            return WorkerDied(WorkerDied.__doc__.split("\n")[0])
        return error or future.result()


class _pool:
    """A pool of processes that is gone when left, also by Ctrl-C: its workers are killed, not waited for."""

    def __init__(self, workers: int):
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["autograder.judging.jobs", "autograder.judging.notebook"])
        self.executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_ignore_interrupts)

    def __enter__(self) -> ProcessPoolExecutor:
        return self.executor

    def __exit__(self, *exception) -> None:
        workers = list((self.executor._processes or {}).values())
        self.executor.shutdown(wait=exception[0] is None, cancel_futures=True)
        if exception[0] is not None:
            for worker in workers:
                worker.terminate()


def _ignore_interrupts() -> None:
    """Ctrl-C is for the main process, which ends the workers itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
