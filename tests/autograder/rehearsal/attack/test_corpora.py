"""The corpora through `python -m autograder grade`, in one class: a submission or less for every kind of idea.

What can stand side by side in a notebook is handed in together. Left to `make attack`: every case by itself, the other
cases of each kind (more patches, odd answers, damages of cells and files, cells that hang or exit), all of them
through stock `nbgrader autograde` as well, and stock nbgrader itself as the control.
"""

from collections import Counter

import pytest

from attacks import assert_nothing_happened, cases, together
from autograder.course import REPOSITORY
from autograder.rehearsal.attack.arena import SMALL, run
from autograder.rehearsal.attack.corpora import all_cases

pytestmark = pytest.mark.sandbox

PATCHES = "forged_display_hook patched_inspect patched_ipython ast_transformer patched_helper display_updates"
MARKS = "skip_tags more_points rewritten_check forged_record stored_outputs not_a_number_score"
PRYING = "reads_the_environment reads_proc reads_other_submissions reads_the_solutions"
BREAKOUT = "writes_everywhere writes_the_gradebook rewrites_the_helper network raw_sockets detached_children"
FILES = "links_beside path_tricks shadowing_files"
DAMAGE = "changed_points_and_flags old_schema_version no_cell_ids wrong_kernelspec bad_timestamp errors_all_around"
PAGES = "buttons_laid_over addresses_of_formgrader lost_attachment"
HABITS = "scratch_cells executed_out_of_order uses_the_network writes_files long_prose"

ADVERSARIAL = """
    equal_to_everything lying_array pickle_bomb a_billion_claimed deep_nesting subclassed_everything
    state_between_calls puts_the_part_off fits_a_lent_factor asks_without_end empty_frames spells_its_inputs
    public_answers reads_memory tells_its_inputs imports_the_grader uses_the_solutions
    forged_reply asks_for_input cleared_metadata markup endless_highlighting link_to_the_solution link_as_student
    resubmits_cleared_marks
"""
USES_UP = """
    fork_bomb memory_bomb disk_bomb output_bomb huge_message never_returns deaf_to_signals pipe_instead
    deep_notebook
"""
STRUCTURAL = """
    duplicated_check_cell duplicated_solution_cell deleted_solution_cell swapped_ids reordered_cells raw_solution_cell
    merged_cells function_elsewhere as_released no_sense_in_metadata cells_that_are_none old_nbformat truncated_file
    huge_file not_utf8 no_notebook one_damaged_notebook cell_hangs_before cell_dies_after solution_cell_dies
"""
FAIR = """
    logs c_level_stderr plots type_hints threads np_rebound returns_lists returns_float32 returns_tensor
    returns_ordered_dict zero_d helpers_below wrong_carry_over
"""
GROUPS = {"patches": PATCHES, "marks": MARKS, "prying": PRYING, "breakout": BREAKOUT, "files": FILES}
GROUPS |= {"damage": DAMAGE, "habits": HABITS, "pages": PAGES}
HANDED_IN = [*(together(name, *words.split()) for name, words in GROUPS.items())]
HANDED_IN += cases(*f"{ADVERSARIAL} {USES_UP} {STRUCTURAL} {FAIR}".split())


@pytest.fixture(scope="module")
def results():
    return {result.name: result for result in run(HANDED_IN, "command", SMALL)}


@pytest.mark.parametrize("name", [*(case.name for case in HANDED_IN), ""], ids=lambda name: name or "the class")
def test_it_gains_nothing_harms_nobody_and_gets_its_due(results, name):
    assert_nothing_happened(results[name])


def test_the_pages_say_how_many_there_are():
    corpora = Counter(case.corpus for case in all_cases())
    kinds = f"{corpora['adversarial']} hostile, {corpora['structural']} broken, and {corpora['fair']} correct"
    said = f"hands in {corpora.total()} submissions, built by code from the released notebooks: {kinds}"
    assert said in " ".join((REPOSITORY / "autograder" / "SECURITY.md").read_text().split())
    assert f"what {corpora.total()} hostile, broken" in (REPOSITORY / "CHANGELOG.md").read_text()
