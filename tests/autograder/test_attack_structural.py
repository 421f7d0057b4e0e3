"""Broken cells, marks and files: through `python -m autograder grade`; every other exercise gets its due."""

from attacks import assert_nothing_happened, chosen, class_of, names

CASES = chosen("structural")
results = class_of(CASES, "command")


@names(CASES)
def test_every_exercise_gets_its_due(results, name):
    assert_nothing_happened(results[name])
