"""The cluster gives the grades of this machine alone, also when its scheduler dies half-way; none counts twice."""

import time

import pytest

from autograder import cluster, command, grading
from autograder.__main__ import main
from autograder.course import Course, CourseError
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


def test_a_scheduler_that_dies_half_way_costs_nothing(small, inside, judged, monkeypatch):
    """The first result comes from the cluster, the rest is done here, and no student comes twice."""
    monkeypatch.setattr(cluster.pool, "run_jobs", lambda function, jobs, workers: ((k, "here") for k, _ in jobs))
    names, told, found = [f"s{n:02}" for n in range(20)], [], []
    for key, result in cluster.run_jobs(((n, job(small, n)) for n in names), inside.scheduler_address, 1, told.append):
        if not found:
            inside.loop.add_callback(inside.scheduler.close)
        found.append((key, result))
    assert sorted(key for key, _ in found) == names
    assert found[0][1] != "here" and found[-1][1] == "here"
    assert told, "it is said that this machine goes on alone"


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
