"""What shows harm: canaries that nobody may see again, a listener that must hear nothing, files and processes."""

import contextlib
import hashlib
import os
import secrets
import site
import socket
import string
import sys
import threading
from pathlib import Path

import psutil

from autograder.course import REPOSITORY

PRODUCED = ("autograded", "feedback", ".graded", "gradebook.db", ".seed_key", ".grading.lock", ".log.jsonl")


def letters(count: int = 16) -> str:
    """Random letters: filters that drop digits do not hide them."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(count))


class Traps:
    """Traps around one throw-away course. Use as a context manager; `harm()` says what was caught, by case."""

    def __init__(self, root: Path):
        self.root, self.token = root, letters()
        self.canaries = {
            place: f"canary{letters()}" for place in ("environment", "solutions", "neighbour", "gradebook")
        }
        self.canaries["file"] = f"canary{letters()}"
        self.bait = root.parent / f"bait-{self.token}"
        self.heard: list[str] = []

    def __enter__(self):
        self.bait.mkdir()
        self.bait.chmod(0o777)
        (self.root / "secret.txt").write_text(self.canaries["file"])
        (self.root / "solutions" / "exam.txt").write_text(self.canaries["file"])
        os.environ["COURSE_TOKEN"] = self.canaries["environment"]
        self.sockets = self._listen()
        return self

    def arm(self) -> None:
        """From here on every change in the course's folder is harm."""
        self.before = snapshot(self.root)

    def __exit__(self, *_):
        os.environ.pop("COURSE_TOKEN", None)
        for end in self.sockets:
            end.close()
        for path in self._files():
            path.unlink()
        for process in self._processes():
            process.kill()
        self.bait.rmdir()

    def aims(self) -> dict[str, str]:
        """What attacks are told, so that they miss nothing for want of an address."""
        names = {"root": self.root, "project": REPOSITORY, "bait": self.bait, "port": self.port, "token": self.token}
        return {name: str(value) for name, value in names.items()}

    def _listen(self) -> list[socket.socket]:
        tcp, udp, unix = (
            socket.socket(family, kind)
            for family, kind in (
                (socket.AF_INET, socket.SOCK_STREAM),
                (socket.AF_INET, socket.SOCK_DGRAM),
                (socket.AF_UNIX, socket.SOCK_STREAM),
            )
        )
        tcp.bind(("127.0.0.1", 0))
        self.port = tcp.getsockname()[1]
        udp.bind(("127.0.0.1", self.port))
        unix.bind(f"\0attack-{self.token}")
        for end, target in ((tcp, self._accept), (unix, self._accept), (udp, self._receive)):
            threading.Thread(target=target, args=(end,), daemon=True).start()
        return [tcp, udp, unix]

    def _accept(self, end: socket.socket) -> None:
        end.listen(100)
        with contextlib.suppress(OSError):  # closed at the end
            while True:
                line, _ = end.accept()
                with line:
                    line.settimeout(0.5)
                    with contextlib.suppress(OSError):
                        self.heard.append(line.recv(10_000).decode("utf-8", "replace"))

    def _receive(self, end: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.heard.append(end.recv(10_000).decode("utf-8", "replace"))

    # --- what was caught ---

    def harm(self) -> dict[str, list[str]]:
        """Case (or "" where it cannot be told) -> what it did outside its submission."""
        found: dict[str, list[str]] = {}
        for text in self.heard:
            found.setdefault(text.split(" ")[0], []).append("network reached")
            if any(canary in text for canary in self.canaries.values()):
                found[text.split(" ")[0]].append("secret read")
        for path in self._files():
            found.setdefault(path.name.split("-")[-1], []).append("file written")
        for process in self._processes():
            words = " ".join(process.cmdline()).split(f"attack-{self.token}-")
            found.setdefault(words[-1] if len(words) > 1 else "", []).append("process left")
        now = snapshot(self.root)
        for name in sorted(name for name in {*now, *self.before} if now.get(name) != self.before.get(name)):
            found.setdefault("", []).append(f"{name} changed")
        return {case: sorted(set(what)) for case, what in found.items()}

    def _files(self) -> list[Path]:
        """Files that attacks left in the places that they know."""
        packages = (REPOSITORY / "autograder", REPOSITORY / "course" / "nst")
        code = [REPOSITORY, *(folder for package in packages for folder in package.rglob("**/"))]
        here = (self.bait, self.root, self.root.parent, *(path for path in self.root.rglob("*") if path.is_dir()))
        shared: tuple[str | Path, ...] = (
            "/",
            "/tmp",
            "/var/tmp",
            "/dev/shm",
            "/run",
            Path.home(),
            Path.cwd(),
            sys.prefix,
            *site.getsitepackages(),
        )
        folders = {Path(folder).resolve() for folder in (*code, *here, *shared)}
        return sorted(path for folder in folders for path in folder.glob(f"attack-{self.token}*"))

    def _processes(self) -> list[psutil.Process]:
        """Processes that attacks started, or sandboxes that a grader started, and which are still there."""
        left = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                words = " ".join(process.cmdline())
                grading = process.pid == os.getpid() or "multiprocessing" in words
                inherited = self.canaries["environment"] in str(process.environ()) and not grading
                if process.status() != psutil.STATUS_ZOMBIE and (inherited or f"attack-{self.token}" in words):
                    left.append(process)
        return left


def produced(name: str) -> bool:
    """Is this something in autograder/ that grading writes?"""
    return name in PRODUCED or name.startswith((".staging-", "gradebook.db-"))


def snapshot(root: Path) -> dict[str, str]:
    """Path -> kind and digest of everything below `root` that grading does not write."""
    found = {}
    for folder, folders, files in os.walk(root):
        at_home = Path(folder) == root / "autograder"
        folders[:] = [name for name in folders if not (at_home and produced(name)) and name != "__pycache__"]
        for name in files:
            path = Path(folder) / name
            if not (at_home and produced(name)) and not path.is_symlink() and path.is_file():
                found[str(path.relative_to(root))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
