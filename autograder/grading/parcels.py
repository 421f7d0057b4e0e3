"""A job on its way to another machine and back, as JSON both ways. What comes back is a claim, read like a sandbox's.

Out goes everything that judging reads: the submission, the seeds, both folders of notebooks. Back comes
`judge_student`'s outcome with the parcel's digest, so that no student's answer can be taken for another's.
"""

import base64
import functools
import hashlib
import json
import math
import tempfile
import threading
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbgrader import utils

from autograder.course import read_skeleton
from autograder.intake.notebook_file import Unreadable, read_cells
from autograder.judging import seeds
from autograder.judging.jobs import Job, judge_student, versions
from autograder.sandbox.inside import protocol
from autograder.sandbox.levels import describe
from autograder.sandbox.limits import Limits

NOWHERE = Path()  # in place of folders of this machine, in what travels
MOST_TEXT = 4_000  # characters of one text about an exercise, as judge_student cuts them
CAPS = protocol.Caps(bytes=4 * 2**20, depth=8)  # of what comes back: a whole course's judgements have 20 kB
MACHINE = ("threads", "version")  # of how a notebook was confined, what depends on the machine
_turn = threading.Lock()  # a worker process with several threads judges one student at a time


class NoJudgement(Exception):
    """What came back is not what judging this job can give; the message says why."""


# --- out --------------------------------------------------------------------------------------------------------------


def pack(job: Job) -> str:
    """The job as JSON; every file that judging reads goes with it."""
    materials = _materials(job.masters, _stamp(job.masters), job.released, _stamp(job.released))
    notebooks = {name: [_text(data), _text(seed)] for name, (data, seed) in job.notebooks.items()}
    parts = {"student": job.student, "level": job.level, "limits": job.limits, "notebooks": notebooks}
    return json.dumps({**parts, "materials": materials, "grader": seeds.grader_digest()})


def digest(parcel: str) -> str:
    """What an answer names its parcel by. Only who has seen the parcel knows it: the seeds in it are secret."""
    return hashlib.sha256(parcel.encode()).hexdigest()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _stamp(folder: Path) -> tuple:
    return tuple((path.name, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.ipynb")))


@functools.lru_cache(maxsize=4)
def _materials(masters, _, released, __) -> str:
    """Both folders' notebooks, compressed."""
    files = {
        kind: {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.ipynb"))}
        for kind, folder in (("masters", masters), ("released", released))
    }
    return _text(zlib.compress(json.dumps(files).encode(), 9))


# --- on a worker ------------------------------------------------------------------------------------------------------


def judge_parcel(parcel: str) -> str:
    """`judge_student` on a machine that has nothing but this project. It never raises: an error is an answer, too."""
    try:
        judgements, seconds = _judge(json.loads(parcel))
        return json.dumps({"parcel": digest(parcel), "judgements": judgements, "seconds": seconds})
    except Exception as error:  # of whatever kind: the job is done again where it came from
        return json.dumps({"parcel": digest(parcel), "error": f"{type(error).__name__}: {error}"[:300]})


def _judge(parts: dict) -> tuple[dict[str, dict], float]:
    if parts["grader"] != seeds.grader_digest():
        raise NoJudgement("this worker has another version of the grader")
    folder = Path(unpack(parts["materials"]).name)
    notebooks = {
        name: (base64.b64decode(data), base64.b64decode(seed)) for name, (data, seed) in parts["notebooks"].items()
    }
    job = Job(parts["student"], folder / "masters", folder / "released", notebooks, parts["level"], parts["limits"])
    with _turn:
        return judge_student(job)


@functools.lru_cache(maxsize=2)
def unpack(materials: str) -> tempfile.TemporaryDirectory:
    """A folder with the notebooks, once a worker; it goes with the worker."""
    folder = tempfile.TemporaryDirectory(prefix="course-")
    for kind, files in json.loads(zlib.decompress(base64.b64decode(materials))).items():
        (Path(folder.name) / kind).mkdir()
        for name, text in files.items():
            (Path(folder.name) / kind / name).write_text(text, encoding="utf-8")
    return folder


# --- back -------------------------------------------------------------------------------------------------------------


def open_answer(text: str, parcel: str, job: Job) -> tuple[dict[str, dict], float]:
    """`judge_student`'s outcome out of a worker's answer. NoJudgement unless this job could have had it.

    What is checked is the form: the parcel, the notebooks, exactly their exercises, scores in [0, points], and every
    other field of the kind and size that judging here would give it. Whether the points are deserved only judging
    again could tell.
    """
    try:
        found = protocol.loads(text, CAPS)
    except protocol.ProtocolError as error:
        raise NoJudgement(str(error)) from error
    if not isinstance(found, dict) or found.get("parcel") != digest(parcel):
        raise NoJudgement("it is no answer to this job")
    if isinstance(found.get("error"), str):
        raise NoJudgement(printable(found["error"]))
    _expect(found.keys() == {"parcel", "judgements", "seconds"}, "it has other fields")
    judgements = found["judgements"]
    _expect(_number(found["seconds"]) and isinstance(judgements, dict), "it is not in the form of a judgement")
    _expect(judgements.keys() <= job.notebooks.keys(), "it is about other notebooks")
    for name in job.notebooks.keys() - judgements.keys():
        _expect(not _readable(job.notebooks[name][0]), f"{name} was left out")
    for name, judgement in judgements.items():
        _check_judgement(judgement, name, job)
    return judgements, float(found["seconds"])


def _expect(condition: Any, why: str) -> None:
    if not condition:
        raise NoJudgement(why)


def _readable(data: bytes) -> bool:
    try:
        return bool(read_cells(data))
    except Unreadable:
        return False


def _check_judgement(judgement: Any, name: str, job: Job) -> None:
    """One notebook's judgement: the fields of jobs.judgement, and no others."""
    bounds: dict[str, dict] = {"confinement": describe(Limits(**job.limits), job.level), "versions": versions()}
    form: dict[str, Any] = {"verdicts": {}, "level": job.level, **bounds, "seconds": 0.0, "megabytes": 0, "notes": []}
    _expect(isinstance(judgement, dict) and judgement.keys() == form.keys(), f"{name} has other fields")
    for key, free in (("confinement", MACHINE), ("versions", bounds["versions"].keys())):
        _expect(_alike(judgement[key], form[key], free), f"{key} of {name} are not what was asked for")
    _expect(judgement["level"] == job.level, f"{name} was not confined as asked for")
    cost = _number(judgement["seconds"]) and _number(judgement["megabytes"]) and judgement["megabytes"] % 1 == 0
    _expect(cost, f"the cost of {name} is no number")
    notes = judgement["notes"]
    _expect(isinstance(notes, list) and len(notes) <= 100 and all(_short(note, 1_000) for note in notes), "odd notes")
    points, verdicts = _points(job.released / f"{name}.ipynb"), judgement["verdicts"]
    _expect(isinstance(verdicts, dict) and verdicts.keys() == points.keys(), f"{name} has other exercises")
    for grade_id, verdict in verdicts.items():
        _check_verdict(verdict, grade_id, points[grade_id])


def _check_verdict(verdict: Any, grade_id: str, points: float) -> None:
    texts = ("hint", "mistake", "reason")
    _expect(isinstance(verdict, dict) and verdict.keys() == {"score", *texts}, f"{grade_id} has other fields")
    score = verdict["score"]
    _expect(_number(score) and score <= points, f"{printable(repr(score), 30)} is no score for {grade_id}")
    _expect(all(_short(verdict[key], MOST_TEXT) for key in texts), f"the texts about {grade_id} cannot be read")


def _points(released: Path) -> dict[str, float]:
    """grade_id of each check cell of a released notebook -> its points."""
    cells = read_skeleton(released).cells
    marks = [cell.metadata.nbgrader for cell in cells if utils.is_grade(cell) and not utils.is_solution(cell)]
    return {mark.grade_id: float(mark.points) for mark in marks}


def _alike(found: Any, expected: dict, free: Iterable[str]) -> bool:
    """The same fields with the same values; those in `free` may differ, being short texts or whole numbers as well."""
    if not isinstance(found, dict) or found.keys() != expected.keys():
        return False
    kinds = all(type(found[key]) is type(expected[key]) for key in expected)
    own = all(_short(found[key], 300) if isinstance(found[key], str) else _number(found[key]) for key in free)
    return kinds and own and all(found[key] == expected[key] for key in expected.keys() - set(free))


def _number(value: Any) -> bool:
    """A finite number, not negative and no larger than any that judging makes."""
    return type(value) in (int, float) and math.isfinite(value) and 0 <= value < 2**53


def _short(value: Any, most: int) -> bool:
    return isinstance(value, str) and len(value) <= most and all(c.isprintable() or c.isspace() for c in value)


def printable(text: object, most: int = 200) -> str:
    """One line of it, for a message."""
    return "".join(c if c.isprintable() else " " for c in str(text)[:most]).strip()
