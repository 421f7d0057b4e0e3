"""Where the pages of a folder lead: every address in them, and what of it is not there."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

ADDRESSES = {"href", "src", "srcset", "poster", "action", "data"}
FETCHED = {"img", "script", "source", "audio", "video", "iframe", "embed", "object", "input"}


class Page(HTMLParser):
    """The ids of a page and what it links to: (tag, address)."""

    def __init__(self, path: Path):
        super().__init__()
        self.ids, self.links = set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.ids.add(value)
            elif name in ADDRESSES and value is not None and not (tag == "form" and not value):
                self.links.append((tag, value))


def broken(folder: Path) -> list[str]:
    """Links that lead nowhere: a file or a place that is missing, an address outside that is none."""
    pages = {path: Page(path) for path in sorted(folder.rglob("*.html")) if "_static" not in path.parts}
    return [
        f"{path.relative_to(folder)}: <{tag}> {link}"
        for path, page in pages.items()
        for tag, link in page.links
        if not leads(link, path, folder, pages)
    ]


def leads(link: str, path: Path, folder: Path, pages: dict) -> bool:
    if re.match(r"[a-z]+:", link):
        return bool(re.fullmatch(r"https?://[\w.-]+\.[a-z]{2,}(/\S*)?|http://localhost\S*|mailto:\S+|data:.*", link))
    address, _, place = unquote(link).partition("#")
    target = (path.parent / address.partition("?")[0]).resolve() if address else path
    if not target.is_file() or folder.resolve() not in target.parents:
        return False
    return not place or target not in pages or place in pages[target].ids


def fetched_from_outside(folder: Path) -> list[str]:
    """What a browser would ask another server for."""
    return [
        f"{path.relative_to(folder)}: <{tag}> {link}"
        for path in sorted(folder.rglob("*.html"))
        for tag, link in Page(path).links
        if tag in FETCHED | {"link"} and re.match(r"https?:|//", link)
    ]
