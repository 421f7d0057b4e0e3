"""A seccomp filter for the sandbox: system calls that a notebook never needs and that reach around its limits.

Refused are memory that no limit counts (memfd, System V, shared anonymous maps, larger socket buffers and pipes),
every socket that is not local, new namespaces (they bring capabilities back), other processes' memory, and kernel
interfaces with a history of holes. `clone3` answers ENOSYS, so that C libraries fall back to `clone`, whose flags can
be looked at.

The rung `contained` has the machine's own files, processes and sockets around it. There the filter also refuses what
Landlock does not: to connect, to watch a folder, another process's limits and priority, and owner, mode and time of
files that the same user owns. Calls of the last kind answer "done" and do nothing, so that copying is no error.
"""

import errno
import platform
import struct

from autograder.sandbox.limits import SandboxUnavailable

MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # -> column below, audit architecture
# Name, number on x86_64, number on aarch64 (-: there is none), from asm/unistd_64.h and asm-generic/unistd.h
MEMORY = """
    memfd_create 319 279  memfd_secret 447 447  shmget 29 194  shmat 30 196  shmctl 31 195  semget 64 190  semop 65 193
    semctl 66 191  semtimedop 220 192  msgget 68 186  msgsnd 69 189  msgrcv 70 188  msgctl 71 187  mq_open 240 180
    mq_unlink 241 181  io_setup 206 0  remap_file_pages 216 234"""
NAMESPACES = """
    unshare 272 97  setns 308 268  mount 165 40  umount2 166 39  pivot_root 155 41  chroot 161 51  fsopen 430 430
    fsconfig 431 431  fsmount 432 432  fspick 433 433  open_tree 428 428  open_tree_attr 467 467  move_mount 429 429
    mount_setattr 442 442  statmount 457 457  listmount 458 458"""
PROCESSES = """
    ptrace 101 117  process_vm_readv 310 270  process_vm_writev 311 271  process_madvise 440 440
    process_mrelease 448 448  kcmp 312 272  pidfd_getfd 438 438  move_pages 279 239  migrate_pages 256 238"""
KERNEL = """
    add_key 248 217  request_key 249 218  keyctl 250 219  bpf 321 280  perf_event_open 298 241  userfaultfd 323 282
    io_uring_setup 425 425  io_uring_enter 426 426  io_uring_register 427 427  open_by_handle_at 304 265
    name_to_handle_at 303 264  fanotify_init 300 262  fanotify_mark 301 263  quotactl 179 60  quotactl_fd 443 443
    syslog 103 116  acct 163 89  swapon 167 224  swapoff 168 225  reboot 169 142  kexec_load 246 104
    kexec_file_load 320 294  init_module 175 105  finit_module 313 273  delete_module 176 106  personality 135 92
    landlock_create_ruleset 444 444  landlock_add_rule 445 445  landlock_restrict_self 446 446"""
LOOKED_AT = """
    clone 56 220  socket 41 198  socketpair 53 199  setsockopt 54 208  mmap 9 222  prctl 157 167  fcntl 72 25
    rt_sigaction 13 134
    close_range 436 436  prlimit64 302 261  sched_setaffinity 203 122  setpriority 141 140"""
OUTSIDE = """
    connect 42 203  inotify_init 253 -  inotify_init1 294 26  inotify_add_watch 254 27  truncate 76 45
    ioprio_set 251 30  setxattr 188 5  lsetxattr 189 6  fsetxattr 190 7  removexattr 197 14  lremovexattr 198 15
    fremovexattr 199 16  setxattrat 463 463  removexattrat 466 466  file_setattr 469 469"""
PRETENDED = """
    chmod 90 -  fchmod 91 52  fchmodat 268 53  fchmodat2 452 452  chown 92 -  fchown 93 55  lchown 94 -
    fchownat 260 54  utime 132 -  utimes 235 -  futimesat 261 -  utimensat 280 88  sched_setscheduler 144 119
    sched_setparam 142 118  sched_setattr 314 274"""
CLONE3 = "clone3 435 435"

X32 = 0x40000000  # system calls of the x32 interface, on x86_64
CLONE_NEW = 0x7E020080  # NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, NEWTIME
CLONE_FILES, CLONE_THREAD, UNSHARE_FILES = 0x400, 0x10000, 2  # a thread with open files of its own would hide them
AF_UNIX, SOCK_STREAM, SOCK_SEQPACKET, SOCK_KIND = 1, 1, 5, 0xF
SOL_SOCKET, BUFFERS = 1, (7, 8, 32, 33)  # SO_SNDBUF, SO_RCVBUF, and both with FORCE
SHARED_ANONYMOUS = 0x21  # MAP_SHARED and MAP_ANONYMOUS; Python's multiprocessing maps files instead
PRCTL = (4, 62)  # PR_SET_DUMPABLE hides a process's memory from the watch; PR_SCHED_CORE keeps neighbours off a core
SETPIPE_SZ = 1031
SIGCHLD = 17  # ignored, it would make the processor time of children nobody's

LOAD, AND, EQUAL, AT_LEAST, RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
NUMBER, ARCH, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data; of an argument the low 32 bits are looked at
ANY = 0xFFFFFFFF


def _instruction(code, value, if_true=0, if_false=0):
    return struct.pack("=HBBI", code, if_true, if_false, value)


DONE = _instruction(RETURN, ERRNO)
PASS = _instruction(RETURN, ALLOW)
REFUSE = _instruction(RETURN, ERRNO | errno.EPERM)
NO_FAMILY = _instruction(RETURN, ERRNO | errno.EAFNOSUPPORT)


def _only(*conditions, otherwise=REFUSE):
    """Allow a call if all (index of argument, mask, values) hold."""
    return b"".join(_test(*condition, otherwise) for condition in conditions) + PASS


def _never(*conditions):
    """Refuse a call if all (index of argument, mask, values) hold."""
    return b"".join(_test(*condition, PASS) for condition in conditions) + REFUSE


def _test(index, mask, values, otherwise):
    """Go on after this code if the argument is one of `values`."""
    code = _instruction(LOAD, ARGUMENTS + 8 * index) + _instruction(AND, mask)
    for left in range(len(values), 0, -1):
        code += _instruction(EQUAL, values[-left], left, 0)
    return code + otherwise


def program(contained: bool = False, machine: str | None = None) -> bytes:
    """The filter as bytes of classic BPF, for the rung `namespaces` or `contained`.

    SandboxUnavailable where the machine's system call numbers are not known here.
    """
    return assemble(_rules(contained), machine)


def without_namespaces() -> bytes:
    """A filter that only refuses namespaces and mounts, as containers do: to try the lower rung anywhere."""
    names = [*_names(NAMESPACES), "clone", "clone3"]
    return assemble({name: body for name, body in _rules(contained=False).items() if name in names})


def assemble(rules: dict[str, bytes], machine: str | None = None) -> bytes:
    """A filter of these rules: name of a call -> code that returns. What is not named is allowed."""
    machine = machine or platform.machine()
    if machine not in MACHINES:
        raise SandboxUnavailable(
            f"The numbers of system calls on a processor of the kind {machine} are not known here: there are those of "
            f"{' and '.join(MACHINES)}. Grade on such a machine."
        )
    column, architecture = MACHINES[machine]
    code = [
        _instruction(LOAD, ARCH),
        _instruction(EQUAL, architecture, 1, 0) + REFUSE,  # 32-bit system calls have other numbers
        _instruction(LOAD, NUMBER),
        _instruction(AT_LEAST, X32, 0, 1) + REFUSE,
    ]
    numbers = {name: number[column] for name, number in calls().items()}
    for name, body in rules.items():
        if numbers[name] is not None:
            code.append(_instruction(EQUAL, numbers[name], 0, len(body) // 8) + body)
    return b"".join([*code, PASS])


def calls() -> dict[str, tuple[int | None, ...]]:
    """Name -> numbers on x86_64 and aarch64, None where there is no such call."""
    words = " ".join([MEMORY, NAMESPACES, PROCESSES, KERNEL, LOOKED_AT, OUTSIDE, PRETENDED, CLONE3]).split()
    number = [None if word == "-" else int(word) for word in words if word == "-" or word.isdigit()]
    return dict(zip(words[::3], zip(number[::2], number[1::2], strict=True), strict=True))


def _rules(contained):
    """Name -> the code for that call; what is not named is allowed."""
    rules = dict.fromkeys(_names(MEMORY, NAMESPACES, PROCESSES, KERNEL), REFUSE)
    rules["clone3"] = _instruction(RETURN, ERRNO | errno.ENOSYS)
    threads = (0, CLONE_THREAD | CLONE_FILES, (0, CLONE_FILES, CLONE_THREAD | CLONE_FILES))
    rules["clone"] = _only((0, CLONE_NEW, (0,)), threads)
    rules["close_range"] = _only((2, UNSHARE_FILES, (0,)))
    rules["setsockopt"] = _never((1, ANY, (SOL_SOCKET,)), (2, ANY, BUFFERS))
    rules["mmap"] = _never((3, SHARED_ANONYMOUS, (SHARED_ANONYMOUS,)))
    rules["prctl"] = _never((0, ANY, PRCTL))
    rules["rt_sigaction"] = _never((0, ANY, (SIGCHLD,)))
    rules["fcntl"] = _never((1, ANY, (SETPIPE_SZ,)))
    for name in ("socket", "socketpair"):
        rules[name] = _only((0, ANY, (AF_UNIX,)), otherwise=NO_FAMILY)
    return rules | _rules_outside() if contained else rules


def _rules_outside():
    """What more is refused where the machine's own files, processes and sockets are around."""
    rules = dict.fromkeys(_names(OUTSIDE), REFUSE) | dict.fromkeys(_names(PRETENDED), DONE)
    local = (0, ANY, (AF_UNIX,))
    connected = (1, SOCK_KIND, (SOCK_STREAM, SOCK_SEQPACKET))  # a datagram needs no connect
    rules |= {name: _only(local, connected, otherwise=NO_FAMILY) for name in ("socket", "socketpair")}
    rules["prlimit64"] = _only((0, ANY, (0,)))  # of this process
    rules["sched_setaffinity"] = _only((0, ANY, (0,)), otherwise=DONE)
    rules["setpriority"] = _only((0, ANY, (0,)), (1, ANY, (0,)))
    return rules


def _names(*tables):
    return [word for table in tables for word in table.split()[::3]]
