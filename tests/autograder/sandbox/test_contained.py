"""The rung without namespaces, in an ordinary container's rights: what code can see, do and use; nothing is left.

test_levels.py runs this file twice, as root and as a plain user of such a container.
"""

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from attacks import assert_nothing_happened, cases
from autograder.authoring.masters import Masters
from autograder.course import Course
from autograder.judging.notebook import judge_notebook
from autograder.rehearsal.attack.arena import SMALL, run
from autograder.sandbox import levels, places
from autograder.sandbox.kernel import Kernel, KernelDead, sandbox
from autograder.sandbox.limits import Limits
from autograder.sandbox.watch import family

ROOT = Path(__file__).resolve().parents[3]
SHORT = 30.0
pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(
        not os.environ.get("IN_A_CONTAINER"), reason="test_levels.py runs this file, in an ordinary container's rights"
    ),
]


@pytest.fixture(scope="module")
def kernel():
    with Kernel(level="contained") as running:
        yield running


@pytest.fixture
def near(tmp_path_factory):
    """A folder that every user may enter, with a file that every user may read and write."""
    folder = Path(tempfile.mkdtemp(prefix="near-"))
    folder.chmod(0o777)
    (folder / "open.txt").write_text("canary")
    (folder / "open.txt").chmod(0o666)
    yield folder
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def outcome(running, code, seconds=SHORT):
    """None, or the error a cell ended with, as text."""
    error = running.run(textwrap.dedent(code), seconds)
    return error and ": ".join(error)


def test_it_is_the_highest_rung_here():
    level = levels.probe()
    assert level.name == "contained" and "namespaces: bubblewrap did not start" in level.above[0]
    assert levels.probe(least="contained") == level


# --- files ---


PROJECT = [ROOT / name for name in ("solutions", "autograder", "tests")]


SYSTEM = ["/", "/etc", "/home", "/root", "/var", "/run", "/tmp", "/dev", "/proc/1/fd"]
MASTER = ROOT / "solutions" / "style_transfer" / "03_gram_matrices.ipynb"


@pytest.mark.parametrize("path", [*PROJECT, *SYSTEM], ids=str)
def test_nothing_private_can_be_listed(kernel, path):
    assert outcome(kernel, f"import os; os.listdir({str(path)!r})").startswith("PermissionError")


@pytest.mark.parametrize("path", ["/etc/passwd", MASTER, *places.right_answers()[:2]], ids=str)
def test_nothing_private_can_be_read(kernel, path):
    assert os.path.exists(path)
    assert outcome(kernel, f"open({str(path)!r}).read()").startswith("PermissionError")


def test_nothing_of_the_graders_process_can_be_read(kernel):
    """Its command line can: that is said in levels.py."""
    names = ("environ", "maps", "mem", "fd/1", "root", "cwd")
    for pid, name in itertools.product((os.getpid(), kernel.sandbox.pid), names):
        look = "os.listdir(p)" if name in ("root", "cwd") else "open(p, 'rb').read(1)"
        assert outcome(kernel, f"import os; p = '/proc/{pid}/{name}'; {look}").startswith("PermissionError"), name
    assert outcome(kernel, "open('/proc/self/oom_score_adj', 'w').write('0')").startswith("PermissionError")


def test_a_file_that_everybody_may_write_is_neither_read_nor_changed(kernel, near):
    path = near / "open.txt"
    for code in (f"open({str(path)!r})", f"open({str(path)!r}, 'w')", f"open({str(near)!r} + '/new', 'w')"):
        assert outcome(kernel, code).startswith("PermissionError")
    for call in (
        "truncate({!r}, 0)",
        "unlink({!r})",
        "rename({!r}, 'mine')",
        "link({!r}, 'mine')",
        "symlink('x', {!r})",
    ):
        error = outcome(kernel, f"import os; os.{call.format(str(path))}")
        assert error.startswith(("PermissionError", "FileExistsError", "OSError"))
    before = path.stat()
    pretended = f"import os; os.chmod({str(path)!r}, 0); os.utime({str(path)!r}, (1, 1))"
    assert outcome(kernel, pretended) is None
    after = path.stat()
    assert (after.st_mode, after.st_mtime, after.st_size) == (before.st_mode, before.st_mtime, before.st_size)
    assert path.read_text() == "canary"


@pytest.mark.parametrize("name", ["autograder", "solutions"])
def test_the_grader_cannot_be_imported_by_it_or_its_children(kernel, name):
    assert outcome(kernel, f"import {name}").startswith("ModuleNotFoundError")
    code = f"import subprocess, sys\nassert subprocess.run([sys.executable, '-c', 'import {name}']).returncode == 1"
    assert outcome(kernel, code) is None


@pytest.mark.parametrize("place", ["/", "/usr/bin", "/tmp", "/dev/shm", sys.prefix, ROOT / "course" / "nst"], ids=str)
def test_only_its_own_folder_can_be_written(kernel, place):
    assert outcome(kernel, f"open({str(place)!r} + '/planted', 'w')").startswith(("PermissionError", "OSError"))


def test_what_it_makes_cannot_be_run(kernel):
    code = (
        "open('x', 'w').write('#!/bin/sh'); import os; os.chmod('x', 0o755); import subprocess; subprocess.run(['./x'])"
    )
    assert outcome(kernel, code).startswith("PermissionError")


# --- network, processes ---


@pytest.mark.parametrize("abstract", [False, True])
def test_no_socket_of_the_machine_can_be_reached(kernel, near, abstract):
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams:
        names = [f"\0near-{os.getpid()}-{i}" if abstract else f"{near}/{i}" for i in range(2)]
        for end, name in zip((listener, datagrams), names, strict=True):
            end.bind(name)
            if not abstract:
                os.chmod(name, 0o777)
        listener.listen()
        assert outcome(kernel, f"import socket; socket.socket(socket.AF_UNIX).connect({names[0]!r})").startswith(
            "PermissionError"
        )
        sent = f"import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', {names[1]!r})"
        assert outcome(kernel, sent).startswith("OSError")


@pytest.mark.parametrize(
    "code",
    [
        "socket.create_connection(('1.1.1.1', 53), 1)",
        "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
        "socket.socket(socket.AF_VSOCK)",
        "socket.getaddrinfo('example.org', 80)",
    ],
)
def test_there_is_no_network(kernel, code):
    assert outcome(kernel, f"import socket; {code}").startswith(("OSError", "gaierror"))


@pytest.mark.parametrize(
    "call",
    [
        "kill({}, 0)",
        "kill({}, 9)",
        "setpriority(os.PRIO_PROCESS, {}, 19)",
        "setpriority(os.PRIO_USER, 0, 19)",
        "pidfd_open({}) and signal.pidfd_send_signal(os.pidfd_open({}), 0)",
    ],
)
def test_the_grader_and_its_guard_are_out_of_reach(kernel, call):
    for pid in (os.getpid(), kernel.sandbox.pid):
        assert outcome(kernel, f"import os, signal; os.{call.format(pid, pid)}").startswith("PermissionError")
    assert kernel.sandbox.process.poll() is None


def test_the_graders_limits_and_processors_stay(kernel):
    before = os.sched_getaffinity(0)
    code = f"import resource as r; r.prlimit({os.getpid()}, r.RLIMIT_NOFILE, (3, 3))"
    assert outcome(kernel, code).startswith("PermissionError")
    outcome(kernel, f"import os; os.sched_setaffinity({os.getpid()}, [0])")
    assert os.sched_getaffinity(0) == before


def test_honest_habits_work(kernel):
    code = """
    import logging, shutil, subprocess, sys, tempfile, threading, warnings
    assert subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True).stdout == b"1\\n"
    thread = threading.Thread(target=print); thread.start(); thread.join()
    with tempfile.TemporaryFile() as file: file.write(b"x")
    open("a.txt", "w").write("x"); shutil.copy2("a.txt", "b.txt"); assert open("b.txt").read() == "x"
    warnings.warn("a warning"); logging.error("a log line"); print("x" * 10**6, file=sys.stderr)
    import matplotlib.pyplot as plt
    plt.plot([1, 2]); plt.savefig("a.png"); plt.show()
    np.linalg.svd(np.ones((50, 50)))
    import psutil, threadpoolctl
    assert psutil.virtual_memory().available and psutil.Process().memory_info().rss and threadpoolctl.threadpool_info()
    get_ipython().system("echo hello > said.txt"); assert open("said.txt").read() == "hello\\n"
    import os
    if os.fork() == 0: print("from a child"); os._exit(0)
    os.wait()
    """
    assert outcome(kernel, code) is None


# --- what ends it ---


TOO_FAR = {
    "forks": ("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", "processes|sockets", {}),
    "memory": ("x = []\nwhile True: x.append(bytearray(10**7))", "memory", {"memory": 2**28}),
    "files": ("i = 0\nwhile True:\n    open(f'{i}', 'w').close(); i += 1", "files", {"files": 2000}),
    "disk": (
        "i = 0\nwhile True:\n    open(f'{i}', 'wb').write(bytes(2**22)); i += 1",
        "files hold more than 16 MB",
        {"disk": 2**23},
    ),
    "deep": ("import os\nwhile True: os.mkdir('d'); os.chdir('d')", "files", {"files": 2000}),
    "loop": ("while True: pass", "longer than 1 ", {}),
    "exit": ("import os; os._exit(0)", "died", {}),
}


@pytest.mark.parametrize(("code", "why", "limits"), TOO_FAR.values(), ids=TOO_FAR)
def test_what_goes_too_far_is_killed_with_a_reason_and_leaves_nothing(code, why, limits):
    with Kernel(Limits(**limits), level="contained") as running:
        members, folder = family(running.sandbox.pid), running.sandbox.scratch
        with pytest.raises(KernelDead, match=why):
            running.run(code, 1 if why.startswith("longer") else SHORT)
    assert_gone(members)
    assert not os.path.exists(folder)


DETACHED = """
import os, time, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True: time.sleep(1)
    os._exit(0)
"""


def test_detached_children_die_with_the_sandbox():
    with Kernel(level="contained") as running:
        assert outcome(running, DETACHED) is None
        members = family(running.sandbox.pid)
    assert len(members) >= 3
    assert_gone(members)


WITHOUT_ITS_FIRST_THREAD = """
import ctypes, os, threading, time
if os.fork() == 0:
    os.setsid()
    threading.Thread(target=time.sleep, args=(100,)).start()
    ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[os.uname().machine], 0)
time.sleep(0.5)
"""


def test_what_looks_like_a_zombie_and_is_none_dies_with_the_sandbox():
    with Kernel(level="contained") as running:
        assert outcome(running, WITHOUT_ITS_FIRST_THREAD) is None
        members = family(running.sandbox.pid)
        begun = time.monotonic()
    assert len(members) >= 3 and time.monotonic() < begun + 15
    assert not any(map(psutil.pid_exists, members))


def test_a_folder_that_is_closed_to_its_owner_is_removed():
    """`chmod` does nothing inside, but `mkdir` takes a mode."""
    with Kernel(level="contained") as running:
        folder = running.sandbox.scratch
        code = "import os; os.makedirs('a/b'); os.mkdir('a/b/c', 0o300); open('a/b/c/x', 'w').write('x' * 10**6)"
        code += "; import time; time.sleep(1.5)"  # the watch looks into folders twice a second
        with pytest.raises(KernelDead, match="closed a folder") if os.getuid() else contextlib.nullcontext():
            assert running.run(code, SHORT) is None
    assert not os.path.exists(folder)


def test_an_end_that_is_ordered_often_and_at_any_moment_leaves_nothing():
    """The watch and the grader may both order it, also before the guard is ready for that."""
    for moment in (0.0, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3):
        box = sandbox("contained")
        box.begin()
        time.sleep(moment)
        members = family(box.pid)
        for _ in range(200):
            box.process.send_signal(signal.SIGTERM)
        box.kill()
        assert not any(map(psutil.pid_exists, members)) and not os.path.exists(box.scratch), moment


def test_they_die_with_a_killed_grader_too():
    code = f"""
    import time
    from autograder.sandbox.kernel import Kernel
    from autograder.sandbox.watch import family
    kernel = Kernel(level="contained").__enter__()
    kernel.run({DETACHED!r}, 30)
    print(kernel.sandbox.scratch, *family(kernel.sandbox.pid), flush=True)
    time.sleep(60)
    """
    grader = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True)
    folder, *members = grader.stdout.readline().split()
    members = [int(word) for word in members]
    grader.send_signal(signal.SIGKILL)
    grader.wait()
    grader.stdout.close()
    assert len(members) >= 3
    assert_gone(members)
    assert not os.path.exists(folder)


def assert_gone(members):
    end = time.monotonic() + 15
    while alive := [pid for pid in members if is_alive(pid)]:
        assert time.monotonic() < end, f"left over: {alive}"
        time.sleep(0.02)


def is_alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


# --- verdicts ---


def test_a_solved_notebook_has_all_its_points():
    name, masters = "03_gram_matrices", Masters()
    nb = nbformat.read(Course().masters / f"{name}.ipynb", as_version=4)
    found = judge_notebook(nb, name, seed=b"seed", masters=masters, level="contained")
    assert found.level == "contained" and found.verdicts
    assert all(verdict.score == verdict.points for verdict in found.verdicts.values()), found


HOSTILE = """
    forged_reply patched_ipython reads_the_solutions reads_other_submissions reads_proc reads_memory network raw_sockets
    writes_everywhere detached_children
"""
USES_UP = "fork_bomb memory_bomb disk_bomb never_returns"


def test_attacks_gain_nothing_harm_nobody_and_honest_students_lose_nothing():
    for result in run(cases(*HOSTILE.split(), *USES_UP.split(), "logs", "threads"), "command", SMALL):
        assert_nothing_happened(result)


def test_tensorflow_computes_in_the_kernel_and_in_a_child(kernel):
    """It aborts where it may not read what /proc tells of its own process."""
    code = """
    import os, tensorflow as tf
    if (child := os.fork()) == 0: os._exit(int(tf.reduce_sum(tf.ones(3))))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    assert int(tf.reduce_sum(tf.ones((2, 2)))) == 4
    """
    assert outcome(kernel, code, 60) is None
