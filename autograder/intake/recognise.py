"""Which notebook of the course a file is, by its cells; and which of several versions of one counts."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import nbformat

from autograder.intake.merge import answered, plain
from autograder.intake.notebook_file import ENDING, StudentCell, Unreadable, read_cells
from autograder.names import safe_name

NOT_THERE = "{}.ipynb was not in the submission"  # the reason why nothing of a notebook is judged
TELLING = 20  # characters of a text that only one notebook has; a shorter one may be anybody's

# `01_x (1).ipynb`, `01_x-2.ipynb`, `01_x-Copy1.ipynb`, `01_x copy 2.ipynb`. Atomic, so that no name takes long to read.
_COPY = r"(?P<copy>(?>[ _-]*(?>\(\d+\)|copy *\(?\d*\)?|\d+|checkpoint))*)"


@dataclass(frozen=True)
class Version:
    """One file that stands for a notebook. `why`: why it cannot be read, "" if it can."""

    notebook: str
    path: str
    data: bytes = field(repr=False)
    why: str = ""
    date: tuple[int, ...] = ()
    renamed: bool = False  # known by its cells only


class Recogniser:
    """Knows the released notebooks of a course: {name: notebook}."""

    def __init__(self, skeletons: dict[str, nbformat.NotebookNode]):
        self.skeletons = skeletons
        marks = {name: {_mark(cell) for cell in nb.cells} - {None} for name, nb in skeletons.items()}
        ids = {name: {cell.get("id") for cell in nb.cells} - {None} for name, nb in skeletons.items()}
        texts = {name: {plain(cell.source) for cell in nb.cells} for name, nb in skeletons.items()}
        texts = {name: {text for text in own if len(text) >= TELLING} for name, own in texts.items()}
        self.marks, self.ids, self.texts = _own(marks), _own(ids), _own(texts)

    def version(self, path: str, data: bytes, date: tuple[int, ...] = ()) -> Version | None:
        """The notebook that this file is, if it is one of ours; by its cells, else by its name."""
        named = named_notebook(path.rpartition("/")[2], self.skeletons)
        try:
            cells = read_cells(data)
        except Unreadable as error:
            return Version(named, path, data, str(error), date) if named else None
        found = self._by_cells(cells) or named
        return Version(found, path, data, "", date, renamed=found != named) if found else None

    def _by_cells(self, cells: list[StudentCell]) -> str | None:
        """By the grade ids that no other notebook has; where there are none, by cell ids, then by released texts."""
        for known, said in (
            (self.marks, (cell.grade_id for cell in cells)),
            (self.ids, (cell.cell_id for cell in cells)),
            (self.texts, (plain(cell.source) for cell in cells)),
        ):
            counts = Counter(known[name] for name in set(said) if name in known)
            if counts:
                return max(sorted(counts), key=lambda name: counts[name])
        return None

    def best(self, versions: Iterable[Version]) -> tuple[Version, str]:
        """The version that counts, and what to say of the choice ("" where there was none).

        More answers count, then the later date, then the higher number that a browser or a system gave it.
        """
        versions = list(versions)
        if all(each.data == versions[0].data for each in versions):
            return versions[0], ""
        answers = {version: self._answers(version) for version in versions}
        ranked = sorted(versions, key=lambda each: (answers[each], each.date, _number(each), each.path), reverse=True)
        worth = [f"{shown(each.path)} ({_worth(answers[each])})" for each in ranked]
        more = f" and {len(worth) - 4} more" if len(worth) > 4 else ""
        return ranked[0], f"{ranked[0].notebook}: {worth[0]} counts, not {', '.join(worth[1:4])}{more}"

    def _answers(self, version: Version) -> int:
        return -1 if version.why else answered(self.skeletons[version.notebook], read_cells(version.data))


def _number(version: Version) -> int:
    return copy_number(version.path.rpartition("/")[2], version.notebook)


def _worth(answers: int) -> str:
    return "not readable" if answers < 0 else f"{answers} answer{'s' * (answers != 1)}"


def shown(path: str, longest: int = 100) -> str:
    """A path that somebody else chose, safe to print: its parts as safe names, the middle left out where it is long."""
    text = "/".join(safe_name(part, longest) or "?" for part in path.split("/")[:20])
    return text if len(text) <= longest else f"{text[: longest // 2]}...{text[3 - longest // 2 :]}"


def named_notebook(file: str, names: Iterable[str]) -> str | None:
    """The notebook whose name this file's name holds, as browsers, Colab and learning management systems change it."""
    return next((name for name in sorted(names, key=len, reverse=True) if _name_match(file, name)), None)


def copy_number(file: str, name: str) -> int:
    """2 for `01_x (2).ipynb`, 0 for `01_x.ipynb` and every other name, -1 for a checkpoint."""
    found = _name_match(file, name)
    if found is None:
        return 0
    numbers = re.findall(r"\d+", found["copy"])
    return -1 if "checkpoint" in found["copy"].lower() else int(numbers[-1][:9]) if numbers else 0


def _name_match(file: str, name: str) -> re.Match | None:
    return re.fullmatch(rf"(?:.*[ _-])?{re.escape(name)}{_COPY}{ENDING}", file, re.IGNORECASE)


def _own(sets: dict[str, set]) -> dict[str, str]:
    """Name -> the one notebook that has it."""
    counts = Counter(name for names in sets.values() for name in names)
    return {name: notebook for notebook, names in sets.items() for name in names if counts[name] == 1}


def _mark(cell: nbformat.NotebookNode) -> str | None:
    return cell.metadata.get("nbgrader", {}).get("grade_id")
