"""A real ipykernel as a confined process: what all levels share. See bubblewrap.py and contained.py for the rungs."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.sandbox import places
from autograder.sandbox.limits import Limits, SandboxUnavailable

RUNNER = places.PROJECT / "autograder" / "sandbox" / "inside" / "runner.py"


class Sandbox:
    """One process tree, at one level. `start` returns when the kernel's sockets are there; `kill` leaves nothing alive.

    A level says how to `launch`, to `explain` what went wrong, to `end`, and how many `files` there are.
    """

    level = ""
    uid = 0  # a user id that no other sandbox has, or 0
    pid: int  # of the first process, by which watch.py finds all others
    sockets: str  # the folder of the kernel's sockets, as seen from here

    def __init__(self, limits: Limits | None = None):
        self.limits = limits or Limits()
        self.process: Any = None  # a subprocess.Popen
        self.key = secrets.token_hex(16)

    def start(self) -> None:
        """Launch if that has not been done, and wait until it listens. SandboxUnavailable if it does not."""
        if self.process is None:
            self.begin()
        deadline = time.monotonic() + self.limits.start_seconds
        while not listens(f"{self.sockets}/s-1"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SandboxUnavailable(self.why())
            time.sleep(0.005)
        self.ready()

    def begin(self) -> None:
        """Launch, and do not wait."""
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 -- lives as long as the process
        self.launch()

    def connection_info(self) -> dict:
        ports = {f"{name}_port": i + 1 for i, name in enumerate(("shell", "iopub", "stdin", "control", "hb"))}
        return {
            **ports,
            "transport": "ipc",
            "ip": f"{self.sockets}/s",
            "key": self.key,
            "signature_scheme": "hmac-sha256",
            "kernel_name": "",
        }

    def popen(self, command: list[str], **options) -> None:
        quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": self.log, "stderr": self.log, "close_fds": True}
        try:
            self.process = subprocess.Popen(command, **(quiet | options))
        except (OSError, subprocess.SubprocessError) as error:
            raise SandboxUnavailable(f"{command[0]} could not be started ({error}).") from error

    def why(self) -> str:
        """Kill it; a sentence about why it did not start."""
        self.kill()
        self.log.seek(0)
        words = self.log.read(2000).decode("utf-8", "replace").strip().splitlines()
        return self.explain(words[-1] if words else "it gave no message.")

    def kill(self) -> None:
        """End everything that runs in it. Idempotent."""
        if self.process is not None:
            self.end()
            quietly(self.process.kill)
            self.process.wait()

    # --- what a level adds ---

    def launch(self) -> None:
        """Start `process`; set `pid` and `sockets`."""
        raise NotImplementedError

    def ready(self) -> None:
        """Said once the shell socket is there."""

    def explain(self, words: str) -> str:
        """A sentence about a start that failed with these last words."""
        return f"the kernel did not start: {words}"

    def files(self) -> int:
        """How many files it has made; 0 where nobody counts."""
        return 0

    def overfull(self, members: list[int]) -> str:
        """What is too much on its disk, or an empty string. `members`: its processes."""
        return f"it made more than {self.limits.files} files" if self.files() > self.limits.files else ""

    def end(self) -> None:
        """Kill all but `process`."""


class UnsafeSandbox(Sandbox):
    """No sandbox: a process of this user, with its files and its network."""

    level = "unsafe"

    def launch(self) -> None:
        self.scratch = self.sockets = tempfile.mkdtemp(prefix="kernel-")
        Path(self.sockets, "connection.json").write_text(json.dumps(self.connection_info()))
        limits = json.dumps({"uid": 0, "rlimits": self.limits.rlimits(self.level)})
        environment = places.environment(self.scratch, str(places.PROJECT / "course"))
        python = [sys.executable, *kernel_arguments(str(RUNNER), limits, self.sockets)]
        self.popen(python, env=environment, cwd=self.scratch, start_new_session=True)
        self.pid = self.process.pid

    def end(self) -> None:
        quietly(os.killpg, self.process.pid, signal.SIGKILL)
        shutil.rmtree(self.scratch, ignore_errors=True)


def kernel_arguments(runner: str, limits: str, sockets: str) -> list[str]:
    """What follows the Python that runs the kernel."""
    quick = [
        "--HistoryManager.enabled=False",
        "--InteractiveShell.xmode=Minimal",
        "--IPKernelApp.capture_fd_output=False",
    ]
    return [runner, limits, "-f", f"{sockets}/connection.json", "--InteractiveShellApp.ignore_cwd=True", *quick]


def listens(path: str) -> bool:
    """Whether somebody listens at a Unix socket. Its file is there a moment earlier, and who connects then is refused
    for good: the client does not try again."""
    with socket.socket(socket.AF_UNIX) as end:
        try:
            end.connect(path)
        except OSError:
            return False
    return True


def readable(content: bytes) -> int:
    """A file descriptor that `content` can be read from."""
    file = os.memfd_create("content")  # no full disk is in its way
    os.write(file, content)
    os.lseek(file, 0, os.SEEK_SET)
    return file


def quietly(function: Callable, *arguments) -> None:
    """Call it; that the process is dead is what was wanted."""
    with contextlib.suppress(ProcessLookupError):
        function(*arguments)
