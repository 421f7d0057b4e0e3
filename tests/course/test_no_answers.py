"""No exercise can be answered by importing from nst: nothing in it turns feature matrices into an exercise's answer.

In a process of its own, every function and every method of the package is called with feature matrices, and each
result (what is returned, and what is changed in place) must not be a Gram matrix, a loss or a gradient of an exercise.
A method is called with a stand-in for `self`, whose data are such matrices too: a student can set up one in a line.
And what is built around a network is built around one that a student made up, which hands its input on as it is.

Out of reach, and why:
- The losses and the gradient of a whole image. `Problem` must give them; with one layer they are that layer's. But an
  exercise gives F, and VGG19 has no image for it.
- Functions inside functions, replaced globals, and private state set in a real network. With these, Python lets anyone
  take anything apart; that is more work than the exercises and needs an understanding of them.
- What NumPy does in one call: an optimiser's x - rate * gradient is a subtraction, L-BFGS's tables are inner products.
"""

import ast
import functools
import importlib
import inspect
import itertools
import multiprocessing
import os
import pkgutil
import signal
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import nst
from nst.compute.machine import BACKENDS, installed, package, tensorflow

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(3)
F, P, S = RNG.normal(size=(3, 3, 5)).astype("float32")
A = S @ S.T
LAYER = "block1_conv1"
ANSWERS = {
    "gram_matrix": F @ F.T,
    "content_gradient": F - P,
    "content_loss_layer": 0.5 * np.sum((F - P) ** 2),
    "inner_product": np.sum(F * P),
    "feature_distance": np.linalg.norm(F - P),
    "style_loss_layer": np.sum((F @ F.T - A) ** 2) / (4 * 9 * 25),
    "style_gradient": (F @ F.T - A) @ F / (9 * 25),
}
LAYOUTS = {  # how nst might hold a feature matrix
    "(N, M)": lambda f: f,
    "(M, N)": lambda f: f.T,
    "(H, W, N)": lambda f: f.T[None],
}
JUST_ARITHMETIC = {"nst.optimizers.GradientDescent.tell answers content_gradient"}  # x - rate * gradient
MOST_SLOTS = 5  # arguments and data of `self` together
SECONDS = 1  # for one call, since some wait; and of processor time for all calls of one function, since some draw
AT_MOST = {"F": 2, "P": 1, "A": 1, "0": 1, "layer": 1, "1": 2}


class Data(np.ndarray):
    """An array that is also whatever a student could put in its place: a dict of layers, a network, a function."""

    def __getitem__(self, key):
        return self if isinstance(key, str) else super().__getitem__(key)

    def __setitem__(self, key, value):
        super().__setitem__(... if isinstance(key, str) else key, value)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments, **options: self

    def __call__(self, *arguments, **options):
        return self

    def items(self):
        return [(LAYER, self)]


class StandIn:
    """A `self` with the class's own methods and the given data."""

    def __init__(self, owner, data):
        vars(self).update(data, _owner=owner)

    def __getattr__(self, name):
        return inspect.getattr_static(self._owner, name).__get__(self, self._owner)


def modules():
    for module in pkgutil.walk_packages(nst.__path__, "nst."):
        if not module.name.endswith("__main__"):
            yield importlib.import_module(module.name)


def functions(module):
    """(name, function, owner) of every function defined in the module; owner is the class of what needs a `self`."""
    for name, value in list(vars(module).items()):
        if inspect.isclass(value) and value.__module__ == module.__name__:
            for attribute, member in list(vars(value).items()):
                owner = None if isinstance(member, staticmethod) else value
                for function in functions_in(member):
                    if function.__module__ == module.__name__:  # not what dataclass and NamedTuple wrote
                        yield f"{module.__name__}.{name}.{attribute}", function, owner
        else:
            for function in functions_in(value):
                if function.__module__ == module.__name__:
                    yield f"{module.__name__}.{name}", function, None


def functions_in(value):
    """The plain Python functions inside a method, property, cached or compiled function."""
    if isinstance(value, property):
        return [value.fget]
    if isinstance(value, functools.cached_property):
        return [value.func]
    if isinstance(value, staticmethod | classmethod):
        value = value.__func__
    value = inspect.unwrap(getattr(value, "py_func", value)) if callable(value) else value
    return [value] if inspect.isfunction(value) else []


def required(function):
    return [
        p.name
        for p in inspect.signature(function).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]


def data_read(function, owner, seen=()):
    """Names of the data that a method, and the methods of its class that it calls, read from `self`."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError):
        return set()
    first = next(iter(inspect.signature(function).parameters), None)
    read = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and getattr(n.value, "id", None) == first}
    data = {name for name in read if not hasattr(owner, name)}
    for name in read - data - set(seen):
        for called in functions_in(inspect.getattr_static(owner, name)):
            data |= data_read(called, owner, (*seen, *read))
    return data


def choices(layout, arguments, data):
    """Ways to fill the arguments and the data of `self`, with F in each and P or A, not both."""
    arrays = {"F": layout(F), "P": layout(P), "A": A, "0": layout(np.zeros_like(F))}
    others = {"layer": LAYER, "1": np.float32(1)}
    slots = [(*arrays, *others)] * arguments + [tuple(arrays)] * data
    for chosen in itertools.product(*slots):
        sensible = "F" in chosen and not {"P", "A"} <= set(chosen)
        if sensible and all(chosen.count(name) <= most for name, most in AT_MOST.items()):
            yield [others[c] if c in others else arrays[c].astype("float32").view(Data) for c in chosen]


def results_of(function, owner):
    """What comes of each way of calling it: what it returns, and what it has changed in place."""
    arguments = required(function)[1 if owner else 0 :]
    data = sorted(data_read(function, owner)) if owner else []
    if not 1 <= len(arguments) + len(data) <= MOST_SLOTS:
        return
    until = time.process_time() + SECONDS
    for layout in LAYOUTS.values():
        for values in choices(layout, len(arguments), len(data)):
            if time.process_time() > until:
                return
            given, held = values[: len(arguments)], dict(zip(data, values[len(arguments) :], strict=True))
            this = [StandIn(owner, held)] if owner else []
            given = [v.view(np.ndarray) if isinstance(v, Data) and not owner else v for v in given]
            signal.setitimer(signal.ITIMER_REAL, SECONDS)
            try:
                returned = function(*this, *given)
            except TimeoutError:
                return
            except Exception:  # most refuse: they want images, paths or names
                returned = None
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            yield from arrays_in([returned, given, [vars(s) for s in this]])


def arrays_in(value, depth=4):
    """All numbers and arrays in tuples, lists, dicts and objects."""
    if isinstance(value, np.ndarray | np.generic | float):
        yield np.asarray(value)
    elif isinstance(value, list | tuple | dict) and depth:
        for part in value.values() if isinstance(value, dict) else value:
            yield from arrays_in(part, depth - 1)
    elif type(value).__module__.startswith(("tensorflow", "nst")) and depth:
        yield from (
            [np.asarray(value)] if hasattr(value, "numpy") else arrays_in(getattr(value, "__dict__", {}), depth - 1)
        )


def answered(found):
    """The exercises that an array answers, in any layout; an array may differ from the answer by a factor."""
    if found.dtype.kind != "f" or found.size not in (1, 9, 15) or not np.isfinite(found).all() or not found.any():
        return
    for exercise, truth in ANSWERS.items():
        if found.size != np.size(truth) or (found.size == 1) != (np.ndim(truth) == 0):
            continue
        if found.size == 1:
            same = np.allclose(found, truth, rtol=1e-4)
        else:
            same = any(
                found.shape == layout(truth).shape and alike(found, layout(truth)) for layout in LAYOUTS.values()
            )
        if same:
            yield exercise


def alike(found, truth):
    product = np.vdot(found, truth) / (np.linalg.norm(found) * np.linalg.norm(truth))
    return abs(product) > 1 - 1e-6


def made_up_networks():
    """Networks that hand on the 'image' as the activation: by themselves, and as children of nst's own networks."""
    methods = {
        "layers": (LAYER,),
        "forward": lambda self, image: {LAYER: np.array(image)},
        "backward": lambda self, gradients: gradients[LAYER],
        "_forward": lambda self, image: {LAYER: image[None]},
        "tensors": lambda self, image: {LAYER: image[None]},
    }
    methods["__init__"] = lambda self: None
    real = [value for module in modules() for value in vars(module).values() if inspect.isclass(value)]
    own = {value for value in real if value.__module__.startswith("nst.compute") and hasattr(value, "backward")}
    yield from (type("MadeUp", bases, methods)() for bases in [(), *((network,) for network in own)])


def results_around_networks(module):
    """(name, result) of all that is built around a network and then called with an 'image'."""
    picture = LAYOUTS["(H, W, N)"]
    for name, build in list(vars(module).items()):
        maker = getattr(build, "__init__", None) if inspect.isclass(build) else build
        if getattr(build, "__module__", None) != module.__name__ or not inspect.isfunction(maker):
            continue
        if "network" not in required(maker)[:2]:
            continue
        for network in made_up_networks():
            images = [np.ascontiguousarray(picture(f)) for f in (P, S, F)]
            try:
                built = build(network, images[0], [(images[1], np.float32(1))], (LAYER,), (LAYER,))
                results = [built(images[2], np.float32(a), np.float32(b)) for a, b in [(1, 0), (0, 1)]]
            except Exception:
                continue
            for found in arrays_in([results, built]):
                yield f"{module.__name__}.{name} around a made-up network", found


def give_up(*_):
    raise TimeoutError


def answers_in(*modules):
    """(sentences on what in the modules answers an exercise, how many functions and methods were tried)."""
    signal.signal(signal.SIGALRM, give_up)
    found, tried = set(), 0
    for module in modules:  # all of these before the functions, some of which change TensorFlow's settings
        for name, result in results_around_networks(module):
            found |= {f"{name} answers {exercise}" for exercise in answered(result)}
    for name, function, owner in itertools.chain(*map(functions, modules)):
        tried += 1
        for result in results_of(function, owner):
            found |= {f"{name} answers {exercise}" for exercise in answered(result)}
    return sorted(found - JUST_ARITHMETIC), tried


def scan(queue, folder):
    """Put into the queue what `answers_in` finds in all of nst. Silent: much of what is called prints."""
    os.chdir(folder)  # what is called writes files, too
    os.environ.update(NST_CACHE=folder, KERAS_HOME=folder, MPLBACKEND="Agg")
    sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 (it lives as long as the process)
    for name in filter(installed, BACKENDS):
        tensorflow() if name == "tensorflow" else package(
            name
        )  # now: a call that takes too long is cut off, half an import
    queue.put(answers_in(*modules()))


def test_nst_answers_no_exercise(tmp_path):
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=scan, args=(queue, str(tmp_path)))
    process.start()
    try:
        found, tried = queue.get(timeout=240)
    finally:
        process.kill()
    assert tried > 200, "the scan did not see the package"
    assert not found, "\n".join(found)


# Planted: each must be found, or the scan proves nothing.


class Square:
    def multiplied(self, f):
        return f @ f.T

    @staticmethod
    def without_self(f):
        return f @ f.T


class Layers:
    def __init__(self, network, content, styles, content_layers, style_layers):
        self._network = network
        self._content = network.forward(content)

    def __call__(self, x, alpha, beta):
        a, before = self._network.forward(x)[LAYER], self._content[LAYER]
        return alpha * float(np.sum((a - before) ** 2)) / 2

    def _second_moments(self, layer):
        a = self._activations[layer]
        rows = a.reshape(-1, a.shape[-1])
        return rows.T @ rows

    def _style(self, layer, beta):
        self._gradients[layer] += beta * (self._activations[layer] @ (self._second_moments(layer) - self._A[layer]))

    @property
    def change(self):
        return self._activations[LAYER] - self._P[LAYER]


@pytest.mark.parametrize(
    "sentence",
    [
        "Square.multiplied answers gram_matrix",
        "Square.without_self answers gram_matrix",
        "Layers._second_moments answers gram_matrix",
        "Layers._style answers style_gradient",
        "Layers.change answers content_gradient",
        "Layers around a made-up network answers content_loss_layer",
    ],
)
def test_the_scan_finds_planted_answers(sentence):
    classes = {cls.__name__: cls for cls in (Square, Layers)}
    found, _ = answers_in(SimpleNamespace(__name__=__name__, **classes))
    assert f"{__name__}.{sentence}" in found
