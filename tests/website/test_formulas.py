"""Formulas: drawn once, said in words, and an error where the TeX is wrong."""

import re

import pytest

from tools.website.formulas import drawn, spoken


@pytest.mark.parametrize(
    ("tex", "words"),
    [
        (
            r"G^l_{ij} = \sum_k F^l_{ik}\, F^l_{jk} \tag{6}",
            "G sub i j to the l equals sum over k of F",
        ),
        (
            r"\lVert F \rVert = \sqrt{\langle F, F \rangle}",
            "norm of F equals square root of open angle",
        ),
        (r"w \leftarrow w - \eta", "w becomes w minus eta"),
        (r"L_{style}", "L sub style"),
    ],
)
def test_a_formula_is_said_as_one_would_say_it(tex, words):
    assert spoken(tex, block=True).startswith(words)


def test_its_number_is_said_and_the_drawing_has_ids_of_its_own():
    assert spoken(r"x = y \tag{6}", block=True) == "x equals y, equation 6"
    one, other = drawn("x^2", block=False), drawn("x^2", block=False)
    assert 'role="img" aria-label="x squared"' in one and "<title" not in one and "#111" not in one
    ids = [set(re.findall(r' id="([^"]*)"', each)) for each in (one, other)]
    assert ids[0] and not ids[0] & ids[1]
    assert set(re.findall(r'href="#([^"]*)"', one)) <= ids[0]


def test_wrong_tex_ends_the_build():
    with pytest.raises(ValueError, match=r"."):
        drawn(r"\frac{1", block=False)
