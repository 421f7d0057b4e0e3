"""What a lock pins where: by Python and by system."""

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HERE = default_environment()
PYTHONS = [f"3.{minor}" for minor in range(11, 15)]
SYSTEMS = {"linux": ("posix", "Linux"), "darwin": ("posix", "Darwin"), "win32": ("nt", "Windows")}


def environment(python, system):
    """What environment markers are evaluated for."""
    name, platform = SYSTEMS[system]
    full = {"python_version": python, "python_full_version": f"{python}.9"}
    return {**HERE, **full, "sys_platform": system, "os_name": name, "platform_system": platform}


def pins(text, where):
    """package -> version, of the lines that hold there."""
    lines = [Requirement(line) for line in text.splitlines() if line and line.lstrip()[0] not in "#-"]
    assert all(str(line.specifier).startswith("==") and "*" not in str(line.specifier) for line in lines)
    held = [line for line in lines if line.marker is None or line.marker.evaluate(where)]
    found = {canonicalize_name(line.name): str(line.specifier)[2:] for line in held}
    assert len(found) == len(held), "no package has two versions"
    return found
