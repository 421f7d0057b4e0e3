"""Ctrl-C that is not lost."""

import signal
import threading


class Interrupts:
    """Inside, Ctrl-C raises KeyboardInterrupt as ever and is remembered: Python swallows it in finalisers, for one.

    A loop calls `raise_swallowed()` in each round. In other threads than the main one it does nothing.
    """

    def __enter__(self):
        self.seen, self.mine = False, signal.getsignal(signal.SIGINT) is signal.default_int_handler
        self.mine = self.mine and threading.current_thread() is threading.main_thread()
        if self.mine:
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *exception):
        if self.mine:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _note(self, signum, frame):
        self.seen = True
        signal.default_int_handler(signum, frame)

    def raise_swallowed(self) -> None:
        """KeyboardInterrupt if there was one and it got lost."""
        if self.seen:
            raise KeyboardInterrupt
