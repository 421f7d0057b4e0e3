"""`python -m autograder cluster-keys`: keys and certificates with which only one's own machines are the cluster.

Dask lets in whoever shows a certificate that this authority signed, in whatever role. So the authority's own key
is not kept: nobody can sign a fourth. New keys are a new folder.
"""

import argparse
import datetime
import os
from pathlib import Path

from autograder.course import Course, CourseError

FOLDER = ".cluster_keys"  # in autograder/; git-ignored
DAYS = 366
ROLES = ("scheduler", "worker", "client")
FILES = ("ca.pem", "cert.pem", "key.pem")

NEXT = """\
{folder} has a folder for each role, for {days} days. Copy to each machine the folder of its role, over a way that you
trust; {folder}/client stays here.

  on one machine:
    dask scheduler --protocol tls --port 8786 --no-dashboard --tls-ca-file scheduler/ca.pem \\
      --tls-cert scheduler/cert.pem --tls-key scheduler/key.pem
  on every machine that judges:
    dask worker tls://HOST:8786 --nworkers -1 --nthreads 1 --no-dashboard --tls-ca-file worker/ca.pem \\
      --tls-cert worker/cert.pem --tls-key worker/key.pem
  here:
    python -m autograder grade --scheduler tls://HOST:8786{keys}

Whoever has one of these keys can run programs on all machines of the cluster: keep them like passwords."""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder cluster-keys", description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help=f"default: autograder/{FOLDER}")
    args = parser.parse_args(argv)
    folder = args.folder or default_folder()
    make(folder)
    keys = f" --keys {folder}" if args.folder else ""
    print(NEXT.format(folder=folder, days=DAYS, keys=keys))
    return 0


def default_folder() -> Path:
    return Course().home / FOLDER


def client_files(folder: Path | None) -> dict[str, str]:
    """What Dask's Security wants of a client. CourseError if keys are missing, or if others could have read the key."""
    folder = (folder or default_folder()) / "client"
    ca, certificate, key = paths = [folder / name for name in FILES]
    if missing := [str(path) for path in paths if not path.is_file()]:
        raise CourseError(
            f"{missing[0]} is missing. Make keys with `python -m autograder cluster-keys`, "
            "or say with --keys where they lie."
        )
    if key.stat().st_mode & 0o077:
        raise CourseError(f"{key} can be read by others on this machine. Type: chmod 600 {key}")
    return {"tls_ca_file": str(ca), "tls_client_cert": str(certificate), "tls_client_key": str(key)}


def make(folder: Path) -> None:
    """Write the three roles' folders (0700, files 0600). CourseError if the folder holds something already."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise CourseError(
                f"{folder} is not empty. Name another folder, or remove it: machines with its keys stop then."
            )
        folder.chmod(0o700)
        authority = ec.generate_private_key(ec.SECP256R1())
        ca = _certificate("authority", authority.public_key(), authority)
        for role in ROLES:
            key = ec.generate_private_key(ec.SECP256R1())
            private = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            (folder / role).mkdir(mode=0o700)
            certificate = _certificate(role, key.public_key(), authority)
            for name, data in zip(FILES, (ca, certificate, private), strict=True):
                _write(folder / role / name, data)
    except OSError as error:
        raise CourseError(f"Keys cannot be written to {folder}: {error}") from error


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def _certificate(role, public_key, authority) -> bytes:
    """A certificate in PEM, signed by the authority. A client's cannot pose as the scheduler or a worker."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def name(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"grading cluster: {text}")])

    now, root = datetime.datetime.now(datetime.UTC), role == "authority"
    usages = [ExtendedKeyUsageOID.CLIENT_AUTH] + [ExtendedKeyUsageOID.SERVER_AUTH] * (role != "client")
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(role))
        .issuer_name(name("authority"))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=root, path_length=0 if root else None), critical=True)
        .add_extension(_usage(root), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
    )
    if not root:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=True)
    return builder.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _usage(root):
    """An authority signs certificates; everybody else signs handshakes."""
    from cryptography import x509

    kinds = ("content_commitment", "key_agreement", "key_encipherment", "data_encipherment")
    off = dict.fromkeys((*kinds, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=not root, key_cert_sign=root, crl_sign=root, **off)
