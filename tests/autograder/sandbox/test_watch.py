"""What is used, seen from outside: memory, sockets, sessions, processor time, and what the machine has left."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from autograder.sandbox import cgroup, levels, usage, users
from autograder.sandbox.kernel import Kernel, KernelDead
from autograder.sandbox.limits import Limits
from autograder.sandbox.watch import HUMBLEST, floor
from container import limited, limits_work

pytestmark = pytest.mark.sandbox

SHORT = 30.0
SYS_PTRACE = 19  # number of the capability
NAMESPACES = pytest.mark.skipif(bool(levels.obstacle("namespaces")), reason="pools of processes need namespaces")


@pytest.fixture
def alone(monkeypatch):
    """No control group: the watch holds alone."""
    monkeypatch.setattr(cgroup, "join", lambda pids, limits: None)


@pytest.fixture(params=[level.name for level in levels.RUNGS])
def level(request):
    """Each rung of the ladder that works here."""
    if why := levels.obstacle(request.param):
        pytest.skip(f"{request.param}: {why}")
    return request.param


def ended(code, limits, level, calls=1):
    """Why a kernel with these limits ended over this cell, or over `calls` idle ones after it."""
    with Kernel(limits, level) as running, pytest.raises(KernelDead) as death:
        for source in (textwrap.dedent(code), *["import time; time.sleep(1)"] * (calls - 1)):
            running.run(source, SHORT)
    return str(death.value)


# --- what no process seems to hold ---

CROWD = """
    import os, socket, time
    for _ in range(12):
        if os.fork() == 0:
            held = []
            try:
                while True: held.append({make})
            except OSError: time.sleep(60)
    time.sleep(20)
"""


@pytest.mark.parametrize("make", ["socket.socketpair()", "os.pipe()"])
def test_sockets_and_pipes_are_counted(make, level):
    assert "sockets and pipes" in ended(CROWD.format(make=make), Limits(), level)


@NAMESPACES
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


# Root of a container may not look: it guesses how many sockets there are, low, and counts shared memory in full.
BLIND = os.getuid() == 0 and not users.capable(SYS_PTRACE)

WITHOUT_ITS_FIRST_THREAD = """
    import ctypes, os, socket, threading, time
    for _ in range({many}):
        if os.fork() == 0:
            def hold():
                time.sleep(0.5)
                held = {held}
                time.sleep(60)
            threading.Thread(target=hold).start()
            ctypes.CDLL(None).syscall({{"x86_64": 60, "aarch64": 93}}[os.uname().machine], 0)
    time.sleep(20)
"""


@pytest.mark.parametrize(
    ("held", "many", "memory", "why"),
    [
        ("bytearray(b'x') * (320 << 20)", 1, 256, "256 MB of memory"),
        ("[socket.socketpair() for _ in range(35)]", *((12, 1024) if BLIND else (4, 256)), "sockets and pipes"),
    ],
)
def test_a_process_whose_first_thread_has_ended_hides_nothing(alone, level, held, many, memory, why):
    code = WITHOUT_ITS_FIRST_THREAD.format(held=held, many=many)
    assert why in ended(code, Limits(memory=memory << 20), level)


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


def test_everything_in_a_notebook_has_a_quota_also_between_cells(alone, level):
    code = """
    import os
    for _ in range(3):
        if os.fork() == 0:
            while True: pass
    """
    assert "computed for more than 2 seconds in all" in ended(code, Limits(computing=2.0), level, calls=20)


def test_the_end_of_children_cannot_be_ignored(alone, level):
    """Else their time would be nobody's: short-lived ones would compute for nothing."""
    code = """
    import os, signal, time
    try: signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    except OSError: pass
    for _ in range(20):
        if os.fork() == 0:
            while time.process_time() < 0.05: pass
            os._exit(0)
        try: os.wait()
        except ChildProcessError: pass
    """
    with Kernel(level=level) as running:
        used = running.computed()
        assert running.run(textwrap.dedent(code), SHORT) is None
        assert running.computed() - used > 0.8


def test_processor_time_never_falls(alone, level):
    """Children are killed and waited for by nobody: what they used stays counted."""
    code = """
    import os, time, signal
    child = os.fork()
    if child == 0:
        while True: pass
    time.sleep(1)
    os.kill(child, signal.SIGKILL)
    """
    with Kernel(level=level) as running:
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


def test_sessions_are_counted_where_no_group_divides_the_processors(alone, level):
    code = SPIN.format(many=12, first="os.setsid()", seconds=30)
    assert "more than 8 sessions" in ended(code, Limits(), level)


def test_many_busy_processes_of_one_session_go_last(alone, level):
    with Kernel(level=level) as running:
        running.run(textwrap.dedent(SPIN.format(many=12, first="pass", seconds=3)), SHORT)
        children = [pid for pid in usage.family(running.sandbox.pid)[1:] if pid != running.sandbox.pid]
        niceness = [os.getpriority(os.PRIO_PROCESS, pid) for pid in children]
    assert len(children) > 12 and set(niceness) == {HUMBLEST}


# --- the machine ---


def test_students_processes_go_first_and_cannot_change_it(level):
    code = """
    import os, time
    try: open("/proc/self/oom_score_adj", "w").write("0")
    except OSError: pass
    if os.fork() == 0: time.sleep(60)
    """
    with Kernel(level=level) as running:
        assert running.run(textwrap.dedent(code), SHORT) is None
        inside = usage.family(running.sandbox.pid)[1:]
        found = [Path(f"/proc/{pid}/oom_score_adj").read_text() for pid in inside]
    assert found == ["1000\n"] * 2


def test_who_grew_is_ended_when_the_machine_runs_short_and_who_did_not_stays(monkeypatch, level):
    with Kernel(level=level) as small, Kernel(level=level) as large:
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


@NAMESPACES
def test_shells_and_pools_work_inside():
    """They set a handler for the end of children, which is refused, and do without (but for `wait` in dash)."""
    code = """
    import multiprocessing, subprocess
    get_ipython().system("ls / | head -1; echo $(echo 1)")
    assert get_ipython().user_ns["_exit_code"] == 0
    done = subprocess.run(["bash", "-c", "sleep 0.1 & wait; echo $(echo 1) | cat"], capture_output=True)
    assert done.stdout == b"1\\n"
    with multiprocessing.Pool(2) as pool:
        assert pool.map(abs, [-1]) == [1]
    """
    with Kernel() as running:
        assert running.run(textwrap.dedent(code), SHORT) is None


@pytest.mark.skipif(shutil.which("dash") is None, reason="no dash here")
def test_wait_of_dash_hangs_and_is_ended(level):
    """The price of children whose end cannot be ignored (SECURITY.md)."""
    with Kernel(Limits(idle_seconds=1.0), level) as running, pytest.raises(KernelDead, match="did nothing"):
        running.run("import os; os.system(\"dash -c 'sleep 0.3 & wait'\")", SHORT)


@pytest.mark.skipif(bool(limits_work()), reason=f"a container's limit: {limits_work()}")
def test_a_bomb_that_the_containers_own_kernel_ended_says_so(level):
    """The container has less than the sandbox may take, and the bomb is quicker than the watch."""
    code = f"""
    from autograder.sandbox import watch
    from autograder.sandbox.kernel import Kernel, KernelDead
    watch.floor = lambda total: 0
    with Kernel(level={level!r}) as kernel:
        try: kernel.run("hoard = bytearray(2**29)", 30)
        except KernelDead as death: print(death)
    """
    with limited(256 * 2**20, None) as (group,):
        enter = f'echo $$ > {group}/cgroup.procs && exec "$@"'
        words = ["sh", "-c", enter, "sh", sys.executable, "-c", textwrap.dedent(code)]
        said = subprocess.run(words, capture_output=True, text=True, timeout=120).stdout
    assert "this machine or container had no memory left" in said and "(it may take 2048)" in said


@pytest.mark.parametrize(("code", "stopped", "held_up"), [
    ("while True: pass", False, True), ("while True: pass", True, False), ("import time; time.sleep(60)", False, False)
])  # fmt: skip
def test_only_who_waits_for_the_machine_is_held_up(code, stopped, held_up):
    """Stopped by a signal, or asleep, it is idle."""
    with subprocess.Popen([sys.executable, "-c", f"print(1, flush=True)\n{code}"], stdout=subprocess.PIPE) as process:
        assert process.stdout.read(1) == b"1"
        if stopped:
            process.send_signal(signal.SIGSTOP)
        time.sleep(0.3)
        found = usage.held_up([process.pid])
        process.kill()
    assert found is held_up
