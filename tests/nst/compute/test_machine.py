"""The two ways to compute the network agree, and the machine decides which is used."""

import json
import sys

import numpy as np
import pytest

import nst
from nst import doctor, speed
from nst.compute import machine, weights, winograd_kernels
from nst.compute.winograd_network import Convolution
from nst.plumbing.parallel import in_parallel, shares
from nst.problem import Problem


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(machine, "on_gpu", lambda: False)


def test_what_the_machine_supports(monkeypatch, no_gpu):
    monkeypatch.setattr(machine, "native_bfloat16", lambda: False)
    monkeypatch.setattr(machine, "installed", lambda package: True)
    assert machine.supported() == machine.supported("float32") == ("winograd",)
    assert speed.choose_kind() == ("winograd", machine.KINDS["winograd"])  # nothing to measure
    with pytest.raises(nst.OptionError, match="bfloat16 units"):
        machine.supported("bfloat16")
    monkeypatch.setattr(machine, "native_bfloat16", lambda: True)
    assert machine.supported("bfloat16") == ("tensorflow-bfloat16",)
    assert machine.supported() == ("winograd", "tensorflow-bfloat16") and machine.supported("float32") == ("winograd",)
    with pytest.raises(nst.OptionError, match="precision='half'"):
        machine.supported("half")
    monkeypatch.setattr(machine, "installed", lambda package: package != "numba")
    assert machine.supported("float32") == ("tensorflow",)
    monkeypatch.setattr(machine, "on_gpu", lambda: True)
    assert machine.supported("float32") == ("tensorflow", "tensorflow-xla")
    assert machine.supported() == ("tensorflow", "tensorflow-xla", "tensorflow-tf32", "tensorflow-bfloat16")
    assert machine.supported("bfloat16") == ("tensorflow-bfloat16",)


def test_without_tensorflow_everything_is_computed_on_the_cpu(monkeypatch):
    """As on Python 3.14, also beside a GPU and where the CPU has bfloat16; what needs it says what to do."""
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(machine, "installed", lambda package: package not in machine.BACKENDS)
    monkeypatch.setattr(machine, "GPU_DEVICES", ("/dev/null",))
    monkeypatch.setattr(machine, "native_bfloat16", lambda: True)
    machine.tensorflow.cache_clear()
    assert not machine.on_gpu() and machine.device().startswith("CPU")
    assert machine.supported() == machine.supported("float32") == ("winograd",)
    image = np.full((32, 32, 3), 0.5, np.float32)
    for ends, words in (((9, 9), "not installed .*Type: pip install -r"), ((3, 11), "has no package for Python 3")):
        monkeypatch.setattr(machine, "NO_TENSORFLOW", ends)
        with pytest.raises(nst.MissingPackageError, match=words):
            Problem(image, image, weights="bundled", kind=speed.choose_kind("bfloat16")[0])
    machine.tensorflow.cache_clear()


@pytest.mark.tensorflow
def test_of_several_the_measured_fastest_is_chosen_and_remembered(monkeypatch, tmp_path, no_gpu):
    monkeypatch.setenv("NST_CACHE", str(tmp_path))
    monkeypatch.setattr(speed, "supported", lambda precision: ("tensorflow", "winograd"))
    speed.fastest.cache_clear()
    kind, why = speed.choose_kind()  # both really run
    ((this_machine, seconds),) = json.loads((tmp_path / "probe.json").read_text()).items()
    assert kind == min(seconds, key=seconds.get) and all(f"{value:.3f} s" in why for value in seconds.values())
    (tmp_path / "probe.json").write_text(json.dumps({this_machine: {"tensorflow": 0.001, "winograd": 0.002}}))
    speed.fastest.cache_clear()
    assert speed.choose_kind()[0] == "tensorflow"  # read, not measured again
    for damaged in ("not JSON", "[]", json.dumps({this_machine: {"winograd": "x", "tensorflow": None}})):
        (tmp_path / "probe.json").write_text(damaged)
        speed.fastest.cache_clear()
        kind = speed.choose_kind()[0]
        (measured,) = json.loads((tmp_path / "probe.json").read_text()).values()
        assert kind == min(measured, key=measured.get) and min(measured.values()) > 0.002  # measured again
    speed.fastest.cache_clear()


@pytest.mark.parametrize(("seconds", "chosen"), [(0.099, "winograd"), (0.079, "tensorflow-bfloat16")])
def test_fewer_digits_are_not_given_away_for_a_clock_s_noise(seconds, chosen, monkeypatch, tmp_path):
    monkeypatch.setenv("NST_CACHE", str(tmp_path))
    kinds = {"winograd": 0.1, "tensorflow-bfloat16": seconds}
    (tmp_path / "probe.json").write_text(json.dumps({speed._machine(): kinds}))
    speed.fastest.cache_clear()
    assert speed.fastest(tuple(kinds))[0] == chosen
    speed.fastest.cache_clear()


def test_a_way_that_does_not_run_is_left_out_and_said(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("NST_CACHE", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setattr(machine, "supported", lambda precision="auto": ("torch-tf32", "winograd"))
    monkeypatch.setattr(speed, "supported", machine.supported)
    for _ in range(2):  # measured, then read
        speed.fastest.cache_clear()
        kind, why = speed.choose_kind()
        assert kind == "winograd" and "TF32 by PyTorch: does not run here" in why
        assert doctor._device() is None
        assert "does not run here, TF32 by PyTorch" in capsys.readouterr().out
    monkeypatch.setattr(speed, "supported", lambda precision: ("torch-tf32", "torch-bfloat16"))
    with pytest.raises(nst.OptionError, match="is computed by torch"):  # none runs: the reason of one
        speed.choose_kind()
    speed.fastest.cache_clear()


@pytest.mark.tensorflow
@pytest.mark.parametrize("shape", [(64, 48), (33, 50), (160, 131)])  # whole tiles, odd sides, many tiles
def test_losses_and_gradients_agree_between_winograd_and_tensorflow(shape, no_gpu):
    rng = np.random.default_rng(1)
    content, style, x = (rng.random((*shape, 3)).astype(np.float32) for _ in range(3))
    others, expected = Problem(content, style, weights="bundled", kind="tensorflow")(x, 2.0, 30.0)
    for kind in ("winograd", *(("tensorflow-xla",) if shape == (64, 48) else ())):  # XLA compiles for seconds
        losses, gradient = Problem(content, style, weights="bundled", kind=kind)(x, 2.0, 30.0)
        np.testing.assert_allclose(losses, others, rtol=1e-5)
        assert np.linalg.norm(gradient - expected) < 1e-4 * np.linalg.norm(expected)


@pytest.mark.tensorflow
def test_tensorflow_extractor_gives_the_same_features_and_image_gradient(no_gpu):
    image = np.random.default_rng(2).random((40, 35, 3)).astype(np.float32)
    fast, other = (nst.VGG19(weights="bundled", kind=kind) for kind in ("winograd", "tensorflow"))
    features, expected = fast.features(image), other.features(image)
    slopes = {layer: np.random.default_rng(3).normal(size=f.shape) for layer, f in features.items()}
    for layer, f in features.items():
        np.testing.assert_allclose(f, expected[layer], atol=1e-5 * expected[layer].max())
    gradient, wanted = fast.image_gradient(image, slopes), other.image_gradient(image, slopes)
    assert np.linalg.norm(gradient - wanted) < 1e-4 * np.linalg.norm(wanted)


@pytest.mark.tensorflow
@pytest.mark.parametrize("kind", ["winograd", "tensorflow"])
def test_an_image_that_comes_again_is_not_computed_again_and_a_changed_one_is(kind, no_gpu):
    network = nst.VGG19(layers=["block1_conv1", "block2_conv1"], weights="bundled", kind=kind)
    image = np.random.default_rng(5).random((32, 32, 3)).astype(np.float32)
    first = network.activations(image)
    first["block1_conv1"][:] = -1  # the caller's own copy
    again = network.activations(image)
    assert again["block1_conv1"].min() >= 0
    image[4, 4] += 0.5  # changed in place: the same object, another image
    changed = network.activations(image)
    assert np.abs(changed["block2_conv1"] - again["block2_conv1"]).max() > 0
    fresh = nst.VGG19(layers=["block2_conv1"], weights="bundled", kind=kind).activations(image)
    np.testing.assert_array_equal(changed["block2_conv1"], fresh["block2_conv1"])


def test_the_fast_network_leaves_out_identities_and_nothing_else():
    layers = weights.load_weights("bundled").layers
    assert [name for name, layer in layers.items() if Convolution(*layer).identity] == [
        "block3_conv4", "block4_conv4", "block5_conv4"
    ]  # fmt: skip


def test_forward_and_backward_of_a_convolution_are_transposes():
    rng = np.random.default_rng(4)
    kernel = rng.normal(size=(3, 3, 5, 7)).astype(np.float32)
    x, y = rng.normal(size=(13, 10, 5)).astype(np.float32), rng.normal(size=(13, 10, 7)).astype(np.float32)
    layer = Convolution(kernel, np.full(7, 1000.0))  # so that the ReLU cuts nothing
    forward, backward = np.empty_like(y), np.zeros_like(x)
    layer.forward(x, forward)
    layer.backward(y, np.ones_like(x), backward)
    assert float(((forward - 1000.0) * y).sum()) == pytest.approx(float((x * backward).sum()), rel=1e-3)
    assert winograd_kernels.tile_rows(13) == 4


def test_work_is_shared_out_once_and_errors_come_back():
    assert [i for first, last in shares(10, 3) for i in range(first, last)] == list(range(10))
    assert in_parallel(lambda a, b: a + b, [(1, 2), (3, 4)]) == [3, 7]
    with pytest.raises(ZeroDivisionError):
        in_parallel(lambda a, b: a / b, [(1, 1), (1, 0)])
