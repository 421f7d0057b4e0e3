"""What lies on a reader's desk: which answers are theirs, which are read, and which two readers have to settle."""

from collections.abc import Callable
from dataclasses import dataclass

from autograder.course import Course, CourseError
from autograder.outcome import readings
from autograder.outcome.readings import Reading
from autograder.outcome.reflections import Answer, answers, readers_of
from autograder.outcome.rubric import Rubric

LONGEST_COMMENT = 5_000  # characters


@dataclass(frozen=True)
class Item:
    """An answer with its readers, and what they gave for it as it is now."""

    answer: Answer
    readers: list[str]
    given: dict[str, Reading]

    @property
    def shared(self) -> bool:
        return len(self.readers) > 1

    @property
    def complete(self) -> bool:
        """Have all of several readers given their marks?"""
        return self.shared and set(self.readers) <= set(self.given)

    @property
    def to_settle(self) -> bool:
        return self.complete and self.answer.waits

    @property
    def agreed(self) -> bool:
        """Do all readers give the same in every row?"""
        return self.complete and len({(tuple(each.rows), each.points) for each in self.given.values()}) == 1

    def waits_for(self, reader: str) -> bool:
        return reader in self.readers and self.answer.waits and not (self.shared and reader in self.given)

    def state(self, reader: str) -> str:
        """In words, without what another reader gave."""
        if self.waits_for(reader):
            return "to read"
        if self.answer.waits:
            return "read; to be settled" if self.complete else "read; another reader is not done"
        return f"{self.answer.points:g} of {self.answer.most:g}" if self.answer.points is not None else "no points"


def items(course: Course) -> list[Item]:
    """Every written answer, in order. Marks for an answer that has changed since are left out."""
    found = answers(course)
    readers, kept = readers_of(course, found), readings.latest(course)
    return [_item(course, answer, readers[answer.student], kept) for answer in found]


def _item(course: Course, answer: Answer, readers: list[str], kept: dict) -> Item:
    given = {name: each for name, each in kept.get(answer[:3], {}).items() if name in readers}
    if given and answer.waits:  # only then does it matter whether the answer is still the same
        try:
            now = readings.digest(readings.text_of(course, answer)[0])
        except CourseError:  # said to who opens it; the other answers can be read
            now = ""
        given = {name: each for name, each in given.items() if each.answer == now}
    return Item(answer, readers, given)


def find(found: list[Item], number: str, cell: str) -> Item:
    """The item with formgrader's number and that cell. CourseError if there is none."""
    for item in found:
        if (item.answer.number, item.answer.cell) == (number, cell):
            return item
    raise CourseError("No answer is called so, or nobody has to read it any more. Begin again at the overview.")


def following(found: list[Item], item: Item, wanted: Callable[[Item], bool]) -> Item | None:
    """The next item that is wanted, after this one and then from the first on."""
    place = found.index(item)
    return next((each for each in [*found[place + 1 :], *found[:place]] if wanted(each)), None)


def save(course: Course, item: Item, reader: str, answer: str, marks: tuple[list[int], float], comment: str) -> None:
    """Keep a reader's marks. They count at once where nobody else reads the answer."""
    rows, points = marks
    reading = Reading(reader, *item.answer[:3], answer, rows, points, comment)
    readings.add(course, reading)
    if not item.shared:
        readings.settle(course, item.answer, points, comment, readers=[reader], rows=rows)


def settle_agreed(course: Course, found: list[Item]) -> int:
    """Let all those count that the readers agree on in every row; how many."""
    agreed = [item for item in found if item.to_settle and item.agreed]
    for item in agreed:
        one = item.given[item.readers[0]]
        readings.settle(course, item.answer, one.points, joined(item), readers=item.readers, rows=one.rows)
    return len(agreed)


def joined(item: Item) -> str:
    """All readers' comments, each once."""
    return "\n\n".join(dict.fromkeys(item.given[name].comment for name in item.readers if item.given[name].comment))


def longest(item: Item) -> int:
    """Characters that a comment may have: all readers' together where they are joined."""
    return (LONGEST_COMMENT + 2) * max(1, len(item.readers)) - 2


def checked(comment: str, item: Item) -> str:
    """The comment. CourseError if it is too long."""
    if len(comment) > longest(item):
        raise CourseError(
            f"The comment has {len(comment)} characters; {longest(item)} are room for. Nothing was saved: go back."
        )
    return comment


def marks(rubric: Rubric, most: float, field: Callable[[str], str]) -> tuple[list[int], float]:
    """(points for each row, points in all) out of a form. CourseError where one is missing or too many."""
    rows = []
    for number, (limit, _) in enumerate(rubric.rows):
        text = field(f"row_{number}")
        if not (text.isascii() and text.isdigit() and len(text) < 5 and int(text) <= limit):
            raise CourseError(
                f"Row {number + 1} of the rubric needs points from 0 to {limit}. Nothing was saved: go back."
            )
        rows.append(int(text))
    if rubric.rows:
        return rows, float(sum(rows))
    text = field("points")
    try:
        points = float(text) if len(text) < 10 else -1.0
    except ValueError:
        points = -1.0
    if not 0 <= points <= most:
        raise CourseError(f"Points are a number from 0 to {most:g}. Nothing was saved: go back.")
    return [], points
