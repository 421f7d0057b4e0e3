"""Answers that nobody here listed: right ones pass, wrong ones are caught and explained, whatever the draw."""

import pytest

from autograder.authoring import outsiders
from autograder.authoring.masters import Masters
from autograder.authoring.mutants import EQUIVALENT, mutants

MASTERS = Masters()
HEAVY = [answer for answer in outsiders.strangers() if "tensorflow" in answer.source]


@pytest.mark.slow
def test_strangers_are_judged_rightly_explained_and_by_no_luck():
    light = [answer for answer in outsiders.strangers() if answer not in HEAVY]
    found = outsiders.tally(light, MASTERS, draws=1)
    assert found.good and not found.lines, found.lines
    assert found.counts["wrong"] > 250 and found.counts["right"] > 40


@pytest.mark.tensorflow
def test_strangers_who_use_tensorflow():
    assert HEAVY and outsiders.tally(HEAVY, MASTERS, draws=1).good


@pytest.mark.slow
def test_mutants_of_the_right_answers_are_caught_and_explained():
    found = outsiders.tally(outsiders.mutated(MASTERS, MASTERS.exercises()), MASTERS, draws=0)
    assert found.good and found.counts["caught"] == found.counts["wrong"] > 250, found.lines


def test_every_equivalent_mutant_is_still_one():
    made = {(exercise, name) for exercise in MASTERS.exercises() for name, _ in mutants(MASTERS.source_of(exercise))}
    assert set(EQUIVALENT) <= made


def test_mutants_change_one_place_each_and_have_names_of_their_own():
    source = 'def f(F, P):\n    """About."""\n    if F is None:\n        F = P\n    return np.sum(F - P) / 2\n'
    made = dict(mutants(source))
    assert {
        "return np.sum(F + P) / 2",
        "return np.mean(F - P) / 2",
        "if F is not None:",
        "return np.sum(F - P)",
    } <= set(made)
    assert len(set(made.values())) == len(made) and all("About" not in text for text in made.values())


def test_a_gap_shows():
    wrong = outsiders.Answer(
        "total_loss", "odd", "def total_loss(content, style, alpha, beta):\n    return None\n", True
    )
    found = outsiders.tally([wrong], MASTERS, draws=0)
    assert not found.good and "right, but turned away: total_loss, odd" in outsiders.table({"one": found})


def test_a_name_given_by_luck_counts_as_varying():
    """Rounded, and rounded down, 0.4 is the same number, 0.6 is not: of one draw that says nothing."""
    names = iter(["rounded", "whole_numbers"])
    result = outsiders.Tally()
    verdicts = [outsiders.Verdict(False, 0.5, "", next(names)) for _ in range(2)]
    outsiders._count(outsiders.Answer("total_loss", "odd", ""), verdicts, result)
    assert result.counts["varying"] == 1 and not result.good
