"""The rung `contained`, for ordinary containers, where there are no namespaces to be had.

The kernel runs beside the machine's own files and processes. Landlock lets it read libraries, Python and nst, and
write one folder; the filter (seccomp.py) leaves it no socket to the outside; started by root, it gets a user id that
nobody else has; rlimits and the watch bound the rest. stage.py does all that in the process itself, and stays outside
as a guard.
"""

import functools
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder.sandbox import places, seccomp, stage, users
from autograder.sandbox.limits import SandboxUnavailable
from autograder.sandbox.places import PROJECT
from autograder.sandbox.process import RUNNER, Sandbox, kernel_arguments, quietly, readable

SIGNALS = 6  # Landlock's ABI from which it keeps signals in, for processes of one user (Linux 6.12)
SPARE = 1024  # processes more than a plain user has already: enough for anybody, too few for a bomb to matter
WRITTEN = 16  # times the limit of the disk, in all
SCARCE = 2**30  # bytes of free space: below, who wrote goes
LONGEST = 90  # characters of the path to a socket (Unix allows 107)


class ContainedSandbox(Sandbox):
    """Its `process` is the guard: what the kernel starts remains below it, and ends with it."""

    level = "contained"
    scratch = ""
    looked, found = 0.0, (0, 0, "")  # when the folder was looked at last, and what was there

    def launch(self) -> None:
        uid = self.uid = users.own_uid()
        if why := obstacle(uid):
            raise SandboxUnavailable(why)
        self.scratch = self.sockets = tempfile.mkdtemp(prefix="kernel-")
        if len(self.scratch) > LONGEST:
            os.rmdir(self.scratch)
            raise SandboxUnavailable(
                f"the path of temporary files, {self.scratch}, is too long for a socket: set TMPDIR."
            )
        self.free = free(self.scratch)
        Path(self.scratch, "tmp").mkdir()
        Path(self.scratch, "connection.json").write_text(json.dumps(self.connection_info()))
        for path in ("", "tmp", "connection.json") if uid else ():
            os.chown(os.path.join(self.scratch, path), uid, uid)
        orders = readable(json.dumps(self._orders(uid)).encode())
        try:
            self.popen([sys.executable, "-I", "-S", stage.__file__], stdin=orders, start_new_session=True)
        finally:
            os.close(orders)
        self.pid = self.process.pid

    def _orders(self, uid):
        rlimits = self.limits.rlimits(self.level) | {"RLIMIT_NPROC": self.limits.threads if uid else tasks() + SPARE}
        environment = places.environment(self.scratch, str(PROJECT / "course"))
        limits = json.dumps({"uid": 0, "rlimits": rlimits})
        return {
            **readings(),
            "grader": os.getpid(),
            "uid": uid,
            "write": [self.scratch],
            "filter": seccomp.program(contained=True).hex(),
            "home": self.scratch,
            "command": [f"{sys.prefix}/bin/python", *kernel_arguments(str(RUNNER), limits, self.scratch)],
            "environment": environment | {"TMPDIR": f"{self.scratch}/tmp"},
        }

    def files(self) -> int:
        """Files in its folder, looked at twice a second."""
        if time.monotonic() > self.looked + 0.5:
            self.found = counted(self.scratch, self.limits.files)
            self.looked = time.monotonic()
        return self.found[0]

    def overfull(self, members: list[int]) -> str:
        """A file that is deleted and still open is in no folder: all that was ever written is bounded, too."""
        before = self.looked
        if why := super().overfull(members) or self.found[2]:
            return why
        if self.found[1] > 2 * self.limits.disk:
            return f"its files hold more than {2 * self.limits.disk >> 20} MB"
        if self.looked > before and sum(map(written, members)) > WRITTEN * self.limits.disk:
            return f"it wrote more than {WRITTEN * self.limits.disk >> 20} MB to the disk"
        if self.free - free(self.scratch) > self.limits.disk and free(self.scratch) < SCARCE:
            return "the disk ran full while it wrote"
        return ""

    def end(self) -> None:
        """The guard kills what is below it, removes the folder, then ends. One that had not begun leaves the folder."""
        quietly(self.process.terminate)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"process {self.process.pid}, guard of a sandbox, does not end") from error
        shutil.rmtree(self.scratch, ignore_errors=True)


def obstacle(uid: int) -> str:
    """Why this rung cannot be had, in a sentence, or an empty string. `uid`: the user id of its own, 0 for none."""
    if platform.system() != "Linux":
        return f"students' code is confined by the Linux kernel; this is {platform.system()}."
    seccomp.program(contained=True)  # which refuses unknown processors
    version = stage.landlock_version()
    if version < 1:
        return "the kernel has no Landlock (Linux 5.13 and newer have it, unless it is switched off)."
    if uid and (closed := users.closed_to_others([*places.roots(), RUNNER, PROJECT / "course" / "nst"])):
        return (
            f"the user of a sandbox may not enter {closed}, on the way to Python or to the course. "
            f"Type: chmod o+x {closed}, or move them elsewhere."
        )
    if private := places.private_in_roots():
        return f"students' code may read {sys.prefix} and /usr, and {private[0]} lies there: keep the course elsewhere."
    if os.getuid() == 0 and not uid:
        return (
            "root may not become another user here: CAP_SETUID, CAP_SETGID, setgroups and a second user id are needed. "
            "Start the grader as a plain user."
        )
    if not uid and version < SIGNALS:
        return (
            f"this kernel's Landlock (ABI {version}) does not keep signals in. "
            "Start the grader as root, or on Linux 6.12 or newer."
        )
    return ""


@functools.cache
def readings() -> dict[str, list[str]]:
    """Paths that may be read, and folders that may be listed only: for hidden files lie in them."""
    hidden = [path.resolve() for path in (*places.hooks(), *places.right_answers())]
    read: list[str] = []
    listed = [str(PROJECT / "course")]  # Python finds nst by listing it
    for root in [*places.roots(), PROJECT / "course" / "nst", RUNNER.parent, *places.existing(PROJECT / "assets")]:
        allow(root.resolve(), hidden, read, listed)
    return {"read": read, "list": listed}


def allow(path: Path, hidden: list[Path], read: list[str], listed: list[str]) -> None:
    """Add a path; if something hidden lies below it, its folder is listed and all else there added one by one."""
    if path in hidden:
        return
    if not any(place.is_relative_to(path) for place in hidden):
        read.append(str(path))
        return
    listed.append(str(path))
    for child in sorted(path.iterdir()):
        if not child.is_symlink():  # it would allow what it points to
            allow(child, hidden, read, listed)


def free(folder: str) -> int:
    """Bytes that are free on the file system of a folder; no end of them when the folder is gone."""
    try:
        status = os.statvfs(folder)
    except FileNotFoundError:
        return sys.maxsize
    return status.f_bavail * status.f_frsize


def written(pid: int) -> int:
    """Bytes that a process and the children it has waited for have sent to a disk; 0 when it is gone.

    0 also where root may not look into another user's processes (CAP_SYS_PTRACE): then free space is the bound.
    """
    try:
        with open(f"/proc/{pid}/io") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("write_bytes"))
    except (OSError, StopIteration):
        return 0


def tasks() -> int:
    """How many threads there are on this machine; at least as many as this user has."""
    return int(Path("/proc/loadavg").read_text().split()[3].split("/")[1])


def counted(folder: str, most: int) -> tuple[int, int, str]:
    """(files, bytes on disk, what hides more of them or "") below a folder, links not followed; it stops counting
    beyond `most` files."""
    count = size = 0
    folders = [folder]
    while folders and count <= most:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    count += 1
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
        except FileNotFoundError:
            continue  # gone meanwhile
        except PermissionError:  # root looks into it all the same
            return count, size, "it closed a folder, so that what it holds could not be counted"
        except OSError:
            return most + 1, size, ""  # a path too long to be looked at
    return count, size, ""
