"""How much sooner the engine reaches the loss that the tutorial's loop, Adam(0.02), has after 500 steps.

    python benchmarks/bench_time_to_loss.py [--size 256] [--beta 100 1000 10000]

The tutorial's 500 losses are computed by the engine's own step, which gives the same losses (bench_step.py shows it)
and is quicker to wait for; its time is 500 times the tutorial's step, the shortest of several in this run. Ours is the
time of the whole run, optimiser and all.
"""

import argparse
import time

import numpy as np
from tutorial_loops import tensorflow_step

import nst
from nst.engine import Run
from nst.problem import Problem

STEPS, ALPHA = 500, 1.0


def tutorial_step_seconds(content, style, rounds=5):
    """Wall-clock seconds of one step of TensorFlow's tutorial, the shortest of some rounds."""
    step, times = tensorflow_step(content, style, ALPHA, 1e3), []
    for turn in range(rounds + 1):
        started = time.perf_counter()
        step(content * np.float32(1 - 0.1 * turn))
        times.append(time.perf_counter() - started)
    return min(times[1:])  # the first compiles


def seconds_to(problem, beta, target, limit=200):
    """(evaluations, wall-clock seconds) that L-BFGS takes to reach the target; NaN if more than `limit`."""
    run = Run(problem)
    found = next((r for r in run.records(ALPHA, beta, limit) if r.best_loss <= target), None)
    return (found.step, found.seconds) if found else (float("nan"), float("nan"))


def main(size, betas):
    content = nst.load_image("ball_and_shadow", size=size)
    style = nst.load_image("the_starry_night", shape=content.shape[:2])
    problem = Problem(content, style)
    problem(content * np.float32(0.9), ALPHA, 1.0)  # compiles
    step = tutorial_step_seconds(content, style)
    print(f"{size} px: 500 steps of the tutorial, {step:.3f} s each, take {STEPS * step:.0f} s")
    print("| beta | loss after 500 Adam steps | our evaluations | our seconds | sooner |\n|---|---|---|---|---|")
    for beta in betas:
        adam = Run(problem, "adam")
        target = [adam.step(ALPHA, beta) for _ in range(STEPS)][-1].loss
        count, seconds = seconds_to(problem, beta, target)
        print(f"| {beta:g} | {target:.4g} | {count} | {seconds:.1f} | {STEPS * step / seconds:.0f} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--beta", type=float, nargs="+", default=[1e2, 1e3, 1e4])
    options = parser.parse_args()
    main(options.size, options.beta)
