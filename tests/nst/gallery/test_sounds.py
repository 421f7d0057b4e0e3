"""Sounds as pictures: what is drawn is what is heard, and back."""

import numpy as np
import pytest

import nst

SECONDS = np.arange(8000) / 8000


def loudest(sound):
    """The frequency, in Hz, that is loudest in a sound."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return np.argmax(spectrum) * 8000 / len(sound)


def test_a_tone_is_a_line_at_its_height():
    picture = nst.spectrogram(np.sin(2 * np.pi * 1000 * SECONDS))
    assert picture.shape[0] == 128 and picture.shape[2] == 3 and picture.min() >= 0 and picture.max() == 1
    assert np.argmax(picture[:, 50, 0]) == 127 - 1000 / (8000 / 256), "low tones below"


def test_two_notes_come_back_at_their_pitch_and_in_their_order():
    notes = np.where(SECONDS < 0.5, np.sin(2 * np.pi * 500 * SECONDS), np.sin(2 * np.pi * 1250 * SECONDS))
    picture = nst.spectrogram(notes)
    sound = nst.sound_of(picture)
    assert np.abs(sound).max() == pytest.approx(1) and abs(len(sound) - len(notes)) < 64
    assert loudest(sound[500:3500]) == pytest.approx(500, abs=16)
    assert loudest(sound[4500:7500]) == pytest.approx(1250, abs=16)


def test_the_rounds_bring_the_sound_nearer_to_its_picture():
    rng = np.random.default_rng(0)
    picture = nst.spectrogram(rng.normal(size=8000) * np.exp(-20 * (SECONDS * 4 % 1)))
    errors = [np.abs(nst.spectrogram(nst.sound_of(picture, rounds=n)) - picture).mean() for n in (0, 5, 60)]
    assert errors[2] < errors[1] < errors[0] and errors[2] < 0.05


def test_what_is_no_sound_or_no_spectrogram_is_refused():
    for wrong in (np.zeros(8000), np.ones(100), np.ones((300, 2)), np.full(300, np.nan)):
        with pytest.raises(nst.OptionError, match="256 samples"):
            nst.spectrogram(wrong)
    with pytest.raises(nst.OptionError, match="128 rows, this picture has 64"):
        nst.sound_of(np.zeros((64, 64, 3)))
