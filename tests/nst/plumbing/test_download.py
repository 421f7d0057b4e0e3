"""Pictures from addresses, tried against a server on the loopback."""

import contextlib
import http.server
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

    def moved_abroad(self):
        self.answer(b"", 302, Location="/a b/\u00e9.png".encode().decode("latin1"))

    def elsewhere(self):
        self.answer(b"", 302, Location="file:///etc/passwd")

    def circle(self):
        self.answer(b"", 302, Location="/circle?" + "x" * len(self.server.asked))

    def long_way(self):
        """A redirect whose own body has no end."""
        self.send_response(302)
        self.send_header("Location", "/picture")
        self.end_headers()
        with contextlib.suppress(OSError):
            while not self.server.done.wait(0.05):
                self.wfile.write(bytes(2**10))

    def chunked(self):
        """A length that is not promised, and an end that does not come."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nhel")

    def promised_large(self):
        self.answer(b"", Content_Length=10**12)

    def endless(self):
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(bytes(2**16))

    def broken(self):
        self.answer(self.server.picture[:40], Content_Length=len(self.server.picture))

    def silent(self):
        self.server.done.wait(5)

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


def fails(address, *words, limits=None):
    with pytest.raises(nst.DownloadError) as caught:
        download.download(address, limits) if limits else download.fetch(address)
    for word in (address, *words):
        assert word in str(caught.value), str(caught.value)
    assert cached_files() == []


def test_loaded_once_and_then_from_the_cache(server):
    for _ in range(3):
        assert nst.load_image(server.at("picture"), size=64).shape == (51, 64, 3)
    assert server.asked == ["/picture"]
    server.shutdown()
    assert nst.load_image(server.at("picture")).min() == 1  # offline


def test_redirects_are_followed_to_http_only(server):
    assert nst.load_image(server.at("moved")).shape == (32, 40, 3)
    assert server.asked == ["/moved", "/picture"]
    nst.load_image(server.at("moved_abroad"))
    assert server.asked[-1] == "/a%20b/%C3%A9.png"


def test_the_body_of_a_redirect_is_not_waited_for(server):
    start = time.monotonic()
    assert nst.load_image(server.at("long_way")).shape == (32, 40, 3)
    assert time.monotonic() - start < 3


def test_no_password_is_sent_that_nobody_asked_for(server, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    nst.load_image(server.at("picture"))
    assert server.headers["User-Agent"].startswith("neural-style-transfer") and "Authorization" not in server.headers


@pytest.mark.parametrize(("path", "words"), [("elsewhere", "not safe"), ("circle", "more than 5 times")])
def test_bad_redirects(server, path, words):
    fails(server.at(path), words)
    assert len(server.asked) <= 6


def test_spaces_and_letters_in_addresses(server):
    assert nst.load_image(server.at("a b/\u00e9t\u00e9.png?size=1#part")).shape == (32, 40, 3)
    assert server.asked == ["/a%20b/%C3%A9t%C3%A9.png?size=1"]


def test_errors_of_the_server(server):
    fails(server.at("nothing"), "404")
    fails(server.at("page"), "web page")
    fails(server.at("broken"), "broke off", "40 bytes read")
    fails(server.at("chunked"), "broke off")


def test_size_limit(server):
    fails(server.at("promised_large"), "32 MiB")
    fails(server.at("endless"), "0.5 MiB", limits=download.Limits(2**19, 15, 90))


def test_time_limits(server):
    start = time.monotonic()
    fails(server.at("silent"), "timed out", limits=download.Limits(2**20, 0.2, 90))
    fails(server.at("slow"), "too slow", limits=download.Limits(2**20, 15, 0.3))
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
    assert download.followed("https://example.org/a.png", "b.png") == "https://example.org/b.png"
    assert download.followed("http://example.org/", "HTTPS://example.org/b.png") == "HTTPS://example.org/b.png"
    with pytest.raises(nst.DownloadError, match="not safe"):
        download.followed("https://example.org/a.png", "http://example.org/a.png")
