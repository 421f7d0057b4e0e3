"""How much memory there is: a container's limit is not the machine's."""

from autograder.sandbox import usage

OWN = 256 * 2**20  # bytes that the grader itself needs beside the sandbox (it held 170 MB, see gradescope.md)
LEAST = 128 * 2**20  # a sandbox with less starts no kernel
SPARE = 64 * 2**20  # a sandbox that was started ahead and waits
AMPLE = 2**30  # with so much for the sandbox in use, another one may wait


def sandbox_memory() -> int:
    """Bytes that a sandbox may use here, so that the container ends the sandbox and not the grader."""
    return max(LEAST, _beside_the_grader() - (SPARE if spare_fits() else 0))


def spare_fits() -> bool:
    """Whether the next notebook's sandbox may be started while one is used."""
    return _beside_the_grader() - SPARE >= AMPLE


def _beside_the_grader():
    return usage.available()[1] - OWN
