"""The same jobs on a Dask cluster: bytes go out, judgements come back, nothing else is shared with the workers.

    dask scheduler                                          (on one machine)
    dask worker tcp://host:8786 --nworkers -1 --nthreads 1  (on every machine, with this project installed)
    python -m autograder grade --scheduler tcp://host:8786

A job that the cluster does not finish (its worker was lost, the scheduler died, the worker cannot confine students'
code) is done here. Only this process writes grades, and it takes one result for each student, so none counts twice.
"""

import contextlib
import functools
import json
import logging
import pickle
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from autograder.course import CourseError
from autograder.grading import pool
from autograder.judging import seeds
from autograder.judging.jobs import Job, judge_student

PATIENCE = 30.0  # seconds that a scheduler may take to answer, and that a cluster may be without workers
NOWHERE = Path()  # in place of folders of this machine, in what travels
_turn = threading.Lock()  # a worker process with several threads judges one student at a time


def by_value(function: Callable) -> Callable:
    """Let a function travel as code: nothing of that name is found where it says it comes from.

    By name, every process that pickles it imports its module to look it up there: the scheduler as well, which needs
    nothing of this project and would answer nobody for as long as that takes (half a minute on a busy machine).
    """
    function.__module__ = "builtins"
    return function


@by_value
def on_worker(data: bytes) -> tuple[dict[str, dict], float]:
    """Judge a pickled Parcel."""
    import importlib
    import pickle

    return importlib.import_module("autograder.grading.cluster").judge_parcel(pickle.loads(data))


@by_value
async def version_there() -> str:
    """Which grader is installed on this worker. In a thread: its event loop must go on while the grader is imported."""
    import asyncio
    import importlib

    return (await asyncio.to_thread(importlib.import_module, "autograder.grading.cluster")).version()


class WrongVersion(Exception):
    """This worker has another version of the grader than the process that sent the job."""


@dataclass(frozen=True)
class Parcel:
    """A job on its way to another machine: its folders of notebooks as bytes, and the grader that must judge it."""

    job: Job
    materials: bytes  # see `pack`
    grader: str


def run_jobs(
    jobs: Iterable[tuple[Hashable, Job]], address: str, workers: int, tell: Callable[[str], None] = lambda line: None
) -> Iterator[tuple[Hashable, Any]]:
    """(key, result) of `judge_student` for every (key, job), as they come; the contract of pool.run_jobs.

    What the cluster at `address` leaves undone runs in `workers` local processes; `tell` hears why. Raises CourseError
    when there is no such cluster, or if it has another version of the grader.
    """
    jobs, left = iter(jobs), []
    client = connect(address)
    with _no_traces():
        try:
            yield from _on_cluster(client, jobs, left, tell)
        finally:
            client.close(timeout=2)
    yield from pool.run_jobs(judge_student, chain(left, jobs), workers)


def connect(address: str) -> Any:
    """A client of the scheduler at `address`, whose workers all have this version of the grader."""
    from distributed import Client

    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise CourseError(
            f"No Dask scheduler answers at {address} ({error or type(error).__name__}). "
            "Start one with `dask scheduler`, or leave out --scheduler to grade on this machine."
        ) from error
    try:
        _check_workers(client, address)
    except BaseException:
        client.close(timeout=2)
        raise
    return client


def _check_workers(client, address: str) -> None:
    versions = client.run(version_there, on_error="return")
    if not versions:
        raise CourseError(
            f"The cluster at {address} has no worker. Start some: dask worker {address} --nworkers -1 --nthreads 1"
        )
    for worker, found in versions.items():
        if found != seeds.grader_digest():
            found = f"{type(found).__name__}: {found}" if isinstance(found, Exception) else "another version of it"
            raise CourseError(f"The worker {worker} cannot grade with this grader ({found}). Install the same project.")


def version() -> str:
    """Which grader this is."""
    return seeds.grader_digest()


# --- on the instructor's machine --------------------------------------------------------------------------------------


def _on_cluster(client, jobs, left, tell):
    """Results from the cluster until the jobs are used up or the cluster is lost; the rest goes to `left`."""
    from distributed import wait

    running, watch = {}, _Pulse(client)
    try:
        while not (lost := watch.lost()):
            for key, job in islice(jobs, max(0, 2 * watch.threads - len(running))):
                running[client.submit(on_worker, pickle.dumps(pack(job)), pure=False)] = (key, job)
            if not running:
                return
            try:
                with client.as_current():
                    done = wait(list(running), timeout=1, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                continue
            except Exception as error:  # a cluster that breaks down does so in many ways: then we go on without it
                lost = f"{type(error).__name__}: {error}"
                break
            for future in done:
                if future.status == "lost":  # its worker has died since: Dask does it anew, elsewhere
                    continue
                key, job = running.pop(future)
                result, why = _result(future)
                if why:
                    left.append((key, job))
                    tell(f"{job.student} is graded here: the cluster did not do it ({why})")
                else:
                    yield key, result
        if lost:
            tell(f"The cluster is lost ({lost}); going on with this machine's own processes.")
    finally:
        left.extend(running.values())


@contextlib.contextmanager
def _no_traces() -> Iterator[None]:
    """What breaks is told in a line; Dask would log a stack trace for it as well."""
    log = logging.getLogger("distributed.client")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


def _result(future) -> tuple[Any, str]:
    """(result, why there is none): a job may fail, and a result may be lost on its way."""
    if future.status not in ("finished", "error"):
        return None, future.status
    try:
        # Where its worker has just died, Dask tries for PATIENCE to connect, then does the job anew elsewhere.
        return future.result(timeout=3 * PATIENCE), ""
    except Exception as error:  # of the job or of the connection: both are tried again here
        return None, f"{type(error).__name__}: {error}".split("\n")[0][:200]


class _Pulse:
    """Whether the scheduler answers and has workers; asked at most once a second."""

    def __init__(self, client):
        self.client, self.threads, self.asked, self.seen = client, 1, 0.0, time.monotonic()

    def lost(self) -> str:
        """Why the cluster is of no more use, or an empty string."""
        if time.monotonic() < self.asked + 1:
            return ""
        self.asked = time.monotonic()
        if self.client.status != "running":
            return "the connection to the scheduler broke"
        try:
            found = self.client.sync(self.client.scheduler.identity, callback_timeout=PATIENCE)["workers"]
        except Exception as error:  # of whatever kind: no answer is no cluster
            return f"the scheduler does not answer: {type(error).__name__}"
        if found:
            self.threads, self.seen = sum(worker["nthreads"] for worker in found.values()), time.monotonic()
        return "all its workers are gone" if time.monotonic() > self.seen + PATIENCE else ""


def pack(job: Job) -> Parcel:
    """The job as bytes only; every file that judging reads goes with it."""
    materials = _materials(job.masters, _stamp(job.masters), job.released, _stamp(job.released))
    return Parcel(replace(job, masters=NOWHERE, released=NOWHERE), materials, seeds.grader_digest())


def _stamp(folder: Path) -> tuple:
    return tuple((path.name, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.ipynb")))


@functools.lru_cache(maxsize=4)
def _materials(masters, _, released, __) -> bytes:
    """Both folders' notebooks, compressed."""
    files = {
        kind: {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.ipynb"))}
        for kind, folder in (("masters", masters), ("released", released))
    }
    return zlib.compress(json.dumps(files).encode(), 9)


# --- on a worker ------------------------------------------------------------------------------------------------------


def judge_parcel(parcel: Parcel) -> tuple[dict[str, dict], float]:
    """`judge_student` on a machine that has nothing but this project."""
    if parcel.grader != seeds.grader_digest():
        raise WrongVersion(WrongVersion.__doc__)
    folder = Path(unpack(parcel.materials).name)
    with _turn:
        return judge_student(replace(parcel.job, masters=folder / "masters", released=folder / "released"))


@functools.lru_cache(maxsize=2)
def unpack(materials: bytes) -> tempfile.TemporaryDirectory:
    """A folder with the notebooks, once a worker; it goes with the worker."""
    folder = tempfile.TemporaryDirectory(prefix="course-")
    for kind, files in json.loads(zlib.decompress(materials)).items():
        (Path(folder.name) / kind).mkdir()
        for name, text in files.items():
            (Path(folder.name) / kind / name).write_text(text, encoding="utf-8")
    return folder
