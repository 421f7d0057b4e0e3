"""Helper package of the Neural Style Transfer course module."""
