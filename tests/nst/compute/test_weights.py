"""The weights policy: which file, in which order, said in one line; and what a bad file or no network gives."""

import functools
import hashlib
import http.server
import socket
import threading

import h5py
import numpy as np
import pytest

from nst import DownloadError, OptionError, WeightsError
from nst.compute import weights
from weight_files import write_keras_file


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch, tmp_path):
    monkeypatch.delenv("NST_WEIGHTS", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    weights._say.cache_clear()


@pytest.fixture(scope="module")
def bundled():
    return weights.load_weights("bundled")


@pytest.fixture(scope="module")
def small_file(tmp_path_factory, bundled):
    """A valid VGG19 file in Keras's layout."""
    path = tmp_path_factory.mktemp("weights") / "vgg19.h5"
    halves = {name: (np.full(k.shape, 0.5, "f"), np.zeros(len(b), "f")) for name, (k, b) in bundled.layers.items()}
    return write_keras_file(path, halves)


def cache(path):
    weights.cache_path().parent.mkdir(parents=True)
    weights.cache_path().symlink_to(path)


def test_the_order_is_path_cache_bundled_and_the_variable_overrides_names(monkeypatch, small_file):
    assert weights.choose()[0] == "bundled"
    assert weights.choose("imagenet")[0] == "imagenet"
    cache(small_file)
    assert weights.choose()[:2] == ("imagenet", weights.cache_path())
    assert weights.choose("bundled")[0] == "bundled"
    monkeypatch.setenv("NST_WEIGHTS", "bundled")
    assert weights.choose()[0] == weights.choose("imagenet")[0] == "bundled"
    assert weights.choose(small_file)[:2] == ("file", small_file)  # a path that the caller names stands
    monkeypatch.setenv("NST_WEIGHTS", str(small_file))
    assert weights.choose("bundled")[:2] == ("file", small_file)


def test_the_choice_is_said_in_one_line_once(capsys, small_file):
    for _ in range(2):
        weights.load_weights(small_file)
    assert capsys.readouterr().out == f"weights: file {small_file}\n"
    weights.load_weights()
    assert "not ImageNet VGG19" in capsys.readouterr().out


def test_bundled_weights_are_the_trunk_with_identities(bundled):
    kernel, bias = bundled.layers["block4_conv4"]
    assert kernel.shape == (3, 3, 512, 512) and not bias.any()
    np.testing.assert_array_equal(kernel[1, 1], np.eye(512))
    assert kernel.sum() == 512
    with h5py.File(weights.bundled_path()) as file:
        np.testing.assert_array_equal(bundled.layers["block3_conv3"][0], file["block3/layers/conv2d_2/vars/0"])
        np.testing.assert_array_equal(bundled.layers["block1_conv1"][1], file["block1/layers/conv2d/vars/1"])


LAYOUTS = ["{layer}/{layer}/kernel:0", "model_weights/{layer}/{layer}/kernel", "layers/{layer}/vars/0"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_keras_layouts_old_and_new_are_read(tmp_path, bundled, layout):
    path = tmp_path / "vgg19.h5"
    with h5py.File(path, "w") as file:
        for layer, (kernel, bias) in bundled.layers.items():
            name = layout.format(layer=layer)
            file.create_dataset(name, shape=kernel.shape, dtype="f")  # zeros take no room
            file[name.replace("kernel", "bias").replace("vars/0", "vars/1")] = bias
    _, bias = weights.load_weights(path).layers["block5_conv3"]
    np.testing.assert_array_equal(bias, bundled.layers["block5_conv3"][1])


def test_missing_file_and_nonsense_name(tmp_path):
    with pytest.raises(WeightsError, match=r"no weights file at .*absent\.h5"):
        weights.load_weights(tmp_path / "absent.h5")
    with pytest.raises(OptionError, match="imagenett"):
        weights.load_weights("imagenett")


def test_truncated_file(tmp_path, small_file):
    path = tmp_path / "cut.h5"
    path.write_bytes(small_file.read_bytes()[:100_000])
    with pytest.raises(WeightsError, match="truncated"):
        weights.load_weights(path)


def test_another_networks_file(tmp_path, small_file, bundled):
    vgg16 = {name: (k, b) for name, (k, b) in bundled.layers.items() if not name.endswith("conv4")}
    small = {name: (np.zeros((3, 3, 3, 4)), np.zeros(4)) for name in bundled.layers}
    with pytest.raises(WeightsError, match="looks like VGG16"):
        weights.load_weights(write_keras_file(tmp_path / "vgg16.h5", vgg16))
    with pytest.raises(WeightsError, match=r"block1_conv1 has kernel \(3, 3, 3, 4\)"):
        weights.load_weights(write_keras_file(tmp_path / "small.h5", small))


def test_a_file_with_nan_is_damaged(tmp_path, small_file):
    path = tmp_path / "nan.h5"
    path.write_bytes(small_file.read_bytes())
    with h5py.File(path, "r+") as file:
        file["block2_conv1/block2_conv1_b_1:0"][3] = np.nan
    with pytest.raises(WeightsError, match="block2_conv1 holds NaN"):
        weights.load_weights(path)


@pytest.fixture
def server(tmp_path):
    """A web server on the loopback over tmp_path/web."""
    (tmp_path / "web").mkdir()
    handler = functools.partial(QuietHandler, directory=tmp_path / "web")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def test_download_is_checked_and_kept_and_shows_progress(server, tmp_path, monkeypatch, capsys):
    (tmp_path / "web" / "w.h5").write_bytes(b"weights" * 1000)
    monkeypatch.setattr(weights, "IMAGENET_URL", f"{server}/w.h5")
    monkeypatch.setattr(weights, "IMAGENET_MD5", hashlib.md5(b"weights" * 1000).hexdigest())
    timeout = socket.getdefaulttimeout()
    assert weights.download() == weights.cache_path() and weights.cache_path().read_bytes() == b"weights" * 1000
    assert "ImageNet VGG19: 100%" in capsys.readouterr().err and socket.getdefaulttimeout() == timeout


def test_a_damaged_download_is_refused_and_not_kept(server, tmp_path, monkeypatch):
    (tmp_path / "web" / "w.h5").write_bytes(b"something else")
    monkeypatch.setattr(weights, "IMAGENET_URL", f"{server}/w.h5")
    with pytest.raises(DownloadError, match=r"w\.h5 is damaged: its MD5 sum .* NST_WEIGHTS=bundled"):
        weights.load_weights("imagenet")
    assert not weights.cache_path().parent.exists()


def test_offline_download_says_what_to_do_instead(monkeypatch):
    monkeypatch.setattr(weights, "IMAGENET_URL", "http://127.0.0.1:1/w.h5")
    with pytest.raises(DownloadError, match=r"could not download .*refused.* NST_WEIGHTS=bundled"):
        weights.download()
    assert not weights.cache_path().parent.exists()
