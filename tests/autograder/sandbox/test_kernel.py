"""The trusted end of real bubblewrap: hostile messages, a kernel that is gone, refusals; nothing stays open."""

import os
import socket
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

import pytest
import zmq

from autograder.sandbox import bubblewrap, levels
from autograder.sandbox import kernel as kernel_module
from autograder.sandbox.inside import protocol
from autograder.sandbox.kernel import Kernel, KernelDead, sandbox
from autograder.sandbox.limits import Limits, SandboxUnavailable
from autograder.sandbox.process import Sandbox

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).resolve().parents[3]
SHORT = 30.0  # seconds that no cell here needs on a busy machine


# --- messages ---


def test_a_huge_single_message_and_forged_ones_do_not_reach_the_reader():
    """A reply of 60 MB, replies to other requests, and frames that are not messages, by a student who has the key."""
    code = """
    kernel = get_ipython().kernel
    ident = kernel.get_parent("shell")
    stream = kernel.shell_stream if not kernel._supports_kernel_subshells else None
    send = kernel.session.send
    def flood(stream, kind, content=None, parent=None, ident=None, **rest):
        if kind == "execute_reply":
            for forged in ({}, {"msg_id": "other"}, {"msg_id": 5}):
                send(stream, "execute_reply", {"status": "ok"}, {"header": forged}, ident=ident)
            stream.send_multipart([*ident, b"<IDS|MSG>", b"", b"[" * 10**5, b"{}", b"{}", b"{}"])
            stream.send_multipart([*ident, b"no message"])
            content = {"status": "error", "ename": "E" * 60_000_000, "evalue": 3}
        return send(stream, kind, content, parent, ident=ident, **rest)
    kernel.session.send = flood
    """
    with Kernel() as running, pytest.raises(KernelDead):
        running.run(textwrap.dedent(code), 3)
        running.run("1", 3)
    assert running.received < 10 * running.limits.message


def test_sockets_are_bounded_before_they_connect():
    with Kernel() as running:
        options = {
            name: running.socket.getsockopt(getattr(zmq, name)) for name in ("MAXMSGSIZE", "RCVHWM", "RECONNECT_IVL")
        }
    assert options == {"MAXMSGSIZE": running.limits.message, "RCVHWM": running.limits.queue, "RECONNECT_IVL": -1}


def test_a_kernel_that_dies_between_two_requests_keeps_nobody_waiting():
    """Sending to a socket that has lost its other end would wait for ever."""
    found = []

    def ask():
        try:
            running.run("1", SHORT)
        except KernelDead as death:
            found.append(str(death))

    with Kernel() as running:
        running.sandbox.kill()
        time.sleep(0.5)
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(SHORT)
    assert found == ["the kernel died, or does not listen"]


@pytest.mark.parametrize("level", ["namespaces", "unsafe"])
def test_what_has_come_while_the_grader_itself_was_held_up_counts(level):
    """A stalled disk or machine holds up who looks, too: then a reply, or an end, is there when the time is over."""
    with Kernel(Limits(idle_seconds=0.5), level=level) as running:
        computed = running.computed
        running.computed = lambda: (time.sleep(1.5), computed())[1]
        assert running.run("x = 1", SHORT) is None
        with pytest.raises(KernelDead, match="died"):
            running.run("import os; os._exit(0)", SHORT)


def test_who_pretends_to_be_held_up_lasts_no_longer_than_the_notebook_may():
    """The parent of a `vfork` looks as if it waited for a disk, for as long as its child likes."""
    code = """
    import ctypes, os, time
    if os.fork() == 0 and ctypes.CDLL(None).vfork() == 0: time.sleep(1000)
    time.sleep(1000)
    """
    with Kernel(Limits(idle_seconds=1)) as running:
        end = time.monotonic() + 4
        running.allow(running.limits, end)
        with pytest.raises(KernelDead, match="no time left"):
            running.run(textwrap.dedent(code), SHORT)
        assert end <= time.monotonic() < end + SHORT


LATE = """
import socket, sys, time
end = socket.socket(socket.AF_UNIX)
end.bind(sys.argv[1])
time.sleep(1)
end.listen()
time.sleep(60)
"""


def test_a_kernel_is_not_asked_before_it_listens(tmp_path):
    """Between `bind` and `listen` the socket is there, and who connects is refused: the request would be lost."""

    class Late(Sandbox):
        def launch(self):
            self.sockets = str(tmp_path)
            self.popen([sys.executable, "-c", LATE, f"{tmp_path}/s-1"])

    late = Late()
    try:
        late.start()
        with socket.socket(socket.AF_UNIX) as end:
            end.connect(f"{tmp_path}/s-1")
    finally:
        late.kill()


# --- when nothing is graded, and what is left ---


def test_grading_refuses_without_bubblewrap(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SandboxUnavailable, match="apt-get install bubblewrap"), Kernel():
        pass


def test_grading_refuses_when_bubblewrap_fails(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'No permissions to create a new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(SandboxUnavailable, match="No permissions to create a new namespace"), Kernel():
        pass


def test_grading_refuses_when_something_private_can_be_seen(monkeypatch):
    monkeypatch.setattr(Kernel, "probed", set())
    monkeypatch.setattr(kernel_module, "PRIVATE", (Path("/usr/lib"),))
    with pytest.raises(SandboxUnavailable, match="/usr/lib is visible"), Kernel():
        pass


def test_grading_refuses_when_the_grader_can_be_imported(monkeypatch):
    monkeypatch.setattr(Kernel, "probed", set())
    outside = bubblewrap._read_only
    leak = [*("--ro-bind", str(ROOT / "autograder"), "/module/course/autograder")]
    monkeypatch.setattr(bubblewrap, "_read_only", lambda: outside() + leak)
    with pytest.raises(SandboxUnavailable, match="autograder can be imported"), Kernel():
        pass


def test_the_unsafe_level_is_asked_for_by_name():
    with pytest.raises(ValueError, match="no level"):
        sandbox("none")
    with Kernel(level="unsafe") as running:
        assert running.run(f"import os; assert os.getuid() == {os.getuid()}", SHORT) is None
        scratch = running.sandbox.scratch
    assert not os.path.exists(scratch)


def test_a_kernel_leaves_nothing_open_and_no_file(monkeypatch, tmp_path):
    """While it runs there is none, either: a grader that is killed could not remove it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Kernel(), Kernel():
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(3):
            with Kernel() as running:
                assert not os.listdir(tmp_path)
                del running
        assert len(os.listdir("/proc/self/fd")) == before


def test_what_is_recorded_with_a_grade():
    record = levels.describe(Limits(), "namespaces")
    assert (
        record["level"] == "namespaces" and record["version"].startswith("bubblewrap") and record["memory"] == 2 * 2**30
    )
    protocol.dumps(record)
