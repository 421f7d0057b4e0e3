"""What processes use, read from /proc: memory, sockets, processor time; and what the machine has left."""

import contextlib
import os
from dataclasses import dataclass

import psutil

from autograder.sandbox import cgroup

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
CHILDREN_LISTED = os.path.exists(f"/proc/self/task/{os.getpid()}/children")  # quicker than searching all of /proc
SHARED = ("/dev/zero (deleted)", "/memfd:", "/SYSV")  # names of memory that counts as nobody's once it is not mapped


# --- who ----------------------------------------------------------------------------------------------------------


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


def holder(pid: int) -> str:
    """The folder in /proc of a thread that holds the process's memory and open files.

    Where the first thread has ended by itself, /proc/PID shows none, and the others live on with all of it.
    """
    folder = f"/proc/{pid}"
    with contextlib.suppress(OSError):
        if _holds(folder):
            return folder
        for task in os.listdir(f"{folder}/task"):
            if _holds(f"{folder}/task/{task}"):
                return f"{folder}/task/{task}"
    return folder


def _holds(folder):
    with contextlib.suppress(OSError), open(f"{folder}/statm") as file:
        return not file.read().startswith("0 ")
    return False


# --- memory -------------------------------------------------------------------------------------------------------


def resident(pid: int) -> int:
    """Bytes of its own memory that a process holds now (a fork counts again); 0 when it is gone."""
    try:
        with open(f"{holder(pid)}/statm") as file:
            _, total, shared, *_ = map(int, file.read().split())
    except (OSError, ValueError):
        return 0
    return (total - shared) * PAGE


def proportional(pid: int) -> int:
    """Bytes that a process holds now, what it shares with others divided by their number; slower than `resident`.

    Where this look is forbidden (PR_SET_DUMPABLE, root without CAP_SYS_PTRACE), it counts in full.
    """
    try:
        with open(f"{holder(pid)}/smaps_rollup") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:")) << 10
    except PermissionError:
        return resident(pid)
    except (OSError, StopIteration):
        return 0


def sockets(pids: list[int]) -> int:
    """Different sockets and pipes that the processes hold open together.

    Root of a container may not look at another user's: then an eighth of its table of open files counts.
    """
    found: set[str] = set()
    guessed = 0
    for pid in pids:
        try:
            folder = f"{holder(pid)}/fd"
            for name in os.listdir(folder):
                with contextlib.suppress(FileNotFoundError):
                    found.add(os.readlink(f"{folder}/{name}"))
        except PermissionError:
            guessed += table(pid) // 8
        except OSError:
            continue
    return guessed + sum(name.startswith(("socket:", "pipe:")) for name in found)


def table(pid: int) -> int:
    """Entries in a process's table of open files, used or not: 64, 128, 256 ..."""
    with contextlib.suppress(OSError, StopIteration), open(f"{holder(pid)}/status") as file:
        return int(next(line for line in file if line.startswith("FDSize:")).split()[1])
    return 0


def descriptors(pids: list[int]) -> int:
    """Open files of the processes together, what they share counted again: quicker than `sockets`."""
    count = 0
    for pid in pids:
        folder = f"{holder(pid)}/fd"
        try:
            count += os.stat(folder).st_size or len(os.listdir(folder))  # the size says it since Linux 6.2
        except PermissionError:
            count += table(pid)
        except OSError:
            continue
    return count


def claim(pids: list[int]) -> int:
    """Bytes that the processes may hold at most as far as can be seen: with shared mappings and full sockets. Slow."""
    return sum(map(resident, pids)) + _shared(pids) + sockets(pids) * _socket_buffer()


def _shared(pids: list[int]) -> int:
    """Bytes of shared memory without a file, each region once: what was touched and let go is still there."""
    regions = {}
    for pid in pids:
        with contextlib.suppress(OSError), open(f"{holder(pid)}/maps") as file:
            for line in file:
                words = line.split(maxsplit=5)
                if words[1].endswith("s") and words[5:] and words[5].startswith(SHARED):
                    first, last = (int(word, 16) for word in words[0].split("-"))
                    regions[words[4], words[2]] = last - first
    return sum(regions.values())


def _socket_buffer() -> int:
    with contextlib.suppress(OSError, ValueError), open("/proc/sys/net/core/wmem_default") as file:
        return int(file.read())
    return 212_992


# --- the machine --------------------------------------------------------------------------------------------------


def available() -> tuple[int, int]:
    """(bytes of memory that can be had, bytes in all), of the machine or, if less, of a group around this process."""
    machine, limits = psutil.virtual_memory(), cgroup.own_limits()
    free = min([machine.available, *(limit - held for limit, held in limits)])
    return free, min([machine.total, *(limit for limit, _ in limits)])


# --- processor time -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """A process as /proc/PID/stat shows it: its session, threads, and seconds of its own and of children waited for."""

    running: bool
    session: int
    threads: int
    seconds: float


def threads(pids: list[int]) -> int:
    """Threads of all these processes."""
    return sum(one.threads for one in map(seen, pids) if one)


def held_up(pids: list[int]) -> bool:
    """Whether a thread of these processes waits for nothing but a processor or a disk."""
    for pid in pids:
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{pid}/task"):
                with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/stat", "rb") as file:
                    if file.read().rpartition(b")")[2].split()[0] in b"RD":
                        return True
    return False


def seen(pid: int) -> Seen | None:
    """What can be seen of a process (also of one that has ended and was not waited for); None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return Seen(fields[0] == b"R", int(fields[3]), int(fields[17]), sum(map(int, fields[11:15])) / TICKS)
