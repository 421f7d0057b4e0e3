"""The filter of system calls: its bytes, interpreted for both processors; and call by call in a real sandbox."""

import errno
import re
import struct
from pathlib import Path

import pytest

from autograder.sandbox import seccomp
from autograder.sandbox.kernel import Kernel
from autograder.sandbox.limits import SandboxUnavailable

ALLOWED = "allowed"
MACHINES = ("x86_64", "aarch64")


def verdict(program, number, *arguments, architecture):
    """What a filter says about one call: ALLOWED, or the error's number. Classic BPF, as the kernel runs it."""
    data = struct.pack("=iIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    accumulator, place = 0, 0
    while True:
        code, if_true, if_false, value = struct.unpack_from("=HBBI", program, 8 * place)
        place += 1
        if code == 0x20:  # load a word
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif code == 0x54:
            accumulator &= value
        elif code in (0x15, 0x35):
            holds = accumulator == value if code == 0x15 else accumulator >= value
            place += if_true if holds else if_false
        else:
            assert code == 0x06, f"unknown instruction {code:#x}"
            return ALLOWED if value == 0x7FFF0000 else value & 0xFFFF


@pytest.fixture(params=MACHINES)
def machine(request):
    return request.param


@pytest.fixture(params=["namespaces", "contained"])
def rung(request):
    return request.param


@pytest.fixture
def ask(machine, rung):
    """What the filter of this processor and rung says about a call by name."""
    program = seccomp.program(rung == "contained", machine)
    column, architecture = seccomp.MACHINES[machine]

    def ask(name, *arguments):
        number = {**seccomp.calls(), **OTHERS}[name][column]
        return number is not None and verdict(program, number, *arguments, architecture=architecture)

    return ask


OTHERS = {"read": (0, 63), "openat": (257, 56), "kill": (62, 129), "bind": (49, 200), "getpid": (39, 172)}
INET, VSOCK = 2, 40
STREAM, DGRAM, SEQPACKET, CLOEXEC = 1, 2, 5, 0o2000000
ON_BOTH = [
    *(("socket", (family, STREAM), errno.EAFNOSUPPORT) for family in (0, *range(2, 46))),
    *(("socketpair", (family, STREAM), errno.EAFNOSUPPORT) for family in (INET, VSOCK)),
    ("socket", (1, STREAM | CLOEXEC), ALLOWED),
    ("socket", (2**32 + 1, STREAM), ALLOWED),  # the kernel looks at the low 32 bits, too
    ("socketpair", (1, STREAM), ALLOWED),
    ("mmap", (0, 4096, 3, 0x21), errno.EPERM),
    ("mmap", (0, 4096, 3, 0x23), errno.EPERM),
    ("mmap", (0, 4096, 3, 0x40021), errno.EPERM),
    ("mmap", (0, 4096, 3, 0x22), ALLOWED),
    ("mmap", (0, 4096, 3, 0x01), ALLOWED),
    *(("setsockopt", (3, 1, option), errno.EPERM) for option in (7, 8, 32, 33)),
    ("setsockopt", (3, 1, 2), ALLOWED),
    ("setsockopt", (3, 6, 7), ALLOWED),
    ("clone", (0x00010F11,), ALLOWED),
    *(("clone", (flag | 17,), errno.EPERM) for flag in (0x10000000, 0x20000, 0x40000000, 0x20000000, 0x80)),
    ("clone", (0x00010B11,), errno.EPERM),  # a thread with open files of its own
    ("close_range", (3, 9, 2), errno.EPERM),
    ("close_range", (3, 9, 4), ALLOWED),
    ("clone3", (), errno.ENOSYS),
    ("prctl", (4, 0), errno.EPERM),
    ("prctl", (15,), ALLOWED),
    ("fcntl", (3, 1031), errno.EPERM),
    ("fcntl", (3, 1), ALLOWED),
    *((name, (), ALLOWED) for name in OTHERS),
    *((name, (), errno.EPERM) for name in ("memfd_create", "shmget", "io_setup", "unshare", "ptrace", "bpf")),
    *((name, (), errno.EPERM) for name in ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self")),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), ON_BOTH)
def test_each_call_on_both_processors_and_rungs(ask, name, arguments, expected):
    assert ask(name, *arguments) == expected


ELSEWHERE = [
    ("connect", (), errno.EPERM),
    ("inotify_add_watch", (), errno.EPERM),
    ("truncate", (), errno.EPERM),
    ("socket", (1, DGRAM), errno.EAFNOSUPPORT),
    ("socketpair", (1, DGRAM), errno.EAFNOSUPPORT),
    ("socket", (1, SEQPACKET), ALLOWED),
    ("fchmodat", (), 0),
    ("utimensat", (), 0),
    ("sched_setscheduler", (77,), 0),
    ("prlimit64", (77, 7), errno.EPERM),
    ("prlimit64", (0, 7), ALLOWED),
    ("sched_setaffinity", (77,), 0),
    ("setpriority", (0, 0), ALLOWED),
    ("setpriority", (0, 77), errno.EPERM),
    ("setpriority", (2, 0), errno.EPERM),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), ELSEWHERE)
def test_where_the_machines_own_things_are_around_more_is_refused(ask, rung, name, arguments, expected):
    assert ask(name, *arguments) == (expected if rung == "contained" else ALLOWED)


def test_every_named_call_has_a_rule(rung, machine):
    numbers = [number[seccomp.MACHINES[machine][0]] for number in seccomp.calls().values()]
    known = [number for number in numbers if number is not None]
    assert len(set(known)) == len(known)
    assert set(seccomp._rules(contained=True)) == set(seccomp.calls())
    assert len(seccomp.program(rung == "contained", machine)) // 8 < 4096  # the kernel takes no more


def test_calls_of_another_interface_are_refused(machine, rung):
    program = seccomp.program(rung == "contained", machine)
    column, architecture = seccomp.MACHINES[machine]
    getpid = OTHERS["getpid"][column]
    assert verdict(program, getpid, architecture=0x40000003) == errno.EPERM  # 32-bit x86
    assert verdict(program, 0x40000000 | getpid, architecture=architecture) == errno.EPERM
    assert verdict(program, getpid, architecture=architecture) == ALLOWED


@pytest.mark.parametrize(
    ("column", "header"),
    [(0, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), (1, "/usr/include/asm-generic/unistd.h")],
)
def test_numbers_are_those_of_the_kernels_headers(column, header):
    """Of calls that these headers know."""
    if not Path(header).exists():
        pytest.skip(f"{header} is not here (apt-get install linux-libc-dev)")
    lines = re.findall(r"#define __NR(?:3264)?_(\w+) (\d+)", Path(header).read_text())
    known = {name: int(number) for name, number in lines}
    ours = {name: numbers[column] for name, numbers in seccomp.calls().items() if name in known}
    assert len(ours) > 90 and ours == {name: known[name] for name in ours}


def test_other_processors_are_refused_with_a_sentence():
    with pytest.raises(SandboxUnavailable, match="riscv64 are not known here: there are those of x86_64 and aarch64"):
        seccomp.program(machine="riscv64")


# --- in a real sandbox ---


@pytest.fixture(scope="module")
def kernel():
    with Kernel() as running:
        yield running


CALLS = {
    "user namespace": ("unshare(0x10000000)", errno.EPERM),
    "mount namespace": ("unshare(0x00020000)", errno.EPERM),
    "System V memory": ("shmget(0, 4096, 0o1600)", errno.EPERM),
    "ptrace": ("ptrace(0, 0, 0, 0)", errno.EPERM),
    "mount": ("mount(b'none', b'/tmp', b'tmpfs', 0, 0)", errno.EPERM),
    "io_uring": ("syscall(425, 8, 0)", errno.EPERM),
    "clone": ("syscall(CLONE, 0x10000011, 0, 0, 0, 0)", errno.EPERM),
    "memfd": ("memfd_create(b'x', 0)", errno.EPERM),
    "shared memory": ("mmap(None, 4096, 3, 0x21, -1, 0)", errno.EPERM),
    "hidden from the watch": ("prctl(4, 0, 0, 0, 0)", errno.EPERM),
    "vsock": ("socket(40, 1, 0)", errno.EAFNOSUPPORT),
    "netlink": ("socket(16, 3, 0)", errno.EAFNOSUPPORT),
    "internet": ("socket(2, 1, 0)", errno.EAFNOSUPPORT),
    "a larger buffer": ("setsockopt(PAIR, 1, 7, BIG, 4)", errno.EPERM),
    "a larger pipe": ("fcntl(PIPE, 1031, 2**20)", errno.EPERM),
}


@pytest.mark.sandbox
@pytest.mark.parametrize(("call", "error"), CALLS.values(), ids=CALLS)
def test_system_calls_that_reach_around_the_limits_are_refused(kernel, call, error):
    code = f"""
import ctypes, os, platform, socket
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype, libc.mmap.argtypes = ctypes.c_ssize_t, [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 4]
CLONE = {seccomp.calls()["clone"]!r}[platform.machine() != "x86_64"]
ends, pipe, BIG = socket.socketpair(), os.pipe(), ctypes.byref(ctypes.c_int(2**24))
PAIR, PIPE = ends[0].fileno(), pipe[0]
assert libc.{call} == -1 and ctypes.get_errno() == {error}, ctypes.get_errno()
"""
    assert kernel.run(code, 30) is None


@pytest.mark.sandbox
def test_the_device_that_maps_shared_memory_is_not_there(kernel):
    code = "import mmap\nwith open('/dev/zero', 'r+b') as f: mmap.mmap(f.fileno(), 4096)"
    assert kernel.run(code, 30)[0] in ("PermissionError", "FileNotFoundError")
