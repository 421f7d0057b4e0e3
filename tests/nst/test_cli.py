"""python -m nst: what it writes, and one clear line with exit code 2 for bad input."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import nst
from nst.__main__ import main


def stylize(out, *more, content="ball_and_shadow", style="the_starry_night"):
    return [
        "stylize",
        content,
        style,
        "-o",
        str(out),
        "--size",
        "48",
        "--iterations",
        "3",
        "--weights",
        "bundled",
        *more,
    ]


def test_stylize_writes_the_picture_and_shows_progress(tmp_path, capsys):
    out = tmp_path / "out.png"
    assert main(stylize(out)) == 0
    said = capsys.readouterr()
    assert "3/3" in said.err and "step" in said.err and f"{out}: 3 steps" in said.out and "beta = " in said.out
    picture = nst.load_image(out)
    assert max(picture.shape) == 48
    assert np.abs(picture - nst.load_image("ball_and_shadow", size=48)).mean() > 0.01


BAD = [
    ({"content": "no_such_picture"}, "no_such_picture"),
    ({"style": "missing.jpg"}, "missing.jpg"),
    ({"more": ("--size", "31")}, "size"),
    ({"more": ("--optimizer", "sgd")}, "lbfgs"),
    ({"more": ("--weights", "absent.h5")}, "absent.h5"),
    ({"more": ("--beta", "-1")}, "beta"),
    ({"out": "out.bmp"}, "out.bmp"),
    ({"out": "no_folder/out.png"}, "no_folder"),
]


@pytest.mark.parametrize(("change", "named"), BAD, ids=[named for _, named in BAD])
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, capsys, monkeypatch, change, named):
    monkeypatch.chdir(tmp_path)
    more, out = change.pop("more", ()), change.pop("out", "out.png")
    assert main(stylize(out, *more, **change)) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("nst: ") and named in lines[0]
    assert not list(tmp_path.glob("out*"))


@pytest.mark.slow
def test_ctrl_c_saves_the_best_image_so_far(tmp_path):
    out = tmp_path / "out.png"
    command = [sys.executable, "-m", "nst", *stylize(out, "--iterations", "100000")]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "COLUMNS": "80"}
    )
    try:
        seen = b""
        while b"loss" not in seen:  # the progress bar shows a first loss
            seen += process.stderr.read1()
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130 and b"interrupted after" in stderr
    assert nst.load_image(out).shape and b"out.png" in stdout


def test_frames_are_painted_in_order(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("NST_WEIGHTS", "bundled")
    monkeypatch.setattr("nst.frames.stylize_frames.__wrapped__.__kwdefaults__", {"iterations": 2, "later": 1})
    out = tmp_path / "film"
    assert main(["frames", "the_starry_night", "ball_and_shadow", "china", "-o", str(out), "--size", "48"]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["0001.png", "0002.png"]
    assert "2 frames, flicker" in capsys.readouterr().out
    assert main(["frames", "the_starry_night", "ball_and_shadow", "-o", str(out)]) == 2


def test_weights_says_what_is_in_use(capsys, monkeypatch):
    monkeypatch.setenv("NST_WEIGHTS", "bundled")
    assert main(["weights"]) == 0
    assert "not ImageNet VGG19" in capsys.readouterr().out
    monkeypatch.setenv("NST_WEIGHTS", "absent.h5")
    assert main(["weights"]) == 2
