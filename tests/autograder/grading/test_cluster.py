"""The cluster gives the grades of this machine alone, also when workers and scheduler die or lie; none counts twice."""

import contextlib
import json
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from autograder.__main__ import main
from autograder.converting import register
from autograder.course import Course, CourseError
from autograder.grading import class_run, cluster, command, parcels
from autograder.grading.cluster import Cluster
from autograder.rehearsal.samples import copy_course, hand_in, solved
from cluster_parts import job, process, scheduler
from graded_class import with_points_of_its_own

WRONG = "def gram_matrix(F):\n    return F.T @ F"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A course of one notebook with six submissions."""
    folder = tmp_path_factory.mktemp("cluster") / "course"
    course = with_points_of_its_own(copy_course(Course(), folder, ["03_gram_matrices"]))
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


@pytest.mark.parametrize(
    "address", ["tcp://10.0.0.9:8786", "grader.example:8786", "tcp://0.0.0.0:1", "tcp://[2001:db8::1]:1"]
)
def test_a_plain_address_beyond_this_machine_is_refused_unless_the_network_is_trusted(address):
    with pytest.raises(CourseError, match=r"is not encrypted.*--trust-network"):
        Cluster(address).tls()
    assert Cluster(address, trust_network=True).tls() == {}


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "127.0.0.1:1", "localhost:1", "tcp://[::1]:8786"])
def test_a_plain_address_of_this_machine_will_do(address):
    assert Cluster(address).tls() == {}


@pytest.mark.parametrize(
    "address", ["inproc://x/1", "ucx://host:1", "tls://", "tcp://host:much", "", "tcp://[", "ws://127.0.0.1:1"]
)
def test_an_address_of_another_kind_is_refused(address):
    with pytest.raises(CourseError, match="write it as tls://HOST:PORT"):
        Cluster(address).tls()


@pytest.fixture
def inside(tmp_path):
    """A cluster within this process, so that stand-ins reach its workers; spoken with over its port."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2,
        processes=False,
        threads_per_worker=1,
        dashboard_address=None,
        protocol="tcp",
        local_directory=tmp_path,
    ) as found:
        yield found


@pytest.fixture
def ways(inside, monkeypatch):
    """`ways(jobs)`: key -> its result, "here" for what was done in local processes; and the lines that were told."""
    monkeypatch.setattr(cluster.pool, "run_jobs", lambda function, jobs, workers: ((k, "here") for k, _ in jobs))

    def run(jobs):
        told = []
        return dict(cluster.run_jobs(jobs, Cluster(inside.scheduler_address), 1, told.append)), told

    return run


def test_judgements_come_back_as_data(small, ways, judged):
    found, told = ways([(name, job(small, name)) for name in ("a", "b", "c")])
    assert sorted(found) == ["a", "b", "c"] and not told
    for judgements, _ in found.values():
        assert judgements["03_gram_matrices"]["verdicts"]["test_gram_matrix"]["score"] == 8


def test_what_a_worker_cannot_do_is_done_here(small, ways, judged):
    judged.error = OSError("no space on this worker")
    found, told = ways([("a", job(small, "a"))])
    assert found == {"a": "here"}
    assert told == ["a is graded here: the cluster did not do it (OSError: no space on this worker)"]


def test_forged_points_and_huge_answers_are_refused_and_others_kept(small, ways, judged, monkeypatch):
    def forge(parcel):
        student = json.loads(parcel)["student"]
        if student == "huge":
            return "x" * 2**23
        answer = json.loads(judge(parcel if student != "bob" else seen[0]))
        seen.append(parcel)
        if student == "mallory":
            answer["judgements"]["03_gram_matrices"]["verdicts"]["test_gram_matrix"]["score"] = 1e6
        return json.dumps(answer)

    judge, seen = parcels.judge_parcel, []
    monkeypatch.setattr(parcels, "judge_parcel", forge)
    found, told = ways([(name, job(small, name)) for name in ("ann", "mallory", "bob", "huge")])
    assert {name for name, result in found.items() if result == "here"} == {"mallory", "bob", "huge"}
    reasons = {line.split()[0]: line for line in told}
    assert "1000000.0 is no score for test_gram_matrix" in reasons["mallory"]
    assert "it is no answer to this job" in reasons["bob"]
    assert "a worker sent str of" in reasons["huge"]


def test_a_job_that_is_never_answered_is_done_here(small, ways, judged, monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(parcels, "judge_parcel", lambda parcel: release.wait(20) and "")
    monkeypatch.setattr(cluster, "PATIENCE", 4.0)
    patient = replace(job(small, "a"), limits={"notebook_seconds": 0.1})
    try:
        found, told = ways([("a", patient)])
    finally:
        release.set()
    assert found == {"a": "here"} and "it took too long" in told[0]


def test_workers_with_another_grader_or_none_are_refused(small, inside, ways, monkeypatch):
    def one_here_another_there():
        return ("0" if threading.current_thread() is threading.main_thread() else "1") * 64

    with monkeypatch.context() as patch, pytest.raises(CourseError, match=r"cannot grade .* \(another version"):
        patch.setattr(cluster.seeds, "grader_digest", one_here_another_there)
        ways([])
    inside.scale(0)
    deadline = time.monotonic() + 20
    while inside.scheduler.workers and time.monotonic() < deadline:
        time.sleep(0.05)
    with pytest.raises(CourseError, match="has no worker"):
        ways([])


# --- real processes ---------------------------------------------------------------------------------------------------


@pytest.fixture
def outside(tmp_path):
    """A scheduler and two workers, each a process of its own, as the README starts them."""
    no = "--no-dashboard"
    with contextlib.ExitStack() as stack:
        started, address = stack.enter_context(scheduler(tmp_path, "--host", "127.0.0.1", no))
        arguments = ["worker", address, "--nthreads", "1", no, "--no-nanny", "--local-directory", str(tmp_path)]
        workers = [stack.enter_context(process(*arguments)) for _ in range(2)]
        wait_for_workers(address, 2)
        yield SimpleNamespace(scheduler=started, workers=workers, address=address)


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

    settings = class_run.GradingOptions(jobs=2, cluster=Cluster(outside.address), tell=told.append)
    outcomes = class_run.grade_class(small, settings=settings, report=harm)
    assert sorted(written) == [[f"s{n}"] for n in range(6)]
    assert [outcome.score for outcome in outcomes] == [11, 11, 5, 11, 11, 11]
    lost = [line for line in told if line.startswith("The cluster is lost")]
    assert len(lost) == 1 and all(" is graded here" in line for line in told if line not in lost), told
    assert not [r for r in caplog.records if r.name.startswith("distributed")], "no stack trace of Dask's for that"


@pytest.mark.sandbox
@pytest.mark.parametrize("kind", ["result", "error"])
def test_a_rogue_client_gets_nothing_unpickled_here(small, outside, kind, tmp_path):
    """It replaces the judge on both workers; its objects say in which process they are unpickled."""
    marker, told = tmp_path / "marker", []
    rogue(outside.address, str(marker), kind)
    settings = class_run.GradingOptions(jobs=2, force=True, cluster=Cluster(outside.address), tell=told.append)
    (outcome,) = class_run.grade_class(small, ["s2"], settings)
    where = (
        set(marker.read_text().split()) if marker.exists() else set()
    )  # a worker tries an error out before it sends it
    assert where <= {str(worker.pid) for worker in outside.workers}
    assert (outcome.state, outcome.score) == ("graded", 5)
    assert len(told) == 1, told


def rogue(address, marker, kind):
    from distributed import Client

    def replace_judge(marker, kind):
        import importlib

        class Bomb(BaseException):
            def __reduce__(self):
                return eval, (f"print(__import__('os').getpid(), file=open({marker!r}, 'a'))",)

        def judge_parcel(parcel):
            if kind == "error":
                raise Bomb
            return Bomb()

        importlib.import_module("autograder.grading.parcels").judge_parcel = judge_parcel

    replace_judge.__module__ = "builtins"
    with Client(address, timeout=60, set_as_default=False) as client:
        client.run(replace_judge, marker, kind)
