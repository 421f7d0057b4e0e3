"""Files from http(s) addresses, bounded in size and time. Pictures are cached: a second use needs no network.

To be imported where an address is given, not before: the package requests takes 0.1 s.
"""

import hashlib
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from tqdm import tqdm

from nst.errors import DownloadError, MissingPackageError
from nst.plumbing.files import cache_folder, write_atomically

try:
    import requests
    import urllib3  # what requests itself uses: errors while a body is read are of its kinds
except ModuleNotFoundError as error:
    raise MissingPackageError("downloads need the package requests: pip install -r requirements.txt") from error

REDIRECTS = 5  # at most
CHUNK = 2**16  # bytes
HEADERS = {
    "User-Agent": "neural-style-transfer-course/0.1 (teaching material)",  # some hosts, Wikimedia's among them, want it
    "Accept-Encoding": "identity",  # so that the promised length is that of the file
}


@dataclass(frozen=True)
class Limits:
    """How much of a file is taken, and how long it may take."""

    max_bytes: int
    timeout: float  # seconds without a byte
    deadline: float  # seconds for the whole file


PICTURE = Limits(32 * 2**20, 15, 90)


def fetch(address: str) -> Path:
    """Path of the picture behind `address`, downloaded on first use and cached. Raises what `download` raises."""
    path = cached(address)
    if not path.is_file():
        write_atomically(path, download(address, PICTURE), make_folder=True)
    return path


def cached(address: str) -> Path:
    """Where the picture of `address` is kept, there or not."""
    return cache_folder() / "images" / hashlib.sha256(address.encode()).hexdigest()


def download(address: str, limits: Limits, progress: str | None = None) -> bytes:
    """The bytes behind `address`; with `progress` a bar of that name shows how far it is.

    Raises DownloadError where the host cannot be reached, answers with an error or a web page, or the file is longer or
    slower than the limits.
    """
    end = time.monotonic() + limits.deadline
    try:
        with _Session() as session, _answer(session, address, limits.timeout) as answer:
            return _body(answer, address, limits, end, progress)
    except DownloadError:
        raise
    except urllib3.exceptions.ProtocolError as error:
        raise DownloadError(f"{address} broke off ({error.args[0]}); try again.") from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise DownloadError(
            f"{address} could not be downloaded ({_reason(error)}). Check the address and the network; offline, "
            "get the file elsewhere and give its path."
        ) from error


class _Session(requests.Session):
    """A session that leaves redirects to `_answer`: requests reads their bodies, which might have no end."""

    def get_redirect_target(self, resp):
        return None

    def redirect_of(self, answer):
        """Where the answer sends us; None where it is the last one."""
        return super().get_redirect_target(answer)


@contextmanager
def _answer(session, address, timeout):
    """The answer at the end of at most REDIRECTS redirects."""
    url = address
    for _ in range(REDIRECTS + 1):
        with session.get(url, headers=HEADERS, auth=_no_password, stream=True, timeout=timeout) as answer:
            target = session.redirect_of(answer)
            if target is None:
                yield answer
                return
            url = followed(answer.url, target)
    raise DownloadError(f"{address} redirects more than {REDIRECTS} times; check the address.")


def _no_password(request):
    """Given as `auth`, since requests would else send a password that ~/.netrc has for the host."""
    return request


def followed(url: str, target: str) -> str:
    """Where a redirect leads; DownloadError unless that is http(s), and https where it came from https."""
    new = urljoin(url, target)
    before, after = (urlsplit(address).scheme for address in (url, new))
    if after not in ("http", "https") or (before == "https" and after == "http"):
        raise DownloadError(f"{url} redirects to {new}, which is not safe to follow.")
    return new


def _body(answer, address, limits, end, progress):
    """The body of the answer, given up as soon as it is too long or too slow, or at once where it is a web page."""
    if not 200 <= answer.status_code < 300:
        raise DownloadError(f"{address} answered {answer.status_code} {answer.reason}; check the address.")
    if answer.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise DownloadError(f"{address} is a web page, not a file; copy the address of the file itself.")
    promised, data = int(answer.headers.get("Content-Length") or 0), bytearray()
    with tqdm(total=promised or None, desc=progress, unit="B", unit_scale=True, disable=progress is None) as bar:
        while len(data) <= limits.max_bytes and promised <= limits.max_bytes and (chunk := answer.raw.read1(CHUNK)):
            data += chunk
            bar.update(len(chunk))
            if time.monotonic() > end:
                raise DownloadError(f"{address} is too slow; download it with a browser and give the path of the file.")
    if max(len(data), promised) > limits.max_bytes:
        raise DownloadError(f"{address} is longer than {limits.max_bytes / 2**20:g} MiB; use a smaller version of it.")
    return bytes(data)


def _reason(error):
    """What the innermost error says, without the names of the objects that it came through."""
    inner = getattr(error.args[0] if error.args else None, "reason", None) or error
    return str(inner).rpartition("): ")[2]
