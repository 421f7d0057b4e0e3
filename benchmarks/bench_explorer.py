"""From a moved slider to the first frame with the new ratio, in a real browser; how many moves of a drag arrive.

    python benchmarks/bench_explorer.py [--size 128] [--app lab|notebook] [--moves 20]

The clock is the page's own: it starts with the key that ends a typed value, and stops when the picture on the page was
made with that ratio. The machine should be otherwise idle: the time is about one and a half steps of the optimisation.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "helpers"))
from jupyter_page import browser, in_kernel, open_notebook, run_all, server, write_notebook

WATCH = """() => {
  const img = document.querySelector('img.nst-frame');
  window.seen = [];
  new MutationObserver(() => window.seen.push([performance.now(), img.dataset.ratio]))
    .observe(img, { attributes: true, attributeFilter: ['data-ratio'] });
}"""
TYPE = """value => {
  const input = document.querySelector('.nst-style-typed input');
  input.value = value;
  window.seen = [];
  window.start = performance.now();
  input.dispatchEvent(new Event('change', { bubbles: true }));
}"""
ANSWERED = "ratio => window.seen.some(([, seen]) => seen === ratio)"
DELAY = "ratio => window.seen.find(([, seen]) => seen === ratio)[0] - window.start"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=128, help="longest side of the picture in pixels (default: 128)")
    parser.add_argument("--app", choices=("lab", "notebook"), default="lab")
    parser.add_argument("--moves", type=int, default=20, help="how many values to type (default: 20)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        folder = Path(folder)
        with server(options.app, folder) as (address, token):
            code = f"import nst\nexplorer = nst.explore(size={options.size}, steps=100_000)\nexplorer"
            write_notebook(folder / "root" / "bench.ipynb", code)
            page = chromium.new_page(viewport={"width": 1200, "height": 1100})
            page.set_default_timeout(120_000)
            open_notebook(page, options.app, address, token, "bench.ipynb")
            run_all(page)
            page.locator(".nst-start").click()
            page.wait_for_selector('img.nst-frame[data-ratio="1000"]')
            page.wait_for_timeout(2000)
            page.evaluate(WATCH)
            report_delays(page, options)
            report_drag(page)
            in_kernel(page, "explorer.close()")


def report_delays(page, options):
    """Type values and wait for the frame of each."""
    delays, rng = [], np.random.default_rng(0)
    for i in range(options.moves):
        page.wait_for_timeout(float(rng.uniform(300, 700)))  # any moment of a step is as likely
        ratio = str(100 + i)
        page.evaluate(TYPE, ratio)
        page.wait_for_function(ANSWERED, arg=ratio)
        delays.append(page.evaluate(DELAY, ratio) / 1000)
    pace = float(in_kernel(page, "print(explorer.painter.seconds_per_step)"))
    print(f"{options.app}, {options.size} px: from a moved slider to its frame: median {np.median(delays):.2f} s, "
          f"90 % within {np.quantile(delays, 0.9):.2f} s ({pace:.2f} s a step at the time)")  # fmt: skip


def report_drag(page):
    """Drag the slider over its marks as fast as a hand does, and count at both ends."""
    in_kernel(page, "heard, used = [], []\nexplorer.panel.beta.typed.observe(lambda c: heard.append(c.new), 'value')\n"
                    "step = explorer.painter.step\n"
                    "explorer.painter.step = lambda s: (used.append(s.ratio), step(s))[1]")  # fmt: skip
    box = page.locator(".nst-style.widget-slider .noUi-handle").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for i in range(30):  # 30 moves in about a second
        page.mouse.move(x + 2 * i - 20, y)
        page.wait_for_timeout(30)
    page.mouse.up()
    page.wait_for_timeout(3000)
    heard = in_kernel(page, "print(len(heard), len(set(used)), used[-1] == explorer.panel.settings().ratio)").split()
    print(f"a drag of 30 moves in about a second: {heard[0]} reached Python, {heard[1]} ratios were painted with; "
          f"the last one is in use: {heard[2]}")  # fmt: skip


if __name__ == "__main__":
    main()
