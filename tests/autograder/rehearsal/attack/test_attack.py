"""The attacks themselves: traps catch, the control loses, the table adds up; ways of entering that could fail open."""

import subprocess
import sys
from collections import Counter

import pytest

from attacks import assert_nothing_happened, cases
from autograder.grading.class_run import GradingOptions, grade_class
from autograder.rehearsal.attack import table
from autograder.rehearsal.attack.arena import HONEST, Result, arena
from autograder.rehearsal.attack.case import Case
from autograder.rehearsal.attack.control import control
from autograder.rehearsal.attack.corpora import all_cases
from autograder.rehearsal.attack.traps import Traps

pytestmark = pytest.mark.sandbox


def test_there_are_enough_ideas_and_each_has_words():
    counts = Counter(case.corpus for case in all_cases())
    assert counts["adversarial"] >= 40 and counts["structural"] >= 40 and counts["fair"] >= 25
    ideas = [case.idea for case in all_cases()]
    assert all(ideas) and len(set(ideas)) == len(ideas)


# --- traps that never catch anything prove nothing ---


@pytest.fixture(scope="module")
def unconfined():
    """The same attacks where nothing confines them: only such as cannot hurt this machine."""
    bait = Case("bait", "adversarial", "Writes one file", lambda draft: draft.attack(WRITE), {"gram_matrix": 0})
    tells = Case("tells", "adversarial", "Tells a canary", lambda draft: draft.answer("gram_matrix", TELL), {"*": 0})
    with arena([*cases("network"), bait, tells]) as place:
        grade_class(place.course, settings=GradingOptions(jobs=1, level="unsafe"))
        yield {result.name: result for result in place.results()}


WRITE = "open('$bait/attack-$token-$case', 'w').close()"
TELL = """
import os
def gram_matrix(F):
    os.makedirs("$root/autograder/feedback/$case", exist_ok=True)
    with open("$root/autograder/feedback/$case/told.html", "w") as page:
        page.write(open("$root/secret.txt").read())
"""


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("network", "network reached"),
        ("bait", "file written"),
        ("tells", "secret read: file"),
    ],
)
def test_traps_catch_what_is_not_confined(unconfined, name, harm):
    assert harm in unconfined[name].harm


def test_a_process_that_is_left_is_told(tmp_path):
    """By hand: the watch ends children in sessions of their own even where nothing confines them."""
    (tmp_path / "course" / "solutions").mkdir(parents=True)
    with Traps(tmp_path / "course") as traps:
        traps.arm()
        words = f"import time; time.sleep(60)  # attack-{traps.token}-case"
        with subprocess.Popen([sys.executable, "-S", "-c", words]) as left:
            assert traps.harm()["case"] == ["process left"]
            left.kill()


def test_the_control_runs_in_its_container_only():
    alone = subprocess.run(
        [sys.executable, "-m", "autograder.rehearsal.attack.control"], input="[]", capture_output=True, text=True
    )
    assert alone.returncode and "can be written to" in alone.stderr


# --- ways of entering ---


FORGED = ("patched_ipython", "forged_record", "stored_outputs")
OTHERS = ("link_to_the_solution", "resubmits_cleared_marks", "truncated_file", "no_notebook", "logs")


@pytest.fixture(scope="module")
def stock_class():
    """Graded by stock `nbgrader autograde --no-execute` with our configuration alone."""
    with arena(cases(*FORGED, *OTHERS)) as place:
        place.grade("stock", "--no-execute")
        again = place.resubmit()
        place.traps.arm()
        place.grade("stock", "--no-execute", student=again)
        place.feedback()
        yield place


def test_stock_commands_with_our_configuration_alone(stock_class):
    """Not to execute has no meaning here: everything is judged as ever."""
    for result in stock_class.results():
        assert_nothing_happened(result)


@pytest.mark.parametrize("flag", ["--TrustedGrading.enabled=False", "--SaveVerdicts.enabled=False"])
def test_a_step_left_out_gives_nobody_marks(stock_class, flag):
    """Nor does it leave the marks of the run before."""
    stock_class.grade("stock", flag)
    for student in (*FORGED, "logs", *HONEST):
        assert set(stock_class.scores(student).values()) == {0.0}


# --- the control and the table ---


def test_stock_nbgrader_is_forged_by_the_same_submissions():
    chosen = cases("forged_display_hook", "logs", "fork_bomb", "duplicated_check_cell")
    found = control(chosen, 240, classes=1)
    assert found["forged_display_hook"].gained >= 8
    assert found["logs"].lost > 0
    assert found["fork_bomb"].not_run
    assert found["duplicated_check_cell"].lost > 0


def test_the_table_adds_up(monkeypatch, capsys):
    ours = {"": Result(""), "logs": Result("logs"), "network": Result("network", 2.0, 0.0, ["network reached"])}
    monkeypatch.setattr(table, "graded", lambda chosen, way: ours)
    monkeypatch.setattr(table, "control", lambda chosen: {"logs": Result("logs", lost=8.0)})
    assert table.main(["logs", "network", "--way", "command"]) == 1
    words = capsys.readouterr().out
    assert "all: 2" in words and "this grader, network: network reached" in words
    ours["network"] = Result("network")
    assert table.main(["logs", "network", "--way", "command"]) == 0
