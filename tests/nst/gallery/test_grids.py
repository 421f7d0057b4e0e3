"""The alpha/beta grid and the layer explorer, at the smallest size."""

import numpy as np
import pytest

import nst
from nst.errors import LayerError, OptionError

SMALL = {"size": 48, "weights": "bundled", "progress": False}


def test_more_beta_means_less_style_loss_and_more_content_loss(capsys):
    table = nst.alpha_beta_grid("chelsea", "the_starry_night", betas=(1.0, 1e3), iterations=8, **SMALL)
    assert list(table.images) == [(1.0, 1.0), (1.0, 1e3)]
    assert table.style_losses[1.0, 1e3] < table.style_losses[1.0, 1.0]
    assert table.content_losses[1.0, 1e3] > table.content_losses[1.0, 1.0]
    assert "β/α = 1e+03: content loss" in capsys.readouterr().out


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
