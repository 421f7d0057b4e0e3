"""What one notebook may use."""

import os
from dataclasses import dataclass


class SandboxUnavailable(RuntimeError):
    """No sandbox can be had here, or the one at hand leaks; grading must not go on."""


@dataclass(frozen=True)
class Limits:
    """What one notebook may use; bytes and seconds. See SECURITY.md for what each stops."""

    cell_seconds: float = 20.0  # of processor time: a busy machine is nobody's fault
    call_seconds: float = 5.0  # the same, for one call of one function
    idle_seconds: float = 10.0  # by the clock, next to nothing computed
    notebook_seconds: float = 180.0  # by the clock
    start_seconds: float = 60.0
    memory: int = 2 * 2**30  # of all processes together, watched from outside
    address_space: int = 4 * 2**30  # of each process (TensorFlow reserves 2.6 GB)
    cpu_seconds: int = 150  # of each process
    computing: float = 300.0  # of processor time, everything in a notebook together
    threads: int = 64 + 4 * (os.cpu_count() or 1)  # of all processes together; TensorFlow starts some per core
    processes: int = 48  # watched from outside
    sessions: int = 8  # at a time, where no control group divides the processors
    files: int = 20_000  # on home, /tmp and /dev/shm together, watched from outside
    open_files: int = 128  # of each process
    sockets: int = 128  # and pipes, of all processes together, watched: each can hold 0.2 MB that nobody has
    file_size: int = 64 * 2**20
    disk: int = 64 * 2**20  # home and /tmp, each, in memory
    message: int = 16 * 2**20  # bytes of one frame
    queue: int = 8  # messages waiting to be read

    def rlimits(self, level: str) -> dict[str, int]:
        """Resource limits by their names in the `resource` module. Processes of a plain user are not ours to count."""
        limits = {
            "RLIMIT_AS": self.address_space,
            "RLIMIT_CPU": self.cpu_seconds,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_FSIZE": self.file_size,
            "RLIMIT_CORE": 0,
            "RLIMIT_MEMLOCK": 0,
            "RLIMIT_MSGQUEUE": 0,
        }
        return limits | ({"RLIMIT_NPROC": self.threads} if level == "namespaces" else {})
