"""The reference is the master notebooks' solution cells; outside numbers and finite differences agree with it."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from autograder.authoring.masters import MasterError, Masters
from nst.checks.toy_problems import ToyProblem

MASTERS = Masters()
POINTS = {
    "01_feature_maps": {"feature_matrix": 6, "inner_product": 3, "feature_distance": 4},
    "02_content_loss": {"content_loss_layer": 5, "content_loss": 4, "content_gradient": 6},
    "03_gram_matrices": {"gram_matrix": 8, "gram_matrices": 3},
    "04_style_loss": {"style_loss_layer": 7, "style_loss": 5, "style_gradient": 11},
    "05_style_transfer": {"total_loss": 2, "activation_gradients": 9, "gradient_step": 3, "style_transfer": 10},
    "07_backward": {
        "relu_backward": 1,
        "pool_backward": 2,
        "conv_backward": 3,
        "preprocess_backward": 1,
        "image_gradient": 3,
    },
}
OPTIONAL, ON_TOP = "07_backward", 10
WRITTEN = 14  # points of the two reflections


@pytest.mark.shipped
def test_exercises_and_points_are_those_of_the_design():
    flat = {name: value for notebook in POINTS.values() for name, value in notebook.items()}
    assert MASTERS.points == flat and MASTERS.exercises() == list(flat)
    assert {name: MASTERS.notebook_of(name) for name in flat} == {
        name: nb for nb, names in POINTS.items() for name in names
    }
    assert sum(flat.values()) + WRITTEN == 100 + ON_TOP and sum(POINTS[OPTIONAL].values()) == ON_TOP


def test_a_published_number_is_met():
    """A A^T of the 3 x 2 matrix that a public course tests its Gram matrix with."""
    A = np.array([[-3.404881, 7.183007], [2.534576, -2.5186315], [-3.8986888, -2.9244845]])
    row = MASTERS.reference("gram_matrix")(A)[0]
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
    f, found = MASTERS.reference(loss), MASTERS.reference(gradient)(F, target)
    for i, k in np.ndindex(N, M):
        assert np.isclose(found[i, k], slope(lambda X: f(X, target), F, i, k), rtol=1e-6, atol=1e-9)


def test_activation_gradients_are_the_slopes_of_the_total_loss():
    rng = np.random.default_rng(6)
    x = {layer: rng.normal(size=(3, 4)) for layer in "abc"}
    p = {layer: rng.normal(size=(3, 4)) for layer in "ab"}
    A = {layer: (S := rng.normal(size=(3, 4))) @ S.T for layer in "bc"}

    def total(layer, F):
        now = {**x, layer: F}
        content, style = MASTERS.reference("content_loss")(now, p), MASTERS.reference("style_loss")(now, A)
        return MASTERS.reference("total_loss")(content, style, 0.3, 70.0)

    found = MASTERS.reference("activation_gradients")(x, p, A, 0.3, 70.0)
    assert set(found) == set("abc")
    for layer in "abc":
        assert np.isclose(found[layer][1, 2], slope(lambda F, layer=layer: total(layer, F), x[layer], 1, 2), rtol=1e-6)


def test_feature_matrix_follows_its_definition():
    activation = np.random.default_rng(7).normal(size=(2, 3, 4))
    F = MASTERS.reference("feature_matrix")(activation)
    assert F.shape == (4, 6)
    assert all(F[i, k] == activation[k // 3, k % 3, i] for i in range(4) for k in range(6))
    assert np.isclose(MASTERS.reference("feature_distance")(F, F[::-1]), np.linalg.norm(F - F[::-1]))


def test_algorithm_1_by_hand():
    """On the fold |x - 1| with steps of 1/2 from 3: losses 2, 1.5, 1, 0.5, 0, 0.5..."""
    toy = ToyProblem("vee", np.ones((1, 1, 1)), np.ones((1, 1, 1)))
    x0 = np.full((1, 1, 1), 3.0)
    image, loss, losses = MASTERS.reference("style_transfer")(x0, toy, 4, 0.5)
    assert (image.item(), loss, list(losses), x0.item()) == (1.5, 0.5, [2, 1.5, 1, 0.5], 3)
    nowhere = ToyProblem("vee", np.ones((1, 1, 1)), np.ones((1, 1, 1)), ((x0, np.inf, np.nan),))
    image, loss, losses = MASTERS.reference("style_transfer")(x0, nowhere, 3, 0.5)
    assert (image.item(), loss) == (3, np.inf) and np.isnan(losses).all() and image is not x0


def copy_of_masters(tmp_path):
    copy = tmp_path / "masters"
    shutil.copytree(MASTERS.folder, copy, ignore=shutil.ignore_patterns("*.png", "*.jpg"))
    return copy


def edit(path, cell_id, change):
    book = json.loads(path.read_text())
    (cell,) = [cell for cell in book["cells"] if cell["id"] == cell_id]
    change(cell)
    path.write_text(json.dumps(book))


def test_another_folder_of_masters_is_another_course(tmp_path):
    copy = copy_of_masters(tmp_path)
    book, before = copy / "03_gram_matrices.ipynb", Masters(copy)
    edit(book, "gram_matrix", lambda cell: cell.update(source="def gram_matrix(F):\n    return 42"))
    edit(book, "test_gram_matrix", lambda cell: cell["metadata"]["nbgrader"].update(points=20))
    after = Masters(copy)
    assert after.reference("gram_matrix")(None) == 42 and after.points["gram_matrix"] == 20
    assert MASTERS.reference("gram_matrix")(np.eye(2)).tolist() == [[1, 0], [0, 1]]
    assert after == Masters(copy) and hash(after) == hash(Masters(copy)) and after not in (before, MASTERS)


def test_functions_know_numpy_and_their_own_notebook_only():
    scope = MASTERS.namespace("style_loss")
    assert {"np", "gram_matrix", "style_loss_layer", "style_loss"} <= set(scope)
    assert "content_loss" not in scope and "nst" not in scope


def test_what_students_hand_in_is_what_has_points():
    assert MASTERS.graded() == list(POINTS)  # not 06
    assert MASTERS.optional == {OPTIONAL} and MASTERS.wanted() == [name for name in POINTS if name != OPTIONAL]


def test_a_result_is_of_the_points_that_are_asked_for():
    books = [SimpleNamespace(name=name, max_score=sum(points.values())) for name, points in POINTS.items()]
    assert MASTERS.most(books) == 100 - WRITTEN


def test_lacking_masters_are_reported(tmp_path):
    with pytest.raises(MasterError, match="no master notebooks in"):
        Masters(tmp_path)
    with pytest.raises(MasterError, match=r"no exercise 'gram'.*gram_matrix"):
        MASTERS.reference("gram")
    copy = copy_of_masters(tmp_path)
    edit(copy / "03_gram_matrices.ipynb", "gram_matrix", lambda cell: cell["metadata"].pop("nbgrader"))
    with pytest.raises(MasterError, match="check cell without a solution cell: gram_matrix"):
        Masters(copy)
