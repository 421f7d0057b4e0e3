"""Helper package of the Neural Style Transfer course module.

`import nst` is quick: a name is imported from its module when it is first used, so that TensorFlow and Matplotlib are
loaded only by those who need them (PEP 562).
"""

import importlib
import sys

_MODULES = {
    "images.assets": ("asset_names", "asset_note"),
    "checks.local": ("check", "check_all"),
    "constants": ("CONTENT_LAYER", "LAYERS", "MIN_SIZE", "STYLE_LAYERS"),
    "engine": ("objective",),
    "painting": ("stylize",),
    "errors": (
        "AssetError",
        "DownloadError",
        "ImageError",
        "ImageNotFoundError",
        "KeywordError",
        "LayerError",
        "MissingPackageError",
        "NSTError",
        "OptionError",
        "SaveError",
        "WeightsError",
    ),
    "explorer.app": ("explore",),
    "explorer.layer_chooser": ("explore_layers",),
    "gallery.grids": ("alpha_beta_grid", "layer_pictures"),
    "images.loading": ("as_image", "image_of", "load_image", "save_image"),
    "drawing.progress": ("progress",),
    "drawing.watching": ("watch",),
    "network": ("VGG19",),
    "plumbing.interrupts": ("best_so_far",),
    "notebook.carrying": ("bring_along",),
    "numerics": ("minimize", "numerical_gradient"),
    "gallery.films": ("film", "moving"),
    "gallery.pages": ("before_after", "gallery_page"),
    "gallery.posters": ("poster",),
    "gallery.qualities": ("quality",),
    "gallery.sounds": ("sound_of", "spectrogram"),
    "gallery.style_space": ("style_map",),
    "drawing.figures": ("curves", "feature_maps", "heatmap", "show"),
    "drawing.plots": ("agreement", "descent", "place_images", "scatter"),
    "compute.receptive_fields": ("receptive_field",),
    "compute.keras_network": ("tensor_losses",),
    "frames": ("stylize_frames",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted([*_HOME, "settings"])


def __getattr__(name):
    """Import `name` from its module on first use and keep it."""
    if name == "settings":  # used as a module: nst.settings.plan(...)
        return importlib.import_module(f"{__name__}.settings")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__})


if "IPython" in sys.modules:  # in a notebook: errors of its cells say what to do
    importlib.import_module(f"{__name__}.notebook.ending").install()
