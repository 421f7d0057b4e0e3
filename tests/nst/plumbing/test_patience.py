"""How long somebody's code is waited for: processor time counts, and doing nothing, unless the machine is at fault."""

import time

import pytest

from nst.plumbing.patience import Patience


@pytest.mark.parametrize(("busy", "over"), [(False, "it did nothing for 0.05 seconds"), (True, "")])
def test_who_computes_nothing_is_idle_unless_the_machine_holds_it_up(busy, over):
    patience = Patience(lambda: 1.0, 5.0, 0.05, lambda: busy)
    assert patience.over() == ""
    time.sleep(0.1)
    assert patience.over() == over


def test_processor_time_counts_from_the_start():
    used = iter([3.0, 3.5, 9.0])
    patience = Patience(lambda: next(used), 0.0, 10.0)
    assert patience.over() == "it ran longer than 0 seconds"
