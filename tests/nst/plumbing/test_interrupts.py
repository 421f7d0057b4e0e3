"""Ctrl-C holds, also where Python swallows the exception."""

import signal
import sys

import numpy as np

import nst


class Finalised:
    def __del__(self):  # an exception in here goes nowhere
        signal.raise_signal(signal.SIGINT)


def test_stylize_ends_with_the_best_image_after_an_interrupt_that_was_swallowed(monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    image = np.random.default_rng(0).random((32, 32, 3)).astype(np.float32)
    result = nst.stylize(
        image, image[::-1], iterations=50, weights="bundled", callback=lambda record: Finalised() and None
    )
    assert result.interrupted and len(result.losses) == 1 and np.isfinite(result.best_loss)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
