"""The reference is the master notebooks' solution cells; outside numbers and finite differences agree with it."""

import json
import shutil

import numpy as np
import pytest

from autograder.authoring.masters import (
    MasterError,
    exercises,
    folder,
    namespace,
    notebook_of,
    points,
    reference,
    source_of,
)
from nst.checks.toy_problems import ToyProblem

POINTS = {
    "01_feature_maps": {"feature_matrix": 6, "inner_product": 3, "feature_distance": 4},
    "02_content_loss": {"content_loss_layer": 5, "content_loss": 4, "content_gradient": 6},
    "03_gram_matrices": {"gram_matrix": 8, "gram_matrices": 3},
    "04_style_loss": {"style_loss_layer": 7, "style_loss": 5, "style_gradient": 11},
    "05_style_transfer": {"total_loss": 2, "activation_gradients": 9, "gradient_step": 3, "style_transfer": 10},
}
WRITTEN = 14  # points of the two reflections


def test_exercises_and_points_are_those_of_the_design():
    flat = {name: value for notebook in POINTS.values() for name, value in notebook.items()}
    assert points() == flat and exercises() == list(flat)
    assert {name: notebook_of(name) for name in flat} == {name: nb for nb, names in POINTS.items() for name in names}
    assert sum(flat.values()) + WRITTEN == 100


def test_a_published_number_is_met():
    """A A^T of the 3 x 2 matrix that a public course tests its Gram matrix with."""
    A = np.array([[-3.404881, 7.183007], [2.534576, -2.5186315], [-3.8986888, -2.9244845]])
    row = reference("gram_matrix")(A)[0]
    assert np.allclose(row, [63.1888, -26.721275, -7.7320204], rtol=1e-6)


def slope(f, F, i, k, step=1e-5):
    """The central difference of f with respect to F[i, k]."""
    up, down = F.copy(), F.copy()
    up[i, k] += step
    down[i, k] -= step
    return (f(up) - f(down)) / (2 * step)


@pytest.mark.parametrize(("N", "M"), [(3, 5), (5, 3), (1, 4), (4, 1)])
@pytest.mark.parametrize(
    ("loss", "gradient"), [("content_loss_layer", "content_gradient"), ("style_loss_layer", "style_gradient")]
)
def test_gradients_are_the_slopes_of_their_losses(loss, gradient, N, M):
    rng = np.random.default_rng(5)
    F, P = rng.normal(size=(2, N, M))
    target = P if loss.startswith("content") else P @ P.T
    found = reference(gradient)(F, target)
    for i, k in np.ndindex(N, M):
        assert np.isclose(found[i, k], slope(lambda X: reference(loss)(X, target), F, i, k), rtol=1e-6, atol=1e-9)


def test_activation_gradients_are_the_slopes_of_the_total_loss():
    rng = np.random.default_rng(6)
    x = {layer: rng.normal(size=(3, 4)) for layer in "abc"}
    p = {layer: rng.normal(size=(3, 4)) for layer in "ab"}
    A = {layer: (S := rng.normal(size=(3, 4))) @ S.T for layer in "bc"}

    def total(layer, F):
        now = {**x, layer: F}
        content, style = reference("content_loss")(now, p), reference("style_loss")(now, A)
        return reference("total_loss")(content, style, 0.3, 70.0)

    found = reference("activation_gradients")(x, p, A, 0.3, 70.0)
    assert set(found) == set("abc")
    for layer in "abc":
        assert np.isclose(found[layer][1, 2], slope(lambda F, layer=layer: total(layer, F), x[layer], 1, 2), rtol=1e-6)


def test_feature_matrix_follows_its_definition():
    activation = np.random.default_rng(7).normal(size=(2, 3, 4))
    F = reference("feature_matrix")(activation)
    assert F.shape == (4, 6)
    assert all(F[i, k] == activation[k // 3, k % 3, i] for i in range(4) for k in range(6))
    assert np.isclose(reference("feature_distance")(F, F[::-1]), np.linalg.norm(F - F[::-1]))


def test_algorithm_1_by_hand():
    """On the fold |x - 1| with steps of 1/2 from 3: losses 2, 1.5, 1, 0.5, 0, 0.5..."""
    toy = ToyProblem("vee", np.ones((1, 1, 1)), np.ones((1, 1, 1)))
    x0 = np.full((1, 1, 1), 3.0)
    image, loss, losses = reference("style_transfer")(x0, toy, 4, 0.5)
    assert (image.item(), loss, list(losses), x0.item()) == (1.5, 0.5, [2, 1.5, 1, 0.5], 3)
    nowhere = ToyProblem("vee", np.ones((1, 1, 1)), np.ones((1, 1, 1)), ((x0, np.inf, np.nan),))
    image, loss, losses = reference("style_transfer")(x0, nowhere, 3, 0.5)
    assert (image.item(), loss) == (3, np.inf) and np.isnan(losses).all() and image is not x0


def copy_of_masters(tmp_path, monkeypatch):
    copy = tmp_path / "masters"
    shutil.copytree(folder(), copy, ignore=shutil.ignore_patterns("*.png", "*.jpg"))
    return copy


def edit(path, cell_id, change):
    book = json.loads(path.read_text())
    (cell,) = [cell for cell in book["cells"] if cell["id"] == cell_id]
    change(cell)
    path.write_text(json.dumps(book))


def test_another_folder_of_masters_is_used_where_named(tmp_path, monkeypatch):
    copy = copy_of_masters(tmp_path, monkeypatch)
    edit(
        copy / "03_gram_matrices.ipynb",
        "gram_matrix",
        lambda cell: cell.update(source="def gram_matrix(F):\n    return 42"),
    )
    edit(
        copy / "03_gram_matrices.ipynb", "test_gram_matrix", lambda cell: cell["metadata"]["nbgrader"].update(points=20)
    )
    assert reference("gram_matrix", copy)(None) == 42 and points(copy)["gram_matrix"] == 20
    assert reference("gram_matrix")(np.eye(2)).tolist() == [[1, 0], [0, 1]]
    monkeypatch.setenv("NST_MASTERS", str(copy))
    assert source_of("gram_matrix").endswith("return 42") and points()["gram_matrix"] == 20


def test_functions_know_numpy_and_their_own_notebook_only():
    scope = namespace("style_loss")
    assert {"np", "gram_matrix", "style_loss_layer", "style_loss"} <= set(scope)
    assert "content_loss" not in scope and "nst" not in scope


def test_lacking_masters_are_reported(tmp_path, monkeypatch):
    with pytest.raises(MasterError, match="no master notebooks in"):
        exercises(tmp_path)
    with pytest.raises(MasterError, match=r"no exercise 'gram'.*gram_matrix"):
        reference("gram")
    copy = copy_of_masters(tmp_path, monkeypatch)
    edit(copy / "03_gram_matrices.ipynb", "gram_matrix", lambda cell: cell["metadata"].pop("nbgrader"))
    with pytest.raises(MasterError, match="check cell without a solution cell: gram_matrix"):
        exercises(copy)
