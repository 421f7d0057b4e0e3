"""What is used, seen from outside: memory, sockets, sessions, processor time, and what the machine has left."""

import ctypes
import os
import textwrap
import time

import pytest

from autograder.sandbox import cgroup, usage
from autograder.sandbox.kernel import Kernel, KernelDead
from autograder.sandbox.limits import Limits
from autograder.sandbox.watch import HUMBLEST, floor

pytestmark = pytest.mark.sandbox

SHORT = 30.0


@pytest.fixture
def alone(monkeypatch):
    """No control group: the watch holds alone."""
    monkeypatch.setattr(cgroup, "join", lambda pids, limits: None)


def ended(code, limits, calls=1):
    """Why a kernel with these limits ended over this cell, or over `calls` empty ones after it."""
    with Kernel(limits) as running, pytest.raises(KernelDead) as death:
        for source in (textwrap.dedent(code), *["import time; time.sleep(1)"] * (calls - 1)):
            running.run(source, SHORT)
    return str(death.value)


# --- what no process seems to hold ---

CROWD = """
    import os, socket, time
    for _ in range(3):
        if os.fork() == 0:
            held = []
            try:
                while True: held.append({make})
            except OSError: time.sleep(60)
    time.sleep(20)
"""


@pytest.mark.parametrize("make", ["socket.socketpair()", "os.pipe()"])
def test_sockets_and_pipes_are_counted(make):
    assert "sockets and pipes" in ended(CROWD.format(make=make), Limits())


def test_a_pool_of_workers_is_no_crowd_of_sockets():
    """What forked processes share counts once."""
    code = """
    import multiprocessing, time
    with multiprocessing.Pool(8) as pool:
        pool.map(abs, range(8))
        time.sleep(1)
    """
    with Kernel() as running:
        assert running.run(textwrap.dedent(code), SHORT) is None


def test_shared_memory_that_was_let_go_is_claimed():
    """Of our own process here: in a sandbox the filter of system calls denies it."""
    import mmap

    before = usage.claim([os.getpid()])
    with mmap.mmap(-1, 2**26) as shared:
        for page in range(0, len(shared), 4096):
            shared[page] = 1
        shared.madvise(mmap.MADV_DONTNEED)
        assert usage.claim([os.getpid()]) - before >= 2**26


@pytest.mark.skipif(os.getuid() != 0, reason="not root: this process cannot be somebody else for a moment")
def test_who_forbids_the_closer_look_counts_in_full():
    """As another user, of whom one process has made itself unreadable."""
    read_end, write_end = os.pipe()
    if (child := os.fork()) == 0:
        os.setresuid(1234, 1234, 1234)
        libc, target = ctypes.CDLL(None), os.fork()
        if target == 0:
            libc.prctl(4, 0)  # PR_SET_DUMPABLE
            time.sleep(60)
        time.sleep(0.2)
        os.write(write_end, f"{usage.proportional(target)} {usage.resident(target)}".encode())
        os.kill(target, 9)
        os._exit(0)
    try:
        counted, full = map(int, os.read(read_end, 100).split())
    finally:
        os.waitpid(child, 0)
    assert counted == full > 0


# --- processor time ---


def test_everything_in_a_notebook_has_a_quota_also_between_cells(alone):
    code = """
    import os
    for _ in range(3):
        if os.fork() == 0:
            while True: pass
    """
    assert "computed for more than 2 seconds in all" in ended(code, Limits(computing=2.0), calls=20)


def test_processor_time_never_falls(alone):
    """Children are killed and waited for by nobody: what they used stays counted."""
    code = """
    import os, time, signal
    child = os.fork()
    if child == 0:
        while True: pass
    time.sleep(1)
    os.kill(child, signal.SIGKILL)
    """
    with Kernel() as running:
        running.run(textwrap.dedent(code), SHORT)
        used = running.computed()
        time.sleep(0.3)
        assert running.computed() >= used > 0.1


# --- fair shares ---

SPIN = """
    import os, time
    for _ in range({many}):
        if os.fork() == 0:
            {first}
            while True: pass
    time.sleep({seconds})
"""


def test_sessions_are_counted_where_no_group_divides_the_processors(alone):
    code = SPIN.format(many=12, first="os.setsid()", seconds=30)
    assert "more than 8 sessions" in ended(code, Limits())


def test_many_busy_processes_of_one_session_go_last(alone):
    with Kernel() as running:
        running.run(textwrap.dedent(SPIN.format(many=12, first="pass", seconds=3)), SHORT)
        children = [pid for pid in usage.family(running.sandbox.pid)[1:] if pid != running.sandbox.pid]
        niceness = [os.getpriority(os.PRIO_PROCESS, pid) for pid in children]
    assert len(children) > 12 and set(niceness) == {HUMBLEST}


# --- the machine ---


def test_students_processes_go_first_and_cannot_change_it():
    code = """
    assert open("/proc/self/oom_score_adj").read() == "1000\\n"
    try: open("/proc/self/oom_score_adj", "w").write("0")
    except OSError: pass
    assert open("/proc/self/oom_score_adj").read() == "1000\\n"
    """
    with Kernel() as running:
        assert running.run(textwrap.dedent(code), SHORT) is None


def test_who_grew_is_ended_when_the_machine_runs_short_and_who_did_not_stays(monkeypatch):
    with Kernel() as small, Kernel() as large:
        assert large.run("x = bytearray(2**29)", SHORT) is None
        monkeypatch.setattr(usage, "available", lambda: (0, 2**34))
        with pytest.raises(KernelDead, match="memory ran short"):
            large.run("import time; time.sleep(10)", SHORT)
        assert small.run("import time; time.sleep(1)", SHORT) is None


def test_what_is_to_stay_free_is_small_on_a_small_machine():
    assert floor(2**34) == 2**29 and floor(768 * 2**20) == 48 * 2**20


def test_what_is_available_is_less_than_what_there_is():
    free, total = usage.available()
    assert 0 < free < total

