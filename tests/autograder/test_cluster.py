"""The cluster gives the grades of this machine alone, also when its scheduler dies half-way; none counts twice."""

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter

import pytest

from autograder import cluster, command, grading
from autograder.__main__ import main
from autograder.course import Course, CourseError
from autograder.grading import Settings, grade_class
from autograder.jobs import Job
from autograder.release import register
from autograder.samples import copy_course, hand_in, solved

WRONG = "def gram_matrix(F):\n    return F.T @ F"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A course of one notebook with four submissions."""
    course = copy_course(Course(), tmp_path_factory.mktemp("cluster") / "course", ["03_gram_matrices"])
    register(course)
    right = solved(course)
    for number in range(4):
        hand_in(course, f"s{number}", right | ({"gram_matrix": WRONG} if number == 2 else {}))
    return course


@contextlib.contextmanager
def running(*command):
    """A process of the `dask` command; gone afterwards."""
    process = subprocess.Popen([sys.executable, "-m", "distributed.cli." + command[0], *command[1:]], **SILENT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


SILENT = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@pytest.fixture(scope="module")
def address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{free.getsockname()[1]}"


def workers_at(address, count, seconds=60):
    """Wait until the scheduler has that many workers."""
    from distributed import Client

    with Client(address, timeout=seconds, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=seconds)


def test_a_scheduler_that_dies_half_way_costs_nothing(small, address, tmp_path):
    course = Course(shutil.copytree(small.root, tmp_path / "course"))
    told, events = [], []
    scheduler = ["dask_scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2], "--no-dashboard"]
    worker = ["dask_worker", address, "--nthreads", "1", "--no-dashboard", "--local-directory", str(tmp_path)]
    with running(*scheduler) as first, running(*worker):
        workers_at(address, 1)

        def report(outcome):
            events.append(outcome.student)
            first.kill()

        settings = Settings(jobs=2, scheduler=address, tell=lambda line: (told.append(line), events.append("lost")))
        outcomes = grade_class(course, settings=settings, report=report)
    assert [outcome.message for outcome in outcomes] == [""] * 4
    assert {outcome.student: outcome.score for outcome in outcomes} == {"s0": 11, "s1": 11, "s2": 5, "s3": 11}
    assert Counter(events) == dict.fromkeys(["s0", "s1", "s2", "s3", "lost"], 1), "each student is graded once"
    assert events[0] != "lost" and "cluster is lost" in told[0], told
    again = grade_class(course, settings=Settings(jobs=1))
    assert {outcome.state for outcome in again} == {"unchanged"}


def test_no_scheduler_is_said_before_anything_is_graded(small, monkeypatch, capsys, judged):
    monkeypatch.setattr(command, "Course", lambda assignment: small)
    monkeypatch.setattr(cluster, "PATIENCE", 1.0)
    assert main(["grade", "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in capsys.readouterr().err
    assert not (small.home / grading.RECORDS).exists()


@pytest.fixture
def inside():
    """A cluster within this process, so that stand-ins reach its workers."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, processes=False, threads_per_worker=1, dashboard_address=None) as found:
        yield found


def test_judgements_come_back_as_data_and_only_bytes_go_out(small, inside, judged):
    jobs = [(name, job(small, name)) for name in ("a", "b", "c")]
    parcel = cluster.pack(jobs[0][1])
    assert (parcel.job.masters, parcel.job.released) == (None, None) and len(parcel.materials) < 200_000
    found = dict(cluster.run_jobs(iter(jobs), inside.scheduler_address, 1))
    assert sorted(found) == ["a", "b", "c"]
    for judgements, _ in found.values():
        assert judgements["03_gram_matrices"]["verdicts"]["test_gram_matrix"]["score"] == 8


def job(course, student, level="bubblewrap"):
    data = (course.submitted / "s0" / course.assignment / "03_gram_matrices.ipynb").read_bytes()
    return Job(student, course.masters, course.released, {"03_gram_matrices": (data, b"seed")}, level)


def test_what_a_worker_cannot_do_is_done_here(small, inside, judged, monkeypatch):
    monkeypatch.setattr(cluster.pool, "run_jobs", lambda function, jobs, workers: ((k, "here") for k, _ in jobs))
    judged.error, told = OSError("no space on this worker"), []
    found = dict(cluster.run_jobs([("a", job(small, "a"))], inside.scheduler_address, 1, told.append))
    assert found == {"a": "here"}
    assert "no space on this worker" in told[0]


def test_workers_with_another_grader_or_none_are_refused(small, inside, monkeypatch):
    monkeypatch.setattr(cluster, "version", other_version)
    with pytest.raises(CourseError, match="another version"):
        cluster.connect(inside.scheduler_address)
    inside.scale(0)
    deadline = time.monotonic() + 20
    while inside.scheduler.workers and time.monotonic() < deadline:
        time.sleep(0.05)
    with pytest.raises(CourseError, match="has no worker"):
        cluster.connect(inside.scheduler_address)


def other_version():
    return "older"
