"""`python -m autograder similar`: what few hand-ins of a class have in common, and how rare that is in this class.

In exercises of one line all right answers are alike, so right answers say nothing here. What says something: the same
rare wrong answer, a scratch cell or a comment that only two or three wrote, a passage of a reflection, the same odd
order of cells. It is a reason to talk, never a proof: friends learn together, an assistant gives many the same line,
and a hint can lead two people to the same mistake.
"""

import argparse
import itertools
import math
import re
from collections import Counter, defaultdict
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
MOST_WORDS = 20_000  # of one student's reflections that are compared
SHOWN = 20  # texts of one kind that two have in common; of each so many characters:
LONGEST_SHOWN = 2_000
SHUFFLES = 400  # of the wrong answers among those who were wrong there
CHANCE = 0.95  # of the shuffled classes have no pair that shares as much
TEMPLATE = "similar.html.j2"
PAGE = "similar.html"


@dataclass(frozen=True)
class Shared:
    """What a few have in common: of which kind, texts of that kind to look at, how many there are, who."""

    kind: str
    texts: tuple[str, ...]
    number: int
    students: tuple[str, ...]

    @property
    def what(self) -> str:
        return self.kind + f" and {self.number - 1} more" * (self.number > 1)


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
            for pair in itertools.combinations(sorted(group), 2):
                entry = found.setdefault(pair, Pair(pair, 0.0))
                entry.bits += _bits(len(group), len(given))
                entry.exercises.append(exercise)
    return [found[pair] for pair in sorted(found)]


def _bits(alike: int, wrong: int) -> float:
    """How surprising it is that two give an answer that `alike` of the `wrong` ones give."""
    return -math.log2((alike - 1) / (wrong - 1)) if alike > 1 else 0.0


def _limit(forms: dict[str, dict[str, str]]) -> float:
    """The bits that the most alike pair has in all but a few of many classes in which the same wrong answers were dealt
    out anew, exercise by exercise, among those who were wrong there."""
    rng, most = np.random.default_rng(0), []
    numbers = {student: number for number, student in enumerate({s for given in forms.values() for s in given})}
    exercises = []
    for given in forms.values():
        counts = Counter(given.values())
        kinds = {text: kind for kind, text in enumerate(counts)}
        answers = np.array([kinds[text] for text in given.values()], dtype=int)
        bits = np.array([_bits(count, len(given)) for count in counts.values()])
        rows = [numbers[student] for student in given]
        exercises.append((np.ix_(rows, rows), answers, bits))
    for _ in range(SHUFFLES):
        shared = np.zeros((len(numbers), len(numbers)))
        for places, answers, bits in exercises:
            dealt = rng.permutation(answers)
            shared[places] += np.where(dealt[:, None] == dealt, bits[dealt], 0.0)
        np.fill_diagonal(shared, 0.0)
        most.append(shared.max(initial=0.0))
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
    """For each few students all of this kind that they and nobody else have, the longest first."""
    owners: dict[str, dict[str, None]] = defaultdict(dict)
    shown: dict[str, str] = {}
    for work in works:
        for text in texts(work):
            key = "".join(text.split()).casefold()
            if len(key) >= shortest:
                owners[key][work.student] = None
                shown.setdefault(key, text)
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for key, students in owners.items():
        if 1 < len(students) <= FEW:
            groups[tuple(students)].append(shown[key])
    for group, found in groups.items():
        found.sort(key=len, reverse=True)
        yield Shared(kind, tuple(_cut(text) for text in found[:SHOWN]), len(found), group)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]} ..."


def _passages(works: list[Work]) -> Iterator[Shared]:
    """For each few students the longest run of words that the reflections of all of them have, and of nobody else."""
    owners: dict[tuple[str, ...], list[str]] = defaultdict(list)
    said = {}
    for work in works:
        words = re.findall(r"\w+", " ".join(work.reflections.values()).casefold())[:MOST_WORDS]
        said[work.student] = words, [tuple(words[i : i + PASSAGE]) for i in range(len(words) - PASSAGE + 1)]
        for run in dict.fromkeys(said[work.student][1]):
            owners[run].append(work.student)
    for group in sorted({tuple(students) for students in owners.values() if 1 < len(students) <= FEW}):
        words, runs = said[group[0]]
        start, length = _longest([tuple(owners[run]) == group for run in runs])
        yield Shared("words in a reflection", (_cut(" ".join(words[start : start + length + PASSAGE - 1])),), 1, group)


def _longest(flags: list[bool]) -> tuple[int, int]:
    """(place, length) of the first longest stretch of true ones."""
    best, start = (0, 0), 0
    for place, flag in enumerate([*flags, False]):
        if not flag:
            best = max(best, (start, place - start), key=lambda stretch: stretch[1])
            start = place + 1
    return best


# --- the page ---------------------------------------------------------------------------------------------------------


def told(found: Findings) -> Iterator[str]:
    """Lines for the terminal."""
    if not found.pairs and not found.shared:
        yield f"{found.size} hand-ins: nothing rare is shared by few."
    for pair in found.pairs:
        yield f"{' and '.join(pair.students)}: the same wrong answers in {', '.join(pair.exercises)}"
    for shared in found.shared:
        yield f"{' and '.join(shared.students)}: {shared.what} that {len(shared.students)} of {found.size} have"


def html(found: Findings) -> str:
    """The page, without a script or an address outside."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    return environment.get_template(TEMPLATE).render(found=found, chance=CHANCE)
