"""Fill a student's answers into the released notebook: its cells, marks and order come from us, the answers from them.

What students do to notebooks (copy, split, merge, rename, retype, delete cells) then costs only what it must.
"""

import copy
import re

import nbformat

from autograder.intake.notebook_file import StudentCell

_DEFINES = re.compile(r"^(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(|^(\w+)[ \t]*(?::[^=\n]+)?=(?!=)", re.MULTILINE)
ELSEWHERE = "# This cell was not in the submission; its function is defined in another cell."


def fill_in(skeleton: nbformat.NotebookNode, cells: list[StudentCell]) -> tuple[nbformat.NotebookNode, list[str]]:
    """(notebook, notes): a copy of `skeleton` with the students' answers and extra cells, and what was odd."""
    return _Merge(skeleton, cells).result()


def answered(skeleton: nbformat.NotebookNode, cells: list[StudentCell]) -> int:
    """How many answers these cells hold: what of two versions tells the one that was worked on."""
    merge = _Merge(skeleton, cells)
    merge.result()
    return sum(text != ELSEWHERE for text in merge.answers.values())


def defined_names(source: str) -> set[str]:
    """Names that a cell binds at top level by `def` or `=`; also where it holds magics or broken code."""
    return {name for pair in _DEFINES.findall(source) for name in pair if name}


class _Merge:
    """One submission on its way into one skeleton."""

    def __init__(self, skeleton: nbformat.NotebookNode, cells: list[StudentCell]):
        self.nb = copy.deepcopy(skeleton)
        self.cells = cells
        self.notes: list[str] = []
        self.slots = self._match()
        self.anchors = self._anchors()
        self.before: dict[int, list[int]] = {}  # slot -> student cells put before it
        self.after: dict[int, list[int]] = {}  # slot -> student cells put after it
        self.used: set[int] = {i for i, slot in enumerate(self.slots) if slot is not None}
        self.answers: dict[int, str] = {}  # slot -> the student's text

    def result(self) -> tuple[nbformat.NotebookNode, list[str]]:
        for slot, cell in enumerate(self.nb.cells):
            if _is_answer(cell):
                self._choose(slot, cell)
        for slot, cell in enumerate(self.nb.cells):
            if _is_answer(cell) and slot not in self.answers:
                self._find_elsewhere(slot, cell)
        for slot, cell in enumerate(self.nb.cells):
            if not _is_answer(cell):
                self._keep_additions(slot, cell)
        for i, anchor in enumerate(self.anchors):
            if i not in self.used and self.cells[i].source.strip():
                self.after.setdefault(anchor, []).append(i)
        return self._assemble(), self.notes

    def _match(self) -> list[int | None]:
        """For every student cell the skeleton's cell that it came from: by grade_id, cell id, or the same text."""
        grade_ids = {_grade_id(cell): slot for slot, cell in enumerate(self.nb.cells) if _grade_id(cell)}
        cell_ids = {cell.get("id"): slot for slot, cell in enumerate(self.nb.cells)}
        texts = {plain(cell.source): slot for slot, cell in enumerate(self.nb.cells)}
        slots = []
        for cell in self.cells:
            slot = grade_ids.get(cell.grade_id)
            slot = cell_ids.get(cell.cell_id) if slot is None and cell.cell_id else slot
            slots.append(texts.get(plain(cell.source)) if slot is None and cell.source.strip() else slot)
        return slots

    def _anchors(self) -> list[int]:
        """For every student cell the last skeleton cell at or before it (-1: none)."""
        anchors, last = [], -1
        for slot in self.slots:
            last = last if slot is None else slot
            anchors.append(last)
        return anchors

    def _choose(self, slot: int, cell: nbformat.NotebookNode) -> None:
        """The answer among the cells that claim this slot: the last that was worked on and defines what it should."""
        claims = [i for i, s in enumerate(self.slots) if s == slot]
        worked = [i for i in claims if self.cells[i].source.strip() and not self._is_stub(i, cell)]
        if not worked:
            return
        wanted = defined_names(cell.source) if cell.cell_type == "code" else set()
        best = [i for i in worked if wanted & defined_names(self.cells[i].source)] or worked
        self.answers[slot] = self.cells[best[-1]].source
        self.before[slot] = [i for i in worked if i != best[-1]]
        if len(claims) > 1:
            self._note(f"{_grade_id(cell)}: the cell was there {len(claims)} times; the last one worked on counts")
        if self.cells[best[-1]].kind != cell.cell_type:
            self._note(f"{_grade_id(cell)}: submitted as a {self.cells[best[-1]].kind} cell")

    def _find_elsewhere(self, slot: int, cell: nbformat.NotebookNode) -> None:
        """An answer that the student wrote into another cell, where the cell meant for it is missing or untouched."""
        if cell.cell_type != "code":
            return self._find_text(slot, cell)
        wanted = defined_names(cell.source)
        found = [
            i for i in range(len(self.cells)) if self._may_hold(i) and wanted & defined_names(self.cells[i].source)
        ]
        if found:
            self.answers[slot] = "\n\n".join(self.cells[i].source for i in found)
            self.before[slot] = [j for i in found for j in self._extras_before(i, found)]
            self.used.update(found + self.before[slot])
            self._note(f"{_grade_id(cell)}: taken from another cell of the notebook")
        elif any(wanted & defined_names(text) for other, text in self.answers.items() if other != slot):
            self.answers[slot] = ELSEWHERE
        elif slot not in self.slots:
            self._note(f"{_grade_id(cell)}: the cell is missing")

    def _find_text(self, slot: int, cell: nbformat.NotebookNode) -> None:
        """A written answer in new text cells right after the one meant for it."""
        near = {slot} if slot in self.slots else {slot, slot - 1}
        free = [i for i, anchor in enumerate(self.anchors) if anchor in near and i not in self.used]
        texts = [i for i in free if self.cells[i].kind != "code" and self.cells[i].source.strip()]
        if texts:
            self.answers[slot] = "\n\n".join(self.cells[i].source for i in texts)
            self.used.update(texts)
            self._note(f"{_grade_id(cell)}: taken from another cell of the notebook")
        elif slot not in self.slots:
            self._note(f"{_grade_id(cell)}: the cell is missing")

    def _may_hold(self, i: int) -> bool:
        """May student cell `i` hold an answer: an extra code cell, or a locked cell with changed code?"""
        slot, cell = self.slots[i], self.cells[i]
        if cell.kind != "code":
            return False
        return i not in self.used if slot is None else not _is_answer(self.nb.cells[slot]) and self._changed(i)

    def _extras_before(self, i: int, found: list[int]) -> list[int]:
        """The run of extra code cells straight before student cell `i`: helpers that it may need."""
        run = []
        while i > 0 and i - 1 not in self.used and i - 1 not in found:
            i -= 1
            run.insert(0, i)
        return [j for j in run if self.cells[j].kind == "code"]

    def _keep_additions(self, slot: int, cell: nbformat.NotebookNode) -> None:
        """Locked text stays ours; what a student added to a set-up cell, or wrote as code into prose, still counts."""
        kept = cell.cell_type == "markdown" or not str(_grade_id(cell)).startswith(("test_", "demo_", "check_"))
        changed = [
            i for i, s in enumerate(self.slots) if s == slot and self._changed(i) and self.cells[i].kind == "code"
        ]
        changed = [i for i in changed if self.cells[i].source not in self.answers.values()]
        if kept:
            self.after.setdefault(slot, []).extend(changed)
        elif changed:
            self._note(f"{_grade_id(cell)}: changes to a locked cell were not used")

    def _changed(self, i: int) -> bool:
        return bool(self.cells[i].source.strip()) and not self._is_stub(i, self.nb.cells[self.slots[i]])

    def _is_stub(self, i: int, cell: nbformat.NotebookNode) -> bool:
        return plain(self.cells[i].source) == plain(cell.source)

    def _assemble(self) -> nbformat.NotebookNode:
        """The skeleton's cells with answers, shown outputs, and the student's own cells around them."""
        cells = [self._extra(i) for i in self.after.get(-1, [])]
        for slot, cell in enumerate(self.nb.cells):
            cells += [self._extra(i) for i in self.before.get(slot, [])]
            cell.source = self.answers.get(slot, cell.source)
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = self._shown_outputs(slot, cell), None
            cells.append(cell)
            cells += [self._extra(i) for i in self.after.get(slot, [])]
        self.nb.cells = cells
        return self.nb

    def _extra(self, i: int) -> nbformat.NotebookNode:
        """A cell of the student's own; raw text becomes markdown, which is sanitised when shown."""
        cell = self.cells[i]
        if cell.kind == "code":
            node = nbformat.v4.new_code_cell(cell.source, outputs=_nodes(cell.outputs))
        else:
            node = nbformat.v4.new_markdown_cell(cell.source)
        node.id = f"student-{i}"
        return node

    def _shown_outputs(self, slot: int, cell: nbformat.NotebookNode) -> list:
        """What the student's own run showed below a demonstration: to read next to a reflection, never to grade."""
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("grade") or marks.get("solution"):
            return []
        return _nodes([output for i, s in enumerate(self.slots) if s == slot for output in self.cells[i].outputs])

    def _note(self, text: str) -> None:
        self.notes.append(text)


def _grade_id(cell: nbformat.NotebookNode) -> str | None:
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def _is_answer(cell: nbformat.NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _nodes(outputs: list[dict]) -> list:
    return [nbformat.from_dict(output) for output in outputs]


def plain(source: str) -> str:
    """Text for comparison: without trailing blanks on any line."""
    return "\n".join(line.rstrip() for line in source.strip().split("\n"))
