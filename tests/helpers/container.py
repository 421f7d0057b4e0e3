"""A container as hosted graders have it, made of bubblewrap: own folder tree, root without CAP_SYS_ADMIN, limits.

It shows the system's libraries and this Python environment (as /opt/grader), and what a test puts into its tree.
"""

import contextlib
import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

from autograder.rehearsal.container import KEPT
from autograder.sandbox import seccomp

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc")
_names = itertools.count()


def run(tree, command, *, cwd, memory=None, processors=None, timeout=300):
    """The finished process of `command` in a container where `tree` (path inside -> folder outside) is writable.

    It may make no namespaces and no mounts: a filter of system calls denies them, as those of container engines do.
    `memory` (bytes) and `processors` are held by control groups; see `limits_work`.
    """
    arguments = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--die-with-parent"]
    arguments += [
        "--proc",
        "/proc",
        "--ro-bind",
        "/sys/fs/cgroup",
        "/sys/fs/cgroup",
        "--dev",
        "/dev",
        "--tmpfs",
        "/tmp",
        "--perms",
        "1777",
        "--tmpfs",
        "/dev/shm",
    ]
    for path in map(Path, SYSTEM):
        if path.is_symlink():
            arguments += ["--symlink", os.readlink(path), str(path)]
        elif path.exists():
            arguments += ["--ro-bind", str(path), str(path)]
    for parent in (Path("/opt"), *reversed(Path(sys.base_prefix).parents[:-1])):
        arguments += ["--perms", "0755", "--dir", str(parent)]
    arguments += ["--ro-bind", sys.base_prefix, sys.base_prefix, "--ro-bind", sys.prefix, "/opt/grader"]
    arguments += [word for inside, outside in tree.items() for word in ("--bind", str(outside), inside)]
    arguments += [
        "--cap-drop",
        "ALL",
        *(word for name in KEPT.split() for word in ("--cap-add", f"CAP_{name.upper()}")),
    ]
    arguments += ["--clearenv", "--setenv", "PATH", "/usr/bin:/bin", "--setenv", "HOME", "/root", "--chdir", cwd]
    with contextlib.ExitStack() as stack:
        reader, writer = os.pipe()
        os.write(writer, seccomp.without_namespaces())
        os.close(writer)
        stack.callback(os.close, reader)
        arguments += ["--seccomp", str(reader)]
        groups = stack.enter_context(limited(memory, processors))
        enter = f'for g in {" ".join(groups)}; do echo $$ > "$g/cgroup.procs" || exit 99; done; exec "$@"'
        started = ["bash", "-c", enter, "enter", *arguments, "--", *command]
        return subprocess.run(started, capture_output=True, text=True, timeout=timeout, pass_fds=[reader], check=False)


@contextlib.contextmanager
def limited(memory, processors):
    """Control groups (v2 or v1) with these limits; their folders."""
    wanted = {}
    if memory:
        wanted["memory"] = {"memory.max": memory, "memory.swap.max": 0, "memory.limit_in_bytes": memory}
    if processors:
        quota = int(100_000 * processors)
        wanted["cpu"] = {"cpu.max": f"{quota} 100000", "cpu.cfs_quota_us": quota}
    made = []
    try:
        for controller, files in wanted.items():
            folder = _root(controller) / f"container-{os.getpid()}-{next(_names)}"
            folder.mkdir()
            made.append(folder)
            for name, value in files.items():
                if (folder / name).exists():
                    (folder / name).write_text(str(value))
        yield [str(folder) for folder in made]
    finally:
        for folder in made:
            _remove(folder)


def _remove(folder, seconds=5.0):
    """Remove a group; its last processes may still be ending."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return folder.rmdir()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _root(controller):
    """Where groups for a controller are made: cgroup v1's hierarchy of it, or cgroup v2's root."""
    v1 = Path("/sys/fs/cgroup") / controller
    return v1 if v1.is_dir() else Path("/sys/fs/cgroup")


def limits_work():
    """Whether control groups can be made here; otherwise why not."""
    try:
        with limited(2**30, 0.5) as folders:
            files = [list(Path(folder).glob("*max")) + list(Path(folder).glob("*limit_in_bytes")) for folder in folders]
            return "" if all(files[:1]) else "the memory controller is not delegated to this group"
    except OSError as error:
        return f"no control group can be made here ({error})"
