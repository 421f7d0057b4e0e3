"""Progress of a run: a bar that moves with it, and its records."""

import numpy as np

import nst


def test_progress_counts_and_keeps_the_records(capsys):
    seen = nst.progress(3, "a walk")
    picture = np.random.default_rng(0).uniform(size=(32, 32, 3)).astype(np.float32)
    result = nst.stylize(picture, picture[::-1].copy(), iterations=3, callback=seen)
    assert [record.loss for record in seen.records] == result.losses
    assert "a walk" in (said := capsys.readouterr().err) and "3/3" in said
