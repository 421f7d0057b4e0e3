"""The cluster gives the grades of this machine alone, also when workers and scheduler die; none counts twice."""

import contextlib
import json
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from autograder.__main__ import main
from autograder.converting import register
from autograder.course import Course, CourseError
from autograder.grading import class_run, cluster, command
from autograder.judging.jobs import Job
from autograder.rehearsal.samples import copy_course, hand_in, solved

WRONG = "def gram_matrix(F):\n    return F.T @ F"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A course of one notebook with six submissions."""
    course = copy_course(Course(), tmp_path_factory.mktemp("cluster") / "course", ["03_gram_matrices"])
    register(course)
    right = solved(course)
    for number in range(6):
        hand_in(course, f"s{number}", right | ({"gram_matrix": WRONG} if number == 2 else {}))
    return course


@pytest.mark.slow
def test_no_scheduler_is_said_before_anything_is_graded(small, monkeypatch, capsys, judged):
    monkeypatch.setattr(command, "Course", lambda assignment: small)
    monkeypatch.setattr(cluster, "PATIENCE", 1.0)
    assert main(["grade", "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in capsys.readouterr().err
    assert not (small.home / class_run.RECORDS).exists()


@pytest.fixture
def inside():
    """A cluster within this process, so that stand-ins reach its workers."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, processes=False, threads_per_worker=1, dashboard_address=None) as found:
        yield found


def test_judgements_come_back_as_data_and_only_bytes_go_out(small, inside, judged):
    jobs = [(name, job(small, name)) for name in ("a", "b", "c")]
    parcel = cluster.pack(jobs[0][1])
    assert parcel.job.masters == parcel.job.released == cluster.NOWHERE and len(parcel.materials) < 200_000
    found = dict(cluster.run_jobs(iter(jobs), inside.scheduler_address, 1))
    assert sorted(found) == ["a", "b", "c"]
    for judgements, _ in found.values():
        assert judgements["03_gram_matrices"]["verdicts"]["test_gram_matrix"]["score"] == 8


def test_a_scheduler_passes_jobs_on_without_loading_the_grader():
    """It would answer nobody meanwhile; Dask pickles a task again for the worker, by name if it can."""
    from distributed.protocol.pickle import dumps

    forward = "import sys; from distributed.protocol.pickle import dumps, loads; dumps(loads(sys.stdin.buffer.read()))"
    check = f"{forward}; sys.exit(any(name.startswith('autograder') for name in sys.modules))"
    for function in (cluster.on_worker, cluster.version_there):
        subprocess.run([sys.executable, "-c", check], input=dumps(function), check=True, timeout=60)


def job(course, student, level="namespaces"):
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


# --- real processes ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def process(*arguments):
    """A process of Dask's command line, gone at the end. It has this folder's Python, and nothing else of the test."""
    with subprocess.Popen([sys.executable, "-m", "dask", *arguments], stderr=subprocess.DEVNULL) as found:
        try:
            yield found
        finally:
            found.kill()


@pytest.fixture
def outside(tmp_path):
    """A scheduler and two workers, each a process of its own, as the README starts them."""
    file, no = tmp_path / "scheduler.json", "--no-dashboard"
    with contextlib.ExitStack() as stack:
        scheduler = stack.enter_context(
            process("scheduler", "--host", "127.0.0.1", "--port", "0", no, "--scheduler-file", str(file))
        )
        deadline = time.monotonic() + 60
        while not file.exists():
            assert scheduler.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        arguments = ["worker", address, "--nthreads", "1", no, "--no-nanny", "--local-directory", str(tmp_path)]
        workers = [stack.enter_context(process(*arguments)) for _ in range(2)]
        wait_for_workers(address, 2)
        yield SimpleNamespace(scheduler=scheduler, workers=workers, address=address)


def wait_for_workers(address, count):
    from distributed import Client

    with Client(address, timeout=60, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=60)


@pytest.mark.sandbox
def test_a_killed_worker_and_then_a_killed_scheduler_cost_nothing(small, outside, monkeypatch, caplog):
    """After the first grade a worker is killed, after the third the scheduler; every student is graded, and once."""
    written, told, counted = [], [], class_run.autograde
    monkeypatch.setattr(class_run, "autograde", lambda *a: written.append(list(a[1].deliveries)) or counted(*a))

    def harm(outcome):
        assert outcome.state == "graded", outcome
        assert not told or len(written) > 3, "the lost worker's jobs went to the other one, without a word"
        {1: outside.workers[0].kill, 3: outside.scheduler.kill}.get(len(written), int)()

    settings = class_run.GradingOptions(jobs=2, scheduler=outside.address, tell=told.append)
    outcomes = class_run.grade_class(small, settings=settings, report=harm)
    assert sorted(written) == [[f"s{n}"] for n in range(6)]
    assert [outcome.score for outcome in outcomes] == [11, 11, 5, 11, 11, 11]
    lost = [line for line in told if line.startswith("The cluster is lost")]
    assert len(lost) == 1 and all(" is graded here" in line for line in told if line not in lost), told
    assert not [r for r in caplog.records if r.name.startswith("distributed")], "no stack trace of Dask's for that"
