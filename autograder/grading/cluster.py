"""The same jobs on a Dask cluster: texts go out, texts come back, nothing else is shared with the workers.

    python -m autograder cluster-keys    (says how to start scheduler and workers)
    python -m autograder grade --scheduler tls://host:8786

A job that the cluster does not finish (its worker was lost, the scheduler died, what came back is no judgement) is done
here. Only this process writes grades, and it takes one result for each student, so none counts twice. Dask itself
runs in a process beside it, courier.py; what travels is in parcels.py.
"""

import contextlib
import ipaddress
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import Pipe
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from autograder.course import CourseError
from autograder.grading import cluster_keys, courier, parcels, pool
from autograder.judging import seeds
from autograder.judging.jobs import Job, judge_student
from autograder.sandbox.limits import Limits

PATIENCE = 30.0  # seconds that a scheduler may take to answer, and that a cluster may be without workers
AHEAD = 512  # jobs under way at most
MESSAGE = 64 * 2**20  # bytes of one message of the courier's: it may bring some answers at once


@dataclass(frozen=True)
class Cluster:
    """Which cluster, and what may be trusted about the way there. `keys`: a folder made by `cluster-keys`."""

    address: str
    keys: Path | None = None
    trust_network: bool = False

    def tls(self) -> dict[str, str]:
        """The files for Dask's Security; {} for a plain address on this machine. CourseError for what is not safe."""
        try:
            parts = urlsplit(self.address if "://" in self.address else f"tcp://{self.address}")
            host, scheme, _ = parts.hostname or "", parts.scheme, parts.port
        except ValueError:
            host = scheme = ""
        if scheme not in ("tcp", "tls") or not host:
            raise CourseError(
                f"--scheduler {self.address!r}: write it as tls://HOST:PORT (or tcp://, on this machine)."
            )
        if scheme == "tls":
            return cluster_keys.client_files(self.keys)
        if not (self.trust_network or _is_this_machine(host)):
            raise CourseError(
                f"{self.address} is not encrypted, and whoever can reach that port can read the solutions and forge "
                "grades. Make keys (python -m autograder cluster-keys) and use tls://, or, in a network that only "
                "trusted people can reach, add --trust-network."
            )
        return {}


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def run_jobs(
    jobs: Iterable[tuple[Hashable, Job]],
    cluster: Cluster,
    workers: int,
    tell: Callable[[str], None] = lambda line: None,
) -> Iterator[tuple[Hashable, Any]]:
    """(key, result) of `judge_student` for every (key, job), as they come; the contract of pool.run_jobs.

    What the cluster leaves undone runs in `workers` local processes; `tell` hears why. Raises CourseError when there
    is no such cluster, if the way there is not safe, or if it has another version of the grader.
    """
    jobs, left = iter(jobs), []
    with _Courier(cluster) as carried:
        yield from _on_cluster(carried, jobs, left, tell)
    yield from pool.run_jobs(judge_student, itertools.chain(left, jobs), workers)


@dataclass(frozen=True)
class _Sent:
    """A job under way. `until`: when it is done here instead, by time.monotonic."""

    key: Hashable
    job: Job
    parcel: str
    until: float


def _sent(key: Hashable, job: Job) -> _Sent:
    """The job, with twice the time that its limits allow it and the one before it in the queue."""
    seconds = 4 * Limits(**job.limits).notebook_seconds * len(job.notebooks)
    return _Sent(key, job, parcels.pack(job), time.monotonic() + 2 * PATIENCE + seconds)


def _on_cluster(carried: "_Courier", jobs: Iterator, left: list, tell: Callable[[str], None]) -> Iterator:
    """Results from the cluster until the jobs are used up or the cluster is lost; the rest goes to `left`."""
    running: dict[int, _Sent] = {}
    numbers, room = itertools.count(), 1

    def give_up(sent: _Sent, why: object) -> None:
        left.append((sent.key, sent.job))
        tell(f"{sent.job.student} is graded here: the cluster did not do it ({why})")

    try:
        while True:
            for key, job in itertools.islice(jobs, min(room, AHEAD - len(running))):
                number, sent = next(numbers), _sent(key, job)
                running[number] = sent
                carried.send({"number": number, "parcel": sent.parcel})
            if not running:
                return
            news = carried.news()
            room = news.room
            for number, answer in news.answers:
                if number in running:
                    sent = running.pop(number)
                    try:
                        yield sent.key, parcels.open_answer(answer, sent.parcel, sent.job)
                    except parcels.NoJudgement as error:
                        give_up(sent, error)
            for number, why in news.failed:
                if number in running:
                    give_up(running.pop(number), why)
            for number in [number for number, sent in running.items() if time.monotonic() > sent.until]:
                give_up(running.pop(number), "it took too long")
            if news.lost:
                raise ConnectionError(news.lost)
    except ConnectionError as error:
        tell(f"The cluster is lost ({error}); going on with this machine's own processes.")
    finally:
        left.extend((sent.key, sent.job) for sent in running.values())


@dataclass(frozen=True)
class _News:
    """What the courier says: answers and reasons by the numbers of jobs, how many more it takes, why it gives up."""

    answers: list[tuple[int, str]]
    failed: list[tuple[int, str]]
    room: int
    lost: str


class _Courier:
    """The process that speaks with the cluster, from this side: it is asked, and answers in JSON of bounded length."""

    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        self.order = {"address": cluster.address, "tls": cluster.tls(), "patience": PATIENCE}

    def __enter__(self) -> "_Courier":
        self.errors = tempfile.TemporaryFile()
        self.pipe, theirs = Pipe()
        with theirs:
            number = theirs.fileno()
            command = [sys.executable, "-P", courier.__file__, str(number)]
            nothing = subprocess.DEVNULL
            self.process = subprocess.Popen(
                command, pass_fds=[number], stdin=nothing, stdout=nothing, stderr=self.errors
            )
        try:
            self.send(self.order)
            self._check(self._answer(4 * PATIENCE))
        except BaseException as error:
            self.__exit__()
            if isinstance(error, ConnectionError):
                raise CourseError(f"The cluster at {self.cluster.address} cannot be used ({error}).") from error
            raise
        return self

    def __exit__(self, *exception) -> None:
        self.pipe.close()
        self.process.kill()
        self.process.wait()
        self.errors.close()

    def send(self, value: dict) -> None:
        self.pipe.send_bytes(json.dumps(value).encode())

    def news(self) -> _News:
        """What the cluster has done; ConnectionError when the courier hangs or has died."""
        self.send({})
        found = self._answer(5 * PATIENCE)
        answers = [(int(number), str(answer)) for number, answer in found["answers"]]
        failed = [(int(number), parcels.printable(why)) for number, why in found["failed"]]
        return _News(answers, failed, max(0, int(found["room"])), parcels.printable(found["lost"]))

    def _answer(self, seconds: float) -> dict:
        if not self.pipe.poll(seconds):
            raise ConnectionError(f"no word from it for {seconds:g} s")
        try:
            return json.loads(self.pipe.recv_bytes(MESSAGE))
        except (EOFError, OSError) as error:
            raise ConnectionError(self._last_words() or "the process that speaks with it died") from error

    def _last_words(self) -> str:
        """The last line that the courier wrote before it died."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        self.errors.seek(0)
        return parcels.printable(self.errors.read()[-4_000:].decode(errors="replace").strip().rpartition("\n")[2])

    def _check(self, found: dict) -> None:
        """CourseError unless there is a cluster, and all its workers have this version of the grader."""
        address = self.cluster.address
        if "error" in found:
            raise CourseError(
                f"No Dask scheduler answers at {address} ({parcels.printable(found['error'])}). "
                "Start one with `dask scheduler`, or leave out --scheduler to grade on this machine."
            )
        if not found["workers"]:
            raise CourseError(
                f"The cluster at {address} has no worker. Start some: dask worker {address} --nworkers -1 --nthreads 1"
            )
        for worker, version in found["workers"].items():
            if version != seeds.grader_digest():
                version = "another version of it" if len(version) == 64 else parcels.printable(version)
                raise CourseError(
                    f"The worker {worker} cannot grade with this grader ({version}). Install the same project."
                )
