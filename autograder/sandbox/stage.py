"""Confines a process without namespaces, and ends what it leaves. Stand-alone; reads its orders from standard input.

    python -I -S stage.py < orders.json

The child takes its own user id, gives up all rights, and becomes the kernel. This process stays outside as its guard:
all that the kernel starts, whatever its session, remains below the guard (a subreaper), which kills it when the kernel
has ended, when told to (SIGTERM), or when the grader is gone.
"""

import contextlib
import ctypes
import json
import os
import signal
import stat
import struct
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
PDEATHSIG, SET_SECCOMP, FILTER, SUBREAPER, NO_NEW_PRIVS, AMBIENT, CLEAR_ALL = 1, 22, 2, 36, 38, 47, 4
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # Landlock's calls have these numbers on every processor
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
MAKE_CHAR, MAKE_BLOCK, REFER, TRUNCATE, IOCTL_DEVICE = 1 << 6, 1 << 11, 1 << 13, 1 << 14, 1 << 15
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE
TCP, SCOPES = 0b11, 0b11  # bind and connect; abstract sockets and signals
DEVICES = ("/dev/null", "/dev/urandom", "/dev/random")
REMOVE = 'chmod -R u+rwX -- "$1"; rm -rf -- "$1"'  # as deep as a student went, also what is closed to its owner
FACTS = ("/proc", "/sys/devices/system/cpu", "/sys/devices/system/node")  # TensorFlow aborts without its /proc/self


def main(orders: dict) -> None:
    """Fork: the child is confined and becomes the kernel, this process its guard."""
    check(libc.prctl(SUBREAPER, 1, 0, 0, 0), "become a subreaper")
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # until there is something to end, and who ends it
    check(libc.prctl(PDEATHSIG, signal.SIGTERM, 0, 0, 0), "be told of the grader's end")
    if os.getppid() != orders["grader"]:
        sys.exit()
    kernel = os.fork()
    if kernel:
        guard(kernel, orders["uid"], orders["home"])
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    try:
        become_kernel(orders)
    except Exception as error:  # whatever it is, this process must not go on as the grader's user
        place = getattr(error, "filename", None)
        words = getattr(error, "strerror", None) or repr(error)
        print(f"{words}: {place}" if place else words, file=sys.stderr, flush=True)
    finally:
        os._exit(1)


def check(result: int, what: str) -> int:
    """The result of a call to the kernel, or an OSError that says what could not be done."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"could not {what} ({os.strerror(number)})")
    return result


# --- the guard ----------------------------------------------------------------------------------------------------


def guard(kernel: int, uid: int, home: str) -> None:
    """Wait for the kernel's end or the order to end it; leave nothing of it, alive or on the disk. Never returns."""
    signal.signal(signal.SIGTERM, told)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        while os.waitpid(-1, 0)[0] != kernel:
            pass
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        sweep(uid)
        os.execv("/bin/sh", ["sh", "-c", REMOVE, "sh", home])


def told(*_) -> None:
    """To end it: once. A second order would interrupt what the first one began."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit()


def sweep(uid: int) -> None:
    """Kill until no child is left: each orphan becomes this process's child in the end."""
    while True:
        kill_user(uid) if uid else kill_descendants()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
            time.sleep(0.002)
            continue
        return


def kill_user(uid: int) -> None:
    """SIGKILL to all processes of a user that nobody else is, at once: no fork can escape it.

    Who sends it is that user by its effective id only, or they could stop it first: the next id is nobody's, too.
    """
    child = os.fork()
    if child == 0:
        try:
            os.setresuid(uid + 1, uid, uid + 1)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def kill_descendants() -> None:
    """Stop them all first, until there is no new one: what is stopped does not fork."""
    stopped: set[int] = set()
    while new := descendants() - stopped:
        signal_all(new, signal.SIGSTOP)
        stopped |= new
    signal_all(stopped, signal.SIGKILL)


def signal_all(pids: set[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def descendants() -> set[int]:
    """All processes below this one. One whose first thread has ended looks like a zombie, and may be none."""
    parents = {}
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError, ValueError):
            with open(f"/proc/{int(name)}/stat", "rb") as file:
                parent = file.read().rpartition(b")")[2].split()[1]
            parents.setdefault(int(parent), []).append(int(name))
    found = [os.getpid()]
    for pid in found:
        found += parents.get(pid, [])
    return set(found[1:])


# --- the kernel ---------------------------------------------------------------------------------------------------


def become_kernel(orders: dict) -> None:
    """Confine this process for good, then run the kernel's command in its place."""
    os.setsid()
    os.umask(0o077)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # where memory runs out, the kernel goes first
    if orders["uid"]:
        become(orders["uid"])
    check(libc.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0), "be ended with the guard")
    drop_capabilities()
    check(libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0), "forbid new privileges")
    restrict_files(orders["read"], orders["list"], orders["write"])
    filter_calls(bytes.fromhex(orders["filter"]))
    os.chdir(orders["home"])
    os.execve(orders["command"][0], orders["command"], orders["environment"])


def become(uid: int) -> None:
    """Take a user id for good, without any group of before."""
    try:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    except OSError as error:
        raise OSError(error.errno, f"root may not become user {uid} here ({error.strerror})") from error


def drop_capabilities() -> None:
    check(libc.prctl(AMBIENT, CLEAR_ALL, 0, 0, 0), "drop capabilities")
    version, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    check(libc.capset(version, nothing), "drop capabilities")


def landlock_version() -> int:
    """Landlock's ABI in this kernel; 0 where there is none."""
    return max(libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1)), 0)


def restrict_files(read: list[str], listed: list[str], write: list[str]) -> None:
    """Landlock: `read` may be read and run, `listed` listed, `write` written; no signal or abstract socket beyond."""
    version = landlock_version()
    files = (1 << 13) - 1
    files |= (REFER if version >= 2 else 0) | (TRUNCATE if version >= 3 else 0) | (IOCTL_DEVICE if version >= 5 else 0)
    words = [files] + [TCP] * (version >= 4) + [SCOPES] * (version >= 6)
    attributes = struct.pack(f"={len(words)}Q", *words)
    size = ctypes.c_size_t(len(attributes))
    rules = check(libc.syscall(CREATE_RULESET, attributes, size, ctypes.c_uint32(0)), "make Landlock rules")
    changed = files & ~(EXECUTE | MAKE_CHAR | MAKE_BLOCK | IOCTL_DEVICE)
    granted = (
        (read, EXECUTE | READ_FILE | READ_DIR),
        (FACTS, READ_FILE | READ_DIR),
        (listed, READ_DIR),
        (write, changed),
        (DEVICES, READ_FILE | WRITE_FILE),
    )
    for paths, rights in granted:
        for path in paths:
            grant(rules, path, rights & files)
    check(libc.syscall(RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0)), "confine itself by Landlock")
    os.close(rules)


def grant(rules: int, path: str, rights: int) -> None:
    """Allow these rights below a path; what is no longer there, or closed to this user anyway, needs none."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return
    if not stat.S_ISDIR(os.fstat(place).st_mode):
        rights &= ON_FILES
    if rights:
        rule = struct.pack("=Qi", rights, place)
        check(libc.syscall(ADD_RULE, ctypes.c_int(rules), 1, rule, ctypes.c_uint32(0)), f"allow {path}")
    os.close(place)


def filter_calls(program: bytes) -> None:
    """Load a seccomp filter."""

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))

    filtered = Program(len(program) // 8, program)
    check(libc.prctl(SET_SECCOMP, FILTER, ctypes.byref(filtered), 0, 0), "filter system calls")


if __name__ == "__main__":
    main(json.load(sys.stdin))
