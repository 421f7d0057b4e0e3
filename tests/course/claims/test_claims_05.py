"""Notebook 05: every sentence with a number or a comparison, recomputed from the cells' own values."""

import numpy as np
import pytest

import claims
import nst
from claims import student_plan_only

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run():
    return claims.run("05")


def grey(picture):
    return picture.mean(axis=2)


def blue(picture):
    """How much bluer than grey the picture is, on average."""
    return float((picture[..., 2] - grey(picture)).mean())


def alike(one, other):
    return np.corrcoef(grey(one).ravel(), grey(other).ravel())[0, 1]


def period(picture):
    """After how many pixels sideways, from 2 to 6, a picture is most like itself again."""
    values = picture - picture.mean()
    return max(range(2, 7), key=lambda lag: (values[:, lag:] * values[:, :-lag]).mean())


def test_claim_number_of_total_loss(run):
    """content 2, style 3, $\\alpha = 10$, $\\beta = 100$ give 320"""
    assert run.total_loss(2, 3, 10, 100) == 320


def test_claim_doubling_both(run):
    """doubling both doubles the loss everywhere"""
    assert run.total_loss(2, 3, 20, 200) == 2 * run.total_loss(2, 3, 10, 100)


def test_claim_double_exposure(run):
    """Style falls because the painting's pixels come in; content rises because the painting's *things* come in too.
    With the small $\\beta$ the ball is the best of these pictures, with the large one the painting"""
    measured = run.after["demo_double_exposure"].measured
    assert (np.diff([losses.style for losses in measured]) < 0).all()
    assert (np.diff([losses.content for losses in measured]) > 0).all()
    small, large = (values for _, values in run.after["demo_double_exposure"].curves.values())
    assert np.argmin(small) == 0 and np.argmin(large) == len(large) - 1


def test_claim_content_is_silent(run):
    """at $\\vec x = \\vec p$ we have $F = P$, so its gradient is exactly zero"""
    now = run.after["demo_wishes"]
    assert not now.content_only(run.ball)[1].any() and now.content_only(now.mixed)[1].any()


def test_claim_style_at_the_edges(run):
    """Style wishes for most at the edges of ball and shadow, and faintly on the wall"""
    size = np.abs(run.after["demo_wishes"].style_only(run.ball)[1]).mean(axis=2)
    edge = np.hypot(*np.gradient(grey(run.ball)))
    wall = size[10:30, 80:-10]
    assert size[edge > np.quantile(edge, 0.97)].mean() > 4 * wall.mean() > 0


@pytest.mark.tensorflow
def test_claim_tape(run):
    """both agree at every one of the picture's numbers"""
    now = run.after["demo_gradient_tape"]
    assert np.abs(now.by_tape - now.by_hand).max() < 1e-4 * np.abs(now.by_tape).max()


def test_claim_first_step(run):
    """The cell takes one such step with $d = 0.1$"""
    now = run.after["demo_one_step"]
    assert np.abs(now.after - run.ball).max() == pytest.approx(0.1, rel=1e-4)


def test_claim_number_of_style_transfer(run):
    """from `x0 = [4.0]`, with 3 iterations and $\\eta = 0.25$, the losses are 16, 4, 1
    and the best picture is `[1.0]`"""
    best, _, losses = run.style_transfer(np.array([4.0]), lambda x: (float(x[0] ** 2), 2 * x), 3, 0.25)
    assert list(losses) == [16, 4, 1] and list(best) == [1]


@student_plan_only
def test_claim_painted_ball(run):
    """rings and bricks, hardly any yellow"""
    painted, style = run.after["demo_painted_ball"].best_image, run.after["demo_painted_ball"].style
    assert yellow(painted) < 0.2 * yellow(style)


def yellow(picture):
    """Share of the pixels whose red and green are well above their blue."""
    picture = np.clip(picture, 0, 1)
    return float((picture[..., :2].min(axis=2) > picture[..., 2] + 0.15).mean())


@student_plan_only
def test_claim_sweep(run):
    """0.03 is safe and slow, 0.1 is faster, and 0.3 gets lowest ... its loss
    grows step by step by factors, until it is no longer a number and the line ends"""
    slow, faster, lowest, wild = run.after["demo_sweep"].walks.values()
    assert slow[-1] > 2 * faster[-1] > 4 * lowest[-1] and (np.diff(slow) < 0).all()
    assert np.nanmax(wild) == 5 * wild[0] and not np.isfinite(wild[-1])


@student_plan_only
def test_claim_best_before_the_crash(run):
    """Your loop still returns the best picture before the crash, plain or with green stains"""
    content, wild = run.after["demo_sweep"].content, run.after["demo_sweep"].pictures[-1]
    green = np.clip(wild, 0, 1)
    stained = green[..., 1] > green[..., [0, 2]].max(axis=2) + 0.2
    assert 0.01 < stained.mean() < 0.2 and alike(wild, content) > 0.8


@student_plan_only
def test_claim_blue_in_shadow_and_wall(run):
    """two with blue shadow and wall"""
    _, second, third, _ = run.after["demo_sweep"].pictures
    assert blue(third) > blue(second) > 0.02


def test_claim_misprint_darkens(run):
    """every value only makes the picture darker ... Both walks take a first step of the same
    length"""
    now = run.after["demo_misprint"]
    change = now.ends[1] - now.start
    assert change.max() < 0 and np.ptp(change) < 1e-3 * -change.mean()


@student_plan_only
def test_claim_misprint_rises(run):
    """With the gradient the loss falls; as printed it dips a little, then rises"""
    right, printed = run.after["demo_misprint"].walks.values()
    assert (np.diff(right) < 0).all()
    assert printed[0] > min(printed) > 0.8 * printed[0] and printed[-1] > 2 * printed[0]


def test_claim_mid_run(run):
    """a valley whose best point lies in mid-run. Each book-keeper *claims* a loss; the last column is what its point is
    really worth"""
    now = run.after["demo_keep_best"]
    assert 3 < now.first < len(now.losses) - 3
    true = {name: claim == now.valley(point)[0] for name, (claim, point) in now.keepers.items()}
    assert true == {
        "yours": True,
        "stores the next point": False,
        "stores no copy": False,
        "looks at every fourth": True,
    }
    assert now.keepers["looks at every fourth"][0] > now.keepers["yours"][0]


@pytest.fixture(scope="module")
def rembrandt(run):
    return run.after["demo_rembrandt"]


@student_plan_only
def test_claim_hardly_any_style_loss(rembrandt):
    """Darkness and gold have come, and hardly any style loss is left"""
    for image in rembrandt.results.values():
        assert rembrandt.style_only(image)[0] < 0.03 * rembrandt.style_only(rembrandt.photo)[0]
        assert grey(image).mean() < 0.75 * grey(rembrandt.photo).mean()


@student_plan_only
def test_claim_light_of_the_cat(rembrandt):
    """each result is bright where the cat was bright, on nose and cheeks, and not where the portrait is"""
    for image in rembrandt.results.values():
        assert alike(image, rembrandt.photo) > 0.5 > 0 > alike(image, rembrandt.portrait)


def test_claim_factors_of_30(rembrandt):
    """with $\\beta$ growing by factors of 30"""
    assert [float(name.removeprefix("beta = ")) for name in rembrandt.results] == [1e3, 3e4, 1e6]


def test_claim_moved_light(run):
    """Content is about equally far away in all four. Style hardly minds where the light is: 8 to 41 times less than it
    minds the cat, the nearer of the two strangers"""
    distances = run.after["demo_moved_light"].distances
    content = [d.content for d in distances.values()]
    assert max(content) < 1.5 * min(content)
    cat, stars = distances["a cat"].style, distances["The Starry Night"].style
    ratios = [cat / distances[name].style for name in ("upside down", "light at the margins")]
    assert stars > cat and [round(ratio) for ratio in ratios] == [8, 41]


def test_claim_wall(run):
    """The marks repeat about every four pixels at either size ... At 48 pixels the same four pixels cover more than
    twice as much of the wall"""
    large, small = (run.after["demo_wall"].wall_wishes(size) for size in (128, 48))
    assert period(large) == period(small) == 4
    assert 4 / small.shape[1] > 2 * 4 / large.shape[1]


@student_plan_only
def test_claim_small_to_large(run):
    """the pagoda painted at three sizes, finer and finer: deep blue shadows, a green and yellow sky"""
    pictures = list(run.after["demo_small_to_large"].painted.values())
    photo, last = run.after["demo_small_to_large"].photo, pictures[-1]
    assert [picture.shape[1] for picture in pictures] == [48, 80, 128]
    dark = grey(last) < np.quantile(grey(last), 0.2)
    assert (last[dark][:, 2] - last[dark][:, 0]).mean() > 0.15
    sky = last[:50, 70:].mean(axis=(0, 1))
    assert sky[1] > sky[2] and alike(last, photo) > 0.6


def test_every_claim_is_said():
    assert not claims.misquoted("05", globals())


def test_pictures_are_of_what_the_titles_say():
    """The cat and Mona Lisa are asked for by name, so a student's own originals do not come under these titles."""
    source = "".join(cell.source for cell in claims.read(claims.master("05")).cells if cell.cell_type == "code")
    assert '"oski"' not in source and '"old_man_in_red"' not in source
    assert {"chelsea", "mona_lisa"} <= set(nst.asset_names())
