"""What the course asks for, in its order: points, the notebooks where it is needed, how large its arguments are there.

`make release` writes it beside the cases. Graders know all of this from the masters and never read it.
"""

import csv
import functools
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from nst.checks.case_files import FOLDER, CaseFileError

NAME = "syllabus.csv"


@dataclass(frozen=True)
class Entry:
    """One thing that gives points: an exercise, or a written answer, which no check knows."""

    name: str
    notebook: str
    points: int
    checked: bool  # whether it is an exercise
    carried: tuple[str, ...] = ()  # later notebooks that need this function
    arguments: tuple[str, ...] = ()  # as timing.py makes them; none where no size matters
    filters: int = 0
    positions: int = 0
    calls: int = 0  # how often its notebook calls it
    optional: bool = False  # whether its points come on top

    @property
    def place(self) -> str:
        """Its name with the number of its notebook: "style_loss in 04"."""
        return f"{self.name} in {self.notebook[:2]}"


def write(entries: Iterable[Entry], folder: Path) -> None:
    """Write the table into the folder. The same entries, the same bytes."""
    with open(folder / NAME, "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, [field.name for field in fields(Entry)], lineterminator="\n")
        table.writeheader()
        for entry in entries:
            table.writerow({key: " ".join(v) if isinstance(v, tuple) else v for key, v in asdict(entry).items()})


@functools.lru_cache(maxsize=8)
def read(folder: Path = FOLDER) -> dict[str, Entry]:
    """Name -> `Entry`, in the order of the course; raises CaseFileError where the table is missing or damaged."""
    path = Path(folder) / NAME
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return {row["name"]: _entry(row) for row in csv.DictReader(file)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
        raise CaseFileError(f"{path} is missing or damaged: unpack the course archive again") from error


def _entry(row):
    numbers = {name: int(row[name]) for name in ("points", "filters", "positions", "calls")}
    texts = {name: tuple(row[name].split()) for name in ("carried", "arguments")}
    flags = {name: row[name] == "True" for name in ("checked", "optional")}
    return Entry(row["name"], row["notebook"], **flags, **numbers, **texts)
