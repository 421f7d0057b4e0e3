"""Read a submitted notebook however odd it is: cells, their text and marks, never an exception but `Unreadable`.

nbformat and nbgrader refuse a notebook for one wrong field; a student should lose nothing for that. So only what
grading needs is taken, each field checked for its type, and everything else is dropped.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any

ENDING = r"\.ipynb(?:\.txt|\.json)?"  # of a notebook's file name; browsers add a second one
MAX_BYTES = 20 * 2**20  # of a notebook file: the solved course with every picture has a tenth of it
MAX_VALUES = 300_000  # of the JSON; each costs up to 200 bytes of memory: the solved course has 3 000 a notebook
MAX_CELLS = 2_000
MAX_SOURCE = 1_000_000  # characters of all cells together
MAX_PICTURES = 40
MAX_PICTURE_BYTES = 3 * 2**20
MAX_TEXT = 10_000  # characters of a kept text output

_INSTEAD = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip under another name",
    b"\x1f\x8b": "an archive (gzip)",
    b"Rar!": "an archive (rar)",
    b"7z\xbc\xaf": "an archive (7z)",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"version https://git-lfs": "a pointer of Git LFS, without what it points to",
    b"<<<<<<<": "a file in which Git could not merge two versions",
}
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # possessive: a part is never tried twice
_SIGNATURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


class Unreadable(Exception):
    """The file is no notebook; the message says why, in the student's words."""


@dataclass
class StudentCell:
    """What is taken from a submitted cell. `outputs` are pictures and plain text only, as nbformat wants them."""

    kind: str  # code, markdown or raw
    source: str
    grade_id: str | None = None
    cell_id: str | None = None
    outputs: list[dict] = field(default_factory=list)


def read_cells(data: bytes) -> list[StudentCell]:
    """The cells of a notebook file (nbformat 3 or 4); Unreadable if it is none."""
    cells = [cell for raw in _raw_cells(_document(data)) if (cell := _cell(raw))]
    if not cells:
        raise Unreadable("the notebook has no cells")
    if sum(len(cell.source) for cell in cells) > MAX_SOURCE:
        raise Unreadable(f"the cells hold more than {MAX_SOURCE} characters of text")
    _limit_pictures(cells)
    return cells


def instead_of_a_notebook(data: bytes) -> str:
    """What a file is by its first bytes, where that is certainly no notebook; else ""."""
    start = data[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:200].lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<script")):
        return "a web page (HTML)"
    return next((what for sign, what in _INSTEAD.items() if start.startswith(sign)), "")


def _document(data: bytes) -> dict:
    """The JSON object in `data`."""
    if not data.strip():
        raise Unreadable("the file is empty")
    if what := instead_of_a_notebook(data):
        raise Unreadable(f"the file is {what}, not a notebook")
    if len(data) > MAX_BYTES:
        raise Unreadable(f"the file has {len(data) / 2**20:.0f} MB, more than {MAX_BYTES // 2**20} MB")
    if (encoding := json.detect_encoding(data)) not in ("utf-8", "utf-8-sig"):  # as some editors on Windows save it
        data = data.decode(encoding, errors="replace").encode()
    if _too_many(data):
        raise Unreadable(f"the file holds more than {MAX_VALUES} values, too many for a notebook")
    try:
        document = json.loads(data.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the file is not a notebook in JSON ({type(error).__name__}); it may be cut off") from None
    if not isinstance(document, dict):
        raise Unreadable("the file holds JSON, but no notebook")
    return document


def _too_many(data: bytes) -> bool:
    """More than MAX_VALUES values in the JSON? Told without parsing it; what is in strings does not count."""
    if _separators(data, 0, len(data)) <= MAX_VALUES:
        return False
    count = end = 0
    for string in _STRING.finditer(data):
        count += 1 + _separators(data, end, string.start())
        end = string.end()
        if count > 2 * MAX_VALUES:  # a key is a string, too
            return True
    return count + _separators(data, end, len(data)) > 2 * MAX_VALUES


def _separators(data: bytes, start: int, end: int) -> int:
    return sum(data.count(mark, start, end) for mark in (b"{", b"[", b","))


def _raw_cells(document: dict) -> list:
    """The list of cells, from nbformat 4 or the worksheets of nbformat 3."""
    cells = document.get("cells")
    if cells is None and isinstance(sheets := document.get("worksheets"), list):
        cells = [cell for sheet in sheets if isinstance(sheet, dict) for cell in _list(sheet.get("cells"))]
    if not isinstance(cells, list):
        raise Unreadable("the file holds JSON, but no notebook: it has no list of cells")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"the notebook has {len(cells)} cells, more than {MAX_CELLS}")
    return cells


def _cell(raw: object) -> StudentCell | None:
    """One cell, or None for what is no cell at all."""
    if not isinstance(raw, dict):
        return None
    kind = raw.get("cell_type")
    kind = "markdown" if kind in ("heading", "html") else kind if kind in ("code", "markdown", "raw") else "raw"
    marks = _dict(_dict(raw.get("metadata")).get("nbgrader"))
    return StudentCell(
        kind=kind,
        source=_text(raw.get("source", raw.get("input"))),
        grade_id=_name(marks.get("grade_id")),
        cell_id=_name(raw.get("id")),
        outputs=[output for each in _list(raw.get("outputs"))[:100] if (output := _output(each))],
    )


def _output(raw: Any) -> dict | None:
    """A picture or a plain text, rebuilt from its checked bytes; None for everything else."""
    raw = _dict(raw)
    data = _dict(raw.get("data"))
    for mime in _SIGNATURES:
        if mime in data and (picture := _picture(mime, _text(data[mime]))):
            return {"output_type": "display_data", "data": {mime: picture}, "metadata": {}}
    if raw.get("output_type") == "stream":
        return _stream(_text(raw.get("text")))
    return _stream(_text(data.get("text/plain")))


def _stream(text: str) -> dict | None:
    return {"output_type": "stream", "name": "stdout", "text": text[:MAX_TEXT]} if text.strip() else None


def _picture(mime: str, text: str) -> str | None:
    """Base64 of a picture of that kind, or None if it is something else or too big."""
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(data) > MAX_PICTURE_BYTES or not data.startswith(_SIGNATURES[mime]):
        return None
    return base64.b64encode(data).decode("ascii")


def _limit_pictures(cells: list[StudentCell]) -> None:
    """Keep at most MAX_PICTURES outputs in the whole notebook."""
    left = MAX_PICTURES
    for cell in cells:
        cell.outputs = cell.outputs[:left]
        left -= len(cell.outputs)


def _text(value: object) -> str:
    """nbformat's multi-line text: a string or a list of strings. No surrogates, NULs or foreign line ends."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    if not isinstance(value, str):
        return ""
    value = value.encode("utf-8", errors="replace").decode("utf-8")
    return value.replace("\x00", "�").replace("\r\n", "\n")


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= 200 else None


def _list(value: object) -> list:
    return value if isinstance(value, list) else []


def _dict(value: object) -> dict:
    return value if isinstance(value, dict) else {}
