"""The Dockerfile's steps, one by one, in a folder made by debootstrap: no Docker engine is needed.

    python -m tools.try_dockerfile             # a folder in /tmp, removed afterwards
    python -m tools.try_dockerfile --root DIR  # a folder that debootstrap has made already; it is kept

Then, without a network, what the image is for: the server and `make lab` answer, doctor finds all, an answer is graded.
Prints what each step took. Needs root, debootstrap, bubblewrap and packages from the internet.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course import REPOSITORY

MIRROR = "http://deb.debian.org/debian"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"  # of this machine: pip may have to go through its proxy
PASSED_ON = re.compile(r"PIP_|.*proxy", re.IGNORECASE)  # of this machine's environment
CONTINUED = re.compile(r"\s*\\\n\s*")
ASK = """
import sys, time, urllib.request
for attempt in range(120):
    try:
        sys.exit(urllib.request.urlopen("http://127.0.0.1:8888/api", timeout=5).status != 200)
    except OSError:
        time.sleep(1)
sys.exit("no answer within two minutes")
"""
GRADE = "python -m autograder try gram_matrix /tmp/a.py | tee /dev/stderr | grep -q passed"
RIGHT = "def gram_matrix(F):\n    return F @ F.T\n"


class StepError(Exception):
    """A command failed; its text is the end of what it said."""


def finish(*command: str, **options: dict[str, str]) -> None:
    """Run it to its end. StepError if that is not 0."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)
    if done.returncode:
        raise StepError(f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}\nexit code {done.returncode}")


def steps(text: str) -> list[tuple[str, str]]:
    """(instruction, what stands behind it) of a Dockerfile."""
    lines = CONTINUED.sub(" ", text).splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line.strip() and not line.startswith("#")]


@dataclass
class Image:
    """A folder that becomes what the Dockerfile says."""

    root: Path
    user: str = "root"
    folder: str = "/"
    command: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(
        default_factory=lambda: {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    )

    def take(self, instruction: str, rest: str) -> None:
        """Do one step. KeyError for an instruction that is not used here."""
        {
            "FROM": self.start,
            "RUN": self.run,
            "COPY": self.copy,
            "USER": lambda name: setattr(self, "user", name),
            "WORKDIR": self.enter,
            "ENV": self.set,
            "EXPOSE": lambda port: None,
            "CMD": lambda words: setattr(self, "command", json.loads(words)),
        }[instruction](rest)

    def start(self, name: str) -> None:
        """Debian by debootstrap, if the folder is empty; a later stage goes on where the one before ended."""
        if (system := re.match(r"debian:(\w+)", name)) and not (self.root / "usr").exists():
            finish("debootstrap", "--variant=minbase", system[1], str(self.root), MIRROR)

    def run(self, command: str, *, network: bool = True) -> None:
        """A shell's command, by the user of this moment. StepError if it fails."""
        self.do("/bin/sh", "-c", command, network=network)

    def do(self, *command: str, network: bool) -> None:
        own = {name: value for name, value in os.environ.items() if network and PASSED_ON.match(name)}
        own |= {"PIP_CERT": "/run/certificates.crt"}
        own |= self.environment | {"HOME": "/root" if self.user == "root" else f"/home/{self.user}", "LANG": "C.UTF-8"}
        walls = [*self.inside(), "--chdir", self.folder, *([] if network else ["--unshare-net"])]
        plain = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--init-groups", "--inh-caps=-all"]
        finish(*walls, *([] if self.user == "root" else plain), *command, env=own)

    def inside(self) -> list[str]:
        """What stands before a command that is to see the folder as its root."""
        command = ["bwrap", "--die-with-parent", "--bind", str(self.root), "/", "--proc", "/proc", "--dev", "/dev"]
        command += ["--perms", "1777", "--tmpfs", "/tmp"]  # apt writes there, as a user of its own
        command += ["--ro-bind-try", os.path.realpath("/etc/resolv.conf"), "/etc/resolv.conf"]
        return [*command, "--ro-bind-try", CERTIFICATES, "/run/certificates.crt"]

    def copy(self, words: str) -> None:
        """Files that git would hand on: .dockerignore says the same as .gitignore, which a test compares."""
        *options, source, target = words.split()
        place = self.root / os.path.join(self.folder, target).lstrip("/")
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", source]
        names = subprocess.run(listed, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
        for name in filter(None, names.split("\0")):
            if (REPOSITORY / name).is_file():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(REPOSITORY / name, place / name)
        for owner in (option.removeprefix("--chown=") for option in options):
            inner = "/" + str(place.relative_to(self.root))
            finish(*self.inside(), "chown", "-R", f"{owner}:", inner)

    def enter(self, folder: str) -> None:
        self.folder = folder
        (self.root / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def set(self, words: str) -> None:
        name, _, value = words.partition("=")
        self.environment[name] = re.sub(r"\$(\w+)", lambda found: self.environment[found[1]], value.strip('"'))


def uses(image: Image) -> dict[str, str]:
    """What the image is for -> a shell's command that shows it."""
    ask = f"python -c {shlex.quote(ASK)}; code=$?; kill $!; wait; exit $code"
    return {
        "the server answers": f"{shlex.join(image.command)} & {ask}",
        "make lab answers": f"make lab & {ask}",
        "python -m nst doctor": "python -m nst doctor",
        "an answer is graded": f"printf %s {shlex.quote(RIGHT)} > /tmp/a.py; {GRADE}",
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.try_dockerfile", description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, help="a folder that debootstrap has made; it is kept")
    root = parser.parse_args().root
    if os.geteuid() != 0 or not shutil.which("debootstrap") or not shutil.which("bwrap"):
        print("Root, debootstrap and bubblewrap are needed: apt-get install debootstrap bubblewrap", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="try_dockerfile_") as folder:
        (made := Path(folder, "system")).mkdir(mode=0o755)  # its own root folder, which every user may enter
        return build(Image(root or made))


def build(image: Image) -> int:
    """Do every step, then every use; 1 where one fails, and no step is done after one that failed."""
    for instruction, rest in steps((REPOSITORY / "Dockerfile").read_text()):
        if not timed(f"{instruction} {rest}", image.take, instruction, rest):
            return 1
    went = [timed(name, image.run, command, network=False) for name, command in uses(image).items()]
    return 0 if all(went) else 1


def timed(name: str, do: Callable, *arguments: str, **options: bool) -> bool:
    """Do it and print how long it took; whether it went well."""
    started, said = time.monotonic(), ""
    try:
        do(*arguments, **options)
    except StepError as error:
        said = str(error)
    print(f"{time.monotonic() - started:6.1f} s  {'FAILED' if said else 'done':6}  {name[:110]}", flush=True)
    if said:
        print(said, file=sys.stderr)
    return not said


if __name__ == "__main__":
    sys.exit(main())
