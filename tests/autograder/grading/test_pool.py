"""Jobs come back whatever happens to the processes that run them, and are drawn only as they are needed."""

import os
import signal

from autograder.grading.pool import WorkerDied, run_jobs


def double(number):
    if number == 3:
        raise ValueError("three")
    return 2 * number


def die_at_two(number):
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def results(function, numbers, workers=2):
    return dict(run_jobs(function, ((f"job {n}", n) for n in numbers), workers))


def test_results_and_errors_come_back_by_key():
    found = results(double, range(6))
    assert {key: value for key, value in found.items() if key != "job 3"} == {
        f"job {n}": 2 * n for n in (0, 1, 2, 4, 5)
    }
    assert isinstance(found["job 3"], ValueError)


def test_a_killed_worker_costs_its_own_job_and_no_other():
    found = results(die_at_two, range(8))
    assert isinstance(found.pop("job 2"), WorkerDied)
    assert found == {f"job {n}": n for n in (0, 1, 3, 4, 5, 6, 7)}


def test_jobs_are_drawn_only_a_little_ahead():
    drawn = []

    def jobs():
        for n in range(20):
            drawn.append(n)
            yield n, n

    coming = run_jobs(double, jobs(), 1)
    next(coming)
    assert len(drawn) <= 3
    coming.close()


def test_no_jobs_no_processes():
    assert results(double, []) == {}
