"""Parts of a cluster: a job for it, and processes of Dask."""

import contextlib
import os
import subprocess
import sys
import tempfile

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
