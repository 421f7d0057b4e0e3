"""The rung `namespaces`: a kernel inside bubblewrap. What is there inside, and what is not."""

import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from autograder.sandbox import places, seccomp, users
from autograder.sandbox.limits import Limits, SandboxUnavailable
from autograder.sandbox.places import PROJECT
from autograder.sandbox.process import Sandbox, kernel_arguments, quietly, readable

INSIDE = Path("/module")  # course/nst, assets and the runner, as the sandbox sees them
SOCKETS = "/run/kernel"
HOME = "/home/student"
WRITABLE = (HOME, "/tmp", "/dev/shm", SOCKETS)
APPARMOR = "AppArmor lets only programs with a profile make user namespaces here (Ubuntu 23.10 and newer)."
REASONS = {  # words of bubblewrap -> what is to be said with them
    "uid map: Permission denied": APPARMOR,
    "uid map: Operation not permitted": "Root without CAP_SETFCAP may not make a user namespace.",
    "RTM_NEWADDR": APPARMOR,
    "mount proc": "/proc is masked here, as it is in most containers.",
    "namespace": "Namespaces are not allowed here, as in most containers.",
}


class NamespaceSandbox(Sandbox):
    """Nothing of the host is there but what is bound read-only; no network; all ends with the first process.

    The sockets lie on the sandbox's own small tmpfs; the client reaches them through /proc/PID/root, so that there is
    no shared folder to fill or to plant links in.
    """

    level = "namespaces"
    handle = None

    def launch(self) -> None:
        mounts = os.getuid() == 0 and users.capable(users.SYS_ADMIN)
        uid = self.uid = users.own_uid() if mounts else 0  # else a user namespace gives the right to mount
        limits = json.dumps({"uid": uid, "rlimits": self.limits.rlimits(self.level), "waits": True})
        runner = str(INSIDE / "runner" / "runner.py")
        inside = [f"{sys.prefix}/bin/python", *kernel_arguments(runner, limits, SOCKETS)]
        self.sockets = SOCKETS
        connection = readable(json.dumps(self.connection_info()).encode())
        info = os.memfd_create("info")  # a pipe would break with the grader, and bubblewrap with it, half-way
        fds = {"info": info, "connection": connection, "seccomp": readable(seccomp.program())}
        try:
            command = bwrap_command(self.limits, uid, inside, fds)
            self.popen(command, pass_fds=list(fds.values()), stdin=subprocess.PIPE)
            self._find(info)
        finally:
            for fd in fds.values():
                os.close(fd)

    def _find(self, info):
        """The process that is number 1 inside, as bubblewrap tells it, and its sockets by its view of the files."""
        end = time.monotonic() + self.limits.start_seconds
        while not (told := os.pread(info, 4096, 0)).rstrip().endswith(b"}"):
            if self.process.poll() is not None or time.monotonic() > end:
                raise SandboxUnavailable(self.why())
            time.sleep(0.001)
        self.pid = json.loads(told)["child-pid"]
        with contextlib.suppress(OSError, AttributeError):  # without pidfd, bubblewrap's own end is the sandbox's
            self.handle = os.pidfd_open(self.pid)
        self.sockets = f"/proc/{self.pid}/root{SOCKETS}"

    def ready(self) -> None:
        """Let the kernel go on. It waits for a word, or for the end of whoever could say it: until here not all of
        bubblewrap's own processes have asked to be ended with their parents."""
        with contextlib.suppress(BrokenPipeError), self.process.stdin:  # it may have died
            self.process.stdin.write(b"1")

    def explain(self, words: str) -> str:
        reason = next((reason for known, reason in REASONS.items() if known in words), "")
        return f"bubblewrap did not start: {words} {reason}".strip()

    def files(self) -> int:
        count = 0
        for place in WRITABLE:
            with contextlib.suppress(OSError):  # the process may just have ended
                status = os.statvfs(f"/proc/{self.pid}/root{place}")
                count += status.f_files - status.f_ffree
        return count

    def end(self) -> None:
        """The pid namespace dies with its first process."""
        self.process.stdin.close()
        if self.handle is not None:
            handle, self.handle = self.handle, None
            quietly(signal.pidfd_send_signal, handle, signal.SIGKILL)
            os.close(handle)


def bwrap_command(limits: Limits, uid: int, command: list[str], descriptors: dict[str, int]) -> list[str]:
    """bubblewrap's arguments for `command`; `descriptors`: info (to write), connection and seccomp (to read)."""
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxUnavailable("bubblewrap (bwrap) is not installed. Type: sudo apt-get install bubblewrap.")
    return [
        program,
        *_namespaces(uid),
        *("--info-fd", str(descriptors["info"])),
        *("--seccomp", str(descriptors["seccomp"])),
        "--clearenv",
        *(
            word
            for name, value in places.environment(HOME, str(INSIDE / "course")).items()
            for word in ("--setenv", name, value)
        ),
        *("--proc", "/proc", "--dev", "/dev"),
        *_writable("/dev/shm", 2**24),
        *_writable("/tmp", limits.disk),
        *_writable(HOME, limits.disk),
        *_writable(SOCKETS, 2**20),
        *_read_only(),  # after /tmp: the project may lie below it
        *("--perms", "0644", "--file", str(descriptors["connection"]), f"{SOCKETS}/connection.json"),
        *("--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME, "--"),
        *command,
    ]


def _namespaces(uid):
    """All namespaces new. Root needs no user namespace, but two capabilities until the runner has dropped root."""
    own = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    user = (
        ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        if uid
        else ["--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534"]
    )
    return [*own, *user, "--hostname", "sandbox", "--die-with-parent", "--new-session"]


@functools.cache
def version() -> str:
    """As bubblewrap says it."""
    program = shutil.which("bwrap")
    words = subprocess.run([program, "--version"], capture_output=True, text=True).stdout if program else ""
    return words.strip()


def _read_only():
    """Bind what may be read: libraries, this Python, the helper, assets, the runner; hide the editable install."""
    binds = [(path, path) for path in places.roots()]
    binds += [
        (PROJECT / "course" / "nst", INSIDE / "course" / "nst"),
        (PROJECT / "autograder" / "sandbox" / "inside", INSIDE / "runner"),
        *((path, INSIDE / "assets") for path in places.existing(PROJECT / "assets")),
    ]
    words = []
    for parent in _parents(target for _, target in binds):
        words += ["--perms", "0755", "--dir", parent]
    for source, target in binds:
        link = Path(source).is_symlink()
        words += ["--symlink", os.readlink(source), str(target)] if link else ["--ro-bind", str(source), str(target)]
    return words + _masks()


def _parents(paths):
    """Folders above `paths`, outermost first, without the root: readable inside whatever their mode outside."""
    folders = {str(parent) for path in paths for parent in Path(path).parents}
    return sorted(folders - {"/"}, key=len)


def _masks():
    """Nothing over /dev/zero, which mapped shared is memory that nobody counts, over the editable install's hooks, and
    over right answers; empty folders over the project if a bind shows it."""
    words = []
    answers = [INSIDE / path.relative_to(PROJECT) for path in places.right_answers()]
    for hidden in ("/dev/zero", *places.hooks(), *answers):
        words += ["--ro-bind", "/dev/null", str(hidden)]
    for private in places.private_in_roots():
        words += ["--tmpfs", str(private), "--remount-ro", str(private)]
    return words


def _writable(path, size):
    return ["--perms", "0777", "--size", str(size), "--tmpfs", path]
