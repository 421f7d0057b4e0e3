"""Seconds of a picture by the default look at 128, 256 and 512 pixels, and the memory of one at 1024.

    python benchmarks/bench_looks.py [--sizes 128 256 512 1024]

Each size is painted in a process of its own, the ball (4 : 3) in the manner of The Starry Night.
"""

import argparse
import json
import subprocess
import sys

BUDGETS = {128: 6, 256: 20, 512: 90}  # seconds, two free cores
PROGRAM = """
import json, resource, sys
import nst
nst.stylize("ball", "starry_night", size=48, iterations=2)  # weights, kernels
result = nst.stylize("ball", "starry_night", size=int(sys.argv[1]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([result.seconds, [scale.steps for scale in result.scales], result.beta, peak / 2**20]))
"""


def main(sizes):
    print("| size | evaluations | seconds | budget | beta found | peak memory, GiB |\n|---|---|---|---|---|---|")
    for size in sizes:
        done = subprocess.run([sys.executable, "-c", PROGRAM, str(size)], capture_output=True, text=True, check=True)
        seconds, steps, beta, peak = json.loads(done.stdout.splitlines()[-1])
        budget = BUDGETS.get(size, "")
        print(
            f"| {size} | {' + '.join(map(str, steps))} | {seconds:.1f} | {budget} | {beta:.3g} | {peak:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[128, 256, 512, 1024])
    main(parser.parse_args().sizes)
