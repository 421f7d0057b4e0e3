"""What became of one submission: the same for every platform, which only formats it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

RIGHT, PARTLY, WRONG, NOT_JUDGED, BY_A_PERSON = "right", "partly right", "not right", "not judged", "read by a person"
MAX_TEXT = 4_000  # characters of what is said about one exercise
MAX_NOTE, MAX_NOTES = 400, 40


def printable(text: str, most: int) -> str:
    """At most `most` characters of a text, without those that would colour, hide or turn what a page shows."""
    return "".join(character if character.isprintable() or character == "\n" else " " for character in text[:most])


@dataclass
class Test:
    """One exercise or written answer. `verdict` is one of the words above; `text` is what the student reads."""

    __test__ = False  # for pytest

    notebook: str
    name: str
    score: float
    points: float  # 0 for what a person reads (those points are given elsewhere), and for what comes on top
    verdict: str
    text: str
    on_top: float = 0.0  # points that an exercise of an optional notebook can give

    def __post_init__(self) -> None:
        self.text = printable(self.text, MAX_TEXT)

    @property
    def passed(self) -> bool:
        return self.verdict == RIGHT

    @property
    def worth(self) -> str:
        """ "3 of 8 points", "2 of 2 points on top"."""
        return f"{self.score:g} of {self.points or self.on_top:g} points{' on top' if self.on_top else ''}"

    @property
    def title(self) -> str:
        """The name as the student's pages show it: `gram_matrix`, `Reflection: feature maps`."""
        if self.verdict != BY_A_PERSON:
            return self.name
        kind, _, subject = self.name.partition("_")
        return f"{kind.capitalize()}: {subject.replace('_', ' ')}" if subject else self.name


@dataclass
class Outcome:
    """All tests of a submission, as far as it is judged. `problems`: why nothing of it could be used, if so."""

    tests: list[Test]
    notes: list[str] = field(default_factory=list)  # what was odd, for the student
    problems: list[str] = field(default_factory=list)
    record: dict = field(default_factory=dict)  # how it was judged: confinement, versions, seeds
    handed_in: dict = field(default_factory=dict)  # what the platform says about it: attempt, seconds late
    seconds: float = 0.0
    faulty: bool = False  # something of ours failed: these points are not final

    def __post_init__(self) -> None:
        self.notes = [printable(note, MAX_NOTE) for note in dict.fromkeys(self.notes)][:MAX_NOTES]
        self.problems = [printable(problem, MAX_NOTE) for problem in dict.fromkeys(self.problems)]

    @property
    def score(self) -> float:
        return round(sum(test.score for test in self.tests), 4)

    @property
    def points(self) -> float:
        return sum(test.points for test in self.tests)

    @property
    def passed(self) -> bool:
        """Whether every exercise that is asked for is right."""
        return all(test.passed for test in self.exercises if not test.on_top)

    @property
    def exercises(self) -> list[Test]:
        """What a program judges."""
        return [test for test in self.tests if test.verdict != BY_A_PERSON]

    def words(self) -> str:
        """In plain text: the points, what is open, and how it was judged; for the student."""
        return "\n\n".join(paragraph for paragraph in self._paragraphs() if paragraph)

    def _paragraphs(self) -> Iterable[str]:
        if self.problems:
            yield "Nothing could be judged. " + " ".join(self.problems)
        else:
            yield f"{self.score:g} of {self.points:g} points by program{self._extra()}{self._to_be_read()}."
        if self.faulty:
            yield "The grader itself failed on part of it. This is not your fault: tell your instructor."
        if late := self.handed_in.get("words"):
            yield late
        yield "\n".join(f"Note: {note}" for note in self.notes)
        yield self.record.get("words", "")

    def _extra(self) -> str:
        extra = sum(test.score for test in self.tests if test.on_top)
        return f", {extra:g} of them on top" if extra else ""

    def _to_be_read(self) -> str:
        count = len(self.tests) - len(self.exercises)
        if not count:
            return ""
        return f"; {count} written answer{'s are' if count > 1 else ' is'} read by a person and counted elsewhere"
