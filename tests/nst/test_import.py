"""`import nst` is quick and brings in nothing heavy; every public name comes from its module on first use."""

import subprocess
import sys
from pathlib import Path

import pytest

import nst

HEAVY = ("tensorflow", "keras", "matplotlib", "scipy", "ipywidgets", "IPython", "PIL", "numpy", "h5py", "requests")


def in_new_process(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout


def test_import_is_quick_and_light():
    code = (
        "import sys, time; t = time.perf_counter(); import nst; t = time.perf_counter() - t;"
        f"print(min(t, 9), *[m for m in {HEAVY} if m in sys.modules])"
    )
    best, *loaded = min((in_new_process(code).split() for _ in range(3)), key=lambda words: float(words[0]))
    assert float(best) <= 0.3
    assert loaded == []


def test_pictures_and_numpy_parts_need_no_tensorflow():
    code = (
        "import sys, nst; nst.load_image('ball', size=32); nst.as_image; nst.show; nst.STYLE_LAYERS;"
        "print([m for m in ('tensorflow', 'matplotlib', 'scipy', 'requests') if m in sys.modules])"
    )
    assert in_new_process(code).strip() == "[]"


def test_every_module_listed_defines_its_names():
    for module in ("constants", "drawing.figures", "errors", "images.assets", "images.loading"):
        for name in nst._MODULES[module]:
            assert getattr(nst, name) is getattr(sys.modules[f"nst.{module}"], name)
            assert name in dir(nst)


def test_no_submodule_carries_the_name_of_a_public_function():
    """Importing a submodule binds its name in the package, and would so hide a function of that name."""
    modules = {path.stem for path in Path(nst.__file__).parent.iterdir()}
    assert {module.split(".")[0] for module in nst._MODULES} <= modules
    assert modules & set(nst.__all__) == {"settings"}  # wanted: it is used as a module


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'gram_matrix'"):
        nst.gram_matrix  # noqa: B018


def test_layer_names():
    assert len(nst.LAYERS) == 16 and nst.LAYERS[0] == "block1_conv1" and nst.LAYERS[-1] == "block5_conv4"
    assert {*nst.STYLE_LAYERS, nst.CONTENT_LAYER} <= set(nst.LAYERS)
