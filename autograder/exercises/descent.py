"""Notebook 05: Algorithm 1, tried on toy problems whose run is known: descents, overshoots, ties, holes of NaN."""

import numpy as np

from nst.toys import ToyProblem

from .model import Exercise, Inputs, Known, Limit

NAN, INF = np.nan, np.inf


def runs(rng):
    """(x0, loss_and_gradient, num_iterations, learning_rate)."""
    yield _case(rng, "a steady descent", _slow, _falls)
    yield _case(rng, "the lowest loss in mid-run", _overshooting, _lowest_inside, "ordinary")
    yield _case(rng, "the lowest loss in mid-run, float32", _overshooting, _lowest_inside, "ordinary", dtype=np.float32)
    yield _case(rng, "steps so large that x0 is the best", _wild, _lowest_first, "x0 best")
    yield _case(rng, "NaN in mid-run", _overshooting, _lowest_inside, "not finite", holes=lambda best: {best - 1: NAN})
    yield _case(
        rng,
        "NaN at x0 and infinity later",
        _overshooting,
        _lowest_inside,
        "not finite",
        holes=lambda best: {0: NAN, best + 1: INF},
    )
    yield _case(
        rng,
        "minus infinity in mid-run",
        _overshooting,
        _lowest_inside,
        "not finite",
        holes=lambda best: {best + 1: -INF},
    )
    yield _tied(rng)
    yield _never_finite(rng)
    yield _case(rng, "a single iteration", _slow, lambda losses: True, "one iteration", iterations=1)


def _case(rng, about, draw, wanted, tag="ordinary", holes=None, iterations=None, dtype=float):
    """Draw a problem until its losses are as wanted; then lay holes at some of the images that the run comes to."""
    while True:
        count = iterations or int(rng.integers(5, 8))
        shape = [(1, 2, 3), (2, 1, 3), (2, 2, 3)][rng.integers(3)]
        rate = int(rng.integers(2, 7)) / 16
        x0 = (rng.integers(-8, 17, shape) / 8).astype(dtype)
        offset, stiffness = draw(rng, shape)
        problem = ToyProblem("bowl", x0 - offset, stiffness / rate)
        images, losses = _follow(problem, x0, count, rate)
        if not wanted(losses):
            continue
        if holes:
            laid = holes(int(np.argmin(losses)))
            problem = ToyProblem(
                "bowl", problem.centre, problem.stiffness, tuple(_hole(images, t, v) for t, v in laid.items())
            )
        return Inputs((x0, problem, count, rate), about, frozenset({tag}))


def _follow(problem, x, count, rate):
    """The images and losses that a right run comes to: used to shape a problem, never to judge an answer."""
    images, losses = [], []
    for _ in range(count):
        loss, slope = problem(x)
        images.append(x)
        losses.append(loss)
        x = x - rate * slope
    return images, np.array(losses)


def _hole(images, t, value):
    distance = min(np.max(np.abs(images[t] - x)) for i, x in enumerate(images) if i != t)
    return images[t], float(0.4 * distance), value


def _signs(rng, shape):
    return rng.choice([-1.0, 1.0], shape)


def _slow(rng, shape):
    """Offsets from the centre, and stiffness times learning rate, of a run that comes nearer at each step."""
    return _signs(rng, shape) * rng.integers(8, 25, shape) / 8, rng.integers(4, 10, shape) / 16


def _wild(rng, shape):
    """A run that leaves the centre at once."""
    return _signs(rng, shape) * rng.integers(1, 5, shape) / 16, rng.integers(48, 65, shape) / 16


def _overshooting(rng, shape):
    """Most entries come nearer; the first is nearly at its centre, and each step throws it farther out."""
    offset, stiffness = _slow(rng, shape)
    offset.flat[0], stiffness.flat[0] = rng.integers(1, 3) / 16, rng.integers(44, 56) / 16
    return offset, stiffness


def _falls(losses):
    return bool(np.all(losses[1:] < 0.97 * losses[:-1]))


def _lowest_inside(losses):
    """The lowest loss is well below the others, and neither among the first two nor among the last two."""
    best = int(np.argmin(losses))
    return 2 <= best <= len(losses) - 3 and np.sort(losses)[1] > 1.02 * losses[best]


def _lowest_first(losses):
    return bool(np.all(losses[1:] > 1.1 * losses[0]))


def _tied(rng):
    """A fold: the run reaches its bottom and jumps to and fro; all numbers are exact in float32, so losses are equal."""
    shape, rate, stiffness = (1, 2, 3), 1 / 8, int(rng.integers(2, 6))
    x0 = rng.integers(-8, 17, shape) / 8
    away = rng.integers(1, 4, shape) + 0.5
    away.flat[0] = 3.5
    problem = ToyProblem("vee", x0 - _signs(rng, shape) * away * rate * stiffness, np.full(shape, float(stiffness)))
    return Inputs((x0, problem, int(rng.integers(6, 8)), rate), "equal lowest losses", frozenset({"ties"}))


def _never_finite(rng):
    shape, rate, count = (1, 2, 3), int(rng.integers(2, 7)) / 16, int(rng.integers(3, 6))
    x0 = rng.integers(-8, 17, shape) / 8
    offset, stiffness = _slow(rng, shape)
    everywhere = ((x0, INF, NAN), (x0, 1e-3, INF))
    problem = ToyProblem("bowl", x0 - offset, stiffness / rate, everywhere)
    return Inputs((x0, problem, count, rate), "no finite loss at all", frozenset({"never finite"}))


def _loop(keep="best_image, best_loss = x.copy(), loss", test="np.isfinite(loss) and loss < best_loss", **other):
    """The body of a run of Algorithm 1 with one of its lines replaced."""
    lines = {
        "start": "x = np.array(x0)",
        "best": "best_image, best_loss, losses = x.copy(), np.inf, []",
        "times": "for t in range(num_iterations):",
        "evaluate": "loss, gradient = loss_and_gradient(x)",
        "record": "losses.append(loss)",
        "test": f"if {test}:",
        "keep": keep,
        "step": "x = gradient_step(x, gradient, learning_rate)",
        "end": "return best_image, best_loss, losses",
    } | other
    indents = {"evaluate": 4, "record": 4, "test": 4, "keep": 8, "step": 4}
    return "\n".join(
        " " * indents.get(name, 0) + line for name, text in lines.items() for line in text.split("\n") if line
    )


STYLE_TRANSFER = Exercise(
    "style_transfer",
    runs,
    (
        Known(
            "aliased_best",
            "bookkeeping",
            _loop(keep="best_image, best_loss = x, loss", step="x -= learning_rate * gradient"),
            "best_image is x itself, not a copy, and so moves on with every `x -= ...`: keep x.copy().",
        ),
        Known(
            "last_image",
            "bookkeeping",
            _loop(end="return x, best_loss, losses"),
            "You return the image after the last step (x, or a name that still is x): return the copy that was kept when the "
            "loss was lowest.",
        ),
        Known(
            "last_evaluated",
            "bookkeeping",
            _loop(
                evaluate="loss, gradient = loss_and_gradient(x)\nlast = x.copy()", end="return last, losses[-1], losses"
            ),
            "You return the last image evaluated and its loss: return the one with the lowest loss of the whole run.",
        ),
        Known(
            "image_after_step",
            "bookkeeping",
            _loop(
                test="True",
                keep="before = x",
                step="x = gradient_step(x, gradient, learning_rate)\n"
                "if np.isfinite(loss) and loss < best_loss:\n    best_image, best_loss = x.copy(), loss",
            ),
            "The image kept is one step too late: the loss belongs to x before the step, so keep x before you update it.",
        ),
        Known(
            "uphill",
            "printed",
            _loop(step="x = x + learning_rate * gradient"),
            "The loop climbs: the gradient is subtracted, as in equation (11); (1) and (2) of the note have the wrong sign.",
        ),
        Known(
            "along_loss",
            "printed",
            _loop(step="x = x - learning_rate * loss"),
            "You step along the loss, as Algorithm 1 is printed: it is the gradient that gives the direction.",
        ),
        Known(
            "one_step_too_many",
            "bookkeeping",
            _loop(times="for t in range(num_iterations + 1):"),
            "There is one evaluation too many: x^0 ... x^(T-1) are evaluated, num_iterations calls in all.",
        ),
        Known(
            "one_step_too_few",
            "bookkeeping",
            _loop(times="for t in range(1, num_iterations):"),
            "There is one evaluation too few: range(1, T) runs T - 1 times, and num_iterations calls are wanted.",
        ),
        Known(
            "start_not_evaluated",
            "bookkeeping",
            _loop(
                times="x = gradient_step(x, loss_and_gradient(x)[1], learning_rate)\nfor t in range(num_iterations):",
            ),
            "The first step comes before the first loss is recorded: x^0 is evaluated, too, and may be the best.",
        ),
        Known(
            "start_no_candidate",
            "edge",
            _loop(test="t > 0 and np.isfinite(loss) and loss < best_loss"),
            "The loss of x0 is recorded, but x0 can never be the best: start with best_loss = infinity, before the loop.",
        ),
        Known(
            "nan_is_best",
            "edge",
            _loop(test="not loss >= best_loss", best="best_image, best_loss, losses = x.copy(), np.inf, []"),
            "A NaN loss is taken for the best: every comparison with NaN is false, so `not loss >= best_loss` lets it in. "
            "Test np.isfinite(loss).",
        ),
        Known(
            "nan_by_argmin",
            "edge",
            "x = np.array(x0)\nimages, losses = [], []\nfor t in range(num_iterations):\n"
            "    loss, gradient = loss_and_gradient(x)\n    images.append(x.copy())\n    losses.append(loss)\n"
            "    x = gradient_step(x, gradient, learning_rate)\nbest = int(np.argmin(losses))\nreturn images[best], losses[best], losses",
            "np.argmin returns the place of a NaN when there is one: leave losses out that are not finite.",
        ),
        Known(
            "minus_infinity_is_best",
            "edge",
            _loop(test="loss < best_loss"),
            "A loss of minus infinity is taken for the best: it is below every number, but not finite. Test np.isfinite(loss).",
        ),
        Known(
            "first_loss_as_best",
            "edge",
            _loop(
                record="losses.append(loss)\nif t == 0:\n    best_loss = loss",
                test="t > 0 and np.isfinite(loss) and loss < best_loss",
            ),
            "best_loss starts as the loss of x0, and when that is NaN nothing is ever below it: start with infinity.",
        ),
        Known(
            "worst_kept",
            "sign",
            _loop(
                best="best_image, best_loss, losses = x.copy(), -np.inf, []",
                test="np.isfinite(loss) and loss > best_loss",
            ),
            "You keep the image with the highest loss: the comparison is the wrong way round.",
        ),
        Known(
            "last_of_ties",
            "edge",
            _loop(test="np.isfinite(loss) and loss <= best_loss"),
            "Of several images with the same lowest loss you keep the last: keep the first, with `<` for `<=`.",
        ),
        Known(
            "best_losses_recorded",
            "bookkeeping",
            _loop(record="", step="losses.append(best_loss)\nx = gradient_step(x, gradient, learning_rate)"),
            "losses holds the best loss so far: record the loss of each step itself, also when it is no improvement.",
        ),
        Known(
            "improvements_recorded",
            "bookkeeping",
            _loop(record="", keep="best_image, best_loss = x.copy(), loss\nlosses.append(loss)"),
            "losses holds the improvements only: record the loss of every evaluation, num_iterations of them.",
        ),
        Known(
            "x0_modified",
            "in_place",
            _loop(start="x = x0", step="x -= learning_rate * gradient"),
            "The first answer is right, but x0 has changed: `x = x0` is no copy, and `x -= ...` writes into it. Start from "
            "x0.copy().",
        ),
        Known(
            "stops_at_rise",
            "bookkeeping",
            _loop(record="losses.append(loss)\nif loss > best_loss:\n    break"),
            "The loop ends when the loss rises: go on to num_iterations, the loss may fall again.",
        ),
        Known(
            "stops_at_nan",
            "edge",
            _loop(record="losses.append(loss)\nif not np.isfinite(loss):\n    break"),
            "The loop ends at the first loss that is not finite: record it and go on.",
        ),
        Known(
            "nan_not_recorded",
            "edge",
            _loop(record="if np.isfinite(loss):\n    losses.append(loss)"),
            "Losses that are not finite are missing in losses: they are never the best, but recorded.",
        ),
        Known(
            "clipped",
            "mask",
            _loop(step="x = np.clip(x - learning_rate * gradient, 0, 1)"),
            "The image is clipped to [0, 1] after each step: Algorithm 1 does not, only show and save_image do.",
        ),
        Known(
            "steps_from_best",
            "formula",
            _loop(step="x = best_image - learning_rate * gradient"),
            "Each step starts from the best image: it starts from the current one, x^(t+1) = x^t - ...",
        ),
        Known(
            "x_never_moves",
            "formula",
            _loop(evaluate="loss, gradient = loss_and_gradient(np.array(x0))"),
            "The loss and gradient are those of x0 in every step: evaluate at the current x.",
        ),
        Known(
            "no_rate",
            "formula",
            _loop(step="x = x - gradient"),
            "The learning rate is not used: the step is learning_rate times the gradient.",
        ),
        Known(
            "loss_of_next",
            "bookkeeping",
            _loop(
                record="",
                test="np.isfinite(loss) and loss < best_loss",
                step="x = gradient_step(x, gradient, learning_rate)\nlosses.append(loss_and_gradient(x)[0])",
            ),
            "losses holds the losses after each step: record the loss of x before the step, x^0 first.",
        ),
    ),
    {
        "explicit_step": _loop(step="x = x - learning_rate * gradient"),
        "in_place_on_a_copy": _loop(start="x = x0.astype(float)", step="x -= learning_rate * gradient"),
        "all_kept": "x, images, losses = np.array(x0), [], []\nfor t in range(num_iterations):\n"
        "    loss, gradient = loss_and_gradient(x)\n    images.append(x)\n    losses.append(loss)\n"
        "    x = x - learning_rate * gradient\nfinite = [l if np.isfinite(l) else np.inf for l in losses]\n"
        "best = int(np.argmin(finite))\nreturn images[best], finite[best], np.array(losses)",
        "while_loop_and_prints": "x = x0.copy()\nbest = (x0.copy(), float('inf'))\nlosses = np.zeros(num_iterations)\nt = 0\n"
        "while t < num_iterations:\n    losses[t], gradient = loss_and_gradient(x)\n    print(t, losses[t])\n"
        "    if np.isfinite(losses[t]) and losses[t] < best[1]:\n        best = (x.copy(), losses[t])\n"
        "    x = gradient_step(x, gradient, learning_rate)\n    t += 1\nreturn best[0], best[1], losses",
        "float32_and_a_list": _loop(
            start="x = np.array(x0, dtype=np.float32)",
            step="x = np.float32(x - np.float32(learning_rate) * gradient)",
            end="return [best_image.tolist(), np.array(best_loss), losses]",
        ),
    },
    (
        Limit(
            "never_finite",
            "edge",
            "never finite",
            "Right unless no loss is finite: then return a copy of x0, infinity, and the losses.",
        ),
        Limit(
            "not_finite",
            "edge",
            "not finite",
            "Right unless some losses are NaN or infinite: these are recorded, but never the best.",
        ),
        Limit("ties", "edge", "ties", "Right unless several images have the same lowest loss: keep the first of them."),
        Limit(
            "x0_best", "edge", "x0 best", "Right unless x0 is the best image of all: it is a candidate like the others."
        ),
        Limit(
            "one_iteration", "edge", "one iteration", "Right unless num_iterations is 1: then x0 alone is evaluated."
        ),
    ),
    parts=("gradient_step",),
)

EXERCISES = (STYLE_TRANSFER,)
