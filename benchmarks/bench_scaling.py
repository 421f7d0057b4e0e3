"""How step time and memory grow with the pixels, against the operations and the machine's own matrix products.

    python benchmarks/bench_scaling.py [SIZE ...]

"direct" counts the multiplications and additions of the convolutions, forward to block5_conv1 and back to the image.
Winograd's form needs a quarter of them, so a rate above the matrix product's is possible. Each size runs in a process
of its own, whose peak memory is what it says.
"""

import resource
import subprocess
import sys
import time

import numpy as np

import nst
from nst.compute.weights import load_weights
from nst.compute.winograd_network import Convolution

SIZES = (64, 128, 256, 512, 1024)


def operations(height, width):
    """Floating-point operations of one forward and backward pass by direct convolutions."""
    layers, total = load_weights().layers, 0
    for name in nst.LAYERS[: 1 + nst.LAYERS.index("block5_conv1")]:
        kernel, bias = layers[name]
        if not Convolution(kernel, bias).identity:  # as bundled, each fourth convolution of a block: left out
            total += 2 * 2 * kernel.size * height * width / 4 ** (int(name[5]) - 1)
    return total


def matrix_rate(n=4096, rounds=3):
    """Operations a second of the machine's large float32 matrix product, the best of some rounds."""
    a = np.random.default_rng(0).random((n, n), np.float32)
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        a @ a
        times.append(time.perf_counter() - started)
    return 2 * n**3 / min(times)


def one_size(size):
    """Print the shortest of some steps in seconds, and the process's peak memory in GiB."""
    from nst.problem import Problem

    rate = matrix_rate()  # before the engine takes the threads for itself
    content = np.random.default_rng(0).random((size, size, 3), np.float32)
    problem = Problem(content, content[::-1])
    times = []
    for turn in range(4):
        x = content * np.float32(1 - 0.1 * turn)  # another image each time: the network remembers the last one
        started = time.perf_counter()
        problem(x, 1.0, 1e3)
        times.append(time.perf_counter() - started)
    print(min(times), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, rate)


def main(sizes):
    print(
        "| size | seconds | direct GFLOP | GFLOP/s | matrix product | ratio | peak GiB |\n|---|---|---|---|---|---|---|"
    )
    for size in sizes:
        command = [sys.executable, __file__, "--one", str(size)]
        last = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
        seconds, peak, rate = map(float, last.split())
        flop = operations(size, size) / 1e9
        speed = (
            f"{seconds:.3f} | {flop:.0f} | {flop / seconds:.0f} | {rate / 1e9:.0f} | {flop / seconds / rate * 1e9:.2f}"
        )
        print(f"| {size} | {speed} | {peak:.2f} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one_size(int(sys.argv[2]))
    else:
        main([int(size) for size in sys.argv[1:]] or SIZES)
