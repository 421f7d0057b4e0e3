"""Submissions that write, reach out, or stay where they must not; and resubmissions. See traps.py for how it shows."""

from autograder.rehearsal.attack.case import MAIN, Draft, corpus

case = corpus("adversarial", gram_matrix=0)


# --- writing ---


@case()
def writes_everywhere(draft: Draft):
    """Leaves files in every folder that it can think of"""
    draft.attack("""
        import glob, os, site, sys
        folders = ["$root", "$root/autograder", "$root/solutions/style_transfer", "$root/course/style_transfer",
                   "$bait", "$project", "$project/autograder", "$project/course/nst", sys.prefix, "/", "/module",
                   *glob.glob("$project/autograder/**/", recursive=True), *site.getsitepackages(),
                   *glob.glob("$project/course/nst/**/", recursive=True), *glob.glob("/module/**/", recursive=True),
                   "/run", "/run/kernel", "/var/tmp", "/tmp", "/dev/shm", "/root",
                   *glob.glob("/proc/*/root$root"), *glob.glob("/proc/*/cwd")]
        for folder in folders:
            try:
                open(os.path.join(folder, "attack-$token-$case"), "w").write("here")
            except OSError:
                pass
    """)


@case()
def writes_the_gradebook(draft: Draft):
    """Sets its own score to full marks and all others to nothing"""
    draft.attack("""
        import glob, os, sqlite3
        for name in ["$root/autograder/gradebook.db", *glob.glob("../" * 3 + "*.db"), *glob.glob("/*/*.db")]:
            if os.path.exists(name):
                try:
                    with sqlite3.connect(name, timeout=1) as book:
                        book.execute("update grade set auto_score = 0")
                        book.execute("update student set first_name = '$token'")
                except sqlite3.Error:
                    pass
    """)


@case()
def rewrites_the_helper(draft: Draft):
    """Changes nst, the runner and the masters on disk for those who come after"""
    draft.attack("""
        import glob, nst, numpy, os
        names = [nst.__file__, *glob.glob("/module/**/*.py", recursive=True),
                 "$root/solutions/style_transfer/03_gram_matrices.ipynb", "$root/autograder/nbgrader_config.py"]
        for name in names:
            try:
                os.chmod(name, 0o777)
            except OSError:
                pass
            try:
                with open(name, "a") as file:
                    file.write("\\n# attack-$token\\n")
            except OSError:
                pass
    """)


# --- reaching out ---


@case()
def network(draft: Draft):
    """Connects to a listener by TCP, UDP and an abstract Unix socket"""
    draft.attack("""
        import socket
        for family, kind, place in ((socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", $port)),
                                    (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", $port)),
                                    (socket.AF_UNIX, socket.SOCK_STREAM, "\\0attack-$token")):
            try:
                with socket.socket(family, kind) as line:
                    line.settimeout(0.5)
                    line.connect(place)
                    line.send(b"$case")
            except OSError:
                pass
    """)


@case()
def raw_sockets(draft: Draft):
    """Opens raw, packet and netlink sockets, and asks for a name"""
    draft.attack("""
        import socket
        kinds = ((socket.AF_INET, socket.SOCK_RAW, 1), (17, socket.SOCK_RAW, 0x0300), (16, 3, 0), (40, 1, 0))
        for family, kind, number in kinds:
            try:
                with socket.socket(family, kind, number) as line:
                    line.sendto(b"$case", ("127.0.0.1", 0))
            except (OSError, TypeError, OverflowError):
                pass
        try:
            socket.getaddrinfo("$case.localhost", $port)
        except OSError:
            pass
    """)


@case()
def detached_children(draft: Draft):
    """Children in sessions of their own outlive the kernel"""
    draft.attack("""
        import os, subprocess, sys
        code = "import time; time.sleep(300)  # attack-$token-$case"
        for _ in range(3):
            subprocess.Popen([sys.executable, "-S", "-c", code], start_new_session=True, close_fds=True)
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execv(sys.executable, [sys.executable, "-S", "-c", code])
            os._exit(0)
    """)


@case()
def removes_the_sockets(draft: Draft):
    """Takes the kernel's sockets away, puts its own there, and links in their place"""
    draft.attack("""
        import glob, os
        for name in glob.glob("/run/kernel/*"):
            try:
                os.rename(name, name + ".gone")
                os.symlink("$root/secret.txt", name)
            except OSError:
                pass
    """)


# --- the batch ---


@case(due={"*": 0}, again=True)
def resubmits_worse_work(draft: Draft):
    """Full marks once; then an unreadable notebook whose old credit must not stay"""
    draft.files[f"{MAIN}.ipynb"] = b'{"cells": ['


@case(again=True)
def resubmits_cleared_marks(draft: Draft):
    """Full marks once; then a wrong answer in cells that are no exercises any more"""
    draft.wrong()
    for cell in draft.cells:
        cell["metadata"] = {}
        cell.pop("id", None)
