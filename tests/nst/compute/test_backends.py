"""Every Keras backend gives the losses and gradients of the NumPy engine; each has a process of its own."""

import os
import subprocess
import sys

import pytest

import nst
from nst import settings
from nst.compute import machine

BACKENDS = [
    pytest.param(name, marks=pytest.mark.tensorflow if name == "tensorflow" else ()) for name in machine.BACKENDS
]
AGREE = """
import numpy as np
import nst
from nst.compute.machine import backend
from nst.problem import Problem

rng, name = np.random.default_rng(1), NAME
content, style, x, y = rng.random((4, 33, 36, 3)).astype(np.float32)
exact, found = (Problem(content, style, weights="bundled", kind=kind) for kind in ("winograd", name))
assert backend() == name

# one picture
(losses, gradient), (expected, slope) = found(x, 2.0, 30.0), exact(x, 2.0, 30.0)
assert type(gradient) is np.ndarray and gradient.dtype == np.float32
np.testing.assert_allclose(losses, expected, rtol=1e-4)
assert np.linalg.norm(gradient - slope) < 1e-3 * np.linalg.norm(slope)

# a network by itself: features, and a gradient carried back through pooling of either kind
for pooling in ("max", "average"):
    networks = [nst.VGG19(("block1_conv1", "block2_conv1"), "bundled", pooling, kind) for kind in ("winograd", name)]
    wanted, features = (network.features(x) for network in networks)
    for layer, F in features.items():
        np.testing.assert_allclose(F, wanted[layer], atol=1e-5 * wanted[layer].max())
    slopes = {layer: rng.normal(size=F.shape) for layer, F in features.items()}
    wanted, gradient = (network.image_gradient(x, slopes) for network in networks)
    assert np.linalg.norm(gradient - wanted) < 1e-4 * np.linalg.norm(wanted)
"""


def run(code, name, *, chosen=""):
    """What the code prints, in a process of its own in which KERAS_BACKEND is `chosen`."""
    if not (machine.installed(name) and machine.installed("keras")):
        pytest.skip(f"{machine.BACKENDS[name]} or Keras is not installed: pip install keras {name}")
    environment = {**os.environ, "KERAS_BACKEND": chosen, "NST_WEIGHTS": "bundled"}
    command = [sys.executable, "-c", code.replace("NAME", repr(name))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", BACKENDS)
def test_losses_and_gradients_agree_with_the_engine(name):
    run(AGREE, name)


ON_THE_DEVICE = """
import numpy as np
import nst
import nst
from nst import settings
from nst.compute import machine
from nst.compute.arrays import is_tensor
from nst.compute.backends import keras
from nst.engine import Run, make_problem
from nst.problem import Problem
from nst.variations import Masked, Smoothed

machine.on_gpu = lambda: True  # tensors stay tensors, here on the CPU
rng, name = np.random.default_rng(1), NAME
pair = rng.random((2, 33, 36, 3)).astype(np.float32)
mask = np.linspace(0, 1, 33 * 36).reshape(33, 36)
options = {"content_layers": "block2_conv1", "style_layers": ("block1_conv1", "block2_conv1"), "weights": "bundled"}
problems = [Masked(Smoothed(Problem(*pair, kind=kind, **options), 10.0), mask) for kind in ("winograd", name)]
runs, losses, ops = [Run(problem) for problem in problems], [], keras(name).ops
fetched, fetch = [], ops.convert_to_numpy
def counted(x):
    array = fetch(x)
    fetched.append(array.size)
    return array
ops.convert_to_numpy = counted
for _ in range(8):
    exact, record = (run.step(1.0, 100.0) for run in runs)
    assert type(exact.x) is np.ndarray and is_tensor(record.x)
    np.testing.assert_allclose(record.loss, exact.loss, rtol=1e-3)
assert max(fetched) <= 10  # a loss, or the products of L-BFGS's pairs; no picture
assert type(record.image) is np.ndarray and max(fetched) == record.image.size
np.testing.assert_allclose(record.best_image, exact.best_image, atol=1e-2)
for optimizer in ("adam", "gd"):
    runs = [Run(problem, optimizer) for problem in problems]
    for _ in range(3):
        exact, record = (run.step(1.0, 100.0) for run in runs)
        np.testing.assert_allclose(record.loss, exact.loss, rtol=1e-3)

# a batch is one call
batch = rng.random((3, 33, 36, 3)).astype(np.float32)
together = problems[1]._problem._problem._objective(batch, 1.0, np.float32([1, 10, 100]))
for i, beta in enumerate((1, 10, 100)):
    alone, gradient = problems[0]._problem._problem(batch[i], 1.0, beta)
    np.testing.assert_allclose([part[i] for part in together[:2]], alone[1:], rtol=1e-4)
    assert np.linalg.norm(together[2][i] - gradient) < 1e-3 * np.linalg.norm(gradient)
"""


UP_THE_SIZES = """
import dataclasses
import numpy as np
from nst import looks, speed
from nst.compute import machine
from nst.compute.arrays import is_tensor
from nst.compute.backends import keras
from nst.painting import Climb

rng, name = np.random.default_rng(1), NAME
content, style = rng.random((2, 64, 72, 3)).astype(np.float32)
mask = np.linspace(0, 1, 64 * 72).reshape(64, 72)
look = dataclasses.replace(looks.LOOKS["ladder"], smallest=32, steps=(4,))
options = {"content_layers": "block2_conv1", "style_layers": ("block1_conv1", "block2_conv1"), "weights": "bundled"}
climbs = [Climb(content, style, look, mask=mask, **options) for _ in range(2)]

def records(kind, climb):
    machine.on_gpu = lambda: kind == name  # tensors stay tensors, here on the CPU
    speed.choose_kind = lambda precision: (kind, "")
    return [climb.step(1.0, 100.0) for _ in range(climb.total)]

expected = records("winograd", climbs[0])
fetched, ops = [], keras(name).ops
fetch = ops.convert_to_numpy
ops.convert_to_numpy = lambda x: fetched.append(array := fetch(x)) or array
for record, exact in zip(records(name, climbs[1]), expected, strict=True):
    assert is_tensor(record.x) and record.scale == exact.scale
    np.testing.assert_allclose(record.loss, exact.loss, rtol=1e-3)
assert expected[-1].scale == 2
assert sum(array.ndim > 1 for array in fetched) == 1  # the best picture, at the end of the first size
np.testing.assert_allclose(climbs[1].picture(), climbs[0].picture(), atol=1e-2)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", BACKENDS)
def test_a_climb_through_the_sizes_stays_on_the_device(name):
    run(UP_THE_SIZES, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", BACKENDS)
def test_between_steps_only_the_loss_and_single_numbers_are_fetched(name):
    run(ON_THE_DEVICE, name)


CHOSEN = """
import nst
import nst
from nst import settings
from nst.compute import machine
assert machine.backend() == "jax"
try:
    nst.VGG19(("block1_conv1",), "bundled", kind="tensorflow")
except nst.OptionError as error:
    print(error)
nst.settings.use_backend("jax")
nst.VGG19(("block1_conv1",), "bundled", kind="jax")
try:
    nst.settings.use_backend("tensorflow")
except nst.OptionError as error:
    print(error)
print(machine.no_tape())
"""


@pytest.mark.tensorflow
def test_the_environment_chooses_and_another_kind_says_what_to_set():
    said = run(CHOSEN, "jax", chosen="jax")
    assert "Set KERAS_BACKEND=tensorflow and start Python" in said
    assert "computes with jax in this process already. Start the kernel again" in said
    assert "Keras computes with JAX here, not with TensorFlow" in said


def test_an_unknown_backend_is_named(monkeypatch):
    with pytest.raises(nst.OptionError, match="backend 'mxnet': use one of tensorflow, jax, torch"):
        nst.settings.use_backend("mxnet")
    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.setenv("KERAS_BACKEND", "mxnet")
    with pytest.raises(nst.OptionError, match="KERAS_BACKEND='mxnet': use one of"):
        machine.backend()
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setattr(settings, "installed", lambda package: False)
    with pytest.raises(nst.MissingPackageError, match="pip install keras torch"):
        nst.settings.use_backend("torch")
