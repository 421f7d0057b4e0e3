"""What a worker sends is a claim: only the answer to this very job, in form and bounds, becomes a judgement."""

import json
import math

import pytest

from autograder.grading import parcels
from autograder.judging.jobs import Job
from autograder.rehearsal.samples import hand_in, solved

NAME = "03_gram_matrices"


@pytest.fixture
def job(course, judged):
    hand_in(course, "ann", solved(course))
    data = (course.submitted / "ann" / course.assignment / f"{NAME}.ipynb").read_bytes()
    return Job("ann", course.masters, course.released, {NAME: (data, b"secret of ann")}, "namespaces")


def verdict(found, grade_id="test_gram_matrix"):
    return found["judgements"][NAME]["verdicts"][grade_id]


def test_an_honest_answer_is_what_judging_here_gives(job):
    parcel = parcels.pack(job)
    judgements, seconds = parcels.open_answer(parcels.judge_parcel(parcel), parcel, job)
    assert judgements == json.loads(json.dumps(parcels.judge_student(job)[0]))
    assert judgements[NAME]["verdicts"]["test_gram_matrix"]["score"] == 8 and seconds >= 0


def test_nothing_of_this_machine_travels(job, course):
    parcel = parcels.pack(job)
    assert str(course.root) not in parcel and len(parcel) < 300_000


FORGERIES = {
    "more than all": lambda found: verdict(found).update(score=99),
    "less than nothing": lambda found: verdict(found).update(score=-1),
    "not a number": lambda found: verdict(found).update(score=math.nan),
    "endless": lambda found: verdict(found).update(score=10**400),
    "a word": lambda found: verdict(found).update(score="8"),
    "true": lambda found: verdict(found).update(score=True),
    "a list as a hint": lambda found: verdict(found).update(hint=["x"]),
    "a long hint": lambda found: verdict(found).update(hint="x" * 5_000),
    "an escape sequence": lambda found: verdict(found).update(hint="\x1b[2J"),
    "one field more": lambda found: verdict(found).update(manual_score=8),
    "an exercise more": lambda found: found["judgements"][NAME]["verdicts"].update(test_bonus=verdict(found)),
    "an exercise less": lambda found: found["judgements"][NAME]["verdicts"].pop("test_gram_matrix"),
    "another notebook": lambda found: found["judgements"].update({"01_feature_maps": found["judgements"][NAME]}),
    "a notebook left out": lambda found: found["judgements"].clear(),
    "another level": lambda found: found["judgements"][NAME].update(level="unsafe"),
    "limits that pages cannot show": lambda found: found["judgements"][NAME]["confinement"].update(memory="much"),
    "other limits": lambda found: found["judgements"][NAME]["confinement"].update(memory=2.5),
    "limits left out": lambda found: found["judgements"][NAME]["confinement"].clear(),
    "no versions": lambda found: found["judgements"][NAME].update(versions=None),
    "many notes": lambda found: found["judgements"][NAME].update(notes=["x"] * 101),
    "time before it began": lambda found: found.update(seconds=-1),
    "another parcel": lambda found: found.update(parcel="0" * 64),
    "no judgements": lambda found: found.update(judgements=[]),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_answer_is_refused(job, forge):
    parcel = parcels.pack(job)
    found = json.loads(parcels.judge_parcel(parcel))
    forge(found)
    with pytest.raises(parcels.NoJudgement):
        parcels.open_answer(json.dumps(found), parcel, job)


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", "[" * 10_000, '{"parcel": 1}', "x" * 2**23, '"\\ud800"', "1" * 9_999]
)
def test_what_is_no_answer_is_refused(job, text):
    with pytest.raises(parcels.NoJudgement):
        parcels.open_answer(text, parcels.pack(job), job)


def test_an_answer_to_another_students_job_is_refused(job):
    """Also where both handed in the same bytes: the seeds differ, and only who has seen a parcel can name it."""
    other = Job("bob", job.masters, job.released, {NAME: (job.notebooks[NAME][0], b"secret of bob")}, job.level)
    answer = parcels.judge_parcel(parcels.pack(other))
    with pytest.raises(parcels.NoJudgement, match="no answer to this job"):
        parcels.open_answer(answer, parcels.pack(job), job)


def test_an_error_on_a_worker_is_an_answer_too(job, judged):
    judged.error = OSError("no space on this worker")
    parcel = parcels.pack(job)
    with pytest.raises(parcels.NoJudgement, match="OSError: no space on this worker"):
        parcels.open_answer(parcels.judge_parcel(parcel), parcel, job)


def test_a_notebook_that_cannot_be_read_needs_no_judgement(job):
    broken = Job(job.student, job.masters, job.released, {NAME: (b"{", b"seed")}, job.level)
    parcel = parcels.pack(broken)
    assert parcels.open_answer(parcels.judge_parcel(parcel), parcel, broken)[0] == {}
