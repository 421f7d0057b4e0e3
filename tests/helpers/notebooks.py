"""The notebooks of both trees and the exercise table of the course contract, for the tests of this folder."""

from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[2]
MASTERS = sorted((ROOT / "solutions/style_transfer").glob("*.ipynb"))
RELEASED = sorted((ROOT / "course/style_transfer").glob("*.ipynb"))
NAMES = (
    "01_feature_maps",
    "02_content_loss",
    "03_gram_matrices",
    "04_style_loss",
    "05_style_transfer",
    "06_explore",
)
OPTIONAL = ("07_backward",)  # its points come on top, and nobody has to hand it in
# exercise -> (notebook, signature, points): what graders and gradebooks key on, so it is stated twice on purpose
EXERCISES = {
    "feature_matrix": ("01_feature_maps", "activation", 6),
    "inner_product": ("01_feature_maps", "F, P", 3),
    "feature_distance": ("01_feature_maps", "F, P", 4),
    "content_loss_layer": ("02_content_loss", "F, P", 5),
    "content_loss": ("02_content_loss", "features_x, features_p", 4),
    "content_gradient": ("02_content_loss", "F, P", 6),
    "gram_matrix": ("03_gram_matrices", "F", 8),
    "gram_matrices": ("03_gram_matrices", "features", 3),
    "style_loss_layer": ("04_style_loss", "F, A", 7),
    "style_loss": ("04_style_loss", "features_x, style_grams, weights=None", 5),
    "style_gradient": ("04_style_loss", "F, A", 11),
    "total_loss": ("05_style_transfer", "content, style, alpha, beta", 2),
    "activation_gradients": ("05_style_transfer", "features_x, features_p, style_grams, alpha, beta", 9),
    "gradient_step": ("05_style_transfer", "x, gradient, learning_rate", 3),
    "style_transfer": ("05_style_transfer", "x0, loss_and_gradient, num_iterations, learning_rate", 10),
    "relu_backward": ("07_backward", "g, z", 1),
    "pool_backward": ("07_backward", "g, a, kind", 2),
    "conv_backward": ("07_backward", "g, kernel", 3),
    "preprocess_backward": ("07_backward", "g", 1),
    "image_gradient": ("07_backward", "steps, wishes", 3),
}


def read(path):
    return nbformat.read(path, as_version=4)


def grading(cell):
    """The cell's nbgrader metadata, or an empty dict."""
    return cell.metadata.get("nbgrader", {})


def is_check(cell):
    return bool(grading(cell).get("grade")) and not grading(cell).get("solution")


def needs_solution(cell):
    return is_check(cell) or "needs-solution" in cell.metadata.get("tags", [])
