"""`python -m autograder similar`: what few hand-ins of a class have in common, and how rare that is in this class.

In exercises of one line all right answers are alike, so right answers say nothing here. What says something: the same
rare wrong answer, a scratch cell or a comment that only two or three wrote, a passage of a reflection, the same odd
order of cells. It is a reason to talk, never a proof: friends learn together, an assistant gives many the same line,
and a hint can lead two people to the same mistake.
"""

import argparse
import difflib
import itertools
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from autograder.course import Course, CourseError
from autograder.outcome.pages import TEMPLATES
from autograder.outcome.report import FOLDER, class_report
from autograder.talk.work import Reader, Work, form
from nst.plumbing.files import write_atomically

FEW = 3  # students: what more have in common is no rarity
SHORTEST_COMMENT = 12  # characters
SHORTEST_CELL = 40  # characters, blanks not counted
PASSAGE = 10  # words in a row
SHUFFLES = 400  # of the wrong answers among those who were wrong there
CHANCE = 0.95  # of the shuffled classes have no pair that shares as much
TEMPLATE = "similar.html.j2"
PAGE = "similar.html"


@dataclass(frozen=True)
class Shared:
    """Something that a few have in common: what, a text to look at, who."""

    kind: str
    text: str
    students: tuple[str, ...]


@dataclass
class Pair:
    """Two students and the wrong answers that both gave. `bits`: how surprising that is if people err on their own."""

    students: tuple[str, str]
    bits: float
    exercises: list[str] = field(default_factory=list)


@dataclass
class Findings:
    """Of `size` hand-ins. `pairs` share more wrong answers than `limit` bits, which chance alone seldom reaches."""

    size: int
    limit: float
    pairs: list[Pair]
    shared: list[Shared]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder similar", description=__doc__.split("\n")[0])
    parser.parse_args(argv)
    course = Course()
    reader = Reader(course)
    works = reader.everybody()
    if len(works) < 2:
        raise CourseError(f"{len(works)} hand-in lies in {course.submitted}: there is nothing to compare.")
    found = findings(works, wrong_answers(course), reader.masters.exercises())
    page = course.home / FOLDER / PAGE
    page.parent.mkdir(exist_ok=True)
    write_atomically(page, html(found).encode())
    for line in told(found):
        print(line)
    print(f"With the texts: {page}. It is a reason to talk, not a proof.")
    return 0


def wrong_answers(course: Course) -> dict[str, set[str]]:
    """Student -> exercises without full points, as graded. CourseError if nobody has been graded."""
    return {
        row.student: {name for name, verdict in row.exercises.items() if verdict["score"] < verdict["points"]}
        for row in class_report(course).students
    }


def findings(works: list[Work], wrong: dict[str, set[str]], exercises: list[str]) -> Findings:
    """What few of these hand-ins share. `wrong`: student -> exercises answered wrongly."""
    forms = {
        exercise: {
            work.student: form(work.answers[exercise], exercises)
            for work in works
            if exercise in work.answers and exercise in wrong.get(work.student, ())
        }
        for exercise in exercises
    }
    pairs = _pairs(forms)
    limit = _limit(forms)
    return Findings(
        len(works),
        limit,
        sorted((pair for pair in pairs if pair.bits > limit), key=lambda pair: -pair.bits),
        list(_texts(works)),
    )


# --- the same wrong answers -------------------------------------------------------------------------------------------


def _pairs(forms: dict[str, dict[str, str]]) -> list[Pair]:
    """Every two students with a wrong answer in common, in the order of the students."""
    found: dict[tuple[str, str], Pair] = {}
    for exercise, given in forms.items():
        groups = defaultdict(list)
        for student, text in given.items():
            groups[text].append(student)
        for group in groups.values():
            bits = -math.log2((len(group) - 1) / (len(given) - 1)) if len(group) > 1 else 0.0
            for pair in itertools.combinations(sorted(group), 2):
                entry = found.setdefault(pair, Pair(pair, 0.0))
                entry.bits += bits
                entry.exercises.append(exercise)
    return [found[pair] for pair in sorted(found)]


def _limit(forms: dict[str, dict[str, str]]) -> float:
    """The bits that the most alike pair has in all but a few of many classes in which the same wrong answers were dealt
    out anew, exercise by exercise, among those who were wrong there."""
    rng = np.random.default_rng(0)
    most = []
    for _ in range(SHUFFLES):
        dealt = {e: dict(zip(given, rng.permutation(list(given.values())), strict=True)) for e, given in forms.items()}
        most.append(max((pair.bits for pair in _pairs(dealt)), default=0.0))
    return float(np.quantile(most, CHANCE))


# --- the same texts ---------------------------------------------------------------------------------------------------


def _texts(works: list[Work]) -> Iterator[Shared]:
    yield from _few(works, "a comment", lambda work: work.comments, SHORTEST_COMMENT)
    yield from _few(works, "a cell of their own", lambda work: work.cells, SHORTEST_CELL)
    yield from _passages(works)
    yield from _few(works, "an order of cells", _orders, 0)


def _orders(work: Work) -> list[str]:
    return [f"{notebook}: {', '.join(cells)}" for notebook, cells in work.orders.items()]


def _few(works: list[Work], kind: str, texts: Callable[[Work], Iterable[str]], shortest: int) -> Iterator[Shared]:
    owners: dict[str, list[str]] = defaultdict(list)
    shown: dict[str, str] = {}
    for work in works:
        for text in texts(work):
            key = "".join(text.split()).casefold()
            if len(key) >= shortest and work.student not in owners[key]:
                owners[key].append(work.student)
                shown.setdefault(key, text)
    for key, students in owners.items():
        if 1 < len(students) <= FEW:
            yield Shared(kind, shown[key], tuple(students))


def _passages(works: list[Work]) -> Iterator[Shared]:
    """The longest runs of words that the reflections of a few have in common."""
    owners: dict[tuple[str, ...], list[str]] = defaultdict(list)
    said = {work.student: re.findall(r"\w+", " ".join(work.reflections.values()).casefold()) for work in works}
    for student, words in said.items():
        for run in {tuple(words[i : i + PASSAGE]) for i in range(len(words) - PASSAGE + 1)}:
            owners[run].append(student)
    for group in sorted({tuple(students) for students in owners.values() if 1 < len(students) <= FEW}):
        one, other = said[group[0]], said[group[1]]
        longest = difflib.SequenceMatcher(None, one, other, autojunk=False).find_longest_match()
        yield Shared("words in a reflection", " ".join(one[longest.a : longest.a + longest.size]), group)


# --- the page ---------------------------------------------------------------------------------------------------------


def told(found: Findings) -> Iterator[str]:
    """Lines for the terminal."""
    if not found.pairs and not found.shared:
        yield f"{found.size} hand-ins: nothing rare is shared by few."
    for pair in found.pairs:
        yield f"{' and '.join(pair.students)}: the same wrong answers in {', '.join(pair.exercises)}"
    for shared in found.shared:
        yield f"{' and '.join(shared.students)}: {shared.kind} that {len(shared.students)} of {found.size} have"


def html(found: Findings) -> str:
    """The page, without a script or an address outside."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    return environment.get_template(TEMPLATE).render(found=found, chance=CHANCE)
