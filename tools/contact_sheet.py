"""A contact sheet to look at, and what it cost: some contents in some styles, with seconds and quality figures.

python benchmarks/contact_sheet.py [--size 256] [--steps 60]     writes output/contact_sheet.png
"""

import argparse
import time
from pathlib import Path

import nst
from nst.drawing.figures import draw_images, png

CONTENTS = ("ball_and_shadow", "chelsea", "china")
STYLES = ("the_starry_night", "pillars_of_creation", "old_man_in_red", "flower")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=256, help="longest side in pixels (default 256)")
    parser.add_argument("--steps", type=int, default=60, help="evaluations for each picture (default 60)")
    options = parser.parse_args()
    pictures, titles = [], []
    print("| content | style | seconds | loss, of its start | quality |\n|---|---|---|---|---|")
    for content_name in CONTENTS:
        content = nst.load_image(content_name, size=options.size)
        for style_name in STYLES:
            style = nst.load_image(style_name, shape=content.shape[:2])
            started = time.perf_counter()
            result = nst.stylize(content, style, iterations=options.steps)
            seconds, left = time.perf_counter() - started, result.best_loss / result.losses[0]
            figures = nst.quality(result.image, content, style)
            print(f"| {content_name} | {style_name} | {seconds:.1f} | {left:.2%} | {figures} |", flush=True)
            pictures.append(result.image)
            titles.append(f"{content_name}\n{style_name}")
    path = Path("output/contact_sheet.png")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(png(draw_images(pictures, titles, len(STYLES))))
    print(f"\n{path}")


if __name__ == "__main__":
    main()
