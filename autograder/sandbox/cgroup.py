"""A control group for each sandbox, where one can be had: memory, processes and processors, counted by the kernel.

What a group counts cannot be hidden: memory that nobody maps, full sockets, the time of children that nobody waits for.
Asked in this order: systemd (of root or of the user) makes a scope; a folder of cgroup v2 that this process may
write to, a delegated one or root's own, gets a subfolder; version 1 gives weights of processors, to root (its memory
limit does not count sockets). Where nothing can be had, `watch.py` holds alone.
"""

import contextlib
import functools
import itertools
import os
import shutil
import subprocess
import time
from pathlib import Path

from autograder.sandbox.limits import Limits

PREFIX = "nst-sandbox-"
CONTROLLERS = ("memory", "pids", "cpu")
SYSTEMD = Path("/run/systemd/system")  # is there when systemd runs the machine
MANAGER = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")
V2 = ("memory.max", "memory.current", "inactive_file")
V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
UNLIMITED = 2**60  # version 1 says no limit by a number beyond
_numbers = itertools.count()


class Group:
    """The control group of one sandbox. `folder` is of version 2, `weights` of version 1; None where there is none."""

    def __init__(self, folder: Path | None, weights: Path | None = None):
        self.folder, self.weights = folder, weights
        self.limits_memory = folder is not None and (folder / "memory.max").exists()
        self.ended_before = ended_for_memory()

    @property
    def shares_processors(self) -> bool:
        """Whether the kernel divides the processors between sandboxes, however many processes each has."""
        return self.weights is not None or (self.folder is not None and (self.folder / "cpu.weight").exists())

    def members(self) -> list[int]:
        """All processes in the group, also those that left their session or lost their parent."""
        return [int(word) for word in _read(self.folder, "cgroup.procs").split()]

    def seconds(self) -> float:
        """Seconds of processor time that everything in the group has used, also what has ended; 0 where not counted."""
        return int(_entry(_read(self.folder, "cpu.stat"), "usage_usec")) / 1e6

    def burst(self) -> bool:
        """Whether the kernel has ended it for its memory. Systemd takes an empty group away: then all ends count."""
        if self.folder is not None and self.folder.exists():
            return _entry(_read(self.folder, "memory.events"), "oom_kill") != "0"
        return self.limits_memory and ended_for_memory() > self.ended_before

    def close(self) -> None:
        """End what is left in the group, and the group."""
        if self.folder is not None:
            _write(self.folder / "cgroup.kill", 1)
        for folder in filter(None, (self.folder, self.weights)):
            _remove(folder)


def join(pids: list[int], limits: Limits) -> Group | None:
    """Put the processes, and so all that they will start, into a new group with these limits; None if there is none."""
    folder, weights = _version_2(pids, limits), None
    if folder is None or not (folder / "cpu.weight").exists():
        weights = _version_1(pids)
    return Group(folder, weights) if folder or weights else None


@functools.cache
def describe() -> str:
    """One sentence for people: what control groups count here."""
    if _systemd():
        return f"version 2, by systemd: limits on {', '.join(CONTROLLERS)}"
    home, weights = _home(), "; version 1: the weight of processors" if _weights() else ""
    if home is None:
        return f"none can be had here{weights}: the processes are watched from outside"
    limits = ", ".join(name for name in CONTROLLERS if name in _enabled(home))
    return f"version 2: limits on {limits}" if limits else f"version 2: processes and time are counted{weights}"


# --- version 2 ----------------------------------------------------------------------------------------------------


def _version_2(pids: list[int], limits: Limits) -> Path | None:
    """The group's folder, with the processes in it."""
    if command := _systemd():
        return _scope(command, pids, limits)
    home = _home()
    return _made(home, _values(limits), pids) if home else None


def _values(limits: Limits) -> dict[str, int]:
    """Files of a group and what to write there. Files in memory (home, /tmp, /dev/shm) count in a group, too."""
    return {
        "memory.max": limits.memory + 3 * limits.disk,
        "memory.swap.max": 0,
        "memory.oom.group": 1,
        "pids.max": limits.threads,
        "cpu.weight": 100,  # that of any other group
    }


def _home() -> Path | None:
    """The folder of version 2 to make groups in: this process's own, or the one above; None if none may be written."""
    mount, own = _mounted("cgroup2"), _own("")
    if mount is None or own is None:
        return None
    for folder in dict.fromkeys((mount / own, (mount / own).parent)):
        if not folder.is_relative_to(mount) or not os.access(folder / "cgroup.procs", os.W_OK):
            continue
        for name in CONTROLLERS:
            _write(folder / "cgroup.subtree_control", f"+{name}")
        if _can_hold(folder):
            return folder
    return None


def _can_hold(folder: Path) -> bool:
    """Whether groups below count memory; or, where no controller is of version 2, at least can be made."""
    return "memory" in _enabled(folder) or not set(CONTROLLERS) & set(_read(folder, "cgroup.controllers").split())


def _enabled(folder: Path) -> list[str]:
    return _read(folder, "cgroup.subtree_control").split()


# --- version 2, by systemd ----------------------------------------------------------------------------------------


@functools.cache
def _systemd() -> tuple[str, ...]:
    """The words that ask systemd for something: the machine's own under root, else the user's; () if it will not."""
    program = shutil.which("busctl")
    if program is None or not SYSTEMD.exists() or _mounted("cgroup2") is None:
        return ()
    words = (program, "--quiet", *(() if os.getuid() == 0 else ("--user",)))
    answer = _run([*words, "get-property", *MANAGER, "Version"])
    return words if answer else ()


def _scope(command: tuple[str, ...], pids: list[int], limits: Limits) -> Path | None:
    """A scope of systemd's with these processes and limits."""
    values = _values(limits)
    properties = [
        ("PIDs", "au", len(pids), *pids),
        ("MemoryMax", "t", values["memory.max"]),
        ("MemorySwapMax", "t", 0),
        ("TasksMax", "t", values["pids.max"]),
        ("CPUWeight", "t", values["cpu.weight"]),
        ("CollectMode", "s", "inactive-or-failed"),
    ]
    words = ["ssa(sv)a(sa(sv))", f"{_name()}.scope", "fail", len(properties), *itertools.chain(*properties), 0]
    if not _run([*command, "call", *MANAGER, "StartTransientUnit", *map(str, words)]):
        return None
    folder = _arrived(pids[0])
    if folder is not None:
        _write(folder / "memory.oom.group", 1)  # all or nothing; systemd has a word for it since 253 only
    return folder


def _arrived(pid: int) -> Path | None:
    """The folder that systemd has put the process into, which takes it a moment."""
    mount = _mounted("cgroup2")
    end = time.monotonic() + 5  # of a busy machine
    while mount is not None and time.monotonic() < end:
        own = _own("", pid)
        if own is not None and own.name.startswith(PREFIX):
            return mount / own
        time.sleep(0.005)
    return None


def _run(words: list[str]) -> bool:
    try:
        return subprocess.run(words, capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


# --- version 1 ----------------------------------------------------------------------------------------------------


def _version_1(pids: list[int]) -> Path | None:
    """A folder of version 1 that gives the processes one share of the processors together."""
    home = _weights()
    return _made(home, {"cpu.shares": 1024}, pids) if home else None


def _weights() -> Path | None:
    """This process's own folder of the controller `cpu` of version 1, if it may be written."""
    mount, own = _mounted("cgroup", "cpu"), _own("cpu")
    folder = mount / own if mount is not None and own is not None else None
    return folder if folder and os.access(folder / "cgroup.procs", os.W_OK) else None


# --- the grader's own ---------------------------------------------------------------------------------------------


def own_limits() -> list[tuple[int, int]]:
    """(bytes of memory allowed, bytes held now) of each group around this process: a container's, a batch system's."""
    mount, own, names = _mounted("cgroup2"), _own(""), V2
    if _mounted("cgroup", "memory") is not None:
        mount, own, names = _mounted("cgroup", "memory"), _own("memory"), V1
    found = []
    for folder in (mount / own, *(mount / own).parents) if mount is not None and own is not None else ():
        with contextlib.suppress(OSError, ValueError):
            limit = int((folder / names[0]).read_text())
            if limit < UNLIMITED:
                cache = int(_entry(_read(folder, "memory.stat"), names[2]))  # would be let go
                found.append((limit, int((folder / names[1]).read_text()) - cache))
    return found


def ended_for_memory() -> int:
    """How many processes this machine's kernel has ended for want of memory, its own or a container's; 0 if unknown."""
    with contextlib.suppress(OSError), open("/proc/vmstat") as file:
        return next((int(line.split()[1]) for line in file if line.startswith("oom_kill ")), 0)
    return 0


# --- where things are ---------------------------------------------------------------------------------------------


@functools.cache
def _mounted(kind: str, option: str = "") -> Path | None:
    """Where a file system of this kind, with this option, is mounted."""
    with open("/proc/self/mountinfo") as lines:
        for line in lines:
            before, _, after = line.partition(" - ")
            name, _, options = after.split()[:3]
            if name == kind and (not option or option in options.split(",")):
                return Path(before.split()[4])
    return None


def _own(controller: str, pid: int | str = "self") -> Path | None:
    """The group of a process below that mount: of a controller of version 1, or ("") of version 2."""
    for line in _read(Path(f"/proc/{pid}"), "cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(",") and ".." not in path:
            return Path(path.lstrip("/"))
    return None


def _name() -> str:
    return f"{PREFIX}{os.getpid()}-{next(_numbers)}"


def _new(home: Path) -> Path:
    """A name for a new group; empty ones go, whose grader was killed."""
    for left in home.glob(f"{PREFIX}*"):
        if not os.path.exists(f"/proc/{left.name.removeprefix(PREFIX).partition('-')[0]}"):
            with contextlib.suppress(OSError):  # somebody else's, or not empty yet
                left.rmdir()
    return home / _name()


def _made(home: Path, values: dict[str, int], pids: list[int]) -> Path | None:
    """A new group with these values, as far as there are files for them, and these processes; None if it cannot be."""
    folder = _new(home)
    try:
        folder.mkdir()
        for name, value in values.items():
            if (folder / name).exists():
                _write(folder / name, value)
        for pid in pids:
            (folder / "cgroup.procs").write_text(str(pid))
    except OSError:
        _remove(folder)
        return None
    return folder


def _read(folder: Path | None, name: str) -> str:
    with contextlib.suppress(OSError):
        return (folder / name).read_text() if folder is not None else ""
    return ""


def _write(path: Path, value: object) -> None:
    """Write, if it can be written: not every kernel and every group has every file."""
    with contextlib.suppress(OSError):
        path.write_text(str(value))


def _entry(text: str, name: str) -> str:
    return next((line.split()[1] for line in text.splitlines() if line.startswith(f"{name} ")), "0")


def _remove(folder: Path) -> None:
    """Remove a group; the last of its processes may take a moment to be gone."""
    end = time.monotonic() + 2
    while folder.exists() and time.monotonic() < end:
        with contextlib.suppress(OSError):
            return folder.rmdir()
        time.sleep(0.005)
