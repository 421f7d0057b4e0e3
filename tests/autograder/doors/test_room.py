"""What a container's memory is divided into."""

import pytest

from autograder.doors import room


@pytest.mark.parametrize(
    ("container", "sandbox", "ahead"), [(64, 128, False), (768, 512, False), (2048, 1728, True)], ids=str
)
def test_a_sandbox_leaves_the_grader_its_part_and_one_that_waits(monkeypatch, container, sandbox, ahead):
    monkeypatch.setattr(room.usage, "available", lambda: (0, container * 2**20))
    assert (room.sandbox_memory() >> 20, room.spare_fits()) == (sandbox, ahead)
