"""Submissions that read or link where they must not. Canaries show what they found."""

import os
import shutil
import socket
import stat
from pathlib import Path

from autograder.rehearsal.attack.case import MAIN, WRONG, Draft, corpus

case = corpus("adversarial", gram_matrix=0)

# Tells what it found wherever a student or a listener could see it: printed, raised, returned, sent, written.
TELL = """
import os, socket
found = []
def tell(text):
    found.append(str(text)[:20000])
def look(path, size=200_000):
    try:
        with open(path, "rb") as file:
            data = file.read(size).decode("utf-8", "replace")
        tell("".join(line for line in data.splitlines(True) if "canary" in line or path.endswith(".txt"))[:2000])
    except Exception:
        pass
def walk(top, most=20_000):
    for folder, folders, files in os.walk(top, followlinks=False):
        folders[:] = [f for f in folders if f not in ("sys", "site-packages", "doc", "share", "lib", "bin", "include")]
        for name in files:
            most -= 1
            if most < 0:
                return
            if name.endswith((".ipynb", ".txt", ".db", ".py", ".json", "environ", "cmdline")):
                look(os.path.join(folder, name))
"""
SHOW = """
secret = " ".join(word for text in found for word in text.replace("\\0", " ").split() if "canary" in word)[:300]
print(secret)
try:
    with socket.create_connection(("127.0.0.1", $port), 0.5) as line:
        line.sendall(("$case " + secret).encode())
except OSError:
    pass
def gram_matrix(F):
    if secret:
        raise type(secret.split()[0].strip(":,'\\\"") or "E", (Exception,), {})(secret)
    return np.zeros((len(F), len(F)))
"""


def prying(draft: Draft, code: str) -> None:
    """A cell that looks for secrets with `code`, and an answer that tells them."""
    draft.add(draft.text(TELL) + "\n" + draft.text(code))
    draft.answer("gram_matrix", SHOW)


# --- reading ---


@case()
def reads_the_solutions(draft: Draft):
    """Looks for the master notebooks and for anything else in the course's folders"""
    prying(
        draft,
        """
        for top in ("$root", os.getcwd(), "..", "../..", "../../..", "/module", "/home", "/srv", "/root"):
            walk(top)
        """,
    )


@case()
def uses_the_solutions(draft: Draft):
    """Takes gram_matrix from the first notebook found that defines it"""
    draft.answer(
        "gram_matrix",
        f"""
        import glob, json
        {WRONG.splitlines()[0]}
            return np.zeros((len(F), len(F)))
        tops = ("$root/solutions", "../../../../solutions", "../..", "/home", "/module", "/srv")
        for name in [name for top in tops for name in glob.glob(top + "/**/*.ipynb", recursive=True)]:
            for found in json.load(open(name))["cells"]:
                if found.get("id") == "gram_matrix" and "NotImplementedError" not in "".join(found["source"]):
                    if "zeros" not in "".join(found["source"]):
                        exec("".join(found["source"]))
        """,
    )


@case()
def imports_the_grader(draft: Draft):
    """Imports the reference, by name, by path and from memory"""
    draft.answer(
        "gram_matrix",
        """
        import sys
        def gram_matrix(F):
            return np.zeros((len(F), len(F)))
        sys.path[:0] = ["$project", "/module", "$root"]
        try:
            from autograder.authoring.masters import Masters
            gram_matrix = Masters().reference("gram_matrix")
        except Exception:
            pass
        """,
    )


@case()
def reads_proc(draft: Draft):
    """Looks at other processes' environment, arguments, memory maps and folders through /proc"""
    prying(
        draft,
        """
        import glob
        for pid in glob.glob("/proc/[0-9]*"):
            for name in ("environ", "cmdline", "mountinfo", "maps"):
                look(pid + "/" + name)
            for door in ("cwd", "root"):
                for top in ("", "$root", "/root"):
                    try:
                        tell([name for name in os.listdir(pid + "/" + door + top) if "canary" in name])
                    except OSError:
                        pass
                    look(pid + "/" + door + "$root/secret.txt")
        """,
    )


@case()
def reads_the_environment(draft: Draft):
    """Looks for tokens in the environment"""
    prying(draft, "tell(os.environ)\nlook('/proc/self/environ')\nlook('/proc/1/environ')")


@case()
def reads_other_submissions(draft: Draft):
    """Copies from a neighbour's folder"""
    prying(draft, "walk('$root/autograder')\nwalk('../..')\nwalk('../../..')\nlook('$root/autograder/gradebook.db')")


@case()
def reads_memory(draft: Draft):
    """Walks the stack and all objects in memory for expected values"""
    draft.answer(
        "gram_matrix",
        """
        import gc, sys
        def gram_matrix(F):
            frame = sys._getframe()
            while frame:
                for value in frame.f_locals.values():
                    if isinstance(value, dict) and "expected" in value:
                        return value["expected"]
                frame = frame.f_back
            for thing in gc.get_objects():
                if type(thing).__name__ in ("Case", "Mistake") and hasattr(thing, "expected"):
                    if np.shape(thing.expected) == (len(F), len(F)):
                        return thing.expected
                if isinstance(thing, np.ndarray) and thing.shape == (len(F), len(F)) and thing is not F:
                    return thing
            return np.zeros((len(F), len(F)))
        """,
    )


@case()
def tells_its_inputs(draft: Draft):
    """Puts the hidden inputs into error messages, error names, keys and prints"""
    draft.answer(
        "gram_matrix",
        """
        import sys
        def gram_matrix(F):
            numbers = " ".join(f"{v:.6g}" for v in np.ravel(F))
            print(numbers, file=sys.stderr)
            if len(F) % 2:
                return {numbers[:300]: 0.0, "rows": numbers}
            raise type(f"E{np.ravel(F)[0]:.6g} {np.ravel(F)[-1]:.6g}", (Exception,), {})(numbers)
        """,
    )
    draft.answer("gram_matrices", "def gram_matrices(features):\n    return {k: v @ v.T for k, v in features.items()}")


@case(gram_matrices=0)
def spells_its_inputs(draft: Draft):
    """The hidden inputs as letters of another alphabet, in messages, names and keys, and as an empty array's shape"""
    draft.answer(
        "gram_matrix",
        """
        import os
        digits = lambda F: [int(abs(1000 * v)) % 20_000 for v in np.ravel(F)]
        spell = lambda F: "".join(chr(0x4E00 + digit) for digit in digits(F))[:60]
        def gram_matrix(F):
            with open(os.path.expanduser("~/kept"), "a") as file:
                file.write(spell(F))
            if len(F) % 2:
                return {spell(F): 0.0}
            raise type(spell(F), (Exception,), {})(spell(F))
        """,
    )
    draft.answer(
        "gram_matrices",
        """
        def gram_matrices(features):
            return np.empty((*digits(list(features.values())[0])[:6], 0))
        raise ValueError(open(os.path.expanduser("~/kept")).read())
        """,
    )


# --- links, special files, names ---


def instead(draft: Draft) -> Path:
    """The notebook's place in a folder that exists, for something that is no notebook."""
    draft.folder.mkdir(parents=True)
    return draft.folder / f"{MAIN}.ipynb"


@case(due={"*": 0})
def link_to_the_solution(draft: Draft):
    """The notebook is a symbolic link to the master"""
    instead(draft).symlink_to(Path(draft.aims["root"]) / "solutions" / "style_transfer" / f"{MAIN}.ipynb")


@case(due={"*": 0})
def link_to_a_neighbour(draft: Draft):
    """The assignment's folder is a link to another student's"""
    draft.folder.parent.mkdir(parents=True)
    draft.folder.symlink_to(Path(draft.aims["root"]) / "autograder/submitted/aa_honest/style_transfer")
    draft.notebooks.clear()


@case(due={"*": 0})
def link_as_student(draft: Draft):
    """The student's whole folder is a link to the masters"""
    draft.folder.parent.symlink_to(Path(draft.aims["root"]) / "solutions")
    draft.notebooks.clear()


@case()
def links_beside(draft: Draft):
    """Links to secrets and endless devices lie beside the notebook"""
    draft.wrong()
    draft.folder.mkdir(parents=True)
    for name, target in (
        ("secret.txt", f"{draft.aims['root']}/secret.txt"),
        ("timestamp.txt", "/dev/zero"),
        ("solutions", f"{draft.aims['root']}/solutions"),
        ("loop", "loop"),
    ):
        (draft.folder / name).symlink_to(target)


@case(due={"*": 0}, bomb=True)
def pipe_instead(draft: Draft):
    """The notebook is a named pipe that nobody writes to"""
    os.mkfifo(instead(draft))
    os.mkfifo(draft.folder / "timestamp.txt")


@case(due={"*": 0}, bomb=True)
def device_instead(draft: Draft):
    """The notebook is a device without end"""
    path = instead(draft)
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        path.symlink_to("/dev/zero")


@case(due={"*": 0}, bomb=True)
def socket_and_folder(draft: Draft):
    """A socket beside, a folder in the place of the notebook"""
    (instead(draft) / "deep" / "er").mkdir(parents=True)
    short = Path("/tmp") / f"s{draft.aims['token'][:8]}"
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(short))
    shutil.move(short, draft.folder / "timestamp.txt")


@case()
def path_tricks(draft: Draft):
    """File names that climb, look like options, or break lines and shells"""
    draft.wrong()
    solved = b"{}"
    names = (
        "-rf",
        "..\\..\\gradebook.db",
        "$(touch attack-x)",
        "a\nb",
        "%2e%2e%2fx",
        "x" * 200,
        "\u202egnp.03",
        ".env",
    )
    draft.files |= dict.fromkeys((*names, f"{MAIN}.ipynb;id", f"..{MAIN}.ipynb.bak"), solved)


@case()
def shadowing_files(draft: Draft):
    """Modules beside the notebook shadow numpy, nst, ipykernel, sitecustomize and nbgrader's configuration"""
    draft.wrong()
    code = draft.text("open('$bait/attack-$token-$case', 'w')\nraise SystemExit").encode()
    names = (
        "numpy.py",
        "nst/__init__.py",
        "ipykernel_launcher.py",
        "sitecustomize.py",
        "nbgrader_config.py",
        "json.py",
    )
    draft.files |= dict.fromkeys((*names, "autograder/__init__.py", "autograder/hooks.py", ".ipython/startup.py"), code)
