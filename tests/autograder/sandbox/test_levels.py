"""The ladder: the highest rung that works, a sentence for each that does not, and the lower rung on any machine."""

import errno
import multiprocessing
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from autograder.rehearsal.container import ordinary
from autograder.sandbox import contained, levels, places, seccomp, stage, users
from autograder.sandbox.kernel import Kernel
from autograder.sandbox.limits import Limits, SandboxUnavailable

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def anew(monkeypatch):
    """Probing that does not remember what it found before."""
    monkeypatch.setattr(levels, "obstacle", levels.obstacle.__wrapped__)
    monkeypatch.setattr(Kernel, "probed", set())


@pytest.mark.sandbox
@pytest.mark.parametrize("uid", [0, 1234] if os.getuid() == 0 else [os.getuid()])
def test_the_lower_rung_in_an_ordinary_containers_rights(uid, tmp_path):
    """test_contained.py, and the watch on this rung: as that container's root, and as a plain user of it."""
    files = [f"tests/autograder/sandbox/test_{name}.py" for name in ("contained", "watch")]
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
    words += [
        "-k",
        "contained and not attacks and not bomb_that_the" if uid else "contained",
    ]  # of the watch, what runs on this rung
    environment = {**os.environ, "IN_A_CONTAINER": "1", "HOME": "/nowhere", "MPLCONFIGDIR": "/tmp"}
    done = subprocess.run(ordinary(words, uid), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0 and "skipped" not in done.stdout, done.stdout[-6000:] + done.stderr[-2000:]


WITHOUT_SYS_ADMIN = """
from autograder.sandbox.kernel import Kernel, KernelDead
from autograder.sandbox.levels import probe
print(probe().name)
with Kernel() as kernel:
    for name in ("core_pattern", "hostname"):
        print(kernel.run(f"open('/proc/sys/kernel/{name}', 'w')", 30)[0])
    code = "import threading, time\\nwhile True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    try: print(kernel.run(code, 30)[0])
    except KernelDead as death: print("threads" in str(death))
"""


@pytest.mark.sandbox
@pytest.mark.skipif(os.getuid() != 0, reason="not root")
def test_root_without_sys_admin_gets_namespaces_of_a_user_namespace():
    """There the sandbox's user is root's number outside: what belongs to root is read-only, and threads are counted."""
    words = ordinary([sys.executable, "-c", WITHOUT_SYS_ADMIN], namespaces=True)
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120)
    *refused, threads = done.stdout.splitlines()
    assert refused == ["namespaces", "OSError", "OSError"] and threads in ("True", "RuntimeError"), done.stderr


# --- choosing ---


def works(monkeypatch, *names):
    monkeypatch.setattr(levels, "obstacle", lambda name: "" if name in names else "it cannot be had.")


def test_the_highest_rung_that_works_is_chosen(monkeypatch):
    works(monkeypatch, "namespaces", "contained")
    assert levels.probe() == levels.NAMESPACES and levels.probe("contained") == levels.NAMESPACES
    works(monkeypatch, "contained")
    level = levels.probe()
    assert (level.name, level.above) == ("contained", ("namespaces: it cannot be had.",))
    assert level.covers and level.does_not_cover


def test_a_rung_below_what_is_demanded_is_refused(monkeypatch):
    works(monkeypatch, "contained")
    with pytest.raises(SandboxUnavailable, match="from namespaces upward, so nothing is graded"):
        levels.probe("namespaces")
    with pytest.raises(ValueError, match="no rung"):
        levels.probe("unsafe")


def test_unsafe_is_never_chosen_nor_advised(monkeypatch):
    works(monkeypatch)
    with pytest.raises(SandboxUnavailable) as refused:
        levels.probe()
    assert "unsafe" not in str(refused.value)
    assert levels.settle("unsafe") == levels.UNSAFE
    with pytest.raises(ValueError, match="no level of confinement"):
        levels.settle("none")


def test_what_is_recorded_names_the_level_and_what_it_does_not_cover():
    for level in levels.LEVELS.values():
        record = levels.describe(Limits(), level.name)
        assert record["level"] == level.name and record["does_not_cover"] == list(level.does_not_cover)
        assert record["seccomp"] == (level in levels.RUNGS)


# --- sentences ---


def sentence(name):
    """Why a rung does not work."""
    why = levels.obstacle(name)
    assert why.endswith(".") and "Traceback" not in why and "unsafe" not in why, why
    return why


SAID = {
    "bwrap: setting up uid map: Permission denied": "AppArmor",
    "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted": "AppArmor",
    "bwrap: Can't mount proc on /newroot/proc: Operation not permitted": "/proc is masked here",
    "bwrap: No permissions to create a new namespace": "as in most containers",
    "bwrap: setting up uid map: Operation not permitted": "CAP_SETFCAP",
}


@pytest.mark.parametrize(("words", "reason"), SAID.items())
def test_what_bubblewrap_says_is_explained(anew, monkeypatch, tmp_path, words, reason):
    (tmp_path / "bwrap").write_text(f'#!/bin/sh\necho "{words}" >&2\nexit 1\n')
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert reason in sentence("namespaces") and words in sentence("namespaces")


def test_a_missing_bubblewrap_says_what_to_type(anew, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert "sudo apt-get install bubblewrap" in sentence("namespaces")


@pytest.fixture
def reachable(anew, monkeypatch):
    """As if Python lay where every user may enter."""
    monkeypatch.setattr(users, "closed_to_others", lambda paths: "")


def test_other_processors_are_refused_on_every_rung(reachable, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    for level in levels.RUNGS:
        assert "a processor of the kind riscv64" in sentence(level.name)


def test_what_the_lower_rung_lacks_is_said(reachable, monkeypatch):
    monkeypatch.setattr(stage, "landlock_version", lambda: 0)
    assert "no Landlock" in sentence("contained")
    monkeypatch.setattr(stage, "landlock_version", lambda: 5)
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    assert "does not keep signals in" in sentence("contained")
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    assert "this is Darwin" in sentence("contained")


def test_a_python_that_the_sandboxs_user_cannot_reach_is_named(anew, monkeypatch, tmp_path):
    (tmp_path / "python").mkdir()
    monkeypatch.setattr(users, "own_uid", lambda: 4711)
    monkeypatch.setattr(places, "roots", lambda: [tmp_path / "python"])
    closed = next(folder for folder in reversed(tmp_path.parents) if not folder.stat().st_mode & 1)  # pytest's own
    assert f"may not enter {closed}," in sentence("contained") and f"chmod o+x {closed}," in sentence("contained")


def test_a_course_that_lies_among_what_may_be_read_is_refused(reachable, monkeypatch):
    monkeypatch.setattr(places, "private_in_roots", lambda: [Path("/usr/local/course/solutions")])
    assert "/usr/local/course/solutions lies there" in sentence("contained")


# --- who it runs as ---


def as_root(monkeypatch, uid_map="0 0 4294967295", groups="allow", capable=True):
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setattr(users, "capable", lambda number: capable)
    monkeypatch.setattr(users, "_setgroups", lambda: groups)
    rows = [list(map(int, line.split())) for line in uid_map.split(",")]
    monkeypatch.setattr(users, "_ranges", lambda path: [(first, first + count) for first, _, count in rows])


def test_under_root_each_sandbox_has_a_user_of_its_own(monkeypatch):
    as_root(monkeypatch)
    uids = {users.own_uid() for _ in range(8)}
    assert len(uids) == 8 and min(uids) >= users.FIRST


def test_in_a_user_namespace_it_is_one_that_exists_there(monkeypatch):
    as_root(monkeypatch, "0 1000 1,1 100000 65536")
    assert all(32768 <= users.own_uid() < 65537 for _ in range(64))


@pytest.mark.parametrize("uid_map", ["0 0 4294967295", "0 1000 1,1 100000 65536", "0 0 4"])
def test_the_id_after_it_is_no_other_sandboxs_and_exists_too(monkeypatch, uid_map):
    as_root(monkeypatch, uid_map)
    uids = {users.own_uid() for _ in range(64)}
    assert not uids & {uid + 1 for uid in uids}
    assert max(uids) + 1 < max(end for _, end in users._ranges(""))


def stop_all(uid):
    """As that user, stop all of its processes, again and again."""
    stage.become(uid)
    while True:
        os.kill(-1, signal.SIGSTOP)


@pytest.mark.skipif(os.getuid() != 0, reason="not root: no other user's processes can be made")
def test_who_ends_a_users_processes_cannot_be_stopped_by_them():
    """As before Linux 6.12, where Landlock keeps no signals in."""
    uid, forking = users.own_uid(), multiprocessing.get_context("fork")
    for _ in range(30):
        student = forking.Process(target=stop_all, args=(uid,))
        student.start()
        while psutil.Process(student.pid).uids().effective != uid:
            time.sleep(0.001)
        time.sleep(0.03)
        killer = forking.Process(target=stage.kill_user, args=(uid,))
        killer.start()
        try:
            student.join(20)
            assert student.exitcode == -signal.SIGKILL
        finally:
            student.kill()
            killer.join(5)


@pytest.mark.parametrize("lack", [{"uid_map": "0 1000 1"}, {"groups": "deny"}, {"capable": False}])
def test_where_root_cannot_become_another_user_that_is_said(anew, monkeypatch, lack):
    as_root(monkeypatch, **lack)
    assert users.own_uid() == 0
    assert contained.obstacle(0).startswith("root may not become another user here")


@pytest.mark.sandbox
def test_without_pidfd_the_sandbox_still_ends(anew, monkeypatch):
    """Kernels before 5.3, and some containers, have no pidfd: bubblewrap's own end is the sandbox's."""

    def missing(pid, flags=0):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(os, "pidfd_open", missing)
    with Kernel() as kernel:
        assert kernel.run("1", 30) is None
        pid = kernel.sandbox.pid
    end = time.monotonic() + 10
    while os.path.exists(f"/proc/{pid}/root/run") and time.monotonic() < end:
        time.sleep(0.01)
    assert not os.path.exists(f"/proc/{pid}/root/run")


def test_the_filter_for_trying_the_lower_rung_refuses_namespaces_only():
    assert len(seccomp.without_namespaces()) < len(seccomp.program())
