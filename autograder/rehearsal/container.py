"""An ordinary container's rights, on any machine: so that the lower rung of the ladder can be tried anywhere.

    python -m autograder.rehearsal.container COMMAND...    runs it without namespaces

`ordinary` makes the whole command line: started by root, it also drops the capabilities that Docker drops, and opens
the way to a Python that lies in root's own folder.
"""

import ctypes
import os
import sys

from autograder.sandbox import places, seccomp, stage, users

KEPT = "chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service net_raw sys_chroot mknod setfcap"
OPEN = """
mount -t tmpfs -o mode=755 none /mnt && mkdir -p "/mnt$1" && mount --bind "$1" "/mnt$1" || exit 3
top="/$(echo "$1" | cut -d/ -f2)"
mount --rbind "/mnt$top" "$top" || exit 3
shift
exec "$@"
"""


def ordinary(command: list[str], uid: int = 0, namespaces: bool = False) -> list[str]:
    """The command line that runs `command` as in an ordinary container; under root as the user `uid`.

    With `namespaces`, as in one that allows them.
    """
    words = command if namespaces else [sys.executable, "-m", "autograder.rehearsal.container", *command]
    if os.getuid() != 0:
        return words
    rights = [f"--bounding-set=-all,{','.join('+' + name for name in KEPT.split())}", "--inh-caps=-all"]
    who = [f"--reuid={uid}", f"--regid={uid}", "--clear-groups"] if uid else []
    return [*_way_open(), "setpriv", *rights, *who, *words]


def _way_open():
    """What a command starts with so that other users may enter the folder of this Python."""
    if users.capable(users.SYS_ADMIN) and users.closed_to_others([sys.base_prefix]):
        return ["unshare", "--mount", "bash", "-c", OPEN, "bash", os.path.realpath(sys.base_prefix)]
    return []


def main(command: list[str]) -> None:
    """Give up namespaces, then become the command."""
    stage.check(ctypes.CDLL(None).prctl(stage.NO_NEW_PRIVS, 1, 0, 0, 0), "forbid new privileges")
    stage.filter_calls(seccomp.without_namespaces())
    os.chdir(places.PROJECT)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
