"""Parts of a cluster: a job for it, and processes of Dask."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time

from autograder.judging.jobs import Job


def job(course, student, level="namespaces"):
    data = (course.submitted / "s0" / course.assignment / "03_gram_matrices.ipynb").read_bytes()
    return Job(student, course.masters, course.released, {"03_gram_matrices": (data, student.encode())}, level)


@contextlib.contextmanager
def process(*arguments):
    """A process of Dask's command line, gone at the end, with what it leaves since it is killed.

    It has this folder's Python, and nothing else of the test.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command, environment = [sys.executable, "-m", "dask", *arguments], {**os.environ, "TMPDIR": folder}
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment) as found:
            try:
                yield found
            finally:
                found.kill()


@contextlib.contextmanager
def scheduler(folder, *options):
    """(process, address) of a scheduler with these options; it writes the address into `folder`."""
    file, deadline, address = folder / "scheduler.json", time.monotonic() + 60, ""
    with process("scheduler", *options, "--port", "0", "--scheduler-file", str(file)) as found:
        while not address:
            assert found.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
            with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):  # not there yet, or not yet whole
                address = json.loads(file.read_text())["address"]
        yield found, address
