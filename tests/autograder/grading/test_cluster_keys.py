"""Keys made by one command let one's own machines be a cluster, and nobody else in."""

import contextlib
import shlex
import ssl
import time

import pytest

from autograder.__main__ import main
from autograder.course import CourseError
from autograder.grading import cluster, cluster_keys
from autograder.grading.cluster import Cluster
from cluster_parts import job, process, scheduler


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys") / "ours"
    cluster_keys.make(folder)
    return folder


def test_keys_are_for_their_owner_only(keys):
    for path in [keys, *keys.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
    assert sorted(path.name for path in keys.iterdir()) == ["client", "scheduler", "worker"]
    assert not [path for path in keys.rglob("*") if path.is_file() and path.name not in cluster_keys.FILES]


def test_keys_that_are_there_are_not_replaced(keys, capsys):
    before = (keys / "client" / "key.pem").read_bytes()
    assert main(["cluster-keys", str(keys)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert (keys / "client" / "key.pem").read_bytes() == before


def test_a_client_cannot_pose_as_the_scheduler(keys):
    """OpenSSL asks a server's certificate for that use, and Dask sets no other purpose."""
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(keys / "client" / "cert.pem", keys / "client" / "key.pem")
    with pytest.raises(ssl.SSLCertVerificationError, match="purpose"):
        shake(keys, server)
    server.load_cert_chain(keys / "scheduler" / "cert.pem", keys / "scheduler" / "key.pem")
    shake(keys, server)


def shake(keys, server):
    """A handshake of a client of ours with a server, in memory."""
    client = ssl.create_default_context(cafile=keys / "client" / "ca.pem")
    client.check_hostname = False
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(ours, theirs), server.wrap_bio(theirs, ours, server_side=True)]
    for end in ends * 3:
        with contextlib.suppress(ssl.SSLWantReadError):
            end.do_handshake()


def test_missing_keys_and_keys_that_others_can_read_are_said(keys, tmp_path, monkeypatch):
    with pytest.raises(CourseError, match="python -m autograder cluster-keys"):
        Cluster("tls://127.0.0.1:1", tmp_path).tls()
    key = keys / "client" / "key.pem"
    key.chmod(0o644)
    try:
        with pytest.raises(CourseError, match="chmod 600"):
            Cluster("tls://127.0.0.1:1", keys).tls()
    finally:
        key.chmod(0o600)


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CourseError, match="cannot be written"):
        cluster_keys.make(tmp_path / "file" / "keys")


@pytest.fixture
def encrypted(keys, tmp_path, capsys):
    """A scheduler and a worker, started with the options of the commands that cluster-keys prints."""
    assert main(["cluster-keys", str(tmp_path / "printed")]) == 0
    printed = capsys.readouterr().out.replace("\\\n", " ").splitlines()
    commands = [shlex.split(line) for line in printed if line.strip().startswith("dask ")]
    of_scheduler, worker = commands

    def options(command):
        return [
            str(keys / word) if word.endswith(".pem") else word for word in command[command.index("--no-dashboard") :]
        ]

    with contextlib.ExitStack() as stack:
        where = ["--host", "tls://127.0.0.1", "--protocol", "tls"]
        _, address = stack.enter_context(scheduler(tmp_path, *options(of_scheduler), *where))
        assert address.startswith("tls://")
        here = ["--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path)]
        stack.enter_context(process("worker", address, *options(worker), *here))
        yield address


@pytest.mark.sandbox
def test_a_cluster_with_keys_grades_and_lets_nobody_else_in(course, encrypted, keys, tmp_path, monkeypatch):
    from autograder.rehearsal.samples import hand_in, solved

    hand_in(course, "s0", solved(course))
    told, deadline = [], time.monotonic() + 60
    while True:  # the worker takes a moment to come
        try:
            ((_, (judgements, _)),) = cluster.run_jobs(
                [("a", job(course, "s0"))], Cluster(encrypted, keys), 1, told.append
            )
            break
        except CourseError as error:
            assert "has no worker" in str(error) and time.monotonic() < deadline
    assert judgements["03_gram_matrices"]["verdicts"]["test_gram_matrix"]["score"] == 8
    assert not told
    monkeypatch.setattr(cluster, "PATIENCE", 3.0)
    cluster_keys.make(tmp_path / "others")
    strangers = [Cluster(encrypted, tmp_path / "others"), Cluster(encrypted.replace("tls", "tcp"))]
    for stranger in strangers:
        with pytest.raises(CourseError, match="No Dask scheduler answers"):
            list(cluster.run_jobs([], stranger, 1))
