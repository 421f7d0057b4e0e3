"""Files from http(s) addresses: bounded in size and time, kept whole or not at all; pictures are cached for a next use.

requests is imported by the first download: it takes 0.2 s, and most uses of `nst` need no network.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from nst.errors import DownloadError
from nst.plumbing.files import cache_folder, open_atomically

if TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session

MAX_BYTES = 32 * 2**20
TIMEOUT = 15.0  # seconds without a byte
DEADLINE = 90.0  # seconds for the whole file
MAX_REDIRECTS = 5
HEADERS = {
    "User-Agent": "neural-style-transfer-course/0.1 (teaching material)",  # some hosts, as Wikimedia's, ask for a name
    "Accept": "image/*, */*;q=0.1",  # where an address has a picture and a page about it, the picture
    "Accept-Encoding": "identity",  # so that the length promised is the file's
}


def is_address(name: object) -> bool:
    """Whether `name` is an http(s) address."""
    return isinstance(name, str) and name.lower().startswith(("http://", "https://"))


def fetch(address: str, *, max_bytes: int = MAX_BYTES, timeout: float = TIMEOUT, deadline: float = DEADLINE) -> Path:
    """Path of the picture behind `address`, downloaded on first use and cached. Limits and errors: `download_file`."""
    path = cached(address)
    if not path.is_file():
        download_file(address, path, max_bytes=max_bytes, timeout=timeout, deadline=deadline)
    return path


def cached(address: str) -> Path:
    """Where the file of `address` is kept, there or not."""
    return cache_folder() / "images" / hashlib.sha256(address.encode()).hexdigest()


def download_file(
    address: str,
    path: Path,
    *,
    max_bytes: int = MAX_BYTES,
    timeout: float = TIMEOUT,
    deadline: float = DEADLINE,
    md5: str | None = None,
    progress: bool = False,
) -> Path:
    """`path`, to which the file behind `address` has been written; its folder is made where it is missing.

    timeout: seconds without a byte; deadline: seconds for the whole file; md5: the checksum that it must have;
    progress: show a bar.
    Raises DownloadError where the host cannot be reached, answers with an error or a web page, or the file is too
    long, too slow or another one; SaveError where it cannot be written. What lay at `path` before is then untouched.
    """
    from tqdm.auto import tqdm

    end, checksum = time.monotonic() + deadline, hashlib.md5(usedforsecurity=False)
    with answered(address, timeout, end) as answer, open_atomically(path, make_folder=True) as file:
        with tqdm(total=promised(answer), unit="B", unit_scale=True, desc=path.name, disable=not progress) as bar:
            for chunk in chunks(answer, address, max_bytes, end):
                file.write(chunk)
                checksum.update(chunk)
                bar.update(len(chunk))
        if md5 not in (None, checksum.hexdigest()):
            raise DownloadError(f"{address} has the checksum {checksum.hexdigest()}, not {md5}; try again.")
    return path


@contextmanager
def answered(address: str, timeout: float, end: float) -> Iterator["Response"]:
    """The answer at the end of the redirects, checked by its head; the body is still to be read."""
    from requests import Session

    class OneHop(Session):
        """Even told not to follow a redirect, requests reads its whole body, however long, unless it sees no target."""

        def get_redirect_target(self, resp: "Response") -> None:
            return None

    with OneHop() as session:
        session.headers.update(HEADERS)
        with explained(address):
            answer = followed(session, address, timeout, end)
        with answer:
            check_head(answer, address)
            yield answer


def followed(session: "Session", address: str, timeout: float, end: float) -> "Response":
    """The first answer that is no redirect."""
    url = address
    for _ in range(1 + MAX_REDIRECTS):
        seconds = min(timeout, seconds_left(address, end))
        answer = session.get(url, stream=True, allow_redirects=False, timeout=seconds, auth=unchanged)
        if not answer.is_redirect:
            return answer
        answer.close()
        url = next_address(answer.url, answer.headers["Location"].encode("latin-1").decode())  # headers come as latin-1
    raise DownloadError(f"{address} redirects more than {MAX_REDIRECTS} times; check the address.")


def unchanged(request: "PreparedRequest") -> "PreparedRequest":
    """The request as it is: given as `auth`, since requests else adds the password that ~/.netrc has for the host."""
    return request


def next_address(url: str, target: str) -> str:
    """Where a redirect from `url` to `target` leads. DownloadError unless to http(s), and from https to https only."""
    following = urljoin(url, target)
    if not is_address(following) or (url.startswith("https:") and not following.lower().startswith("https:")):
        raise DownloadError(f"{url} redirects to {following}, which is not safe to follow.")
    return following


def check_head(answer: "Response", address: str) -> None:
    """Raise DownloadError where the answer is an error or a web page."""
    if not 200 <= answer.status_code < 300:
        raise DownloadError(f"{address} answered {answer.status_code} {answer.reason}; check the address.")
    if answer.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise DownloadError(f"{address} is a web page; copy the address of the picture or file itself.")


def promised(answer: "Response") -> int | None:
    """Bytes of the body as its head says; None where it does not."""
    return answer.raw.length_remaining


def chunks(answer: "Response", address: str, max_bytes: int, end: float) -> Iterator[bytes]:
    """The body piece by piece, given up as soon as it is too long, too slow or shorter than promised."""
    total, length = promised(answer) or 0, 0
    answer.raw.enforce_content_length = False  # a shorter one is told below, in plainer words
    with explained(address):
        # read1 returns what has come; iter_content would wait for whole pieces, past any deadline.
        while max(length, total) <= max_bytes and (chunk := answer.raw.read1(2**16, decode_content=False)):
            length += len(chunk)
            seconds_left(address, end)
            yield chunk
    if max(length, total) > max_bytes:
        raise DownloadError(f"{address} is longer than {max_bytes / 2**20:g} MiB; use a smaller version of it.")
    if length < total:
        raise DownloadError(f"{address} broke off after {length} of {total} bytes; try again.")


def seconds_left(address: str, end: float) -> float:
    """Seconds until `end`; DownloadError where there are none."""
    left = end - time.monotonic()
    if left <= 0:
        raise DownloadError(f"{address} is too slow; download it with a browser and give the path of the file.")
    return left


@contextmanager
def explained(address: str) -> Iterator[None]:
    """What the network, requests or urllib3 raise inside becomes a DownloadError that says what to do."""
    from urllib3.exceptions import HTTPError

    try:
        yield
    except DownloadError:
        raise
    except (OSError, HTTPError, ValueError) as error:
        raise DownloadError(
            f"{address} could not be downloaded ({innermost(error)}). Check the address and the network; offline, save "
            "it as a file elsewhere and give its path."
        ) from error


def innermost(error: BaseException) -> BaseException:
    """The error that requests and urllib3 have wrapped, some as the cause, some as an argument; or `error` itself."""
    inner = error.__cause__ or next((value for value in error.args if isinstance(value, Exception)), None)
    return innermost(inner) if inner else error
