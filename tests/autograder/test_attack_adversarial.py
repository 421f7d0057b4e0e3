"""Forged verdicts, prying, writing, links, network: through `python -m autograder grade`, one class for all."""

from attacks import assert_nothing_happened, chosen, class_of, names

CASES = chosen("adversarial")
results = class_of(CASES, "command")


@names(CASES)
def test_it_gains_nothing_and_harms_nobody(results, name):
    assert_nothing_happened(results[name])
