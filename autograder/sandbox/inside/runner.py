"""What runs inside the sandbox: an ipykernel with limits on itself and one more message, `grade_call`.

    python runner.py LIMITS_JSON [ipykernel arguments]

`grade_call` forks a child, calls the student's function there twice on the same argument objects for every case, and
replies with the encoded answers. Student code shares this process, so nothing said here is believed outside: it is
data for a judge that knows the right answers. This folder is all of the grader that is visible inside.
"""

import contextlib
import ctypes
import importlib.util
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nst.checks import calling
from nst.checks.comparison import NotSerialisable, Raised
from nst.plumbing.patience import Patience, computed

if __package__:
    from autograder.sandbox.inside import protocol
else:  # inside, where this folder is all that there is of the grader
    import protocol  # type: ignore[no-redef]

KEPT = {}  # function as it was after its solution cell: name -> object


def silence() -> None:
    """From here on what is written to the standard descriptors goes nowhere."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def set_limits(limits: dict) -> None:
    """Bind this process and all its children; hard limits, so no descendant can raise them (it has no capability)."""
    for name, value in limits["rlimits"].items():
        resource.setrlimit(getattr(resource, name), (value, value))


def drop_root(uid: int) -> None:
    """Become `uid` for good (no supplementary groups); process limits do not bind root."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


# --- in the child: call, encode, one line per call ----------------------------------------------------------------


def results(function: Callable, arguments: tuple) -> Iterator[dict]:
    """Two results of `function` on the same objects; each is encoded before the next call, so aliases show."""
    for _ in range(2):
        result = calling.call(function, arguments)
        try:
            yield tagged(result)
        except BaseException as error:  # whatever the value's own methods do
            yield {"odd": str(error)[:200]}


def tagged(result: Any) -> dict:
    """{"value": encoded}, {"raised": [kind, message, line]} or {"odd": what was returned instead of data}."""
    if isinstance(result, Raised):
        return {"raised": [result.kind[:60], result.message[:300], result.line[:200]]}
    if isinstance(result, NotSerialisable):
        return {"odd": result.what[:200]}
    return {"value": protocol.encode(result)}


def child(function: Callable, request: dict, out: int) -> None:
    """Answer all cases of `request`, one JSON line per call, to the file descriptor `out`. Never returns."""
    silence()
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    names = getattr(function, "__globals__", {})
    names.setdefault("np", np)
    for part, entries in request["stubs"].items():
        names[part] = calling.lookup(part, protocol.decode(entries, protocol.ARGUMENTS))
    for case in request["cases"]:
        for result in results(function, protocol.decode(case, protocol.ARGUMENTS)):
            write_all(out, protocol.dumps(result).encode() + b"\n")
    os._exit(0)


def write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


# --- in the kernel: one fresh child per request -------------------------------------------------------------------


def answer(request: dict, namespace: dict) -> dict:
    """Reply to one grade_call: {"missing": true} or {"lines": [...], "end": "done" | "time" | "died" | "size"}."""
    name = request["function"]
    function = KEPT.get(name, namespace.get(name)) if request["kept"] else namespace.get(name)
    if not callable(function):
        return {"missing": True}
    KEPT[name] = function
    return ask_child(function, request)


def ask_child(function: Callable, request: dict) -> dict:
    """Run `child` in a fork and read its lines within the request's limits; kill whatever is left of it."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        run_child(function, request, write_end, read_end)
    os.close(write_end)
    try:
        return read_lines(read_end, request, pid)
    finally:
        os.close(read_end)
        kill_group(pid)


def run_child(function: Callable, request: dict, write_end: int, read_end: int) -> None:
    try:
        os.setsid()
        os.close(read_end)
        child(function, request, write_end)
    finally:
        os._exit(1)


def kill_group(pid: int) -> None:
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):  # already gone
            kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def read_lines(descriptor: int, request: dict, pid: int) -> dict:
    """Lines of the child until it ends, floods or takes longer than it may over one call."""
    wanted, data, lines = 2 * len(request["cases"]), bytearray(), []
    limits = (lambda: used(pid)), request["seconds"], request["idle"]
    patience = Patience(*limits)
    while len(lines) < wanted:
        if not select.select([descriptor], [], [], 0.1)[0]:
            if patience.over():
                return {"lines": lines, "end": "time"}
            continue
        chunk = os.read(descriptor, 1 << 20)
        if not chunk:
            return {"lines": lines, "end": "died"}
        data += chunk
        if len(data) > request["bytes"]:
            return {"lines": lines, "end": "size"}
        *complete, rest = bytes(data).split(b"\n")
        if complete:
            patience = Patience(*limits)
            lines += [line.decode("ascii", "replace") for line in complete]
            request["bytes"] -= len(data) - len(rest)
            data = bytearray(rest)
    return {"lines": lines[:wanted], "end": "done"}


def leaks(hidden: list[str], grader: int) -> list[str]:
    """What should not be so in here: asked once, before any student's code runs. Everything is really tried.

    `grader`: number of the grader's process, or 0 where that number means something else in here.
    """
    found = [f"{name} can be imported" for name in ("autograder", "solutions") if importlib.util.find_spec(name)]
    found += [f"{path} is visible" for path in hidden if can(os.listdir, path) and os.listdir(path)]
    found += [f"{path} can be read" for path in hidden if can(open, os.path.join(path, "__init__.py"))]
    found += [
        f"{path} is writable" for path in ("/", sys.prefix, os.path.dirname(protocol.__file__)) if can(plant, path)
    ]
    found += [f"{path} is writable" for path in (protocol.__file__,) if can(os.open, path, os.O_WRONLY)]
    found += [f"sockets of family {family} can be had" for family in range(64) if can(open_socket, family)]
    if os.getuid() == 0 or any(capabilities()):
        found.append("the process is privileged")
    if grader and can(os.kill, grader, 0):
        found.append("the grader can be sent signals")
    return found


def can(action: Callable, *arguments: Any) -> bool:
    """Whether it works."""
    with contextlib.suppress(OSError):
        action(*arguments)
        return True
    return False


def plant(folder: str) -> None:
    """Make a file there, and take it away again."""
    path = os.path.join(folder, f".leak-{os.getpid()}")
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    os.unlink(path)


def open_socket(family: int) -> None:
    """Any socket but a local one."""
    if family == socket.AF_UNIX:
        raise OSError
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        with contextlib.suppress(OSError):
            return socket.socket(family, kind).close()
    raise OSError


def capabilities() -> list[int]:
    """The words of this process's effective and permitted capabilities; /proc, which tells them, may be closed."""
    version, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None, use_errno=True).capget(version, sets):
        raise OSError(ctypes.get_errno(), "capget")
    return [sets[0], sets[1], sets[3], sets[4]]


def used(pid: int) -> float:
    """Seconds of processor time of a child; where /proc is closed, without those of its own children."""
    with contextlib.suppress(OSError):
        return computed(pid) or time.clock_gettime(~pid << 3 | 2)  # the processor clock of that process
    return 0.0


def keep_to_itself() -> None:
    """ipykernel listens on TCP for what forked processes print; nobody hears it, and there is no TCP."""
    from ipykernel.iostream import IOPubThread

    send = IOPubThread._really_send

    def send_here(thread, *words, **options):
        if thread._is_master_process():
            send(thread, *words, **options)

    for name, function in {"_setup_pipe_in": lambda thread: None, "_really_send": send_here}.items():
        setattr(IOPubThread, name, function)


def main(limits: dict, argv: list[str]) -> None:
    """Start the kernel; returns when it ends."""
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # not used here, and slow to load
    from ipykernel.ipkernel import IPythonKernel
    from ipykernel.kernelapp import IPKernelApp

    class GradingKernel(IPythonKernel):
        def __init__(self, **options):
            super().__init__(**options)
            self.shell_handlers["grade_call"] = self.grade_call
            self.shell_handlers["grade_probe"] = self.grade_probe

        def grade_probe(self, stream, ident, parent):
            content = {"leaks": leaks(**parent["content"])}
            self.session.send(stream, "grade_reply", content, parent, ident=ident)

        def grade_call(self, stream, ident, parent):
            content = answer(parent["content"], self.shell.user_ns)
            self.session.send(stream, "grade_reply", content, parent, ident=ident)

    keep_to_itself()
    application: Any = IPKernelApp.instance(kernel_class=GradingKernel)
    application.initialize(argv)
    shell = application.shell
    shell.events.register("pre_execute", lambda: shell.user_ns.setdefault("np", np))
    shell.system = shell.system_raw  # `!command` without a terminal: not every sandbox has one
    shell.ask_exit = lambda: None  # exit() would end the kernel some cells later
    silence()
    os.nice(5)  # whoever watches from outside goes first
    set_limits(limits)
    application.start()


if __name__ == "__main__":
    _limits = json.loads(sys.argv[1])
    if _limits["uid"]:
        drop_root(_limits["uid"])
    del sys.path[0]
    main(_limits, sys.argv[2:])
