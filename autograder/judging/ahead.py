"""Kernels for the notebooks of one student: while one is used, the next one's sandbox starts and does its imports.

A sandbox is made for one notebook, gets nothing of a student before it is used, and is never used again.
"""

import contextlib
import math
from collections.abc import Iterator
from dataclasses import replace

from autograder.sandbox.kernel import Kernel
from autograder.sandbox.limits import Limits, SandboxUnavailable


class Kernels:
    """Confined kernels, one at a time. `expected`: how many notebooks are still to come after this one; `limits` are
    those of this one."""

    def __init__(self, limits: Limits, level: str, expected: int = 0):
        self.limits, self.level, self.expected = limits, level, expected
        self.spare: Kernel | None = None

    def __enter__(self) -> "Kernels":
        return self

    def __exit__(self, *_) -> None:
        if self.spare:
            self.spare.drop()

    @contextlib.contextmanager
    def kernel(self, deadline: float = math.inf, computing: float = math.inf) -> Iterator[Kernel]:
        """A new kernel, which may last until `deadline` and compute for so many seconds; SandboxUnavailable as of
        `Kernel`. The next one starts as soon as this one is ready."""
        kernel, self.spare = self.spare or Kernel(self.limits, self.level), None
        kernel.allow(replace(self.limits, computing=min(computing, self.limits.computing)), deadline)
        with kernel:
            if self.expected > 0:
                self._begin_next()
            yield kernel

    def _begin_next(self):
        spare = Kernel(self.limits, self.level)
        with contextlib.suppress(SandboxUnavailable):  # said when the next one is really needed
            spare.begin()
            self.spare = spare
