"""Memory as the container's control groups allow it."""

import pytest

from autograder.doors import room


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """A made-up /sys/fs/cgroup, and what /proc/self/cgroup says."""
    monkeypatch.setattr(room, "_GROUPS", tmp_path)
    said = tmp_path / "said"
    monkeypatch.setattr(room, "_OWN_GROUP", said)

    def make(lines):
        said.write_text(lines)
        return room.container_memory()

    return make


def test_version_2_the_tightest_of_the_groups_above_counts(groups, tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "memory.max").write_text("max\n")
    (tmp_path / "a" / "memory.max").write_text("1000000\n")
    assert groups("0::/a/b\n") == 1_000_000


def test_version_1(groups, tmp_path):
    (tmp_path / "memory" / "docker").mkdir(parents=True)
    (tmp_path / "memory" / "docker" / "memory.limit_in_bytes").write_text("805306368\n")
    assert groups("4:cpu:/x\n3:memory:/docker\n0::/\n") == 768 * 2**20


def test_a_container_that_sees_its_own_group_as_the_root(groups, tmp_path):
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("805306368\n")
    assert groups("3:memory:/docker/4f2a\n") == 768 * 2**20


def test_no_group_no_limit(groups):
    assert groups("") > 2**60


@pytest.mark.parametrize(
    ("container", "sandbox", "ahead"), [(64, 128, False), (768, 512, False), (2048, 1728, True)], ids=str
)
def test_a_sandbox_leaves_the_grader_its_part_and_one_that_waits(monkeypatch, container, sandbox, ahead):
    monkeypatch.setattr(room, "container_memory", lambda: container * 2**20)
    assert (room.sandbox_memory() >> 20, room.spare_fits()) == (sandbox, ahead)
