"""Everything that reads what students upload, on thousands of odd inputs: the same ones each time, and few.

`make fuzz` tries many more, other ones each time (FUZZ_EXAMPLES says how many for each test).
"""

import json
import os
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.course import Course, CourseError
from autograder.intake.clean_copy import stage, students, unusable
from autograder.intake.collect import collect
from autograder.intake.lms import Unclaimed, detect, read_name, root_of
from autograder.intake.merge import fill_in
from autograder.intake.notebook_file import Unreadable, read_cells
from autograder.intake.people import People, identifier, read_metadata
from autograder.intake.recognise import Recogniser, named_notebook, shown
from autograder.intake.roster import read_roster
from autograder.intake.times import moment
from autograder.intake.unzip import Budget, entry_path, pieces
from autograder.names import safe_name
from autograder.rehearsal.samples import filled, solved
from hostile_uploads import (
    HONEST,
    LMSS,
    damaged,
    file_names,
    json_values,
    known_attacks,
    person_names,
    uploads,
    write_class,
)

LONG = int(os.environ.get("FUZZ_EXAMPLES", "0"))


def tried(often):
    """Settings of a test: `often` examples, the same every time; or FUZZ_EXAMPLES, drawn anew."""
    return settings(
        max_examples=LONG or often,
        derandomize=not LONG,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@pytest.fixture(scope="module")
def books(pristine):
    """A solved and an untouched notebook, as bytes."""
    answers = solved(pristine)
    return [nbformat.writes(filled(pristine, "01_feature_maps", each)).encode() for each in (answers, {})]


@pytest.fixture(scope="module")
def recogniser(pristine):
    return Recogniser({name: pristine.skeleton(name) for name in pristine.notebooks()})


@given(st.data())
@tried(80)
def test_any_bytes_are_a_notebook_or_refused(books, recogniser, data):
    book = data.draw(
        st.sampled_from(books).flatmap(damaged) | json_values().map(lambda each: repr(each).encode()) | st.binary()
    )
    try:
        cells = read_cells(book)
    except Unreadable:
        return
    filled_in, _ = fill_in(recogniser.skeletons["01_feature_maps"], cells)
    nbformat.validate(filled_in)


@given(json_values(), st.lists(json_values(), max_size=4))
@tried(80)
def test_any_json_is_a_notebook_or_refused(recogniser, document, cells):
    for each in (document, {"cells": document}, {"cells": cells}, {"worksheets": [{"cells": cells}]}):
        try:
            found = read_cells(json.dumps(each).encode())
        except Unreadable:
            continue
        nbformat.validate(fill_in(recogniser.skeletons["01_feature_maps"], found)[0])


@pytest.mark.filterwarnings("ignore:Duplicate name")
@given(st.data())
@tried(150)
def test_any_upload_is_unpacked_within_the_budget_or_told(books, recogniser, data):
    budget = Budget(2**20)
    path = data.draw(file_names)
    found = list(pieces(f"ann/{path}.zip", data.draw(uploads(books)), budget))
    assert sum(len(piece.data or b"") for piece in found) <= 2**20
    for piece in found:
        assert piece.data is not None or isinstance(piece.why, str)
        assert shown(piece.path).isprintable()
        if piece.data is not None:
            recogniser.version(piece.path, piece.data, piece.date)


@given(
    st.lists(
        file_names | st.builds(lambda who, file: f"{who}_1_assignsubmission_file/{file}", person_names, file_names),
        max_size=5,
    )
)
@tried(300)
def test_any_name_is_somebodys_or_nobodys(paths):
    for lms in [*LMSS, detect(paths)]:
        root, named = root_of(lms, paths), []
        for path in paths:
            named_notebook(path, ["01_feature_maps"])
            try:
                named.append(read_name(lms, path, root))
            except Unclaimed:
                continue
        people = People(lms, named)
        for each in named:
            try:
                for origin in people.of(each):
                    assert not unusable(origin.student) and identifier(origin.student) == origin.student
                    assert safe_name(origin.last_name) == origin.last_name
            except Unclaimed:
                continue


@given(st.binary(max_size=100) | st.text().map(str.encode) | json_values().map(lambda each: repr(each).encode()))
@tried(300)
def test_any_list_roster_or_time_is_read_or_refused(tmp_path, data):
    (tmp_path / "roster.csv").write_bytes(data)
    for read, argument, error in (
        (read_metadata, data, CourseError),
        (read_roster, tmp_path / "roster.csv", CourseError),
        (moment, data.decode(errors="replace"), ValueError),
    ):
        try:
            read(argument)
        except error as said:
            assert len(str(said)) < 500


@given(json_values())
@tried(200)
def test_a_list_of_any_form_gives_everybody_a_name(record):
    named = [read_name("gradescope", "submission_1/a.ipynb")]
    people = People(
        "gradescope", named, {"submission_1": {":submitters": [record, {":name": record}], ":created_at": record}}
    )
    assert all(not unusable(origin.student) for origin in people.of(named[0]))


# --- one bad file in a class ---


def result(course, lms):
    """What becomes of the honest students: their lines, and all that grading would read."""
    staged = stage(course.directory())
    found = {}
    for student in HONEST[lms].values():
        folder = Path(staged.format_path(staged.submitted_directory, student, course.assignment))
        delivery = staged.deliveries[student]
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        found[student] = (files, delivery.reasons, delivery.notes, delivery.timestamp)
    return found


@pytest.fixture(scope="module")
def becomes(pristine, books, tmp_path_factory):
    """What becomes of the honest students of a class in which `name` hands in `files`; every file is told."""
    folder = tmp_path_factory.mktemp("class")

    def collected(lms, name="Eve", files=()):
        course = Course(Path(shutil.copytree(pristine.root, folder / "course")))
        write_class(folder / "class.zip", lms, books[0], name, files)
        account = collect(course, folder / "class.zip", lms)
        honest = set(HONEST[lms].values())
        assert honest <= set(account.origins) and honest <= set(students(course.directory()))
        with zipfile.ZipFile(folder / "class.zip") as archive:
            told = [line.path for line in account.lines]
            for path in (entry_path(info) for info in archive.infolist()):
                assert path is None or any(each == path or each.startswith(f"{path}/") for each in told)
        lines = [str(line) for line in account.lines if honest & set(line.students)]
        outcome = result(course, lms), lines
        shutil.rmtree(course.root)
        return outcome

    return collected


@pytest.fixture(scope="module", params=LMSS)
def alone(request, becomes):
    """An LMS, and what becomes of its honest students where nobody else hands in anything."""
    return request.param, becomes(request.param)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@given(data=st.data())
@tried(8)
def test_whatever_one_student_hands_in_the_others_are_collected_and_staged_the_same(becomes, books, alone, data):
    lms, without = alone
    files = data.draw(st.lists(st.tuples(file_names, uploads(books)), max_size=4))
    assert becomes(lms, data.draw(person_names), files) == without


def test_what_once_harmed_others_does_so_no_more(becomes, books, alone):
    lms, without = alone
    for (where, idea), hostile in known_attacks(books[1]).items():
        assert where != lms or becomes(lms, *hostile) == without, idea
