"""The command line of bubblewrap: what is there inside, and what is not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from autograder.sandbox.limits import Limits, SandboxUnavailable

PROJECT = Path(__file__).resolve().parents[2]
PRIVATE = (PROJECT / "autograder", PROJECT / "solutions")  # submissions and the gradebook lie there, too
INSIDE = Path("/module")  # course/nst, assets and the runner, as the sandbox sees them
SOCKETS = "/run/kernel"
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/localtime")


def bwrap_command(limits: Limits, uid: int, command: list[str], descriptors: dict[str, int | None]) -> list[str]:
    """bubblewrap's arguments for `command`; `descriptors`: info (to write), connection and seccomp (to read)."""
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxUnavailable("bubblewrap (bwrap) is not installed. Type: sudo apt-get install bubblewrap")
    return [
        program,
        *_namespaces(uid),
        *("--info-fd", str(descriptors["info"])),
        *(("--seccomp", str(descriptors["seccomp"])) if descriptors["seccomp"] is not None else ()),
        "--clearenv",
        *(word for name, value in environment().items() for word in ("--setenv", name, value)),
        *("--proc", "/proc", "--dev", "/dev"),
        *_writable("/dev/shm", 2**24),
        *_writable("/tmp", limits.disk),
        *_writable("/home/student", limits.disk),
        *_writable(SOCKETS, 2**20),
        *_read_only(),  # after /tmp: the project may lie below it
        *("--perms", "0644", "--file", str(descriptors["connection"]), f"{SOCKETS}/connection.json"),
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/home/student", "--"),
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


def version() -> str:
    """As bubblewrap says it."""
    program = shutil.which("bwrap")
    words = subprocess.run([program, "--version"], capture_output=True, text=True).stdout if program else ""
    return words.strip()


def environment() -> dict[str, str]:
    """The whole environment inside."""
    return {
        "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
        "HOME": "/home/student",
        "USER": "student",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(INSIDE / "course"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "IPYTHONDIR": "/home/student/.ipython",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": "/home/student/.matplotlib",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "NST_WEIGHTS": "bundled",
        "NST_PROGRESS": "off",  # a check that a student's cell makes writes nothing
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def _read_only():
    """Bind what may be read: libraries, this Python, the helper, assets, the runner; hide the editable install."""
    binds = [(path, path) for path in _existing(*SYSTEM, sys.base_prefix, sys.prefix)]
    binds += [
        (PROJECT / "course" / "nst", INSIDE / "course" / "nst"),
        (PROJECT / "autograder" / "sandbox" / "inside", INSIDE / "runner"),
        *((path, INSIDE / "assets") for path in _existing(PROJECT / "assets")),
    ]
    words = []
    for parent in _parents(target for _, target in binds):
        words += ["--perms", "0755", "--dir", parent]
    for source, target in binds:
        link = Path(source).is_symlink()
        words += ["--symlink", os.readlink(source), str(target)] if link else ["--ro-bind", str(source), str(target)]
    return words + _masks()


def _existing(*paths):
    return [Path(path) for path in dict.fromkeys(map(str, paths)) if os.path.exists(path)]


def _parents(paths):
    """Folders above `paths`, outermost first, without the root: readable inside whatever their mode outside."""
    folders = {str(parent) for path in paths for parent in Path(path).parents}
    return sorted(folders - {"/"}, key=len)


def _masks():
    """Empty files over the editable install's hooks; empty folders over the project if a bind shows it."""
    words = []
    for site in Path(sys.prefix).glob("lib/python3*/site-packages"):
        for hook in sorted(site.glob("__editable__*")):
            words += ["--ro-bind", "/dev/null", str(hook)]
    roots = [root for root in _existing(*SYSTEM, sys.base_prefix, sys.prefix) if not root.is_symlink()]
    for private in _existing(*PRIVATE, *Path(sys.prefix).glob("lib/python3*/site-packages/autograder")):
        if any(private.is_relative_to(root) for root in roots):
            words += ["--tmpfs", str(private), "--remount-ro", str(private)]
    return words


def _writable(path, size):
    return ["--perms", "0777", "--size", str(size), "--tmpfs", path]
