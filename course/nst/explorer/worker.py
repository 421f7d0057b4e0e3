"""One background thread that repeats a step until it is told to stop: at most one in the process."""

import threading
from collections.abc import Callable
from typing import Any


class Worker:
    """Calls `step()` in a daemon thread until it returns False, raises, or `stop` is called; then `finished(error)`.
    `held()` is called in the thread once a pause has begun, after the step that was going on.

    The kernel's main thread stays free, so sliders are heard while a step is computed. Starting one worker stops the
    one that ran before. An error is kept for `finished` and raised by `join`.
    """

    NAME = "nst-painter"
    _running: "Worker | None" = None  # the worker whose thread is alive, if any
    _guard = threading.Lock()

    def __init__(
        self,
        step: Callable[[], Any],
        finished: Callable[[BaseException | None], None],
        held: Callable[[], Any] = lambda: None,
    ) -> None:
        self._step, self._finished, self._held = step, finished, held
        self._stop, self._go = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self.error: BaseException | None = None

    @property
    def alive(self) -> bool:
        """Whether the thread runs, paused or not."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def paused(self) -> bool:
        return self.alive and not self._go.is_set()

    @classmethod
    def stop_any(cls, timeout: float = 60) -> None:
        """Stop whichever worker runs and wait for the end of its step."""
        running = cls._running
        if running is not None:
            running.stop(timeout)

    def start(self) -> None:
        """Begin, after the end of any other worker; nothing happens where it runs already."""
        if self.alive and not self._stop.is_set():
            return
        with self._guard:
            self.stop_any()  # this one too, where it has been asked to stop and has not yet
            self._stop.clear()
            self._go.set()
            self.error, Worker._running = None, self
            self._thread = threading.Thread(target=self._work, name=self.NAME, daemon=True)
            self._thread.start()

    def pause(self) -> None:
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def ask_to_stop(self) -> None:
        """End after the present step; returns at once."""
        self._stop.set()
        self._go.set()

    def stop(self, timeout: float = 60) -> bool:
        """End after the present step and wait for it, at most `timeout` seconds. Whether it has ended."""
        self.ask_to_stop()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)
        return not self.alive

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end and raise what the thread raised: an error in a thread fails no cell by itself."""
        if self._thread is not None:
            self._thread.join(timeout)
        if self.error is not None:
            raise self.error

    def _work(self):
        try:
            while not self._stop.is_set():
                if not self._go.is_set():
                    self._held()
                self._go.wait()
                if self._stop.is_set() or self._step() is False:
                    break
        except BaseException as error:  # nothing may end the thread unseen: it is shown, and raised again by join
            self.error = error
        finally:
            try:
                self._finished(self.error)
            finally:
                if Worker._running is self:
                    Worker._running = None
