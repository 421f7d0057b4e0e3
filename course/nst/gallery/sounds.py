"""A sound as a picture and back: its spectrogram, and the sound that has a given spectrogram (Griffin-Lim)."""

import numpy as np

from nst.errors import OptionError
from nst.images.loading import as_image

RATE = 8000  # samples per second
WINDOW, HOP = 256, 64  # samples: a row of the picture is 31 Hz, a column 8 ms
DECIBELS = 60  # from black to white
_HANN = np.hanning(WINDOW + 1)[:-1]


def spectrogram(sound: np.ndarray) -> np.ndarray:
    """A grey picture (128, W, 3) of a sound: time to the right, 0 to 4 kHz upward, white the loudest, black -60 dB.

    sound: samples, RATE (8000) of them a second. Raises OptionError for silence, or for less than one window.
    """
    sound = np.asarray(sound, float)
    if sound.ndim != 1 or len(sound) < WINDOW or not np.isfinite(sound).all() or not sound.any():
        raise OptionError(f"a row of at least {WINDOW} samples is needed, not all of them zero")
    loudness = np.abs(_analysed(sound))[:, : WINDOW // 2]
    decibels = 20 * np.log10(np.maximum(loudness / loudness.max(), 1e-9))
    grey = np.clip(1 + decibels / DECIBELS, 0, 1)
    return np.repeat(grey.T[::-1, :, None], 3, axis=2).astype(np.float32)


def sound_of(picture: np.ndarray, *, rounds: int = 60, seed: int = 0) -> np.ndarray:
    """Samples in [-1, 1] of a sound whose spectrogram is like `picture` (128, W, 3); see `spectrogram`.

    A picture says how loud, not in which phase. Griffin and Lim (1984): begin with any phases, and again and again
    make the sound, take the phases that this sound has, and keep the picture's loudness.
    """
    picture = as_image(picture, "spectrogram")
    if picture.shape[0] != WINDOW // 2:
        raise OptionError(f"a spectrogram has {WINDOW // 2} rows, this picture has {picture.shape[0]}")
    grey = np.clip(picture.mean(axis=2), 0, 1)[::-1].T
    loudness = np.where(grey > 0, 10 ** ((grey - 1) * DECIBELS / 20), 0)
    loudness = np.pad(loudness, ((0, 0), (0, 1)))  # the highest tone, which the picture leaves out
    phases = np.exp(2j * np.pi * np.random.default_rng(seed).random(loudness.shape))
    for _ in range(rounds):
        heard = _analysed(_synthesised(loudness * phases))
        phases = heard / np.maximum(np.abs(heard), 1e-12)
    sound = _synthesised(loudness * phases)
    return sound / max(np.abs(sound).max(), 1e-12)


def _analysed(sound):
    """Short-time Fourier transform, (columns, tones)."""
    pieces = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP]
    return np.fft.rfft(pieces * _HANN, axis=1)


def _synthesised(columns):
    """The sound whose transform is nearest to `columns`: windowed pieces added where they overlap."""
    sound = np.zeros((len(columns) - 1) * HOP + WINDOW)
    weight = np.full_like(sound, 1e-3)  # not zero at the ends
    for k, piece in enumerate(np.fft.irfft(columns, WINDOW, axis=1)):
        sound[k * HOP : k * HOP + WINDOW] += piece * _HANN
        weight[k * HOP : k * HOP + WINDOW] += _HANN**2
    return sound / weight
