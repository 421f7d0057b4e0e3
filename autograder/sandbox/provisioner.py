"""The levels of confinement by name, and `SandboxProvisioner`, by which jupyter_client starts a kernel at one."""

import asyncio
import signal
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerBase
from traitlets import Instance, Unicode

from autograder.sandbox.bubblewrap import NamespaceSandbox
from autograder.sandbox.contained import ContainedSandbox
from autograder.sandbox.limits import Limits
from autograder.sandbox.process import Sandbox, UnsafeSandbox

KINDS = {kind.level: kind for kind in (NamespaceSandbox, ContainedSandbox, UnsafeSandbox)}


def sandbox(level: str, limits: Limits | None = None) -> Sandbox:
    """A sandbox at the level of that name, not yet started."""
    if level not in KINDS:
        raise ValueError(f"{level!r} is no level of confinement: there are {', '.join(KINDS)}")
    return KINDS[level](limits)


class SandboxProvisioner(KernelProvisionerBase):
    """Lets any jupyter_client KernelManager (nbclient, nbconvert) run its kernel in a `Sandbox`."""

    limits = Instance(Limits, args=())
    level = Unicode("namespaces")
    sandbox: Any = None

    @property
    def has_process(self) -> bool:
        return self.sandbox is not None

    async def pre_launch(self, **kwargs) -> dict[str, Any]:
        return {**kwargs, "cmd": []}

    def begin(self) -> None:
        """Start the sandbox before the kernel is asked for."""
        self.sandbox = sandbox(self.level, self.limits)
        self.sandbox.begin()

    async def launch_kernel(self, cmd: list[str], **kwargs) -> KernelConnectionInfo:
        if self.sandbox is None or self.sandbox.process.poll() is not None:  # not begun, or it has died since
            self.begin()
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
