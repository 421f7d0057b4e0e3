"""Contact sheets to look at: contents in styles, painted by several recipes, side by side or blind.

    python tools/contact_sheet.py [--pairs tuning|held-out] [--size 192] [--recipes ladder plain ...]
    python tools/contact_sheet.py --blind ladder plain --pairs held-out     # two at a time, left and right by lot
    python tools/contact_sheet.py --count output/blind/answers.csv          # who won

Pictures lie in output/sheets/, one file for each pair and recipe, and are not painted twice. A blind sheet holds
content, style and the two pictures, A and B; output/blind/key.csv says which is which, and is for afterwards. The one
who looks writes answers.csv: a line `sheet,choice,subject` with A, B or = for the better picture, and who of A, B, AB
or neither (-) still shows the subject.
"""

import argparse
import csv
import dataclasses
import random
import time
from collections import Counter
from pathlib import Path

import numpy as np

import nst
from nst import looks
from nst.drawing.figures import draw_images, png

PAIRS = {
    "tuning": [
        ("china", "the_starry_night"),
        ("ball_and_shadow", "the_starry_night"),
        ("chelsea", "village_street_in_auvers"),
        ("astronaut", "the_great_wave"),
        ("rocket", "composition_viii"),
        ("chelsea", "flower"),
        ("coffee", "village_street_in_auvers"),
        ("china", "mona_lisa"),
    ],
    "held-out": [
        ("coffee", "the_starry_night"),
        ("flower", "the_starry_night"),
        ("rocket", "the_starry_night"),
        ("china", "village_street_in_auvers"),
        ("flower", "village_street_in_auvers"),
        ("astronaut", "village_street_in_auvers"),
        ("china", "the_great_wave"),
        ("chelsea", "the_great_wave"),
        ("coffee", "composition_viii"),
        ("china", "composition_viii"),
        ("astronaut", "poppies"),
        ("chelsea", "poppies"),
        ("rocket", "poppies"),
        ("astronaut", "mona_lisa"),
    ],
}
OUTPUT = Path("output")


class Clock:
    """A callback that ends a run after as many seconds of processor time as another one took."""

    def __init__(self, seconds):
        self.seconds, self.started = seconds, time.process_time()

    def __call__(self, record):
        return time.process_time() - self.started < self.seconds


def ladder(content, style, size, _seconds, _beta):
    """The default look."""
    return nst.stylize(content, style, size=size)


def no_brush(content, style, size, _seconds, _beta):
    """The default look as it was before larger sizes were painted with a brush."""
    return nst.stylize(content, style, size=size, look=dataclasses.replace(looks.LOOKS["ladder"], brush=0.0))


def plain(content, style, size, seconds, _beta):
    """One size from the content, beta = 1000, for as long as the default look takes."""
    return nst.stylize(content, style, size=size, look="plain", iterations=1000, callback=Clock(seconds))


def same_beta(content, style, size, seconds, beta):
    """One size from the content with the beta of the default look, for as long as it takes."""
    return nst.stylize(content, style, size=size, look="plain", beta=beta, iterations=1000, callback=Clock(seconds))


def tutorial(content, style, size, _seconds, _beta):
    """TensorFlow's tutorial in the note's terms: Adam 0.02, 500 steps, content block5_conv2, total variation."""
    p = nst.load_image(content, size=size)
    M, N = (p.shape[0] // 16) * (p.shape[1] // 16), 512
    alpha, beta = (
        1e4 * 2 / (N * M),
        1e-2 * 4,
    )  # 1e4 * mean of squares = alpha * (3); 1e-2 * mean of squares = beta * (8)
    options = {"content_layers": "block5_conv2", "smoothing": 30.0, "optimizer": "adam"}
    return nst.stylize(p, style, look="plain", alpha=alpha, beta=beta, iterations=500, **options)


RECIPES = {"ladder": ladder, "no_brush": no_brush, "plain": plain, "same_beta": same_beta, "tutorial": tutorial}


def painted(content, style, size, recipe):
    """The picture, painted or taken from disk."""
    folder = OUTPUT / f"sheets/{size}"
    path, notes = (folder / f"{content}-{style}-{recipe}{end}" for end in (".png", ".txt"))
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        seconds = beta = None
        if recipe in ("plain", "same_beta"):
            painted(content, style, size, "ladder")
            seconds, beta = map(float, (folder / f"{content}-{style}-ladder.txt").read_text().split())
        started = time.process_time()
        result = RECIPES[recipe](content, style, size, seconds, beta)
        spent = time.process_time() - started
        nst.save_image(path, result.image)
        notes.write_text(f"{spent:.2f} {result.beta:.6g}\n")
        print(f"{path}: {len(result.losses)} evaluations, {spent:.1f} s of processor time", flush=True)
    return nst.load_image(path)


def side_by_side(pairs, size, recipes):
    pictures = [painted(c, s, size, recipe) for c, s in pairs for recipe in recipes]
    titles = [f"{c} x {s}\n{recipe}" for c, s in pairs for recipe in recipes]
    path = OUTPUT / "contact_sheet.png"
    path.write_bytes(png(draw_images(pictures, titles, len(recipes))))
    print(path)


def blind(pairs, size, one, other, seed):
    """A sheet for each pair, A and B by lot, and the key."""
    folder, lots = OUTPUT / "blind", random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "key.csv").open("a", newline="") as file:
        for content, style in pairs:
            names = [one, other]
            lots.shuffle(names)
            sheet = f"{lots.getrandbits(32):08x}"
            p = nst.load_image(content, size=size)
            a = nst.load_image(style, shape=p.shape[:2])
            pictures = [p, a, *(painted(content, style, size, name) for name in names)]
            (folder / f"{sheet}.png").write_bytes(png(draw_images(pictures, ["content", "style", "A", "B"], 2)))
            csv.writer(file).writerow([sheet, content, style, *names])


def count(answers):
    """Print how often each recipe won, and how often its subject was still to be seen."""
    key = {row[0]: row[1:] for row in csv.reader((answers.parent / "key.csv").open())}
    wins, seen, met = Counter(), Counter(), Counter()
    for sheet, choice, subject in csv.reader(answers.open()):
        _, _, a, b = key[sheet.strip()]
        match, names = tuple(sorted((a, b))), {"A": a, "B": b}
        wins[match, names.get(choice.strip(), "neither")] += 1
        for letter, name in names.items():
            met[name] += 1
            seen[name] += letter in subject
    for (match, name), number in sorted(wins.items()):
        print(f"{' against '.join(match)}: {name} preferred {number} times")
    for name, number in sorted(met.items()):
        print(f"{name}: subject recognised in {seen[name]} of {number}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pairs", choices=PAIRS, default="tuning")
    parser.add_argument("--number", type=int, help="the first so many pairs only")
    parser.add_argument("--size", type=int, default=192, help="longest side in pixels (default 192)")
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=["ladder", "plain"])
    parser.add_argument("--blind", nargs=2, choices=RECIPES, metavar=("ONE", "OTHER"))
    parser.add_argument("--seed", type=int, default=int(np.random.SeedSequence().entropy % 2**32), help="of the lots")
    parser.add_argument("--count", type=Path, metavar="ANSWERS")
    options = parser.parse_args()
    pairs = PAIRS[options.pairs][: options.number]
    if options.count:
        count(options.count)
    elif options.blind:
        blind(pairs, options.size, *options.blind, options.seed)
    else:
        OUTPUT.mkdir(exist_ok=True)
        side_by_side(pairs, options.size, options.recipes)


if __name__ == "__main__":
    main()
