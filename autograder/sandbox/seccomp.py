"""A seccomp filter for the sandbox: system calls that a notebook never needs and that reach around its limits.

Denied with EPERM: memory that no limit counts (memfd, System V), new namespaces (they bring capabilities back), other
processes' memory, kernel interfaces with a history of holes (io_uring, bpf, perf, userfaultfd, keyrings). `clone3`
answers ENOSYS, so that C libraries fall back to `clone`, whose flags can be looked at.
"""

import errno
import platform
import struct

CLONE_NEW = 0x7E020080  # NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, NEWTIME
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
LOAD, EQUAL, AT_LEAST, BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCH, FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
NEW = "io_uring_setup 425 io_uring_enter 426 io_uring_register 427 memfd_secret 447 "
X86_64 = """
    ptrace 101 unshare 272 setns 308 mount 165 umount2 166 pivot_root 155 memfd_create 319 shmget 29 shmat 30 shmctl 31
    semget 64 msgget 68 mq_open 240 add_key 248 request_key 249 keyctl 250 bpf 321 perf_event_open 298 userfaultfd 323
    process_vm_readv 310 process_vm_writev 311 open_by_handle_at 304 name_to_handle_at 303 fanotify_init 300"""
AARCH64 = """
    ptrace 117 unshare 97 setns 268 mount 40 umount2 39 pivot_root 41 memfd_create 279 shmget 194 shmat 196 shmctl 195
    semget 190 msgget 186 mq_open 180 add_key 217 request_key 218 keyctl 219 bpf 280 perf_event_open 241 userfaultfd 282
    process_vm_readv 270 process_vm_writev 271 open_by_handle_at 265 name_to_handle_at 264 fanotify_init 262"""
MACHINES = {  # -> audit architecture, number of clone, denied calls
    "x86_64": (0xC000003E, 56, NEW + X86_64),
    "aarch64": (0xC00000B7, 220, NEW + AARCH64),
}
CLONE3 = 435
X32 = 0x40000000  # system calls of the x32 interface, on x86_64


def _instruction(code, value, if_true=0, if_false=0):
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _refuse_if(number, error=errno.EPERM):
    return _instruction(EQUAL, number, 0, 1) + _instruction(RETURN, ERRNO | error)


def program(machine: str | None = None) -> bytes | None:
    """The filter as bytes for `bwrap --seccomp`, or None where the machine's system call numbers are not known here."""
    known = MACHINES.get(machine or platform.machine())
    if known is None:
        return None
    architecture, clone, words = known
    denied = [int(word) for word in words.split() if word.isdigit()]
    refuse = _instruction(RETURN, ERRNO | errno.EPERM)
    return b"".join(
        [
            _instruction(LOAD, ARCH),
            _instruction(EQUAL, architecture, 1, 0) + refuse,  # 32-bit system calls have other numbers
            _instruction(LOAD, NUMBER),
            _instruction(AT_LEAST, X32, 0, 1) + refuse,
            *(_refuse_if(number) for number in denied),
            _refuse_if(CLONE3, errno.ENOSYS),
            _instruction(EQUAL, clone, 1, 0) + _instruction(RETURN, ALLOW),
            _instruction(LOAD, FIRST_ARGUMENT),
            _instruction(BITS, CLONE_NEW, 0, 1) + refuse,
            _instruction(RETURN, ALLOW),
        ]
    )
