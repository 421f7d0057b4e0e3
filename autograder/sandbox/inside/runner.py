"""What runs inside the sandbox: an ipykernel with limits on itself and one more message, `grade_call`.

    python runner.py LIMITS_JSON [ipykernel arguments]

`grade_call` forks a child, calls the student's function there twice on the same argument objects for every case, and
replies with the encoded answers. Where parts are lent, the child may ask for their right answers on the way: the reply
is then such a question, and `grade_answer` carries its answer in. Student code shares this process, so nothing said
here is believed outside: it is data for a judge that knows the right answers. This folder is all of the grader that is
visible inside.
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
from collections.abc import Callable
from typing import Any

import numpy as np

from nst.plumbing.patience import Patience, computed

if __package__:
    from autograder.sandbox.inside import protocol
    from autograder.sandbox.inside.child import QUESTION, child, silence, write_all
else:  # inside, where this folder is all that there is of the grader
    import protocol  # type: ignore[no-redef]
    from child import QUESTION, child, silence, write_all  # type: ignore[no-redef]

KEPT: dict[str, Callable] = {}  # function as it was after its solution cell
TALK: list["Talk"] = []  # the child that has asked and waits, if any


def set_limits(limits: dict) -> None:
    """Bind this process and all its children; hard limits, so no descendant can raise them (it has no capability)."""
    for name, value in limits["rlimits"].items():
        resource.setrlimit(getattr(resource, name), (value, value))


def drop_root(uid: int) -> None:
    """Become `uid` for good (no supplementary groups); process limits do not bind root."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


# --- in the kernel: one fresh child per request -------------------------------------------------------------------


def answer(request: dict, namespace: dict) -> dict:
    """Reply to one grade_call: {"missing": true}, {"lines": [...], "end": "done" | "time" | "died" | "size"}, or
    {"question": text}, which waits for `carry_on`."""
    stop_talking()
    name = request["function"]
    function = KEPT.get(name, namespace.get(name)) if request["kept"] else namespace.get(name)
    if not callable(function):
        return {"missing": True}
    KEPT[name] = function
    TALK.append(Talk(function, namespace, request))
    return TALK[0].reply()


def carry_on(text: str) -> dict:
    """Reply to one grade_answer, which answers the last question: as `answer` does."""
    return TALK[0].tell(text) if TALK else {"lines": [], "end": "died"}


def stop_talking() -> None:
    """End the child that is still there, if any."""
    while TALK:
        TALK.pop().end()


class Talk:
    """A child in a fork, its lines so far, and how long it may still take."""

    def __init__(self, function: Callable, namespace: dict, request: dict):
        self.wanted, self.room = 3 * len(request["cases"]), request["bytes"]
        self.data, self.lines = bytearray(), []
        self.lines_end, lines_in = os.pipe()
        answers_out, self.answers_end = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            run_child(function, namespace, request, (lines_in, answers_out), (self.lines_end, self.answers_end))
        os.close(lines_in)
        os.close(answers_out)
        self.limits = (lambda: computed(self.pid)), request["seconds"], request["idle"]
        self.patience = Patience(*self.limits)

    def reply(self) -> dict:
        """What the child has said once it has ended, asks, floods, or takes longer than it may over one call."""
        while len(self.lines) < self.wanted:
            text, newline, rest = self.data.partition(b"\n")
            if newline:
                self.data = rest
                if text.startswith(QUESTION):
                    return {"question": text.removeprefix(QUESTION).decode("ascii", "replace")}
                self.lines.append(text.decode("ascii", "replace"))
                self.patience = Patience(*self.limits)
            elif end := self.read():
                return self.result(end)
        return self.result("done")

    def read(self) -> str:
        """Wait for more; how the child ended, or an empty string."""
        over = self.patience.over()  # before: what came while this process was held up counts
        if not select.select([self.lines_end], [], [], 0 if over else 0.1)[0]:
            return "time" if over else ""
        chunk = os.read(self.lines_end, min(1 << 20, self.room + 1))
        self.data += chunk
        self.room -= len(chunk)
        return "died" if not chunk else "size" if self.room < 0 else ""

    def result(self, end: str) -> dict:
        stop_talking()
        return {"lines": self.lines, "end": end}

    def tell(self, text: str) -> dict:
        """Answer the child's question, and listen on."""
        with contextlib.suppress(BrokenPipeError):  # it has ended, which reading will show
            write_all(self.answers_end, text.encode() + b"\n")
        return self.reply()

    def end(self) -> None:
        """Kill whatever is left of the child."""
        os.close(self.lines_end)
        os.close(self.answers_end)
        kill_group(self.pid)


def run_child(function: Callable, namespace: dict, request: dict, own: tuple, others: tuple) -> None:
    try:
        os.setsid()
        for end in others:
            os.close(end)
        child(function, namespace, request, *own)
    finally:
        os._exit(1)


def kill_group(pid: int) -> None:
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):  # already gone
            kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def leaks(hidden: list[str], grader: int) -> list[str]:
    """What should not be so in here: asked once, before any student's code runs. Everything is really tried.

    `grader`: number of the grader's process, or 0 where that number means something else in here.
    """
    found = [f"{name} can be imported" for name in ("autograder", "solutions") if importlib.util.find_spec(name)]
    found += [f"{path} is visible" for path in hidden if can(os.listdir, path) and os.listdir(path)]
    found += [f"{path} can be read" for path in hidden if can(read, os.path.join(path, "__init__.py"))]
    found += [
        f"{path} is writable" for path in ("/", sys.prefix, os.path.dirname(protocol.__file__)) if can(plant, path)
    ]
    files = (protocol.__file__, "/proc/sys/kernel/core_pattern")  # the latter runs programs as root
    found += [f"{path} is writable" for path in files if can(os.open, path, os.O_WRONLY)]
    found += [f"sockets of family {family} can be had" for family in range(64) if can(open_socket, family)]
    if os.getuid() == 0 or any(capabilities()):
        found.append("the process is privileged")
    if grader and can(os.kill, grader, 0):
        found.append("the grader can be sent signals")
    found += [f"the grader's {name} can be read" for name in ("environ", "maps") if can(read, f"/proc/{grader}/{name}")]
    return found


def can(action: Callable, *arguments: Any) -> bool:
    """Whether it works."""
    with contextlib.suppress(OSError):
        action(*arguments)
        return True
    return False


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(100)


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
    """The words of this process's effective and permitted capabilities."""
    version, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None, use_errno=True).capget(version, sets):
        raise OSError(ctypes.get_errno(), "capget")
    return [sets[0], sets[1], sets[3], sets[4]]


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
            self.shell_handlers["grade_answer"] = self.grade_answer
            self.shell_handlers["grade_probe"] = self.grade_probe

        def grade_probe(self, stream, ident, parent):
            content = {"leaks": leaks(**parent["content"])}
            self.session.send(stream, "grade_reply", content, parent, ident=ident)

        def grade_call(self, stream, ident, parent):
            content = answer(parent["content"], self.shell.user_ns)
            self.session.send(stream, "grade_reply", content, parent, ident=ident)

        def grade_answer(self, stream, ident, parent):
            content = carry_on(parent["content"]["answer"])
            self.session.send(stream, "grade_reply", content, parent, ident=ident)

    keep_to_itself()
    application: Any = IPKernelApp.instance(kernel_class=GradingKernel)
    application.initialize(argv)
    shell = application.shell
    shell.events.register("pre_execute", lambda: shell.user_ns.setdefault("np", np))
    shell.system = shell.system_raw  # `!command` without a terminal: not every sandbox has one
    shell.ask_exit = lambda: None  # exit() would end the kernel some cells later
    if limits.get("waits") and not os.read(0, 1):
        return  # the grader has died while this started
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
