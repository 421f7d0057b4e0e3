"""The pictures that come with the course: names, where each file is, and who made it.

`assets/SOURCES.toml` is the only list. A picture of the course note that nobody may hand on here (an "original") has
a stand-in; whoever owns a copy puts it into `assets/originals/`, and it is used from then on.
"""

import difflib
import os
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nst.errors import AssetError

_announced = set()  # originals whose stand-in has been pointed out to the user in this session


@dataclass(frozen=True)
class Asset:
    """One picture: its file, and what SOURCES.toml says of it. `stands_in_for` names the original it replaces."""

    name: str
    path: Path
    facts: dict
    stands_in_for: str | None = None


def asset_folder() -> Path:
    """The folder `assets`: beside `course` in the tree, in the package where it is installed; NST_ASSETS overrides."""
    package = Path(__file__).resolve().parents[1]
    places = [package / "assets", package.parents[1] / "assets"]
    installed = next((place for place in places if (place / "SOURCES.toml").is_file()), places[-1])
    folder = Path(os.environ.get("NST_ASSETS") or installed)
    if not (folder / "SOURCES.toml").is_file():
        raise AssetError(f"no SOURCES.toml in {folder}; set NST_ASSETS to the course's folder `assets`.")
    return folder


def missing_files() -> list[str]:
    """Names of the course's picture files that are not in `asset_folder`."""
    return [facts["file"] for facts in sources()["images"].values() if not (asset_folder() / facts["file"]).is_file()]


def sources() -> dict:
    """SOURCES.toml as a dict: `images` and `originals`, each a table name -> facts."""
    return _read(asset_folder() / "SOURCES.toml")


@cache
def _read(path):
    return tomllib.loads(path.read_text(encoding="utf-8"))


def asset_names() -> list[str]:
    """The names that `load_image` knows, originals included."""
    table = sources()
    return sorted([*table["images"], *table["originals"]])


def is_asset(name: str) -> bool:
    """Whether `name` is a name, or another name, of an asset or an original."""
    return _canonical(name) is not None


def find_asset(name: str) -> Asset:
    """The Asset of that name: for an original the user's own copy or else its stand-in. AssetError if unknown."""
    key = _canonical(name)
    if key is None:
        raise AssetError(unknown(name))
    folder, table = asset_folder(), sources()
    if key in table["images"]:
        return Asset(key, folder / table["images"][key]["file"], table["images"][key])
    original = table["originals"][key]
    if (own := _own_copy(folder, original)) is not None:
        return Asset(key, own, original)
    stand_in = find_asset(original["stand_in"])
    return Asset(stand_in.name, stand_in.path, stand_in.facts, stands_in_for=key)


def asset_note(name: str) -> str:
    """One line that says what picture `name` is, whose, and whether it is a stand-in for another."""
    asset = find_asset(name)
    facts = asset.facts
    line = f"{facts['title']} ({facts['author']}, {facts['year']}; {facts.get('licence') or facts['holder']})"
    if asset.stands_in_for is None:
        return line
    original = sources()["originals"][asset.stands_in_for]
    return (
        f"{asset.stands_in_for}: {line} stands in for {original['title']} ({original['author']}). "
        f"If you have the original, save it as assets/originals/{original['files'][0]}."
    )


def announce(asset: Asset) -> None:
    """Print, once a session for each original, that a stand-in is being used."""
    if asset.stands_in_for and asset.stands_in_for not in _announced:
        _announced.add(asset.stands_in_for)
        print(asset_note(asset.stands_in_for))


def unknown(name: str) -> str:
    """What to say to somebody who asks for a picture that is not there."""
    close = difflib.get_close_matches(str(name).lower(), list(_all_names()), n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(close)}? " if close else ""
    known = ", ".join(asset_names())
    return f"no picture is called {str(name)!r}. {hint}There are: {known}; or give the path of a file."


def _all_names():
    """Every accepted spelling -> the entry's name in SOURCES.toml."""
    table = sources()
    entries = {**table["images"], **table["originals"]}
    return {spelling: name for name, facts in entries.items() for spelling in (name, *facts.get("also", ()))}


def _canonical(name):
    return _all_names().get(name) if isinstance(name, str) else None


def _own_copy(folder, original):
    return next((path for file in original["files"] if (path := folder / "originals" / file).is_file()), None)
