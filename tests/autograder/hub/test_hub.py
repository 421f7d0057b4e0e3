"""The recipe of autograder/hub on a real JupyterHub and proxy: an instructor and two students, each an account.

The accounts are there in a mount namespace of bubblewrap only. Nothing is pressed but what the pages press.
"""

import os
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest
import requests

from autograder.course import REPOSITORY, Course
from autograder.rehearsal.samples import copy_course

pytestmark = [
    pytest.mark.hub,
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("HUB"), reason="takes minutes, and PyPI and npm: HUB=1 pytest says it is wanted"
    ),
    pytest.mark.skipif(os.geteuid() != 0, reason="a hub that starts servers of several accounts needs root"),
]
UIDS = {"ann": 2001, "bob": 2002, "prof": 2003, "grader": 2004}
PROXY, HUB, API = 18000, 18081, 18001
SITE = f"http://127.0.0.1:{PROXY}"
TOKEN = "t" * 40  # of a service that stands for the administrator
BUTTONS = f"{SITE}/services/style_transfer/formgrader/api"
CONFIG = """
load_subconfig("{recipe}")
c = get_config()
formgrader = c.JupyterHub.services[0]
formgrader["environment"]["PYTHONPATH"] = "{paths}"
formgrader["cwd"] = "{home}"
formgrader["command"][3] = "--ServerApp.root_dir={root}"
c.JupyterHub.services.append({{"name": "test", "api_token": "{token}"}})
scopes = ["admin:users", "admin:servers", "tokens", "access:services", "access:servers"]
c.JupyterHub.load_roles.append({{"name": "test", "services": ["test"], "scopes": scopes}})
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.bind_url = "{site}"
c.JupyterHub.hub_port = {hub}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.ConfigurableHTTPProxy.command = ["{proxy}"]
c.Spawner.start_timeout = c.Spawner.http_timeout = 300
"""


def install(folder):
    """The students' Python with JupyterHub, and a proxy; skips, and says why, where they cannot be had."""
    python = folder / "students" / "bin" / "python"
    uv = [sys.executable, "-m", "uv"]
    for command in (
        [*uv, "venv", "--quiet", "--python", sys.executable, str(folder / "students")],
        [*uv, "pip", "install", "--quiet", "--python", str(python), "jupyterhub==6.1.*", "jupyterlab", "nbgrader"],
        ["npm", "install", "--silent", "--prefix", str(folder / "npm"), "configurable-http-proxy"],
    ):
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"JupyterHub or its proxy cannot be installed here: {getattr(error, 'stderr', '') or error}")
    return python, folder / "npm" / "node_modules" / ".bin" / "configurable-http-proxy"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A running hub; the folder that holds course, exchange and homes."""
    folder = tmp_path_factory.mktemp("hub")
    folder.chmod(0o755)
    python, proxy = install(folder)
    course = copy_course(Course(), folder / "course", ["01_feature_maps", "03_gram_matrices"])
    (folder / "exchange").mkdir()
    (folder / "exchange").chmod(0o777)
    with open(course.home / "nbgrader_config.py", "a") as file:
        file.write(f'c.Exchange.root = "{folder}/exchange"\n')
    settings = (REPOSITORY / "autograder/hub/student_nbgrader_config.py").read_text()
    target = folder / "students/etc/jupyter/nbgrader_config.py"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(settings.replace("/usr/local/share/nbgrader/exchange", f"{folder}/exchange"))
    for name, uid in UIDS.items():
        (folder / name).mkdir()
        (folder / name).chmod(0o700)
        os.chown(folder / name, uid, uid)
    for path in [course.root, *course.root.rglob("*")]:
        os.chown(path, UIDS["grader"], UIDS["grader"])
    rows = [f"{name}:x:{uid}:{uid}::{folder / name}:/bin/sh\n" for name, uid in UIDS.items()]
    (folder / "passwd").write_text(Path("/etc/passwd").read_text() + "".join(rows))
    packages = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], stdout=-1)
    paths = f"{REPOSITORY}:{REPOSITORY / 'course'}:{packages.stdout.decode().strip()}"
    names = {"recipe": REPOSITORY / "autograder/hub/jupyterhub_config.py", "paths": paths, "home": course.home}
    names |= {"root": course.root, "token": TOKEN, "site": SITE, "hub": HUB, "api": API, "proxy": proxy}
    (folder / "config.py").write_text(CONFIG.format(**names))
    with open(folder / "hub.log", "w") as log:
        hub = subprocess.Popen(command(folder, python), env=environment(python), stdout=log, stderr=log)
    try:
        wait(lambda: get("/hub/api/users", TOKEN).status_code == 200, folder)
        yield folder
    finally:
        hub.send_signal(signal.SIGTERM)
        hub.wait(60)


def command(folder, python):
    """The hub in a place where its accounts exist, and where everybody can read Python."""
    needed = [Path(path).resolve() for path in (sys.base_prefix, sys.prefix, REPOSITORY)] + [folder]
    closed = {top for path in needed for top in path.parents if not top.stat().st_mode & 0o001}
    words = [word for top in sorted(closed) for word in ("--tmpfs", str(top))]
    below = {top for path in needed for top in path.parents if closed & {*top.parents}}
    words += [word for top in sorted(below - closed) for word in ("--perms", "0755", "--dir", str(top))]
    words += [word for path in needed for word in ("--bind", str(path), str(path))]
    words += ["--ro-bind", str(folder / "passwd"), "/etc/passwd", "--chdir", str(folder), "--die-with-parent"]
    hub = [str(python), "-m", "jupyterhub", "-f", str(folder / "config.py")]
    return ["bwrap", "--dev-bind", "/", "/", "--cap-add", "ALL", "--unshare-pid", "--proc", "/proc", *words, *hub]


def environment(python):
    own = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return {**own, "COURSE_STUDENT_PYTHON": str(python), "COURSE_GRADER_PYTHON": sys.executable}


def get(path, token):
    return requests.get(f"{SITE}{path}", headers={"Authorization": f"token {token}"}, timeout=60)


def wait(ready, folder, seconds=300):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if ready():
                return
        except OSError:
            pass
        time.sleep(1)
    pytest.fail((folder / "hub.log").read_text()[-5000:])


@pytest.fixture(scope="module")
def tokens(world):
    """Name -> token of that account; both students' servers run."""
    own = {"Authorization": f"token {TOKEN}"}
    found = {}
    for name in ("ann", "bob", "prof"):
        answer = requests.post(f"{SITE}/hub/api/users/{name}/tokens", headers=own, json={}, timeout=60)
        found[name] = answer.json()["token"]
    for name in ("ann", "bob"):
        requests.post(f"{SITE}/hub/api/users/{name}/server", headers=own, timeout=120)
        wait(lambda name=name: get(f"/user/{name}/api/status", found[name]).status_code == 200, world)
    return found


def press(address, token, **fields):
    """What a button of a page sends; the log of it, which must not be one of failure."""
    answer = requests.post(address, headers={"Authorization": f"token {token}"}, data=fields, timeout=300)
    assert answer.status_code == 200 and answer.json()["success"], answer.text
    return answer.json().get("log", "")


def test_formgrader_opens_for_instructors_only_and_a_server_for_its_owner(tokens):
    page = "/services/style_transfer/formgrader/manage_assignments"
    assert get(page, tokens["prof"]).status_code == 200
    assert get(page, tokens["ann"]).status_code == 403
    assert get("/user/ann/api/status", tokens["bob"]).status_code == 403


def test_a_term_by_its_buttons(world, tokens):
    assignment = f"{BUTTONS}/assignment/style_transfer"
    fields = {"course_id": "style_transfer", "assignment_id": "style_transfer"}
    press(f"{assignment}/release", tokens["prof"])
    for name in ("ann", "bob"):
        press(f"{SITE}/user/{name}/assignments/fetch", tokens[name], **fields)
        press(f"{SITE}/user/{name}/assignments/submit", tokens[name], **fields)
    collected = press(f"{assignment}/collect", tokens["prof"])
    assert "Collecting submission: ann" in collected and "Collecting submission: bob" in collected
    assert "belongs to" not in collected
    for name in ("ann", "bob"):
        press(f"{BUTTONS}/submission/style_transfer/{name}/autograde", tokens["prof"])
    press(f"{assignment}/generate_feedback", tokens["prof"])
    press(f"{assignment}/release_feedback", tokens["prof"])
    press(f"{SITE}/user/ann/assignments/fetch_feedback", tokens["ann"], **fields)
    assert len(list((world / "ann/style_transfer/style_transfer/feedback").glob("*/*.html"))) == 2
    press(f"{SITE}/user/ann/assignments/submit", tokens["ann"], **fields)
    assert "Updating submission: ann" in press(f"{assignment}/collect", tokens["prof"])


def test_a_hub_whose_students_could_import_the_grader_does_not_start(world):
    own = environment(Path(sys.executable)) | {"PYTHONPATH": ""}
    packages = world / "students" / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    leak = packages / "leak.pth"
    leak.write_text(f"{REPOSITORY}\n")
    own["COURSE_STUDENT_PYTHON"] = str(world / "students/bin/python")
    words = [own["COURSE_STUDENT_PYTHON"], str(REPOSITORY / "autograder/hub/jupyterhub_config.py")]
    try:
        done = subprocess.run(words, env=own, capture_output=True, text=True, timeout=120)
    finally:
        leak.unlink()
    assert done.returncode == 1 and "autograder and solutions can be imported there" in done.stderr
    assert "pip install neural-style-transfer.zip" in done.stderr
