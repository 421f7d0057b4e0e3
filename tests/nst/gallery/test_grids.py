"""The alpha/beta grid and the layer explorer, at the smallest size."""

import numpy as np
import pytest

import nst
from nst.engine import make_problem
from nst.errors import LayerError, OptionError
from nst.images.loading import load_pair
from nst.looks import find_look

SMALL = {"size": 48, "weights": "bundled", "progress": False}


def test_more_beta_means_less_style_loss_and_more_content_loss(capsys):
    table = nst.alpha_beta_grid("chelsea", "the_starry_night", betas=(1.0, 1e3), iterations=40, **SMALL)
    assert list(table.images) == [(1.0, 1.0), (1.0, 1e3)]
    assert table.style_losses[1.0, 1e3] < table.style_losses[1.0, 1.0]
    assert table.content_losses[1.0, 1e3] > table.content_losses[1.0, 1.0]
    assert "β/α = 1,000: content loss" in capsys.readouterr().out


def test_the_losses_are_those_of_the_pictures_at_the_full_size(capsys):
    """Each picture is painted at two sizes; its losses are measured at the larger one, by one problem for all."""
    table = nst.alpha_beta_grid("china", "the_starry_night", betas=(10.0, 1e3), iterations=20, **SMALL | {"size": 96})
    content, style = load_pair("china", "the_starry_night", 96, find_look("ladder").detail)
    problem = make_problem(content, style, weights="bundled")
    for weights, image in table.images.items():
        assert image.shape == content.shape and image.min() >= 0 and image.max() <= 1
        assert table.style_losses[weights] == pytest.approx(problem(image, 1, 1)[0].style, rel=1e-3)


def test_one_ratio_is_one_picture(capsys):
    """A factor before the whole loss moves no minimum: nothing but alpha and beta is in it, no smoothing either."""
    table = nst.alpha_beta_grid("china", "the_starry_night", alphas=(1, 10), betas=(100.0, 1e3), iterations=30, **SMALL)
    losses = table.style_losses
    assert losses[1, 100.0] == pytest.approx(losses[10, 1e3], rel=0.15)
    assert losses[1, 1e3] < 0.8 * losses[1, 100.0]


@pytest.mark.parametrize(
    "wrong", [{"alphas": ()}, {"betas": (1.0, 1.0)}, {"alphas": (0,)}, {"betas": (-1,)}, {"alphas": (np.nan,)}]
)
def test_tables_that_make_no_sense_are_refused(wrong):
    with pytest.raises(OptionError):
        nst.alpha_beta_grid(**wrong)


def test_layers_give_back_content_and_texture(capsys):
    made = nst.layer_pictures("chelsea", "the_starry_night", content_layer="block1_conv2",
                              style_layers=("block1_conv1", "block2_conv1"), iterations=25, **SMALL)  # fmt: skip
    content = nst.load_image("chelsea", size=48)
    style = nst.load_image("the_starry_night", shape=content.shape[:2])
    assert np.corrcoef(made.reconstruction.ravel(), content.ravel())[0, 1] > 0.8
    nearer = np.linalg.norm(made.texture.mean((0, 1)) - style.mean((0, 1)))
    assert nearer < 0.5 * np.linalg.norm(0.5 - style.mean((0, 1))), "the texture has the style's colours"
    where = [(picture - picture.mean((0, 1))).ravel() for picture in (made.texture, content)]  # colours aside
    assert abs(np.corrcoef(where)[0, 1]) < 0.3, "and nothing of the content"
    assert "block1_conv2 keeps" in capsys.readouterr().out


def test_an_unknown_layer_is_refused():
    with pytest.raises(LayerError, match="block1_conv2"):
        nst.layer_pictures(content_layer="block1_conv9", **SMALL)


def test_the_layer_widget_paints_with_what_was_chosen(capsys):
    widget = nst.explore_layers("chelsea", iterations=1, **SMALL)
    lists, (button, _), shown = widget.children[0].children, widget.children[1].children, widget.children[2]
    lists[0].value, lists[1].value = "block2_conv2", ("block1_conv1",)
    button.click()
    assert "block2_conv2 keeps, and the texture that block1_conv1 keep" in capsys.readouterr().out
    assert not button.disabled and shown is widget.children[-1]
