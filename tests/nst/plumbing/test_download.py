"""Pictures from addresses, tried against a server on the loopback."""

import contextlib
import hashlib
import http.server
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import nst
from nst.plumbing import download, files


class Pages(http.server.BaseHTTPRequestHandler):
    """Answers by path; `asked` counts the requests."""

    def do_GET(self):
        self.server.asked.append(self.path)
        self.server.headers = self.headers
        getattr(self, self.path.strip("/").partition("/")[0].partition("?")[0].replace("%20", "_"), self.missing)()

    def answer(self, body, status=200, **headers):
        self.send_response(status)
        for name, value in ({"Content_Length": len(body)} | headers).items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def picture(self):
        self.answer(self.server.picture, Content_Type="image/png")

    a_b = picture

    def missing(self):
        self.answer(b"no", 404)

    def page(self):
        self.answer(b"<html>", Content_Type="text/html; charset=utf-8")

    def nonsense(self):
        self.answer(b"no picture")

    def moved(self):
        self.answer(b"", 302, Location="/picture")

    def elsewhere(self):
        self.answer(b"", 302, Location="file:///etc/passwd")

    def circle(self):
        self.answer(b"", 302, Location="/circle?" + "x" * len(self.server.asked))

    def moved_endlessly(self):
        self.send_response(302)
        self.send_header("Location", "/picture")
        self.end_headers()
        self.pour()

    def promised_large(self):
        self.answer(b"", Content_Length=10**12)

    def endless(self):
        self.send_response(200)
        self.end_headers()
        self.pour()

    def pour(self):
        with contextlib.suppress(OSError):
            while not self.server.done.is_set():
                self.wfile.write(bytes(2**16))

    def longer(self):
        """More bytes than promised."""
        self.answer(self.server.picture, Content_Length=len(self.server.picture) - 40)

    def longer_in_chunks(self):
        """A promise that does not count, since the body says its own length piece by piece, without end."""
        self.send_response(200)
        self.send_header("Content-Length", "10")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with contextlib.suppress(OSError):
            while not self.server.done.is_set():
                self.wfile.write(b"10000\r\n" + bytes(2**16) + b"\r\n")

    def broken(self):
        self.answer(self.server.picture[:40], Content_Length=len(self.server.picture))

    def silent(self):
        self.server.done.wait(5)

    def stalled(self):
        """Half of the body, and then nothing for as long as the test runs."""
        self.answer(self.server.picture[:40], Content_Length=len(self.server.picture), Content_Type="image/png")
        self.server.done.wait(60)

    def slow(self):
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while not self.server.done.wait(0.05):
                self.wfile.write(b".")

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A running server; `server.at(path)` is an address of it. The cache is an empty folder."""
    monkeypatch.setenv("NST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    nst.save_image(tmp_path / "a.png", np.ones((32, 40, 3)))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.asked, server.done, server.picture = [], threading.Event(), (tmp_path / "a.png").read_bytes()
    server.at = lambda path: f"http://127.0.0.1:{server.server_port}/{path}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.done.set()
    server.shutdown()
    server.server_close()


def cached_files():
    folder = files.cache_folder()
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


def fails(address, *words, **options):
    with pytest.raises(nst.DownloadError) as caught:
        download.fetch(address, **options)
    for word in (address, *words):
        assert word in str(caught.value), str(caught.value)
    assert cached_files() == []  # no .part either


def test_loaded_once_and_then_from_the_cache(server):
    for _ in range(3):
        assert nst.load_image(server.at("picture"), size=64).shape == (51, 64, 3)
    assert server.asked == ["/picture"]
    server.shutdown()
    assert nst.load_image(server.at("picture")).min() == 1  # offline


def test_redirects_are_followed_to_http_only(server):
    assert nst.load_image(server.at("moved")).shape == (32, 40, 3)
    assert server.asked == ["/moved", "/picture"]


@pytest.mark.parametrize(("path", "words", "asked"), [("elsewhere", "not safe", 1), ("circle", "more than 5", 6)])
def test_bad_redirects(server, path, words, asked):
    fails(server.at(path), words)
    assert len(server.asked) == asked


def test_the_body_of_a_redirect_is_not_read(server):
    assert download.fetch(server.at("moved_endlessly"), deadline=5).read_bytes() == server.picture


def test_spaces_and_letters_in_addresses(server):
    assert nst.load_image(server.at("a b/\u00e9t\u00e9.png?size=1#part")).shape == (32, 40, 3)
    assert server.asked == ["/a%20b/%C3%A9t%C3%A9.png?size=1"]


def test_errors_of_the_server(server):
    fails(server.at("nothing"), "404")
    fails(server.at("page"), "web page")
    fails(server.at("broken"), "40 of")


def test_size_limit(server):
    fails(server.at("promised_large"), "32 MiB")
    fails(server.at("endless"), "0.5 MiB", max_bytes=2**19)
    fails(server.at("longer_in_chunks"), "0.5 MiB", max_bytes=2**19)


def test_what_comes_after_the_promised_end_is_not_taken(server):
    assert download.fetch(server.at("longer")).read_bytes() == server.picture[:-40]


def test_time_limits(server):
    start = time.monotonic()
    fails(server.at("silent"), "timed out", timeout=0.2)
    fails(server.at("stalled"), "timed out", timeout=0.2)
    fails(server.at("slow"), "too slow", deadline=0.3)
    assert time.monotonic() - start < 3


def test_offline(server):
    server.shutdown()
    server.server_close()
    fails(server.at("picture"), "Check the address and the network", "give its path")
    fails("http://[broken", "could not be downloaded")


def test_what_is_no_picture_is_not_kept(server):
    with pytest.raises(nst.ImageError, match="nonsense is not a picture"):
        nst.load_image(server.at("nonsense"))
    assert cached_files() == []


def test_cache_that_cannot_be_written(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NST_CACHE", str(tmp_path / "file"))
    with pytest.raises(nst.SaveError, match="could not be written"):
        nst.load_image(server.at("picture"))


def test_https_is_never_left_for_http():
    assert download.next_address("http://a.org/x/b.png", "/c.png") == "http://a.org/c.png"
    assert download.next_address("http://a.org/b.png", "HTTPS://b.org/c.png").lower() == "https://b.org/c.png"
    for target in ("http://a.org/b.png", "HTTP://a.org/b.png", "ftp://a.org/b.png", "file:///etc/passwd"):
        with pytest.raises(nst.DownloadError, match="not safe"):
            download.next_address("https://a.org/a.png", target)


def test_checksum(server, tmp_path):
    path = tmp_path / "cache" / "a.png"
    path.parent.mkdir()
    with pytest.raises(nst.DownloadError, match="checksum"):
        download.download_file(server.at("picture"), path, md5="0" * 32)
    assert cached_files() == []
    md5 = hashlib.md5(server.picture).hexdigest()
    assert download.download_file(server.at("picture"), path, md5=md5).read_bytes() == server.picture


def test_a_failed_download_leaves_the_older_file(server, tmp_path):
    path = tmp_path / "a.h5"
    path.write_text("older")
    for page, options in (("picture", {"md5": "0" * 32}), ("broken", {}), ("stalled", {"timeout": 0.2})):
        with pytest.raises(nst.DownloadError):
            download.download_file(server.at(page), path, **options)
    assert path.read_text() == "older"
    assert {file.name for file in tmp_path.iterdir()} == {"a.h5", "a.png"}


def test_progress_is_shown_where_it_is_asked_for(server, tmp_path, capsys):
    download.download_file(server.at("picture"), tmp_path / "quiet")
    assert capsys.readouterr().err == ""
    download.download_file(server.at("picture"), tmp_path / "told", progress=True)
    assert "told: 100%" in capsys.readouterr().err


def test_an_interrupted_write_leaves_nothing(tmp_path):
    path = tmp_path / "a"
    path.write_text("older")
    with pytest.raises(KeyboardInterrupt), files.open_atomically(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert [file.name for file in tmp_path.iterdir()] == ["a"] and path.read_text() == "older"


def test_requests_is_loaded_by_the_first_download_only():
    code = "import sys, nst; nst.load_image('ball', size=32); print('requests' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout == "False\n"


def test_no_password_is_sent_that_nobody_asked_for(server, tmp_path, monkeypatch):
    """requests sends what ~/.netrc has for a host, also to an address that somebody else wrote down."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    nst.load_image(server.at("picture"))
    assert "User-Agent" in server.headers and "Authorization" not in server.headers
