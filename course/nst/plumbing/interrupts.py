"""Ctrl-C, or a notebook's stop button: it is not lost, it ends the cell, and the best picture is kept."""

import signal
import sys
import threading
from typing import TYPE_CHECKING

from nst.errors import OptionError

if TYPE_CHECKING:  # a notebook that imports nst does not wait for it
    import numpy as np

NOTE = "Interrupted: what follows in this cell is made of the picture as far as it came; no other run starts in it."


class _Last:
    """What the last run that Ctrl-C ended has left behind."""

    image: "np.ndarray | None" = None
    kept_in: str | None = None  # the cell that was run when the image was kept
    ended: str | None = None  # the cell in which Ctrl-C ended a run


class Interrupts:
    """Inside, Ctrl-C raises KeyboardInterrupt as ever and is remembered: Python swallows it in finalisers, for one.

    A loop calls `raise_swallowed()` in each round. In other threads than the main one it does nothing. In a notebook
    the cell is remembered, too, for `raise_if_ended`; `note`: say so.
    """

    def __init__(self, note: bool = True) -> None:
        self._note_it = note

    def __enter__(self):
        self.seen, self.mine = False, signal.getsignal(signal.SIGINT) is signal.default_int_handler
        self.mine = self.mine and threading.current_thread() is threading.main_thread()
        if self.mine:
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, kind, *_):
        if self.mine:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            if kind is KeyboardInterrupt and (cell := running_cell()) is not None:
                _Last.ended = cell
                if self._note_it:
                    print(NOTE, file=sys.stderr)

    def _note(self, signum, frame):
        self.seen = True
        signal.default_int_handler(signum, frame)

    def raise_swallowed(self) -> None:
        """KeyboardInterrupt if there was one and it got lost."""
        if self.seen:
            raise KeyboardInterrupt


def raise_if_ended() -> None:
    """KeyboardInterrupt where Ctrl-C has ended an earlier run of the same notebook cell: the cell ends as well."""
    cell = running_cell()
    if cell is not None and cell == _Last.ended:
        raise KeyboardInterrupt


def running_cell() -> str | None:
    """What tells one run of a notebook's cell from all others; None outside of notebooks."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    request: dict = getattr(get_ipython(), "get_parent", dict)()
    return request.get("header", {}).get("msg_id")


def keep(image: "np.ndarray") -> None:
    """Keep the best image of a run, for `best_so_far`."""
    _Last.image, _Last.kept_in = image, running_cell()


def kept_in_this_cell() -> "np.ndarray | None":
    """The image that was kept while the present cell ran; None if there is none."""
    cell = running_cell()
    return _Last.image if cell is not None and cell == _Last.kept_in else None


def best_so_far() -> "np.ndarray":
    """The best image (H, W, 3) of the run that was interrupted last; OptionError if there was none."""
    if _Last.image is None:
        raise OptionError("no run has been interrupted yet: there is no picture to go on with")
    return _Last.image
