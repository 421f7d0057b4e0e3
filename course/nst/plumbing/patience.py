"""When to give up: by processor time, not by the clock of a busy machine."""

import os
import time
from collections.abc import Callable

TICKS = os.sysconf("SC_CLK_TCK")


class Patience:
    """Over when the processes of `computed()` have computed for `seconds`, or next to nothing for `idle` seconds.

    busy: whether they would go on if the machine let them; then computing nothing is the machine's fault.
    """

    def __init__(
        self, computed: Callable[[], float], seconds: float, idle: float, busy: Callable[[], bool] = lambda: False
    ) -> None:
        self.computed, self.seconds, self.idle, self.busy = computed, seconds, idle, busy
        self.mark = self.start = time.monotonic()
        self.used = self.first = computed()

    def over(self) -> str:
        """Look again at what has been computed: why it is over, or an empty string."""
        now = time.monotonic()
        if now < self.start + min(self.seconds, self.idle):
            return ""
        used = self.computed()
        if used - self.first > self.seconds:
            return f"it ran longer than {self.seconds:g} seconds"
        if used - self.used > 0.02 * self.idle or (now > self.mark + self.idle and self.busy()):
            self.mark, self.used = now, used
        return f"it did nothing for {self.idle:g} seconds" if now > self.mark + self.idle else ""


def computed(pid: int) -> float:
    """Seconds of processor time that a process and the children it has waited for have used; 0 if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS
