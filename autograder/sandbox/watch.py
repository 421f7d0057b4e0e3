"""The watch: what a sandbox's processes use, seen from outside, and their end where it is too much."""

import contextlib
import os
import threading

import psutil

from autograder.sandbox.process import Sandbox

PAGE = os.sysconf("SC_PAGE_SIZE")
CHILDREN_LISTED = os.path.exists(f"/proc/self/task/{os.getpid()}/children")  # quicker than searching all of /proc


class Watch(threading.Thread):
    """Kills a sandbox that uses too much memory in all, or that makes this process swell by flooding its sockets."""

    def __init__(self, sandbox: Sandbox, every: float = 0.05):
        super().__init__(daemon=True, name="sandbox-watch")
        self.sandbox, self.every, self.ended = sandbox, every, threading.Event()
        self.own = resident(os.getpid())
        self.peak = 0  # bytes that the processes held together, at most, so far
        self.why = ""  # it was killed

    def run(self) -> None:
        while not self.ended.wait(self.every) and self.sandbox.process.poll() is None:
            self.why = self.excess()
            if self.why:
                return self.sandbox.kill()

    def excess(self) -> str:
        """What is too much right now, or an empty string."""
        limits, members = self.sandbox.limits, family(self.sandbox.pid)
        if len(members) > limits.processes:
            return f"it started more than {limits.processes} processes"
        if self.look(members) > limits.memory and sum(map(proportional, members)) > limits.memory:
            return f"it used more than {limits.memory >> 20} MB of memory"
        if resident(os.getpid()) - self.own > 8 * limits.message:
            return "it flooded the grader with messages"
        return self.sandbox.overfull(members)

    def look(self, members: list[int] | None = None) -> int:
        """Look at the memory that the processes hold: the bytes now, of which `peak` keeps the most."""
        now = sum(map(resident, family(self.sandbox.pid) if members is None else members))
        self.peak = max(self.peak, now)
        return now

    def stop(self) -> None:
        self.ended.set()
        self.join()


def resident(pid: int) -> int:
    """Bytes of its own memory that a process holds now (a fork counts again); 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            _, total, shared, *_ = map(int, file.read().split())
    except (OSError, ValueError):
        return 0
    return (total - shared) * PAGE


def proportional(pid: int) -> int:
    """Bytes that a process holds now, what it shares with others divided by their number; slower than `resident`.

    Where this look is forbidden (PR_SET_DUMPABLE, root without CAP_SYS_PTRACE), it counts in full.
    """
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:")) << 10
    except PermissionError:
        return resident(pid)
    except (OSError, StopIteration):
        return 0


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    if not CHILDREN_LISTED:
        with contextlib.suppress(psutil.NoSuchProcess):
            return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    found = [pid]
    for member in found:
        try:
            for task in os.listdir(f"/proc/{member}/task"):
                with open(f"/proc/{member}/task/{task}/children") as file:
                    found += map(int, file.read().split())
        except OSError:
            continue
    return found
