"""What became of every file of an LMS's zip, and who handed in nothing: nothing is lost without a line."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace

from autograder.intake.origins import Origin
from autograder.intake.recognise import shown

MOST = 100  # lines of one kind on the screen; the file has them all
MOST_OF_ONE = 3  # of one student's unclaimed files: many of one must not hide another's

USED, VERSION, OTHER, UNCLAIMED = "used", "another version", "of no notebook", "unclaimed"


@dataclass(frozen=True)
class Line:
    """One file. `state`: USED as `notebook`; another VERSION of it; OTHER (no student's work); UNCLAIMED."""

    path: str
    state: str
    students: tuple[str, ...] = ()
    notebook: str = ""
    what: str = ""

    def __str__(self) -> str:
        who = ", ".join(self.students) or "nobody"
        what = ", ".join(part for part in (self.notebook, self.what) if part)
        return (
            f"{shown(self.path)} -> {who}: {what}" if self.state != UNCLAIMED else f"{shown(self.path)}: {what} ({who})"
        )


@dataclass
class Account:
    """The account of one zip. `wanted`: what everybody is to hand in; `notes`: what an instructor should know."""

    zip_name: str
    lms: str
    wanted: list[str] = field(default_factory=list)
    origins: dict[str, Origin] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    notebooks: dict[str, list[str]] = field(default_factory=dict)  # student -> what was found
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # of the roster: no hand-in
    strangers: list[str] = field(default_factory=list)  # not in the roster
    _places: dict[Line, list[int]] = field(default_factory=lambda: defaultdict(list), repr=False)

    def add(self, lines: list[Line]) -> None:
        """The lines of one student. A file of a group is one line, with all its members."""
        own: Counter[Line] = Counter()
        for line in lines:
            alike = replace(line, students=())
            places = self._places[alike]
            if own[alike] < len(places):
                place = places[own[alike]]
                self.lines[place] = replace(line, students=(*self.lines[place].students, *line.students))
            else:
                places.append(len(self.lines))
                self.lines.append(line)
            own[alike] += 1

    @property
    def unclaimed(self) -> list[Line]:
        return [line for line in self.lines if line.state == UNCLAIMED]

    @property
    def code(self) -> int:
        """The command's exit code: 1 if anything is unclaimed."""
        return 1 if self.unclaimed else 0

    def summary(self, most: int | None = MOST) -> str:
        """The account in words; with `most` at most so many lines of a kind."""
        counts = Counter(line.state for line in self.lines)
        total = ", ".join(f"{counts[state]} {state}" for state in (USED, VERSION, OTHER, UNCLAIMED) if counts[state])
        people = f"{len(self.origins)} student{'s' * (len(self.origins) != 1)}"
        lines = [f"{self.zip_name}: {people} (names as {self.lms} writes them)"]
        lines.append(f"  {len(self.lines)} files: {total}")
        lines += self._lacking(most)
        lines += _block("Told", self.notes, most)
        lines += _block("Unclaimed (they count for nobody)", self._unclaimed(most), most)
        lines += _block("In the roster, and nothing handed in", self.missing, most)
        lines += _block("Handed in, and not in the roster", self.strangers, most)
        return "\n".join(lines)

    def full(self) -> str:
        """The summary and a line for each file."""
        return "\n".join([self.summary(None), "", "Every file:", *(f"  {line}" for line in self.lines), ""])

    def _unclaimed(self, most: int | None) -> list[str]:
        """The unclaimed files; with `most` a few of each student."""
        counts: Counter[tuple[str, ...]] = Counter(line.students for line in self.unclaimed)
        shown_of: Counter[tuple[str, ...]] = Counter()
        lines = []
        for line in self.unclaimed:
            shown_of[line.students] += 1
            left = counts[line.students] - MOST_OF_ONE
            if most is None or shown_of[line.students] <= MOST_OF_ONE or left < 2:
                lines.append(str(line))
            elif shown_of[line.students] == MOST_OF_ONE + 1:
                lines.append(f"and {left} more of {', '.join(line.students) or 'nobody'}")
        return lines

    def _lacking(self, most: int | None) -> list[str]:
        lacking = []
        for student in sorted(self.origins):
            found = self.notebooks.get(student, [])
            if missing := [name for name in self.wanted if name not in found]:
                lacking.append(f"{student}: no {', '.join(missing)}")
        return _block("Not all notebooks", lacking, most)


def _block(title: str, lines: list[str], most: int | None) -> list[str]:
    """A heading and its lines, cut where there are too many for a screen."""
    if not lines:
        return []
    cut = lines if most is None or len(lines) <= most else [*lines[:most], f"and {len(lines) - most} more"]
    return [f"  {title}:", *(f"    {line}" for line in cut)]
