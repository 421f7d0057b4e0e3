"""The trusted end of one sandboxed kernel: run cells, ask for answers, bound everything that comes back.

Only the shell socket is connected: what a cell prints or displays goes nowhere, and cannot be told from silence. Every
reply is bytes from a hostile process until protocol.py has read them.
"""

import math
import os
import time
from collections.abc import Callable
from typing import ClassVar

import zmq
from jupyter_client.blocking import BlockingKernelClient

from autograder.sandbox.bubblewrap import NamespaceSandbox
from autograder.sandbox.contained import ContainedSandbox
from autograder.sandbox.inside import protocol
from autograder.sandbox.limits import Limits, SandboxUnavailable
from autograder.sandbox.places import PRIVATE
from autograder.sandbox.process import Sandbox, UnsafeSandbox
from autograder.sandbox.watch import Watch
from nst.plumbing.patience import Patience

FRAME = 500  # bytes that a frame of a message counts beside its own: an empty one costs time, too
SEND_SECONDS = 2  # for a message to leave: only one is ever under way
KINDS = {kind.level: kind for kind in (NamespaceSandbox, ContainedSandbox, UnsafeSandbox)}


def sandbox(level: str, limits: Limits | None = None) -> Sandbox:
    """A sandbox at the level of that name, not yet started."""
    if level not in KINDS:
        raise ValueError(f"{level!r} is no level of confinement: there are {', '.join(KINDS)}")
    return KINDS[level](limits)


class KernelDead(Exception):
    """The kernel ended, hung, flooded or spoke nonsense; the message says which, for instructors and students."""


class Kernel:
    """A running sandboxed kernel; use as a context manager. Its methods raise KernelDead and never anything else.

    Entering it raises SandboxUnavailable where no sandbox can be had, or one that leaks.
    """

    probed: ClassVar[set[str]] = set()  # levels at which a kernel has looked around inside, in this process

    def __init__(self, limits: Limits | None = None, level: str = "namespaces"):
        self.limits, self.deadline = limits or Limits(), math.inf
        self.context = zmq.Context()
        self._bound_sockets()
        self.sandbox = sandbox(level, self.limits)
        self.received = 0

    def _bound_sockets(self):
        """Set before any socket connects. No reconnecting: a student could put another socket in the kernel's place.
        No waiting for one that has died or does not listen: it would be for ever."""
        bounds = {
            zmq.SNDTIMEO: SEND_SECONDS * 1000,
            zmq.MAXMSGSIZE: self.limits.message,
            zmq.RCVHWM: self.limits.queue,
            zmq.SNDHWM: self.limits.queue,
        }
        for option, value in {**bounds, zmq.RECONNECT_IVL: -1, zmq.LINGER: 0}.items():
            self.context.setsockopt(option, value)

    def allow(self, limits: Limits, deadline: float) -> None:
        """Set what it may use from here on, and until when; its processes keep the limits that they started with."""
        self.limits = self.sandbox.limits = limits
        self.deadline = deadline

    def begin(self) -> None:
        """Start the sandbox and do not wait for it: entering does."""
        self.sandbox.begin()

    def drop(self) -> None:
        """End what was begun and not entered."""
        self.sandbox.kill()
        self.context.destroy(0)

    def __enter__(self):
        try:
            self._start()
        except BaseException:  # Ctrl-C, too: nothing stays
            self.drop()
            raise
        self.client = BlockingKernelClient(context=self.context)
        self.client.load_connection_info(self.sandbox.connection_info())
        self.socket = self.client.connect_shell()
        self.watch = Watch(self.sandbox)
        self.watch.start()
        if self.sandbox.level != "unsafe" and self.sandbox.level not in Kernel.probed:
            self._probe()
        return self

    def _start(self):
        if self.sandbox.process is not None and self.sandbox.process.poll() is not None:  # it has died since it began
            self.sandbox.kill()
            self.sandbox = sandbox(self.sandbox.level, self.limits)
        self.sandbox.start()

    def _probe(self):
        """Look around inside, before any student's code; once per process. SandboxUnavailable if something leaks."""
        hidden = [str(path) for path in PRIVATE]
        grader = os.getpid() if self.sandbox.level == "contained" else 0
        try:
            patience = self._patience(self.limits.start_seconds)
            leaks = self._ask("grade_probe", {"hidden": hidden, "grader": grader}, patience).get("leaks")
        except KernelDead as death:
            leaks = [f"looking around inside failed ({death})"]
        if leaks != []:
            self.__exit__()
            raise SandboxUnavailable(f"The sandbox is not tight, so nothing is graded: {leaks}.")
        Kernel.probed.add(self.sandbox.level)

    def __exit__(self, *_):
        self.sandbox.kill()
        self.watch.stop()
        self.socket.close(0)
        self.context.destroy(0)

    def peak(self) -> int:
        """Bytes of memory that all processes inside held together, at most, so far."""
        self.watch.look()
        return self.watch.peak

    def run(self, source: str, seconds: float) -> tuple[str, str] | None:
        """Run a cell; None, or the error it ended with as (kind, message)."""
        content = {"code": source, "silent": True, "store_history": False, "user_expressions": {}}
        content |= {"allow_stdin": False, "stop_on_error": False}
        reply = self._ask("execute_request", content, self._patience(seconds))
        if reply.get("status") == "ok":
            return None
        return str(reply.get("ename", "Error"))[:60], str(reply.get("evalue", ""))[:300]

    def call(self, request: dict, seconds: float, answer: Callable[[object], str] | None = None) -> dict:
        """The reply of runner.py to a `grade_call`: a dict, not yet checked beyond JSON's own form.

        Questions that come before it are put to `answer`, which bounds their number and says what is sent back.
        """
        patience = self._patience(seconds)
        reply = self._ask("grade_call", request, patience)
        while answer and "question" in reply:
            reply = self._ask("grade_answer", {"answer": answer(reply["question"])}, patience)
        return reply

    def _patience(self, seconds):
        return Patience(self.computed, seconds, self.limits.idle_seconds, self.watch.held_up)

    def _ask(self, kind, content, patience):
        message = self.client.session.msg(kind, content)
        try:
            self.client.session.send(self.socket, message)
            return self._answer(message["header"]["msg_id"], patience)
        except zmq.Again as error:
            raise KernelDead(self.watch.reason() or "the kernel died, or does not listen") from error
        except zmq.ZMQError as error:
            raise KernelDead(f"the connection to the kernel broke ({error})") from error

    def _answer(self, wanted, patience):
        """The reply to the request `wanted`, while there is patience, and until the kernel's deadline.

        Over is looked at first: where this process was held up, what has come meanwhile is a reply all the same, or an
        end.
        """
        while True:
            over = "there was no time left for it" if time.monotonic() > self.deadline else patience.over()
            if self.socket.poll(0 if over else 100):
                reply = self._read(self.socket.recv_multipart())
                if reply and reply[0] == wanted:
                    return reply[1]
            elif self.sandbox.process.poll() is not None:
                raise KernelDead(self.watch.reason() or "the kernel died")
            elif over:
                raise KernelDead(self.watch.reason() or over)

    def computed(self) -> float:
        """Seconds of processor time that everything inside has used so far."""
        return self.watch.seconds()

    def _read(self, frames):
        """(id of the request, content) of one message, or None if it is not one of this session."""
        self.received += sum(len(frame) + FRAME for frame in frames)
        if self.received > 4 * self.limits.message:
            raise KernelDead("it sent too much")
        try:
            _, parts = self.client.session.feed_identities(frames)
            header = protocol.loads(parts[2])
            content = protocol.loads(parts[4])
        except (ValueError, IndexError, TypeError):
            return None
        parent = header.get("msg_id") if isinstance(header, dict) else None
        return (parent, content) if isinstance(content, dict) else None
