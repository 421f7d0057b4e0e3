"""`make audit`: advisories about the pinned packages, and a bill of materials of them (dist/sbom.json, CycloneDX).

Both tools run in environments of their own, made by uv: they are no part of what students or graders install. Exit
code 0: every package was looked up and none has an advisory; 1: some have; 2: something could not be done, which
is said. (pip-audit calls a package "skipped" if its service does not answer, and the whole clean.)
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SBOM = ROOT / "dist" / "sbom.json"
PIP_AUDIT = ["pip-audit==2.10.1", "pip-audit", "--no-deps", "--disable-pip", "--progress-spinner=off", "--format=json"]
CYCLONEDX = ["cyclonedx-bom==7.5.0", "cyclonedx-py", "requirements", "--output-reproducible"]


def main() -> int:
    lock = re.sub(
        r"^-e .*\n?", "", (ROOT / "requirements.txt").read_text(), flags=re.MULTILINE
    )  # no version of its own
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(lock)
        file.flush()
        SBOM.parent.mkdir(exist_ok=True)
        materials = run(*CYCLONEDX, f"--pyproject={ROOT / 'pyproject.toml'}", f"--output-file={SBOM}", file.name)
        found = run(*PIP_AUDIT, "--requirement", file.name)
    outcomes = [bill(materials, lock), advisories(found, lock)]
    for code, sentence in outcomes:
        print(sentence, file=sys.stderr if code else sys.stdout)
    codes = {code for code, _ in outcomes}
    return 1 if 1 in codes else max(codes)


def run(package: str, *command: str) -> subprocess.CompletedProcess:
    """A program out of a package, installed for itself by uv."""
    return subprocess.run(
        ["uv", "tool", "run", "--from", package, *command], capture_output=True, text=True, check=False
    )


def pinned(lock: str) -> set[str]:
    """Names of the packages in the lock."""
    return set(re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE))


def bill(found: subprocess.CompletedProcess, lock: str) -> tuple[int, str]:
    """(exit code, what to say) of the bill of materials."""
    if found.returncode:
        return 2, f"No bill of materials could be made: {last_line(found)}"
    listed = {component["name"] for component in json.loads(SBOM.read_text())["components"]}
    if missing := sorted(pinned(lock) - listed):
        return 2, f"{SBOM} lacks {', '.join(missing)}."
    return 0, f"{len(listed)} packages are listed in {SBOM}."


def advisories(found: subprocess.CompletedProcess, lock: str) -> tuple[int, str]:
    """(exit code, what to say) of pip-audit's report."""
    try:
        report = {entry["name"]: entry for entry in json.loads(found.stdout)["dependencies"]}
    except (ValueError, KeyError, TypeError):
        return 2, f"Advisories could not be looked up, so this is no audit: {last_line(found)}"
    lines = [
        f"{name} {entry['version']}: {advisory['id']}, mended in {', '.join(advisory['fix_versions']) or 'no version'}"
        for name, entry in sorted(report.items())
        for advisory in entry.get("vulns", ())
    ]
    code = 1 if lines else 0
    if unknown := sorted(name for name in pinned(lock) if "vulns" not in report.get(name, {})):
        few = ", ".join(unknown[:3]) + ", ..." * (len(unknown) > 3)
        lines.append(
            f"The advisory service has not answered about {len(unknown)} of {len(pinned(lock))} packages ({few}): "
            "run this where it can be reached."
        )
        code = code or 2
    return code, "\n".join(lines or [f"No advisory about any of {len(report)} packages."])


def last_line(found: subprocess.CompletedProcess) -> str:
    return (found.stderr.strip().rpartition("\n")[2] or f"exit code {found.returncode}")[:300]


if __name__ == "__main__":
    sys.exit(main())
