"""Control groups, as this machine has them: what is not to be had here is skipped, and the reason says so."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from autograder.sandbox import cgroup
from autograder.sandbox.limits import Limits

pytestmark = pytest.mark.sandbox


@contextlib.contextmanager
def grouped(code, limits=None):
    """(process that runs `code` once it is in a group, the group)."""
    words = [sys.executable, "-c", f"input()\n{textwrap.dedent(code)}"]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    group = cgroup.join([process.pid], limits or Limits())
    try:
        if group is None or group.folder is None:
            pytest.skip(f"control groups: {cgroup.describe()}")
        process.stdin.write("go\n")
        process.stdin.flush()
        yield process, group
    finally:
        process.kill()
        if group:
            group.close()
        process.wait()


def soon(condition, seconds=20.0):
    """Wait until it is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.01)


AWAY = """
    import os, time
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
    time.sleep(600)
"""


def test_who_left_the_session_and_lost_the_parent_is_still_counted_and_ended():
    with grouped(AWAY) as (process, group):
        soon(lambda: len(group.members()) == 2)
        members = group.members()
        process.kill()
        process.wait()
        assert group.members()
        group.close()
        soon(lambda: not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in members))
        assert not group.folder.exists()
    assert group.members() == [] and group.seconds() == 0.0


def test_the_time_of_children_whose_end_is_ignored_is_counted():
    code = """
        import os, signal, time
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        for _ in range(4):
            if os.fork() == 0:
                while time.process_time() < 0.1: pass
                os._exit(0)
        time.sleep(0.1)
        try: os.waitpid(-1, 0)
        except ChildProcessError: print("done", flush=True)
        time.sleep(600)
    """
    with grouped(code) as (process, group):
        assert process.stdout.readline() == "done\n"
        soon(lambda: group.seconds() > 0.4)


def test_processors_are_divided_between_groups():
    """Where the controller is of version 1 or 2; a group's weight is that of any other."""
    with grouped("import time; time.sleep(600)") as (process, group):
        if not group.shares_processors:
            pytest.skip(f"no weight of processors: {cgroup.describe()}")
        if group.weights:
            assert (group.weights / "cpu.shares").read_text() == "1024\n"
            assert (group.weights / "cgroup.procs").read_text() == f"{process.pid}\n"
        else:
            assert (group.folder / "cpu.weight").read_text() == "100\n"


def test_memory_beyond_the_limit_ends_the_group_whoever_maps_it():
    code = """
        import mmap
        for _ in range(20):
            shared = mmap.mmap(-1, 2**25)
            for page in range(0, len(shared), 4096): shared[page] = 1
            shared.madvise(mmap.MADV_DONTNEED)
            globals().setdefault("held", []).append(shared)
        print("held", flush=True)
    """
    with grouped(code, Limits(memory=2**27, disk=2**20)) as (process, group):
        if not (group.folder / "memory.max").exists():
            pytest.skip(f"memory is not counted: {cgroup.describe()}")
        assert process.wait(60) == -signal.SIGKILL
        assert group.burst()


def test_groups_whose_grader_was_killed_are_removed(tmp_path):
    gone, own = tmp_path / f"{cgroup.PREFIX}4194305-0", tmp_path / f"{cgroup.PREFIX}{os.getpid()}-0"
    gone.mkdir()
    own.mkdir()
    cgroup._new(tmp_path)
    assert own.exists() and not gone.exists()


@pytest.fixture
def around(tmp_path, monkeypatch):
    """(make groups out of {path of a file: text}, mounted as this kind; this process is in `own`) -> own_limits()."""

    def limits(files, kind, own):
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        monkeypatch.setattr(cgroup, "_mounted", lambda asked, option="": tmp_path if asked == kind else None)
        monkeypatch.setattr(cgroup, "_own", lambda controller, pid="self": Path(own))
        return cgroup.own_limits()

    return limits


def test_limits_above_are_found_and_what_is_held_but_would_be_let_go(around):
    """As in a batch job: 100 MB are allowed one level up, 60 are held, of which 10 would be let go."""
    files = {
        "job/step/memory.max": "max\n",
        "job/memory.max": "100000000\n",
        "job/memory.current": "60000000\n",
        "job/memory.stat": "anon 1\ninactive_file 10000000\n",
    }
    assert around(files, "cgroup2", "job/step") == [(100_000_000, 50_000_000)]


@pytest.mark.parametrize("own", ["", "docker/4f2a"], ids=["as it is", "a container sees its own group as the root"])
def test_limits_of_version_1(around, own):
    files = {"memory.limit_in_bytes": "805306368\n", "memory.usage_in_bytes": "7\n"}
    assert around(files, "cgroup", own) == [(768 * 2**20, 7)]
    assert around({"memory.limit_in_bytes": "9223372036854771712\n"}, "cgroup", own) == []


def test_where_nothing_can_be_had_a_sentence_says_so(monkeypatch):
    monkeypatch.setattr(cgroup, "_mounted", lambda kind, option="": None)
    monkeypatch.setattr(cgroup, "_systemd", lambda: ())
    assert cgroup.join([os.getpid()], Limits()) is None
    monkeypatch.setattr(cgroup, "_weights", lambda: None)
    assert cgroup.describe.__wrapped__() == "none can be had here: the processes are watched from outside"
