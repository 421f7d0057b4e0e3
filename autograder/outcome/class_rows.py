"""What the class report counts: students, exercises, mistakes, sections. Answers that are missing are no wrong ones."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import correlation

from autograder.outcome.mistakes import NO_ANSWER, mistake_rows

LOW = 0.5  # of the automatic points: below this a student needs help
FEW = 10  # students: correlations of fewer are chance
SLOW = 60.0  # seconds of judging that are worth a look
BEGUN = 0.25  # of the class: an exercise that fewer have answered is not begun yet, and nobody is stuck at it


@dataclass
class Student:
    """One row. `exercises`: exercise -> {"score", "points", "hint", "mistake", "reason"}; megabytes: the sandbox's.

    `on_top` names those of optional notebooks: their points are in `score` and `automatic`, and in no maximum.
    """

    student: str
    score: float
    max_score: float
    automatic: float = 0.0
    automatic_max: float = 0.0
    to_grade: int = 0  # written answers that wait for a person
    late_penalty: float = 0.0
    seconds: float = 0.0
    megabytes: int = 0
    section: str = ""
    levels: list[str] = field(default_factory=list)
    seed_keys: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    exercises: dict[str, dict] = field(default_factory=dict)
    help: list[str] = field(default_factory=list)
    on_top: list[str] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether every exercise that is asked for is right."""
        return not any(lacking(verdict) for e, verdict in self.exercises.items() if e not in self.on_top)


def missing(verdict: dict) -> bool:
    """Is there no answer that was judged: not written, in no file, or in one that cannot be read?"""
    return bool(verdict["reason"]) or verdict["mistake"] == "not_written"


def lacking(verdict: dict) -> bool:
    return verdict["score"] < verdict["points"]


def reasons_to_help(row: Student) -> list[str]:
    """Why somebody should look at this student; empty for most."""
    open_ones = {e: v for e, v in row.exercises.items() if lacking(v) and e not in row.on_top}
    unjudged = [e for e, v in open_ones.items() if v["reason"]]
    unwritten = [e for e, v in open_ones.items() if missing(v) and e not in unjudged]
    wrong = [e for e in open_ones if e not in unwritten and e not in unjudged]
    reasons = []
    if row.automatic < LOW * row.automatic_max:
        reasons.append(f"{row.automatic:g} of {row.automatic_max:g} automatic points")
        reasons += [f"not written: {_few(unwritten)}"] if unwritten else []
        reasons += [f"wrong: {_few(wrong)}"] if wrong else []
    if unjudged:
        reasons.append(f"could not be judged: {_few(unjudged)}")
    if row.seconds > SLOW:
        reasons.append(f"judging took {row.seconds:.0f} s (an endless loop?)")
    return reasons


def _few(names: list[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def exercise_rows(rows: Sequence[Student]) -> list[dict]:
    """How each exercise went: numbers of students with full and part of the points, with a wrong answer and with none,
    the mean share of the points, and how well it separates those who are good at the others from those who are not."""
    found = defaultdict(list)
    for row in rows:
        for exercise, verdict in row.exercises.items():
            found[exercise].append(verdict)
    return [
        _exercise_row(exercise, verdicts) | {"separates": separates(exercise, rows)}
        for exercise, verdicts in found.items()
    ]


def _exercise_row(exercise: str, verdicts: list[dict]) -> dict:
    full = sum(not lacking(v) for v in verdicts)
    part = sum(0 < v["score"] < v["points"] for v in verdicts)
    gone = sum(missing(v) and v["score"] <= 0 and lacking(v) for v in verdicts)
    share = sum(v["score"] / v["points"] for v in verdicts if v["points"]) / len(verdicts)
    counts = {"full": full, "part": part, "wrong": len(verdicts) - full - part - gone, "missing": gone}
    return {"exercise": exercise, "points": verdicts[0]["points"], **counts, "mean_share": round(share, 4)}


def separates(exercise: str, rows: Sequence[Student]) -> float | None:
    """The correlation of the points in one exercise with those in all others, from -1 to 1; None where it says nothing:
    of fewer than ten students, or where all have the same."""
    pairs = [
        (row.exercises[exercise]["score"], sum(v["score"] for e, v in row.exercises.items() if e != exercise))
        for row in rows
        if exercise in row.exercises
    ]
    if len(pairs) < FEW or any(len(set(side)) < 2 for side in zip(*pairs, strict=True)):
        return None
    return round(correlation(*zip(*pairs, strict=True)), 2)


def stuck(rows: Sequence[Student]) -> dict[str, list[str]]:
    """Exercise -> students (two or more) who have no points in it, nor in any later one that the class has begun."""
    extra = {exercise for row in rows for exercise in row.on_top}
    order = [row["exercise"] for row in exercise_rows(rows) if _begun(row) and row["exercise"] not in extra]
    found = defaultdict(list)
    for row in rows:
        reached = [number for number, e in enumerate(order) if row.exercises.get(e, {"score": 0})["score"] > 0]
        stop = reached[-1] + 1 if reached else 0
        if stop < len(order):
            found[order[stop]].append(row.student)
    return {exercise: found[exercise] for exercise in order if len(found[exercise]) > 1}


def _begun(row: dict) -> bool:
    there = row["full"] + row["part"] + row["wrong"]
    return there >= BEGUN * (there + row["missing"])


def section_rows(rows: Sequence[Student], absent: Sequence[str]) -> list[dict]:
    """How each section did; `absent` has the section of everybody who handed in nothing. Nothing where none has one."""
    names = sorted({row.section for row in rows} | set(absent))
    if not any(names):
        return []
    found = []
    for name in names:
        own = [row for row in rows if row.section == name]
        shares = [row.automatic / row.automatic_max for row in own if row.automatic_max]
        mistakes = [each for each in mistake_rows(own) if each["mistake"] not in NO_ANSWER]
        first = f"{mistakes[0]['exercise']}: {mistakes[0]['mistake']} ({mistakes[0]['students']})" if mistakes else ""
        found.append(
            {
                "section": name or "none",
                "graded": len(own),
                "absent": sum(section == name for section in absent),
                "mean_share": round(sum(shares) / len(shares), 4) if shares else None,
                "full": sum(row.full for row in own),
                "mistake": first,
            }
        )
    return found
