"""What uses up time, memory, processes, disk and messages, with small limits; and cells that hang or flood."""

from attacks import assert_nothing_happened, chosen, class_of, names

from autograder.attack.arena import SMALL

CASES = [*chosen("adversarial", small=True), *chosen("structural", small=True)]
results = class_of(CASES, "command", SMALL)


@names(CASES)
def test_it_uses_up_nothing_but_its_own(results, name):
    assert_nothing_happened(results[name])
