"""The watch: what a sandbox's processes use, seen from outside, and their end where it is too much.

Where the kernel gives the sandbox a control group (`cgroup.py`), that counts and limits; the watch does it in any case.
"""

import contextlib
import os
import subprocess
import threading
import time
from typing import Any

from autograder.sandbox import cgroup, usage
from autograder.sandbox.process import Sandbox
from autograder.sandbox.usage import claim, family, proportional, resident, seen

SOON, SLOW = 4, 10  # looks between two of what takes longer
HUMBLEST = 19  # niceness of a sandbox that would take more than its share
SHORTLY = 0.2  # seconds
OUT_OF_MEMORY = (
    "it died when this machine or container had no memory left, of which it had taken {} MB or more (it may take {}): "
    "if that is little, the grader needs more memory, or fewer jobs at a time"
)
QUIET: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)


class Watch(threading.Thread):
    """Kills a sandbox that uses too much, takes more than its share, or floods this process with messages.

    Made before the first student's code runs: then there is one process to put into a group, and the rest inherits.
    """

    def __init__(self, sandbox: Sandbox, every: float = 0.05):
        super().__init__(daemon=True, name="sandbox-watch")
        self.sandbox, self.every, self.ended = sandbox, every, threading.Event()
        self.own = resident(os.getpid())
        self.peak = 0  # bytes that the processes held together, at most, so far
        self.used = 0.0  # seconds of processor time, so far
        self.looks = 0
        self.why = ""  # it was killed
        self.short = 0.0  # when the machine's memory was found to be short
        self.ended_before = cgroup.ended_for_memory()
        members = family(sandbox.pid)
        expendable(members[1:])  # the first is bubblewrap or a guard, which ends the others
        self.group = cgroup.join(members, sandbox.limits)
        self.begun = claim(members)
        self.sessions = {one.session for one in map(seen, members) if one}  # before any student's code

    def run(self) -> None:
        while not self.ended.wait(self.every) and self.sandbox.process.poll() is None:
            self.why = self.excess()
            if self.why:
                return self.sandbox.kill()

    def reason(self) -> str:
        """Why the processes are gone, as far as that can be known; else an empty string."""
        if self.why or (self.group and self.group.burst()):
            return self.why or self._too_much_memory()
        if cgroup.ended_for_memory() > self.ended_before:
            return OUT_OF_MEMORY.format(self.peak >> 20, self.sandbox.limits.memory >> 20)
        return ""

    # --- what is too much ---

    def excess(self) -> str:
        """What is too much right now, or an empty string."""
        limits, members = self.sandbox.limits, self.members()
        self.looks += 1
        if len(members) > limits.processes:
            return f"it started more than {limits.processes} processes"
        if self.look(members) > limits.memory and sum(map(proportional, members)) > limits.memory:
            return self._too_much_memory()
        if resident(os.getpid()) - self.own > 8 * limits.message:
            return "it flooded the grader with messages"
        if why := self.sandbox.overfull(members):
            return why
        if self.looks % SOON == 0 and usage.descriptors(members) > limits.sockets < usage.sockets(members):
            return f"it opened more than {limits.sockets} sockets and pipes"
        if self.looks % SOON == 0 and usage.threads(members) > 2 * limits.threads:  # the kernel does not count root's
            return f"it started more than {2 * limits.threads} threads"
        if self.seconds(members) > limits.computing:
            return f"it computed for more than {limits.computing:g} seconds in all"
        return self._more_than_its_share(members) or self._machine_is_short(members)

    def _too_much_memory(self) -> str:
        return f"it used more than {self.sandbox.limits.memory >> 20} MB of memory"

    def _machine_is_short(self, members: list[int]) -> str:
        """The machine's memory runs out: who grew most since its start goes first, who did not grow stays."""
        free, total = usage.available()
        if free > floor(total):
            self.short = 0.0
            return ""
        self.short = self.short or time.monotonic()
        grown = (claim(members) - self.begun) / self.sandbox.limits.memory
        if grown < 0.1 or time.monotonic() < self.short + 0.5 * (1 - grown):
            return ""
        return "the machine's memory ran short, of which it had taken much"

    # --- fair shares ---

    def _more_than_its_share(self, members: list[int]) -> str:
        """Many sessions get many shares of the processors, many processes in one session too: the kernel counts heads.

        Where a control group divides the processors, nothing is to be done.
        """
        if self.looks % SLOW or (self.group and self.group.shares_processors):
            return ""
        looked = [(pid, one) for pid in members if (one := seen(pid))]
        sessions = {one.session: pid for pid, one in looked}
        if len(sessions) > self.sandbox.limits.sessions:
            return f"it started more than {self.sandbox.limits.sessions} sessions"
        for session in set(sessions) - self.sessions:
            quietly_write(f"/proc/{sessions[session]}/autogroup", HUMBLEST)
        if sum(one.running for _, one in looked) > len(os.sched_getaffinity(0)):
            humble([pid for pid, _ in looked], self.sandbox.uid)
        return ""

    # --- counting ---

    def members(self) -> list[int]:
        """All processes of the sandbox."""
        if self.group and (found := self.group.members()):
            return found
        return family(self.sandbox.pid)

    def look(self, members: list[int] | None = None) -> int:
        """Look at the memory that the processes hold: the bytes now, of which `peak` keeps the most."""
        now = sum(map(resident, self.members() if members is None else members))
        self.peak = max(self.peak, now)
        return now

    def seconds(self, members: list[int] | None = None) -> float:
        """Seconds of processor time that everything inside has used so far; it never falls."""
        used = self.group.seconds() if self.group else 0.0
        if not used:
            looked = map(seen, self.members() if members is None else members)
            used = sum(one.seconds for one in looked if one)
        self.used = max(self.used, used)
        return self.used

    def held_up(self) -> bool:
        """Whether something inside waits for nothing but a processor or a disk: then it is not idle."""
        return usage.held_up(self.members())

    def stop(self) -> None:
        self.ended.set()
        self.join()
        if self.group:
            self.group.close()


def floor(total: int) -> int:
    """Bytes that are to stay free on a machine, or in a container, with `total` bytes of memory."""
    return min(total // 16, 512 * 2**20)


def expendable(pids: list[int]) -> None:
    """If the kernel must end something for want of memory, then these first."""
    for pid in pids:
        quietly_write(f"/proc/{pid}/oom_score_adj", 1000)


def humble(pids: list[int], uid: int) -> None:
    """All threads of the processes get the smallest share; root of a container must be that user to say so.

    Where Landlock keeps no signals in, they may stop who says it: nobody waits for it long.
    """
    try:
        for pid in pids:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                for task in os.listdir(f"/proc/{pid}/task"):
                    os.setpriority(os.PRIO_PROCESS, int(task), HUMBLEST)
    except PermissionError:
        words = ["renice", "-n", str(HUMBLEST), "-u", str(uid)]
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            said = subprocess.Popen(words, user=uid, group=uid, extra_groups=[], env={}, **QUIET)
            said.wait(SHORTLY)


def quietly_write(path: str, value: int) -> None:
    """Write where that can be done: the process may be gone, the kernel may lack it."""
    with contextlib.suppress(OSError), open(path, "w") as file:
        file.write(str(value))
