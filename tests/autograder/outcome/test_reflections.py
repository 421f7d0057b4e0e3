"""Who reads what, how far readers agree, and what of it counts. `tests/browser` clicks through the page."""

import json
from math import isclose

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.__main__ import main
from autograder.course import Course, CourseError
from autograder.outcome import agreement, reading_desk, readings, reflections, rubric
from autograder.outcome.readings import Reading
from graded_class import grade

NOTEBOOK, CELL = "01_feature_maps", "reflection_feature_maps"


def reading(reader, rows, student="ann", answer="", comment=""):
    return Reading(reader, student, NOTEBOOK, CELL, answer, list(rows), float(sum(rows)), comment)


# --- sharing out ------------------------------------------------------------------------------------------------------


def test_each_student_has_one_reader_some_have_all_and_nobody_gets_much_more_than_another():
    students = [f"s{number}" for number in range(50)]
    plan = reflections.share_out({}, students, ["anna", "ben", "cleo"])
    assert set(plan) == set(students) and sum(len(names) == 3 for names in plan.values()) == 5
    alone = [names[0] for names in plan.values() if len(names) == 1]
    counts = [alone.count(name) for name in ("anna", "ben", "cleo")]
    assert max(counts) - min(counts) <= 1
    assert reflections.share_out({}, students[::-1], ["anna", "ben", "cleo"]) == plan
    assert all(names == ["anna"] for names in reflections.share_out({}, students, ["anna"]).values())


def test_what_is_shared_out_stays_when_more_come_and_is_given_away_when_a_reader_leaves():
    students = [f"s{number}" for number in range(30)]
    before = reflections.share_out({}, students, ["anna", "ben"])
    after = reflections.share_out(before, [*students, "late"], ["anna", "ben"])
    assert {student: after[student] for student in students} == before and after["late"] in (["anna"], ["ben"])
    left = reflections.share_out(before, students, ["anna", "cleo"])
    assert all("ben" not in names for names in left.values())
    assert all(left[student] == ["anna"] for student, names in before.items() if names == ["anna"])


@pytest.mark.parametrize("text", ["", " , ", "anna,anna", "<b>anna</b>", "anna/../ben", "a" * 41, "…"])
def test_a_name_that_is_none_is_refused_in_a_sentence(text):
    with pytest.raises(CourseError, match="--graders needs different names, separated by commas"):
        reflections.reader_names(text)


def test_a_damaged_list_of_readers_is_a_sentence(course):
    (course.home / reflections.READERS).write_text("[1, 2")
    with pytest.raises(CourseError, match="Delete it, and share out anew"):
        reflections.plan_of(course)


def test_a_server_of_another_course_is_not_this_ones(course, monkeypatch):
    running = [{"root_dir": "/elsewhere", "url": "http://a/"}, {"root_dir": str(course.root), "url": "http://b/"}]
    monkeypatch.setattr(reflections, "list_running_servers", lambda: iter(running))
    assert reflections.address(course) == "http://b/"
    assert reflections.address(Course(course.root / "other")) == reflections.ADDRESS == "http://127.0.0.1:8888"


# --- the rubric -------------------------------------------------------------------------------------------------------


def test_the_rubric_is_the_table_above_the_answer_and_needs_to_add_up(course):
    found = rubric.rubric(course, NOTEBOOK, CELL, 7)
    assert [points for points, _ in found.rows] == [2, 2, 2, 1] and "of your own run" in found.rows[0][1]
    assert rubric.rubric(course, NOTEBOOK, CELL, 8).rows == [], "no rubric of another number of points"
    path = course.masters / f"{NOTEBOOK}.ipynb"
    book = nbformat.read(path, as_version=4)
    next(cell for cell in book.cells if cell.id == "reflection_prompt").source = "No table | here |"
    nbformat.write(book, path)
    assert rubric.rubric(course, NOTEBOOK, CELL, 7) == rubric.Rubric("No table | here |", [])


@pytest.mark.shipped
def test_every_written_answer_of_the_course_has_a_rubric_that_adds_up():
    course = Course()
    for name in ("01_feature_maps", "05_style_transfer"):
        cell = "reflection_feature_maps" if name[1] == "1" else "reflection_style_transfer"
        assert len(rubric.rubric(course, name, cell, 7).rows) >= 4


def test_marks_are_whole_points_of_the_rubric_or_a_number():
    table, none = rubric.Rubric("", [(2, "a"), (1, "b")]), rubric.Rubric("", [])
    assert reading_desk.marks(table, 3, {"row_0": "2", "row_1": "0"}.get) == ([2, 0], 2.0)
    assert reading_desk.marks(none, 3, {"points": "2.5"}.get) == ([], 2.5)
    for form in ({"row_0": "3", "row_1": "0"}, {"row_0": "٢", "row_1": "0"}, {"row_0": "1", "row_1": ""}):
        with pytest.raises(CourseError, match="Nothing was saved"):
            reading_desk.marks(table, 3, form.get)
    for points in ("nan", "-1", "4", "", "inf", "1e400", "x"):
        with pytest.raises(CourseError, match="from 0 to 3"):
            reading_desk.marks(none, 3, {"points": points}.get)


# --- agreement --------------------------------------------------------------------------------------------------------


def test_kappa_is_that_of_cohens_example_and_says_nothing_where_all_is_alike():
    """The 50 grant proposals of the usual example: 20 both yes, 15 both no, 5 and 10 apart: 0.4."""
    pairs = [(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15
    assert isclose(agreement.kappa(pairs), 0.4)
    assert agreement.kappa([(1, 1)] * 9) is None and agreement.kappa([]) is None
    assert agreement.kappa([(0, 0), (1, 1), (2, 2)]) == 1 and agreement.kappa([(0, 1), (1, 0)]) == -1


def test_each_pair_of_readers_and_each_row_has_its_line():
    together = [
        {"anna": reading("anna", [2, 1]), "ben": reading("ben", [1, 1]), "cleo": reading("cleo", [2, 1])},
        {"anna": reading("anna", [2, 0]), "ben": reading("ben", [0, 0])},
    ]
    lines = agreement.between_readers(together)
    assert [(line.what, line.answers, line.difference, line.apart) for line in lines] == [
        ("anna and ben", 2, 1.5, 1.5),
        ("anna and cleo", 1, 0, 0),
        ("ben and cleo", 1, -1, 1),
    ]
    first, second = agreement.by_row(together, 2)
    assert first.same == 0.25 and second.same == 1.0


# --- what readers gave ------------------------------------------------------------------------------------------------


def test_the_last_of_each_reader_holds_and_a_line_that_was_cut_off_costs_no_other(course):
    readings.add(course, reading("anna", [2, 2, 2, 1]))
    with open(course.home / readings.FILE, "ab") as file:
        file.write(b'{"when": "2026')
    readings.add(course, reading("ben", [1, 1, 1, 1]))
    readings.add(course, reading("anna", [0, 0, 0, 0], comment="<b>\ud800\n"))
    (found,) = readings.latest(course).values()
    assert {name: each.points for name, each in found.items()} == {"anna": 0, "ben": 4}
    assert (course.home / readings.FILE).stat().st_mode & 0o077 == 0, "for its owner only"


def test_marks_for_an_answer_that_has_changed_since_count_for_nothing(course):
    grade(course, "ann", "bob")
    (course.home / reflections.READERS).write_text(json.dumps({"ann": ["anna", "ben"], "bob": ["ben"]}))
    text, _ = readings.text_of(course, reflections.answers(course)[0])
    readings.add(course, reading("anna", [2, 2, 2, 1], answer=readings.digest(text)))
    readings.add(course, reading("ben", [2, 2, 2, 1], answer="of an earlier hand-in"))
    ann, _ = reading_desk.items(course)
    assert list(ann.given) == ["anna"] and not ann.complete
    assert ann.waits_for("ben") and not ann.waits_for("anna")
    assert ann.state("anna") == "read; another reader is not done"


def test_a_lone_reader_needs_no_list_and_points_by_hand_are_no_work_left(course):
    grade(course, "ann", "bob")
    items = reading_desk.items(course)
    assert {len(item.readers) for item in items} == {1} and all(item.waits_for(item.readers[0]) for item in items)
    with Gradebook(course.db_url) as gradebook:  # as formgrader writes it
        row = gradebook.find_grade(CELL, NOTEBOOK, course.assignment, "ann")
        row.manual_score, row.needs_manual_grade = 5.0, False
        gradebook.db.commit()
    ann, bob = reading_desk.items(course)
    assert ann.state(ann.readers[0]) == "5 of 7" and bob.state(bob.readers[0]) == "to read"


def test_nobody_waits_is_said(course, monkeypatch, capsys):
    monkeypatch.setattr(reflections, "Course", lambda: course)
    assert main(["split", "--graders", "anna"]) == 2
    assert "No answer waits for a reader." in capsys.readouterr().err
