"""Names that other people chose (of students, files, cells), made safe to show, store and print anywhere."""

import hashlib
import re
import unicodedata

LONGEST = 128  # characters: what a column of nbgrader's gradebook holds
_MARKS = "-'’.,()_@+ "  # of punctuation, what occurs in names and e-mail addresses
_JOINERS = "\u200c\u200d"  # invisible, but Persian and Indian names are spelt with them


def safe_name(text: object, longest: int = LONGEST) -> str:
    """The name on one line, of letters and digits of every script and of `-'’.,()_@+`; "" if nothing is left of it.

    Everything else (`<`, `&`, quotes, backslashes, control characters, marks that turn the writing direction, halves of
    characters) becomes a blank, so that the name means nothing to HTML, JavaScript, markdown or a terminal. What is
    neither text nor a number counts as no name. Making a safe name safe changes nothing. A file's or folder's name
    needs more than this (no `..`), and so does a cell of a spreadsheet (`outcome/csv_table.py`).
    """
    if not isinstance(text, str | int | float):
        return ""
    known = unicodedata.normalize("NFC", str(text)[: 8 * longest])
    clean = "".join(character if _stays(character) else " " for character in known)
    name = " ".join(clean.split())[:longest].rstrip()
    return name if any(character.isalnum() for character in name) else ""  # joiners alone show nothing


def safe_file_name(text: str, most: int = 180) -> str:
    """The text as the name of a file on any system: itself, or with `_` for what some system refuses or understands.

    No folder, drive or blank end, at most `most` bytes of UTF-8. A changed name ends with eight characters that depend
    on the whole text, so that two texts do not become one file.
    """
    clean = re.sub(r'[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff/\\:*?"<>|]|^[. ]+|[. ]+$', "_", text)
    data = clean.encode()
    if clean and clean == text and len(data) <= most:
        return clean
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{data[: most - 9].decode('utf-8', 'ignore')}_{digest}"


def _stays(character: str) -> bool:
    """Letters, the marks on them, digits, and a few more."""
    return character in _MARKS or character in _JOINERS or unicodedata.category(character)[0] in "LMN"
