"""style_transfer: Algorithm 1. Its known mistakes, most of them one wrong line of the loop, and other right answers."""

import numpy as np

from autograder.exercises.model import AtWork, Exercise, Limit, LineByLine
from autograder.exercises.toy_runs import runs

exercise = Exercise(
    "style_transfer",
    runs,
    parts=("gradient_step",),
    results=("best_image", "best_loss", "losses"),
    limits=(
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
            "Right unless a loss is NaN on the way: it is recorded, but never the best.",
        ),
        Limit(
            "nan_at_x0",
            "edge",
            "NaN at x0",
            "Right unless the loss of x0 is NaN: no number is less than NaN, so with what does best_loss begin?",
        ),
        Limit(
            "infinite_at_x0",
            "edge",
            "infinite at x0",
            "Right unless the loss of x0 is infinite: then any finite one is better.",
        ),
        Limit(
            "small_improvements",
            "edge",
            "small",
            "Right unless a loss is only a little lower than the best: a lower loss is a better one, however little.",
        ),
        Limit(
            "scale",
            "edge",
            "scale",
            "Right unless losses are very large or small: is there a number in your code that they are compared with?",
        ),
        Limit("zero_loss", "edge", "zero loss", "Right unless a loss is exactly zero: that is lower than any other."),
        Limit("ties", "edge", "ties", "Right unless several images have the same lowest loss: keep the first of them."),
        Limit(
            "x0_best", "edge", "x0 best", "Right unless x0 is the best image of all: it is a candidate like the others."
        ),
        Limit(
            "one_iteration", "edge", "one iteration", "Right unless num_iterations is 1: then x0 alone is evaluated."
        ),
    ),
    at_work=AtWork("x f 34 0.1", filters=3, positions=12288, calls=3),
)

loop = LineByLine(
    exercise,
    {
        "head": "def style_transfer(x0, loss_and_gradient, num_iterations, learning_rate):",
        "start": "    x = np.array(x0)",
        "best": "    best_image, best_loss, losses = x.copy(), np.inf, []",
        "times": "    for t in range(num_iterations):",
        "evaluate": "        loss, gradient = loss_and_gradient(x)",
        "record": "        losses.append(loss)",
        "test": "        if np.isfinite(loss) and loss < best_loss:",
        "keep": "            best_image, best_loss = x.copy(), loss",
        "step": "        x = gradient_step(x, gradient, learning_rate)",
        "end": "    return best_image, best_loss, losses",
    },
)

loop.mistake(
    "aliased_best",
    "bookkeeping",
    "best_image is x itself, not a copy, and so moves on with every `x -= ...`: keep x.copy().",
    keep="best_image, best_loss = x, loss",
    step="x -= learning_rate * gradient",
)
loop.mistake(
    "last_image",
    "bookkeeping",
    "You return the image after the last step (x, or a name that still is x): return the copy that was kept when "
    "the loss was lowest.",
    end="return x, best_loss, losses",
)
loop.mistake(
    "last_evaluated",
    "bookkeeping",
    "You return the last image evaluated and its loss: return the one with the lowest loss of the whole run.",
    evaluate="loss, gradient = loss_and_gradient(x)\nlast = x.copy()",
    end="return last, losses[-1], losses",
)
loop.mistake(
    "image_after_step",
    "bookkeeping",
    "The image kept is one step too late: the loss belongs to x before the step, so keep x before you update it.",
    evaluate="loss, gradient = loss_and_gradient(x)\nx = gradient_step(x, gradient, learning_rate)",
    step="",
)
loop.mistake(
    "uphill",
    "printed",
    "The loop climbs: the gradient is subtracted, as in equation (11); (1) and (2) of the note have the wrong sign.",
    step="x = x + learning_rate * gradient",
)
loop.mistake(
    "along_loss",
    "printed",
    "You step along the loss, as Algorithm 1 is printed: it is the gradient that gives the direction.",
    step="x = x - learning_rate * loss",
)
loop.mistake(
    "one_step_too_many",
    "bookkeeping",
    "There is one evaluation too many: x^0 ... x^(T-1) are evaluated, num_iterations calls in all.",
    times="for t in range(num_iterations + 1):",
)
loop.mistake(
    "one_step_too_few",
    "bookkeeping",
    "There is one evaluation too few: range(1, T) runs T - 1 times, and num_iterations calls are wanted.",
    times="for t in range(1, num_iterations):",
)
loop.mistake(
    "start_not_evaluated",
    "bookkeeping",
    "The first step comes before the first loss is recorded: x^0 is evaluated, too, and may be the best.",
    times="x = gradient_step(x, loss_and_gradient(x)[1], learning_rate)\nfor t in range(num_iterations):",
)
loop.mistake(
    "start_no_candidate",
    "edge",
    "The loss of x0 is recorded, but x0 can never be the best: start with best_loss = infinity, before the loop.",
    test="if t > 0 and np.isfinite(loss) and loss < best_loss:",
)
loop.mistake(
    "nan_is_best",
    "edge",
    "A NaN loss is taken for the best: every comparison with NaN is false, so `not loss >= best_loss` lets it in."
    " Test np.isfinite(loss).",
    test="if not loss >= best_loss:",
)


@exercise.mistake("edge")
def nan_by_argmin(x0, loss_and_gradient, num_iterations, learning_rate):
    """np.argmin returns the place of a NaN when there is one: leave losses out that are not finite."""
    x = np.array(x0)
    images, losses = [], []
    for t in range(num_iterations):
        loss, gradient = loss_and_gradient(x)
        images.append(x.copy())
        losses.append(loss)
        x = gradient_step(x, gradient, learning_rate)
    best = int(np.argmin(losses))
    return images[best], losses[best], losses


loop.mistake(
    "first_loss_as_best",
    "edge",
    "best_loss starts as the loss of x0, and when that is NaN nothing is ever below it: start with infinity.",
    record="losses.append(loss)\nif t == 0:\n    best_loss = loss",
    test="if t > 0 and np.isfinite(loss) and loss < best_loss:",
)
loop.mistake(
    "worst_kept",
    "sign",
    "You keep the image with the highest loss: the comparison is the wrong way round.",
    best="best_image, best_loss, losses = x.copy(), -np.inf, []",
    test="if np.isfinite(loss) and loss > best_loss:",
)
loop.mistake(
    "last_of_ties",
    "edge",
    "Of several images with the same lowest loss you keep the last: keep the first, with `<` for `<=`.",
    test="if np.isfinite(loss) and loss <= best_loss:",
)
loop.mistake(
    "best_losses_recorded",
    "bookkeeping",
    "losses holds the best loss so far: record the loss of each step itself, also when it is no improvement.",
    record="",
    step="losses.append(best_loss)\nx = gradient_step(x, gradient, learning_rate)",
)
loop.mistake(
    "improvements_recorded",
    "bookkeeping",
    "losses holds the improvements only: record the loss of every evaluation, num_iterations of them.",
    record="",
    keep="best_image, best_loss = x.copy(), loss\nlosses.append(loss)",
)
loop.mistake(
    "x0_modified",
    "in_place",
    "The first answer is right, but x0 has changed: `x = x0` is no copy, and `x -= ...` writes into it. Start "
    "from x0.copy().",
    start="x = x0",
    step="x -= learning_rate * gradient",
)
loop.mistake(
    "stops_at_rise",
    "bookkeeping",
    "The loop ends when the loss rises: go on to num_iterations, the loss may fall again.",
    record="losses.append(loss)\nif loss > best_loss:\n    break",
)
loop.mistake(
    "stops_at_nan",
    "edge",
    "The loop ends at the first loss that is not finite: record it and go on.",
    record="losses.append(loss)\nif not np.isfinite(loss):\n    break",
)
loop.mistake(
    "nan_not_recorded",
    "edge",
    "Losses that are not finite are missing in losses: they are never the best, but recorded.",
    record="if np.isfinite(loss):\n    losses.append(loss)",
)
loop.mistake(
    "clipped",
    "mask",
    "The image is clipped to [0, 1] after each step: Algorithm 1 does not, only show and save_image do.",
    step="x = np.clip(x - learning_rate * gradient, 0, 1)",
)
loop.mistake(
    "steps_from_best",
    "formula",
    "Each step starts from the best image: it starts from the current one, x^(t+1) = x^t - ...",
    step="x = best_image - learning_rate * gradient",
)
loop.mistake(
    "x_never_moves",
    "formula",
    "The loss and gradient are those of x0 in every step: evaluate at the current x.",
    evaluate="loss, gradient = loss_and_gradient(np.array(x0))",
)
loop.mistake(
    "no_rate",
    "formula",
    "The learning rate is not used: the step is learning_rate times the gradient.",
    step="x = x - gradient",
)
loop.mistake(
    "loss_of_next",
    "bookkeeping",
    "losses holds the losses after each step: record the loss of x before the step, x^0 first.",
    record="",
    test="if np.isfinite(loss) and loss < best_loss:",
    step="x = gradient_step(x, gradient, learning_rate)\nlosses.append(loss_and_gradient(x)[0])",
)


loop.variant("explicit_step", step="x = x - learning_rate * gradient")
loop.variant("in_place_on_a_copy", start="x = x0.astype(float)", step="x -= learning_rate * gradient")


@exercise.variant
def all_kept(x0, loss_and_gradient, num_iterations, learning_rate):
    x, images, losses = np.array(x0), [], []
    for t in range(num_iterations):
        loss, gradient = loss_and_gradient(x)
        images.append(x)
        losses.append(loss)
        x = x - learning_rate * gradient
    finite = [l if np.isfinite(l) else np.inf for l in losses]
    best = int(np.argmin(finite))
    return images[best], finite[best], np.array(losses)


@exercise.variant
def while_loop_and_prints(x0, loss_and_gradient, num_iterations, learning_rate):
    x = x0.copy()
    best = (x0.copy(), float("inf"))
    losses = np.zeros(num_iterations)
    t = 0
    while t < num_iterations:
        losses[t], gradient = loss_and_gradient(x)
        print(t, losses[t])
        if np.isfinite(losses[t]) and losses[t] < best[1]:
            best = (x.copy(), losses[t])
        x = gradient_step(x, gradient, learning_rate)
        t += 1
    return best[0], best[1], losses


loop.variant(
    "float32_and_a_list",
    start="x = np.array(x0, dtype=np.float32)",
    step="x = np.float32(x - np.float32(learning_rate) * gradient)",
    end="return [best_image.tolist(), np.array(best_loss), losses]",
)
