"""Real bubblewrap: what code inside can see and do, what it may use, and that nothing of it is left."""

import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from autograder.sandbox import bubblewrap, users
from autograder.sandbox.kernel import Kernel, KernelDead
from autograder.sandbox.limits import Limits
from autograder.sandbox.watch import family

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).resolve().parents[3]
SHORT = 30.0  # seconds that no cell here needs on a busy machine


@pytest.fixture(scope="module")
def kernel():
    with Kernel() as running:
        yield running


def outcome(running, code, seconds=SHORT):
    """None, or the error a cell ended with, as text."""
    error = running.run(textwrap.dedent(code), seconds)
    return error and ": ".join(error)


# --- what can be seen ---


@pytest.mark.parametrize("name", ["autograder", "solutions"])
def test_the_grader_cannot_be_imported(kernel, name):
    assert outcome(kernel, f"import {name}").startswith("ModuleNotFoundError")


PROJECT = [ROOT / name for name in ("solutions", "autograder", "tests", "course/style_transfer", ".git")]


@pytest.mark.parametrize("path", [*PROJECT, "/etc/passwd", "/etc/shadow", "/home", "/root", "/var", "/run"], ids=str)
def test_nothing_private_lies_inside(kernel, path):
    """Folders on the way to the environment exist, with nothing else in them."""
    allowed = {"student", "kernel", *Path(sys.prefix).parts, *Path(sys.base_prefix).parts}
    code = (
        f"import os\np = {str(path)!r}\nif os.path.exists(p): assert set(os.listdir(p)) <= {allowed!r}, os.listdir(p)"
    )
    assert outcome(kernel, code) is None


def test_the_hooks_of_an_editable_install_are_hidden(kernel):
    """They name every folder of the project."""
    code = f"""
    import glob
    def text(name):
        try: return open(name).read()
        except PermissionError: return ""
    for name in glob.glob({sys.prefix!r} + "/lib/python3*/site-packages/__editable__*"):
        assert text(name) == "", name
    """
    assert outcome(kernel, code) is None


def test_the_environment_is_cleared():
    os.environ["SECRET_TOKEN"] = "of the instructor"
    try:
        with Kernel() as running:
            assert (
                outcome(running, "import os\nassert 'SECRET_TOKEN' not in os.environ and len(os.environ) < 40") is None
            )
            assert outcome(running, "assert os.environ['HOME'] == os.getcwd() == '/home/student'") is None
    finally:
        del os.environ["SECRET_TOKEN"]


def test_no_other_process_is_visible(kernel):
    assert (
        outcome(kernel, "import os\nassert {p for p in os.listdir('/proc') if p.isdigit()} == {'1', str(os.getpid())}")
        is None
    )


def test_the_helper_is_there_and_numpy_is_np(kernel):
    assert (
        outcome(kernel, "import nst\nassert nst.__file__.startswith('/module/course/nst/') and np.sum([1]) == 1")
        is None
    )


# --- what can be done ---


@pytest.mark.parametrize(
    "place",
    ["/", "/usr/bin", "/module", "/module/course/nst", "/module/runner", "/dev", "/proc", sys.prefix, "/etc", "/run"],
)
def test_only_private_places_can_be_written(kernel, place):
    error = outcome(kernel, f"open({place!r} + '/planted', 'w')")
    assert error and error.startswith(("OSError", "PermissionError", "FileNotFoundError"))


@pytest.mark.parametrize("place", ["/home/student", "/tmp", "/dev/shm"])
def test_private_places_can_be_written_and_are_small(kernel, place):
    code = f"""
    import os
    name, written = {place!r} + "/big", 0
    try:
        while True:
            with open(f"{{name}}{{written}}", "wb") as f: written += f.write(bytes(2**22))
    except OSError as error: assert error.errno == 28, error
    finally:
        for file in os.listdir({place!r}):
            if file.startswith("big"): os.remove({place!r} + "/" + file)
    assert 0 < written <= {Limits().disk}
    """
    assert outcome(kernel, code) is None


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import socket; socket.create_connection(('1.1.1.1', 53), 1)", "OSError"),
        ("import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)", "OSError"),
        ("import socket; socket.getaddrinfo('example.org', 80)", "gaierror"),
        ("import urllib.request as u; u.urlopen('http://127.0.0.1:8888', timeout=1)", "URLError"),
        ("import os; os.setuid(0)", "PermissionError"),
        ("import os; os.chroot('/tmp')", "PermissionError"),
        (
            "import os; os.kill(1, 9); import time; time.sleep(0.1); raise OSError('still here')",
            ("OSError", "PermissionError"),
        ),
        ("import os; os.memfd_create('x')", "PermissionError"),
        ("import resource as r; r.setrlimit(r.RLIMIT_NPROC, (9999, 9999))", ("ValueError", "PermissionError")),
        ("import resource as r; r.setrlimit(r.RLIMIT_AS, (r.RLIM_INFINITY,) * 2)", ("ValueError", "PermissionError")),
        ("open('/tmp/long', 'wb').truncate(2**30)", "OSError"),
        ("[open('/dev/null') for _ in range(10**5)]", "OSError"),
        ("np.ones(2**30)", ("MemoryError", "ArrayMemoryError", "_ArrayMemoryError")),
        ("input()", "StdinNotImplementedError"),
        ("import getpass; getpass.getpass()", "StdinNotImplementedError"),
        ("import os; os.mknod('/tmp/device', 0o60600, os.makedev(8, 0))", "PermissionError"),
    ],
)
def test_refused(kernel, code, error):
    result = outcome(kernel, code)
    assert result and result.startswith(error), result


def test_honest_habits_work(kernel):
    code = """
    import multiprocessing, subprocess, sys, tempfile, threading, warnings, logging
    with multiprocessing.Pool(2) as pool: assert pool.map(abs, [-1, -2]) == [1, 2]
    assert subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True).stdout == b"1\\n"
    thread = threading.Thread(target=print); thread.start(); thread.join()
    with tempfile.TemporaryFile() as file: file.write(b"x")
    warnings.warn("a warning"); logging.error("a log line"); print("x" * 10**6, file=sys.stderr)
    import matplotlib.pyplot as plt
    plt.plot([1, 2]); plt.show()
    np.linalg.svd(np.ones((50, 50)))
    """
    assert outcome(kernel, code) is None


# --- what ends a sandbox ---


LONG = "longer than 1 "
TOO_FAR = {
    "forks": ("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", "processes", {}),
    "many": (
        "import os\nfor _ in range(5): os.fork()\nx = bytearray(10**8)\nwhile True: pass",
        "memory|processes",
        {"memory": 2**29},
    ),
    "memory": ("x = []\nwhile True: x.append(bytearray(10**7))", "memory", {"memory": 2**28}),
    "files": ("i = 0\nwhile True:\n    open(f'/tmp/{i}', 'w').close(); i += 1", "files", {"files": 2000}),
    "loop": ("while True: pass", LONG, {}),
    "print": ("while True: print('x' * 10**6)", LONG, {}),
    "cpu": ("while True: pass", "died", {"cpu_seconds": 1}),
    "exit": ("import os; os._exit(0)", "died", {}),
    "segfault": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "died", {}),
    "mute": ("get_ipython().kernel.session.send = lambda *a, **k: None", "did nothing for 2 ", {"idle_seconds": 2}),
    "sleep": ("import time; time.sleep(1000)", "did nothing for 2 ", {"idle_seconds": 2}),
    "closed": ("import os; os.closerange(3, 200)", LONG + "|did nothing|died", {"idle_seconds": 2}),
}


@pytest.mark.parametrize(("code", "why", "limits"), TOO_FAR.values(), ids=TOO_FAR)
def test_what_goes_too_far_is_killed_with_a_reason(code, why, limits):
    seconds = 1 if LONG in why else SHORT
    with Kernel(Limits(**limits)) as running:
        members = family(running.sandbox.pid)
        with pytest.raises(KernelDead, match=why):
            running.run(code, seconds)
    assert_gone(members)


def assert_gone(members):
    end = time.monotonic() + 15
    while alive := [pid for pid in members if is_alive(pid)]:
        assert time.monotonic() < end, f"left over: {alive}"
        time.sleep(0.02)


def is_alive(pid):
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def test_detached_children_die_with_the_sandbox():
    code = """
    import os, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True: time.sleep(1)
        os._exit(0)
    """
    with Kernel() as running:
        assert outcome(running, code) is None
        members = family(running.sandbox.pid)
    assert len(members) >= 3
    assert_gone(members)


# --- where it runs ---


@pytest.mark.parametrize("late", [0.0, 0.3], ids=["before bubblewrap", "on the way"])
def test_a_grader_killed_while_a_sandbox_starts_leaves_nothing(late, tmp_path):
    """Before bubblewrap has asked to be ended with its parent, and before the kernel is there."""
    marked = tmp_path / "bwrap"
    marked.write_text(f'#!/bin/sh\nsleep 0.3\nexec {shutil.which("bwrap")} --setenv MARK {tmp_path} "$@"\n')
    marked.chmod(0o755)
    code = f"""
    import os, signal, threading, time
    from autograder.sandbox.kernel import Kernel
    os.environ["PATH"] = "{tmp_path}:" + os.environ["PATH"]
    threading.Timer({late} + 0.1, os.kill, (os.getpid(), signal.SIGKILL)).start()
    Kernel().__enter__()
    time.sleep(60)
    """
    grader = subprocess.run([sys.executable, "-c", textwrap.dedent(code)])
    assert grader.returncode == -signal.SIGKILL
    end = time.monotonic() + 15
    while left := [path for path in Path("/proc").glob("[0-9]*") if mentions(path, tmp_path)]:
        assert time.monotonic() < end, f"left over: {left}"
        time.sleep(0.02)


def mentions(process, folder):
    """Whether a path stands in a process's command or environment."""
    with contextlib.suppress(OSError):
        return bytes(folder) in (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
    return False


AS_USER = """
mount -t tmpfs -o mode=755 none /mnt && mkdir -p "/mnt$1" && mount --bind "$1" "/mnt$1" || exit 3
top="/$(echo "$1" | cut -d/ -f2)"
mount --rbind "/mnt$top" "$top" || exit 3
exec setpriv --reuid 1234 --regid 1234 --clear-groups env HOME=/nowhere "$2" -c "$3" "$4"
"""


PLAIN_USER = """
import json, os, sys
root, bombs = json.loads(sys.argv[1])
sys.path[:0] = [root, root + "/course"]
from autograder.sandbox.kernel import Kernel, KernelDead, sandbox
from autograder.sandbox.limits import Limits
assert os.getuid() == 1234
with Kernel() as k:
    assert k.run("import os; assert os.getuid() == 65534", 30) is None
    assert k.run("import socket; socket.create_connection(('1.1.1.1', 53), 1)", 30)[0] == "OSError"
    print("disk:", k.run("for i in range(5): open(f'/tmp/{i}', 'wb').write(bytes(2**24))", 30))
for name, (code, why, limits) in bombs.items():
    with Kernel(Limits(**limits)) as k:
        try: k.run(code, 1)
        except KernelDead as death: print(f"{name}: {death}")
"""


@pytest.mark.skipif(os.getuid() != 0, reason="not root: all tests of this file run as a plain user already")
def test_bombs_are_bounded_for_a_plain_user_too():
    """As user 1234, in a mount namespace where the way to this Python is open to everybody."""
    base = os.path.realpath(sys.base_prefix)
    bombs = {name: TOO_FAR[name] for name in ("forks", "memory", "files", "print")}
    told = json.dumps([str(ROOT), bombs])
    words = ["unshare", "-m", "bash", "-c", AS_USER, "bash", base, sys.executable, PLAIN_USER, told]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.splitlines() == [
        "disk: ('OSError', '[Errno 28] No space left on device')",
        "forks: it started more than 48 processes",
        "memory: it used more than 256 MB of memory",
        "files: it made more than 2000 files",
        "print: it ran longer than 1 seconds",
    ], done.stderr


def test_each_sandbox_under_root_has_a_user_of_its_own(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 0)
    uids = {users.own_uid() for _ in range(8)}
    assert len(uids) == 8 and min(uids) > 65534
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    assert users.own_uid() == 0


def test_what_is_bound_comes_after_the_empty_tmp():
    """Else a clone below /tmp (a build machine's) would hide its own Python."""
    words = bubblewrap.bwrap_command(Limits(), 0, ["true"], {"info": 3, "connection": 4, "seccomp": 5})
    tmp = next(i for i, pair in enumerate(itertools.pairwise(words)) if pair == ("--tmpfs", "/tmp"))
    assert tmp < words.index("--ro-bind")
