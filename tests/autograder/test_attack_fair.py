"""Correct but odd: through stock `nbgrader autograde` with the course's configuration alone; full marks for all."""

from attacks import assert_nothing_happened, chosen, class_of, names

CASES = chosen("fair")
results = class_of(CASES, "stock")


@names(CASES)
def test_it_gets_full_marks(results, name):
    assert_nothing_happened(results[name])
