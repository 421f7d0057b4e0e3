"""What a file is that is no notebook of the course, and what to do about it: by its bytes, then by its ending."""

from pathlib import PurePosixPath

from autograder.intake.notebook_file import Unreadable, instead_of_a_notebook, read_cells
from autograder.names import safe_name

ASK = "ask for the notebook (.ipynb)"
_SHORT = 2_000  # bytes: a file that is little more than a link
_NOTES = ("", "txt", "url", "html", "htm", "webloc", "gdoc", "link")  # endings of files that hold one
_PLACES = {
    b"colab.research.google": "Google Colab: there, File > Download > Download .ipynb makes the file",
    b"drive.google": "Google Drive",
    b"docs.google": "Google Docs",
    b"kaggle.com": "Kaggle",
    b"github.com": "GitHub",
    b"onedrive": "OneDrive",
    b"sharepoint": "SharePoint",
    b"dropbox": "Dropbox",
    b"icloud.com": "iCloud",
}
_ADVICE = {
    ("pdf", "html", "htm", "mht", "mhtml", "webarchive"): f"an export or a page cannot be graded; {ASK}",
    ("doc", "docx", "odt", "pages", "rtf", "py", "md"): ASK,
    ("rar", "7z", "gz", "tgz", "tar", "xz", "bz2", "zst", "zipx", "dmg", "iso"): (
        "it is not opened here; unpack it and put the notebooks into submitted/ by hand, or ask for a zip"
    ),
    ("crdownload", "part", "partial", "download", "tmp"): f"a download that had not ended; {ASK}",
    ("eml", "msg", "mbox"): "an e-mail; put what is attached to it into submitted/ by hand",
    ("lnk", "url", "webloc", "desktop", "gdoc", "alias"): f"a link, and no file; {ASK}",
}
_BY_ENDING = {ending: advice for endings, advice in _ADVICE.items() for ending in endings}


def kind(name: str, data: bytes | None) -> str:
    """In a few words; with what to do, where a notebook may be behind it. `data`: its bytes, if they were read."""
    ending = safe_name(PurePosixPath(name).suffix.lower().lstrip("."), 20)
    if data is not None and ".ipynb" in name.lower():
        return _notebook(data)
    if data is not None and not data:
        return f"a file of 0 bytes, whose upload failed; {ASK}"
    if data is not None and ending in _NOTES and (place := _link(data)):
        return f"a link to {place}; {ASK}"
    if data is not None and not ending and (found := instead_of_a_notebook(data)):
        return f"a file without an ending: {found}; {ASK}"
    what = f"a {ending} file" if ending else "a file without an ending"
    return f"{what}: {_BY_ENDING[ending]}" if ending in _BY_ENDING else what


def _notebook(data: bytes) -> str:
    """A notebook by its name, and none of the course."""
    try:
        read_cells(data)
    except Unreadable as error:
        return f"it cannot be read: {error}; {ASK}"
    return "a notebook of something else"


def _link(data: bytes) -> str:
    """Where a short file points to, "" if it is no link."""
    if len(data) > _SHORT or b"http" not in data:
        return ""
    return next((place for mark, place in _PLACES.items() if mark in data.lower()), "")
