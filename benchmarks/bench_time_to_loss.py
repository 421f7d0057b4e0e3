"""How much sooner the engine reaches the loss that the tutorial's loop, Adam(0.02), has after 500 steps.

    python benchmarks/bench_time_to_loss.py [--size 256] [--beta 100 1000 10000]

The tutorial's 500 losses are computed by the engine's own step, which gives the same losses (bench_step.py shows it)
and is quicker to wait for; its time is 500 times the tutorial's step, measured in turns with the engine's in this run.
"""

import argparse
import time

import numpy as np
from tutorial_loops import tensorflow_step

import nst
from nst.engine import Problem, Run

STEPS, ALPHA = 500, 1.0


def step_seconds(content, style, problem, rounds=4):
    """(tutorial's, ours) wall-clock and processor seconds of one step, the shortest of some rounds taken in turns."""
    tutorial = tensorflow_step(content, style, ALPHA, 1e3)
    loops = (tutorial, lambda x: problem(x, ALPHA, 1e3))
    rows = [[], []]
    for _ in range(rounds + 1):
        for row, loop in zip(rows, loops, strict=True):
            wall, processor = time.perf_counter(), time.process_time()
            loop(content)
            row.append((time.perf_counter() - wall, time.process_time() - processor))
    return [np.min(row[1:], axis=0) for row in rows]


def evaluations_to(problem, beta, target, limit=200):
    """How many evaluations L-BFGS takes to reach the target, None if more than `limit`."""
    run = Run(problem)
    return next((r.step for r in run.records(ALPHA, beta, limit) if r.best_loss <= target), None)


def main(size, betas):
    content = nst.load_image("ball_and_shadow", size=size)
    style = nst.load_image("the_starry_night", shape=content.shape[:2])
    problem = Problem(content, style)
    tutorial, ours = step_seconds(content, style, problem)
    wall, processor = tutorial / ours
    print(
        f"{size} px: tutorial's step {tutorial[0]:.3f} s, ours {ours[0]:.3f} s; {wall:.1f} (processor {processor:.1f})"
    )
    print(
        "| beta | loss after 500 Adam steps | evaluations | fewer | sooner (wall, processor) |\n|---|---|---|---|---|"
    )
    for beta in betas:
        adam = Run(problem, "adam")
        target = [adam.step(ALPHA, beta) for _ in range(STEPS)][-1].loss
        count = evaluations_to(problem, beta, target)
        fewer = STEPS / count if count else float("nan")
        print(
            f"| {beta:g} | {target:.4g} | {count} | {fewer:.1f} | {fewer * wall:.0f}, {fewer * processor:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--beta", type=float, nargs="+", default=[1e2, 1e3, 1e4])
    options = parser.parse_args()
    main(options.size, options.beta)
