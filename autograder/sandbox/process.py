"""A real ipykernel inside bubblewrap: `SandboxProvisioner`, a jupyter_client kernel provisioner.

Nothing of the host is writable inside, nothing is readable but the Python environment, system libraries, course/nst
and assets. There is no network. The kernel's sockets lie on the sandbox's own small tmpfs; the client reaches them
through /proc/<pid>/root, so that there is no shared folder to fill or to plant links in. See SECURITY.md.
"""

import asyncio
import contextlib
import itertools
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerBase
from traitlets import Instance, Unicode

from autograder.sandbox import seccomp
from autograder.sandbox.bubblewrap import (
    INSIDE,
    PROJECT,
    SOCKETS,
    bwrap_command,
    environment,
)
from autograder.sandbox.limits import Limits, SandboxUnavailable

WRITABLE = ("/home/student", "/tmp", "/dev/shm", SOCKETS)
_numbers = itertools.count()


def sandbox_uid() -> int:
    """0 for "stay who you are"; under root a user id of its own for each sandbox, so that limits do not add up."""
    if os.getuid() != 0:
        return 0
    return 0x10000000 + os.getpid() * 64 + next(_numbers) % 64


# --- the command line ---------------------------------------------------------------------------------------------


# --- one process --------------------------------------------------------------------------------------------------


class Sandbox:
    """One sandboxed process tree. `start` returns when the kernel's sockets are there; `kill` leaves nothing behind."""

    def __init__(self, limits=None, level="namespaces"):
        if level == "contained":
            raise SandboxUnavailable("this rung is not built yet.")
        if level not in ("namespaces", "unsafe"):
            raise ValueError(f"{level!r} is no level of confinement")
        self.limits, self.level = limits or Limits(), level
        self.process = self.pid = self.handle = self.sockets = self.scratch = None
        self.key = secrets.token_hex(16)

    def start(self) -> dict:
        """Launch; return the connection info for a client. SandboxUnavailable when it does not come up."""
        for _ in self.starting():
            time.sleep(0.005)
        return self.connection_info()

    def starting(self) -> Iterator[None]:
        """Launch, then yield until the shell socket exists."""
        self._launch()
        deadline = time.monotonic() + self.limits.start_seconds
        while not os.path.exists(f"{self.sockets}/s-1"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SandboxUnavailable(self._why())
            yield

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

    def _launch(self):
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 -- lives as long as the process
        uid = sandbox_uid() if self.level == "namespaces" else 0
        limits = json.dumps({"uid": uid, "rlimits": self.limits.rlimits(self.level)})
        if self.level == "unsafe":
            return self._launch_unsafe(limits)
        self.sockets = SOCKETS
        info, info_end = os.pipe()
        inside = [f"{sys.prefix}/bin/python", *_kernel_arguments(INSIDE / "runner" / "runner.py", limits, SOCKETS)]
        connection = _data(json.dumps(self.connection_info()).encode())
        fds = {"info": info_end, "connection": connection, "seccomp": _data(seccomp.program())}
        passed = [fd for fd in fds.values() if fd is not None]
        try:
            self._popen(bwrap_command(self.limits, uid, inside, fds), pass_fds=passed)
        finally:
            for fd in passed:
                os.close(fd)
        self._find(info)

    def _find(self, info):
        """The process that is number 1 inside, as bubblewrap tells it, and its sockets by its view of the files."""
        with os.fdopen(info) as reader:
            text = reader.read()
        try:
            self.pid = json.loads(text)["child-pid"]
            self.handle = os.pidfd_open(self.pid)
        except (ValueError, KeyError, ProcessLookupError) as error:
            raise SandboxUnavailable(self._why()) from error
        self.sockets = f"/proc/{self.pid}/root{SOCKETS}"

    def _launch_unsafe(self, limits):
        self.scratch = tempfile.mkdtemp(prefix="kernel-")
        self.sockets = self.scratch
        Path(self.sockets, "connection.json").write_text(json.dumps(self.connection_info()))
        runner = PROJECT / "autograder" / "sandbox" / "inside" / "runner.py"
        keep = {**environment(), "HOME": self.scratch, "IPYTHONDIR": self.scratch, "MPLCONFIGDIR": self.scratch}
        keep["PYTHONPATH"] = str(PROJECT / "course")
        python = [sys.executable, *_kernel_arguments(runner, limits, self.sockets)]
        self._popen(python, env=keep, cwd=self.scratch, start_new_session=True)
        self.pid = self.process.pid

    def _popen(self, command, **options):
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, close_fds=True, **options
        )

    def _why(self):
        self.kill()
        self.log.seek(0)
        words = self.log.read(2000).decode("utf-8", "replace").strip() or "no message"
        return f"the sandbox did not start: {words}. Is bubblewrap allowed here?"

    def files(self) -> int:
        """How many files there are on the writable file systems; 0 where there are none of its own."""
        if self.level == "unsafe":
            return 0
        count = 0
        for place in WRITABLE:
            with contextlib.suppress(OSError):  # the process may just have ended
                status = os.statvfs(f"/proc/{self.pid}/root{place}")
                count += status.f_files - status.f_ffree
        return count

    def kill(self) -> None:
        """SIGKILL everything: the pid namespace dies with its first process. Idempotent."""
        if self.process is None:
            return
        if self.level == "unsafe":
            _quietly(os.killpg, self.process.pid, signal.SIGKILL)
        elif self.handle is not None:
            _quietly(signal.pidfd_send_signal, self.handle, signal.SIGKILL)
        _quietly(self.process.kill)
        self.process.wait()
        if self.handle is not None:
            os.close(self.handle)
            self.handle = None
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)


def _kernel_arguments(runner, limits, sockets):
    quick = [
        "--HistoryManager.enabled=False",
        "--InteractiveShell.xmode=Minimal",
        "--IPKernelApp.capture_fd_output=False",
    ]
    return [str(runner), limits, "-f", f"{sockets}/connection.json", "--InteractiveShellApp.ignore_cwd=True", *quick]


def _data(content):
    """A readable file descriptor that holds `content` (a few kB), or None for None."""
    if content is None:
        return None
    read_end, write_end = os.pipe()
    os.write(write_end, content)
    os.close(write_end)
    return read_end


def _quietly(function, *arguments):
    with contextlib.suppress(ProcessLookupError):  # it is dead, which is what was wanted
        function(*arguments)


class SandboxProvisioner(KernelProvisionerBase):
    """Lets any jupyter_client KernelManager (nbclient, nbconvert) run its kernel in a `Sandbox`."""

    limits = Instance(Limits, args=())
    level = Unicode("namespaces")
    sandbox = None

    @property
    def has_process(self) -> bool:
        return self.sandbox is not None

    async def pre_launch(self, **kwargs) -> dict[str, Any]:
        return {**kwargs, "cmd": []}

    async def launch_kernel(self, cmd: list[str], **kwargs) -> KernelConnectionInfo:
        self.sandbox = Sandbox(self.limits, self.level)
        for _ in self.sandbox.starting():
            await asyncio.sleep(0.005)
        self.connection_info = {**self.sandbox.connection_info(), "key": self.sandbox.key.encode()}
        return self.connection_info

    async def poll(self) -> int | None:
        return self.sandbox.process.poll() if self.sandbox else 0

    async def wait(self) -> int | None:
        return self.sandbox.process.wait() if self.sandbox else 0

    async def send_signal(self, signum: int) -> None:
        """Interrupts do not pass: a kernel that hangs is killed and started anew."""
        if signum in (signal.SIGKILL, signal.SIGTERM):
            await self.kill()

    async def kill(self, restart: bool = False) -> None:
        if self.sandbox:
            self.sandbox.kill()

    async def terminate(self, restart: bool = False) -> None:
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        await self.kill(restart)
        self.sandbox = None
