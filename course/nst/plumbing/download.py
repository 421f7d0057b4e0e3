"""Pictures from an http(s) address: bounded in size and time, and cached, so that a second use needs no network."""

import hashlib
import http.client
import time
import urllib.error
import urllib.parse
import urllib.request

from nst.errors import DownloadError
from nst.plumbing.files import cache_folder, write_atomically

MAX_BYTES = 32 * 2**20
TIMEOUT = 15.0  # seconds without a byte
DEADLINE = 90.0  # seconds for the whole file
AGENT = "neural-style-transfer-course/0.1 (teaching material)"  # some hosts, Wikimedia's among them, want a name


def is_address(name):
    return isinstance(name, str) and name.lower().startswith(("http://", "https://"))


def fetch(address, *, max_bytes=MAX_BYTES, timeout=TIMEOUT, deadline=DEADLINE):
    """Path of the file behind `address`, downloaded on first use and cached.

    Raises DownloadError where the host cannot be reached, answers with an error or a web page, or the file is longer
    than `max_bytes` or slower than `deadline` seconds.
    """
    path = cached(address)
    if not path.is_file():
        data = download(address, max_bytes, timeout, deadline)
        write_atomically(path, data, make_folder=True)
    return path


def cached(address):
    """Where the file of `address` is kept, there or not."""
    return cache_folder() / "images" / hashlib.sha256(address.encode()).hexdigest()


def download(address, max_bytes, timeout, deadline):
    """The bytes behind `address`."""
    opener = urllib.request.build_opener(StrictRedirects)
    try:
        request = urllib.request.Request(quoted(address), headers={"User-Agent": AGENT, "Accept": "image/*"})
        with opener.open(request, timeout=timeout) as answer:
            return read(answer, address, max_bytes, time.monotonic() + deadline)
    except urllib.error.HTTPError as error:
        raise DownloadError(f"{address} answered {error.code} {error.reason}; check the address.") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(error, DownloadError):
            raise
        reason = getattr(error, "reason", None) or error
        raise DownloadError(
            f"{address} could not be downloaded ({reason}). Check the address and the network; offline, save the "
            "picture as a file elsewhere and give its path."
        ) from error


def read(answer, address, max_bytes, end):
    """The body of the answer, given up as soon as it is too long, too slow, shorter than promised or a web page."""
    if answer.headers.get_content_type() == "text/html":
        raise DownloadError(f"{address} is a web page, not a picture; copy the address of the picture itself.")
    chunks, length = [], 0
    promised = int(answer.headers.get("Content-Length") or 0)
    while length <= max_bytes and promised <= max_bytes and (chunk := answer.read1(2**16)):
        chunks.append(chunk)
        length += len(chunk)
        if time.monotonic() > end:
            raise DownloadError(f"{address} is too slow; download it with a browser and give the path of the file.")
    if max(length, promised) > max_bytes:
        raise DownloadError(f"{address} is longer than {max_bytes / 2**20:g} MiB; use a smaller version of it.")
    if length < promised:
        raise DownloadError(f"{address} broke off after {length} of {promised} bytes; try again.")
    return b"".join(chunks)


class StrictRedirects(urllib.request.HTTPRedirectHandler):
    """Follows at most five redirects, to http(s) only and never from https back to http."""

    max_redirections = 5

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if not is_address(newurl) or (req.full_url.startswith("https:") and not newurl.startswith("https:")):
            raise DownloadError(f"{req.full_url} redirects to {newurl}, which is not safe to follow.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def quoted(address):
    """The address with spaces and letters beyond ASCII in its path and query escaped, as browsers do."""
    parts = urllib.parse.urlsplit(address)
    path, query = (urllib.parse.quote(part, safe="/%:=&?~+!$,;'@()*[]") for part in (parts.path, parts.query))
    return urllib.parse.urlunsplit(parts._replace(path=path, query=query, fragment=""))
