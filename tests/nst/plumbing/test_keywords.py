"""Every option of a public function is in its signature; a misspelt one is named before any work is done."""

import inspect

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

import nst
from nst.engine import make_problem
from nst.explorer.app import Explorer
from nst.explorer.painter import Painter
from nst.plumbing.keywords import names_typos, takes_options_of

OF_A_PROBLEM = {"precision", "smoothing", "mask", "style_model", "weights", "pooling", "content_layers", "style_layers"}
OF_STYLIZE = OF_A_PROBLEM | {
    "look", "strength", "alpha", "beta", "iterations", "size", "optimizer", "seed", "callback", "start", "colours"
}  # fmt: skip
OPTIONS = [
    (make_problem, OF_A_PROBLEM),
    (nst.stylize, OF_STYLIZE),
    (nst.objective, OF_A_PROBLEM),
    (nst.explore, OF_A_PROBLEM | {"size", "optimizer", "alpha", "beta", "steps"}),
    (nst.alpha_beta_grid, OF_A_PROBLEM | {"alphas", "betas", "iterations", "size", "progress"}),
    (
        nst.layer_pictures,
        OF_A_PROBLEM - {"content_layers"} | {"content_layer", "iterations", "size", "progress"},
    ),
    (
        nst.explore_layers,
        OF_A_PROBLEM - {"content_layers", "style_layers"} | {"iterations", "size", "progress"},
    ),
    (nst.stylize_frames, OF_STYLIZE - {"start", "size"} | {"later"}),
]
NAMES = [function.__name__ for function, _ in OPTIONS]


@pytest.mark.parametrize(("function", "options"), OPTIONS, ids=NAMES)
def test_all_options_are_in_the_signature(function, options):
    parameters = inspect.signature(function).parameters.values()
    assert {p.name for p in parameters if p.kind == p.KEYWORD_ONLY} == options
    assert not [p.name for p in parameters if p.kind == p.VAR_KEYWORD]


@pytest.mark.parametrize("function", [*(function for function, _ in OPTIONS), Explorer, Painter])
def test_a_misspelt_option_is_named_at_once(function):
    message = f"{function.__name__} has no option 'smothing': did you mean 'smoothing'"
    with pytest.raises(nst.OptionError, match=message):
        function(*["no such picture"] * (2 if function is not Painter else 0), smothing=0.1)
    with pytest.raises(TypeError, match="precison"):
        function(precison="float32")


def test_what_is_like_no_option_gets_the_list():
    with pytest.raises(
        nst.KeywordError, match="stylize has no option 'xyz': it has content, style, look, strength, alpha"
    ):
        nst.stylize("ball", "the_starry_night", xyz=1)
    with pytest.raises(nst.KeywordError, match="'betta': did you mean 'beta'"):
        nst.stylize("ball", "the_starry_night", betta=3)


def test_options_of_the_second_model_are_checked_too():
    with pytest.raises(nst.KeywordError, match="style_model has no option 'poling': did you mean 'pooling'"):
        nst.stylize("ball", "the_starry_night", size=32, weights="bundled", style_model={"poling": "average"})


@pytest.mark.parametrize(("function", "options"), OPTIONS[1:], ids=NAMES[1:])
def test_tab_completes_the_options(function, options):
    """As a notebook's kernel answers to `nst.stylize(smoothin` and the Tab key."""
    shell = InteractiveShell.instance()
    try:
        shell.user_ns["nst"] = nst
        for option in options:
            text = f"nst.{function.__name__}({option[:-1]}"
            with provisionalcompleter():
                assert f"{option}=" in [found.text for found in shell.Completer.completions(text, len(text))]
    finally:
        InteractiveShell.clear_instance()


def test_options_are_passed_on_and_a_function_keeps_its_name_and_words():
    @names_typos
    def paint(colour, *, thick=1, wet=False):
        return colour, thick, wet

    @takes_options_of(paint, without=("thick",))
    def draw(colour, **options):
        """Draws."""
        return paint(colour, thick=2, **options)

    assert str(inspect.signature(draw)) == "(colour, *, wet=False)" and draw.__doc__ == "Draws."
    assert draw("red", wet=True) == ("red", 2, True)
    with pytest.raises(nst.KeywordError, match="draw has no option 'thick'"):
        draw("red", thick=3)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'colour'"):
        draw()
