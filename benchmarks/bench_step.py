"""One gradient step at 128, 256 and 512 px: the engine against the tutorials' loops, in one run, taking turns.

    python benchmarks/bench_step.py [SIZE ...]     (pip install torch==2.13.0 for the PyTorch row)

Wall-clock times are the shortest of several rounds; processor seconds are given too, since they tell more where the
machine is shared. All must agree on the loss.
"""

import sys
import time

import numpy as np
from tutorial_loops import STEPS

import nst

ALPHA, BETA, ROUNDS = 1.0, 1e3, 6


def measure(size):
    content = nst.load_image("ball_and_shadow", size=size)
    style = nst.load_image("the_starry_night", shape=content.shape[:2])
    x = (0.7 * content + 0.3 * style).astype(np.float32)
    steps = {name: make(content, style, ALPHA, BETA) for name, make in STEPS.items()}
    steps = {name: step for name, step in steps.items() if step is not None}
    losses = {name: step(x)[0] for name, step in steps.items()}  # compiles
    times = {name: [] for name in steps}
    for _ in range(ROUNDS):
        x = x * np.float32(0.99)  # as when optimising, no image comes twice
        for name, step in steps.items():
            wall, processor = time.perf_counter(), time.process_time()
            step(x)
            times[name].append((time.perf_counter() - wall, time.process_time() - processor))
    return losses, {name: np.min(rows, axis=0) for name, rows in times.items()}


def main(sizes):
    print(
        "| size | step | seconds | processor s | loss | nst is faster by (wall, processor) |\n|---|---|---|---|---|---|"
    )
    for size in sizes:
        losses, times = measure(size)
        for name, (wall, processor) in times.items():
            ratio = f"{wall / times['nst'][0]:.1f}, {processor / times['nst'][1]:.1f}" if name != "nst" else ""
            print(f"| {size} | {name} | {wall:.3f} | {processor:.2f} | {losses[name]:.6g} | {ratio} |", flush=True)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [128, 256, 512])
