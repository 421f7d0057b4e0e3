"""Every platform's result file has the form that its documentation asks for, whatever became of the submission."""

import json
import re

import pytest

from autograder.doors import classroom50, github, gradescope, plain, prairielearn
from autograder.doors.outcome import BY_A_PERSON, MAX_TEXT, NOT_JUDGED, PARTLY, RIGHT, WRONG, Outcome, Test
from platform_formats import check

DOORS = {"gradescope": gradescope, "prairielearn": prairielearn, "github": github, "classroom50": classroom50}
BOOK = "03_gram_matrices"
TESTS = [
    Test(BOOK, "gram_matrix", 8.0, 8, RIGHT, "Right."),
    Test(BOOK, "gram_matrices", 1.5, 3, PARTLY, "You divided by N.\nPart of the points: a constant factor."),
    Test(BOOK, "style_loss", 0.0, 5, WRONG, "Not right."),
    Test(BOOK, "style_gradient", 0.0, 11, NOT_JUDGED, "Not judged in time."),
    Test(BOOK, "reflection_gram_matrices", 0.0, 0.0, BY_A_PERSON, "Read by a person."),
]
HOSTILE = "\x1b[31m</pre><script>alert(1)</script>::error::gotcha ##[command] `a` | ![x](http://evil) \u202e\x00"
OUTCOMES = {
    "mixed": Outcome(TESTS, record={"level": "contained", "words": "How this was judged: in a sandbox."}),
    "all right": Outcome([TESTS[0], TESTS[4]]),
    "nothing usable": Outcome([TESTS[3]], problems=["01_feature_maps.ipynb was not in the submission."]),
    "our fault": Outcome(TESTS, faulty=True),
    "hostile": Outcome([Test(BOOK, "gram_matrix", 0.0, 8, WRONG, HOSTILE)], notes=[HOSTILE]),
}


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
@pytest.mark.parametrize("platform", DOORS)
def test_the_form_is_the_documented_one(platform, outcome):
    result = DOORS[platform].result(outcome)
    check(platform, json.loads(json.dumps(result)))


def test_gradescope_adds_up_the_points_and_neither_passes_nor_fails_what_a_person_reads():
    result = gradescope.result(OUTCOMES["mixed"])
    assert "score" not in result and sum(test["score"] for test in result["tests"]) == 9.5
    assert [test.get("status") for test in result["tests"]] == ["passed", "failed", "failed", "failed", None]
    assert result["tests"][4]["name"] == "03_gram_matrices: Reflection: gram matrices (read by a person)"
    assert result["stdout_visibility"] == "hidden" and result["extra_data"]["level"] == "contained"


def test_the_student_reads_points_what_is_elsewhere_and_how_it_was_judged():
    assert OUTCOMES["mixed"].words().split("\n\n") == [
        "9.5 of 27 points by program; 1 written answer is read by a person and counted elsewhere.",
        "How this was judged: in a sandbox.",
    ]
    assert "not your fault" in OUTCOMES["our fault"].words()


def test_prairielearn_costs_no_attempt_where_nothing_was_usable():
    assert prairielearn.result(OUTCOMES["nothing usable"]) == {
        "gradable": False,
        "format_errors": ["01_feature_maps.ipynb was not in the submission."],
    }


def test_prairielearns_file_is_small_enough_however_much_there_is_to_say():
    many = [Test(BOOK, f"exercise_{n}", 0.0, 5, WRONG, "\U0001f600" * MAX_TEXT) for n in range(40)]
    outcome = Outcome(many, notes=["\U0001f600" * 1_000] * 600)
    size = len(json.dumps(prairielearn.result(outcome), indent=1, ensure_ascii=False).encode())
    assert size < prairielearn.MAX_BYTES


def test_githubs_status_is_that_of_what_a_program_judges():
    assert [github.result(OUTCOMES[name])["status"] for name in ("mixed", "all right", "our fault")] == [
        "fail",
        "pass",
        "error",
    ]


def test_githubs_page_shows_a_students_words_as_text(tmp_path, monkeypatch):
    monkeypatch.setenv(github.SUMMARY, str(tmp_path / "summary.md"))
    github.write_summary(OUTCOMES["hostile"])
    text = (tmp_path / "summary.md").read_text()
    assert not re.search(r"(?<!\\)[<`|!\[]", text) and "\x1b" not in text and "\u202e" not in text


def test_without_githubs_variable_no_page_is_written(monkeypatch):
    monkeypatch.delenv(github.SUMMARY, raising=False)
    github.write_summary(OUTCOMES["mixed"])


def test_classroom50_gets_whole_points_and_keeps_the_exact_ones():
    result = classroom50.result(OUTCOMES["mixed"])
    assert [(test["score"], test["points"]) for test in result["tests"]] == [(8, 8.0), (1, 1.5), (0, 0.0), (0, 0.0)]
    assert (result["score"], result["max-score"]) == (9, 27)


def test_classroom50_is_told_whose_submission_it_is(monkeypatch):
    monkeypatch.setenv("SUBMISSION_TAG", "submit/2026-12-01T10-00-00Z-a1b2c3d")
    assert classroom50.result(OUTCOMES["mixed"])["submission"] == "submit/2026-12-01T10-00-00Z-a1b2c3d"


def test_plain_json_has_everything():
    result = json.loads(json.dumps(plain.result(OUTCOMES["mixed"])))
    assert (result["score"], result["max_score"], len(result["tests"])) == (9.5, 27, 5)
    assert result["tests"][1]["verdict"] == PARTLY and result["record"]["level"] == "contained"
