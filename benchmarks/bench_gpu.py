"""A step on this machine's GPU by each Keras backend that is installed: seconds, share of the card's own rate, memory.

    python benchmarks/bench_gpu.py [SIZE ...]     (pip install keras torch, or jax[cuda13], or tensorflow[and-cuda])

Needs nothing but `nst` with NumPy, Numba and Keras: the weights are random ones of VGG19's shapes, since speed does not
ask what they are. Each backend and way has a process of its own. "rate" is the operations of the direct convolutions,
forward to block5_conv1 and back to the image, by the time; "of its own" is that by the rate of one convolution of 512
channels, measured in the same precision in the same process. "300 steps" is a picture with L-BFGS, at the largest size.
The agreement is with the NumPy engine, at 64 px: of losses and gradient (norms). Without a GPU it runs small, to
show that it works: 32 px, each backend's usual way; 300 steps are reckoned from three.
"""

import functools
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from nst.compute import weights
from nst.compute.backends import keras, parts, placed
from nst.compute.machine import BACKENDS, KINDS, backend_of, device, installed, package, way_of
from nst.constants import LAYERS

SIZES, STEPS = (256, 512, 1024, 2048), 300
COLUMNS = ("kind", "px", "s a step", "TFLOP/s", "of its own", f"{STEPS} steps, s", "peak GiB", "losses", "gradient")


def random_weights(*_):
    """VGG19's shapes, scaled so that activations neither vanish nor grow (He et al. 2015)."""
    rng, layers = np.random.default_rng(0), {}
    for layer, inputs, outputs in zip(LAYERS, weights.CHANNELS[:-1], weights.CHANNELS[1:], strict=True):
        kernel = rng.standard_normal((3, 3, inputs, outputs)) * np.sqrt(2 / (9 * inputs))
        layers[layer] = (kernel.astype(np.float32), np.zeros(outputs, np.float32))
    return weights.Weights(layers, "random", Path("random"))


def operations(size):
    """Floating-point operations of one forward and backward pass by direct convolutions."""
    used = LAYERS[: 1 + LAYERS.index("block5_conv1")]
    pairs = zip(used, weights.CHANNELS[:-1], weights.CHANNELS[1:], strict=False)
    return sum(2 * 2 * 9 * i * o * (size >> (int(name[5]) - 1)) ** 2 for name, i, o in pairs)


def pictures(size):
    return np.random.default_rng(1).random((3, size, size, 3)).astype(np.float32)


def seconds(work, rounds=5):
    """The shortest of some rounds; each must bring a number to the host, so that nothing is still under way."""
    times = []
    for turn in range(rounds):
        started = time.perf_counter()
        work(turn)
        times.append(time.perf_counter() - started)
    return min(times)


def own_rate(kind, side):
    """Operations a second of one 3 x 3 convolution of 512 channels in the precision of that kind."""
    ops, rng = keras(kind).ops, np.random.default_rng(2)
    cast = "bfloat16" if way_of(kind) == "bfloat16" else "float32"
    a, kernel = (
        ops.cast(ops.convert_to_tensor(rng.standard_normal(shape).astype(np.float32)), cast)
        for shape in ((1, side, side, 512), (3, 3, 512, 512))
    )
    way = "" if way_of(kind) == "bfloat16" else way_of(kind)
    convolve = parts().compiled(lambda a, kernel: ops.sum(ops.conv(a, kernel, padding="same")), way)
    float(convolve(a, kernel))  # compiles
    return 2 * 9 * 512 * 512 * side**2 / seconds(lambda _: float(ops.cast(convolve(a, kernel), "float32")))


def peak_gib(kind):
    """Memory at its peak, of the GPU where there is one; else of this process."""
    name = backend_of(kind)
    if not device().startswith("GPU"):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    if name == "tensorflow":
        return package("tensorflow").config.experimental.get_memory_info("GPU:0")["peak"] / 2**30
    if name == "jax":
        return (package("jax").devices()[0].memory_stats() or {}).get("peak_bytes_in_use", 0) / 2**30
    cuda = package("torch").cuda
    return cuda.max_memory_allocated() / 2**30 if cuda.is_available() else np.nan


def one_kind(kind, sizes):
    """Print a line of JSON for each size."""
    from nst.engine import Run
    from nst.problem import Problem

    content, style, x = pictures(64)
    exact, slope = Problem(content, style, kind="winograd")(x, 1.0, 1e3)
    found, gradient = Problem(content, style, kind=kind)(x, 1.0, 1e3)
    losses = max(abs(a / b - 1) for a, b in zip(found, exact, strict=True))
    agreement = [f"{losses:.1e}", f"{np.linalg.norm(gradient - slope) / np.linalg.norm(slope):.1e}"]
    own = own_rate(kind, max(sizes) // 16)
    for size in sizes:
        content, style, x = pictures(size)
        problem = Problem(content, style, kind=kind)
        image = placed(x, kind)
        problem(image, 1.0, 1e3)  # compiles
        step = seconds(lambda turn, problem=problem, image=image: problem(image * (1 - 0.01 * turn), 1.0, 1e3))
        painting = np.nan
        if size == max(sizes):
            run, started = Run(problem, x0=content), time.perf_counter()
            for _ in range(STEPS if device().startswith("GPU") else 3):
                run.step(1.0, 1e3)
            painting = (time.perf_counter() - started) * STEPS / run.steps
        rate = operations(size) / step
        row = [kind, size, f"{step:.4f}", f"{rate / 1e12:.3g}", f"{rate / own:.0%}"]
        row += ["" if np.isnan(painting) else f"{painting:.1f}", f"{peak_gib(kind):.2f}", *agreement]
        print(json.dumps(row), flush=True)


def main(sizes):
    print("|", " | ".join(COLUMNS), "|\n" + len(COLUMNS) * "|---" + "|", flush=True)
    for kind in KINDS:
        if not (name := backend_of(kind)) or (way_of(kind) and not device().startswith("GPU")):
            continue
        if not installed(name):
            print(f"| {kind} | {BACKENDS[name]} is not installed: pip install {name}", 7 * "|", flush=True)
            continue
        command = [sys.executable, __file__, "--one", kind, *map(str, sizes)]
        own = {**os.environ, "KERAS_BACKEND": name}
        done = subprocess.run(command, env=own, capture_output=True, text=True)
        rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
        for row in rows:
            print("|", " | ".join(map(str, row)), "|", flush=True)
        if done.returncode:
            print(f"| {kind} | {(done.stderr.strip().splitlines() or ['failed'])[-1][:150]}", 7 * "|", flush=True)
    print(f"\n{device()}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        random_weights = functools.cache(random_weights)
        import nst.network

        nst.network.load_weights = random_weights
        one_kind(sys.argv[2], [int(size) for size in sys.argv[3:]])
    else:
        main([int(size) for size in sys.argv[1:]] or (SIZES if device().startswith("GPU") else (32,)))
