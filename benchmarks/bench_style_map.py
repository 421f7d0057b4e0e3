"""How long a style map takes: the course's pictures, and a thousand small variants of them in a folder made here.

    python benchmarks/bench_style_map.py [--pictures 1000] [--size 128]

Prints seconds, pictures a second, what a second run takes, and how much memory the process held at most so far.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

import nst


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--size", type=int, default=128, help="pixels a side (default: 128)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        report("the course's pictures", None, folder / "first", options.size)
        make_variants(folder / "pictures", options.pictures)
        made = report(f"{options.pictures} variants", folder / "pictures", folder / "cache", options.size)
        report("the same, known already", folder / "pictures", folder / "cache", options.size)
        name = made.names[0]
        print(f"nearest to {name}: {timed(lambda: made.nearest(name)):.2f} s; map: {timed(made.positions):.2f} s")
        own = [
            near.name.rsplit("_", 1)[0] == n.rsplit("_", 1)[0] for n in made.names[::37] for near in made.nearest(n, 5)
        ]
        print(f"of the 5 nearest by style, {np.mean(own):.0%} are variants of the same picture")


def report(what, images, cache, size):
    """Make the map and print one line about it."""
    started = time.perf_counter()
    made = nst.style_map(images, size=size, cache=cache, progress=False)
    seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pace = len(made) / seconds
    print(f"{what}: {len(made)} pictures, {made.computed} computed, {seconds:.1f} s, {pace:.0f} a second, "
          f"at most {memory:.0f} MB in memory")  # fmt: skip
    return made


def make_variants(folder, count):
    """Parts of the course's pictures, 160 pixels wide, of random place, brightness and grain; always the same ones."""
    folder.mkdir()
    names, rng = sorted(nst.asset_names()), np.random.default_rng(0)
    names = [name for name in names if "stands in" not in nst.asset_note(name)]
    pictures = [nst.load_image(name, size=400) for name in names]
    for i in range(count):
        picture = pictures[i % len(names)]
        top, left = rng.integers(picture.shape[0] - 160), rng.integers(picture.shape[1] - 160)
        part = picture[top : top + 160, left : left + 160] * rng.uniform(0.7, 1.0)
        noisy = part + rng.normal(scale=0.01, size=part.shape)
        nst.save_image(folder / f"{names[i % len(names)]}_{i:04}.jpg", noisy)


def timed(action):
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
