"""Command line: python -m nst stylize CONTENT STYLE -o OUT | frames STYLE FRAME... -o FOLDER | weights | doctor.

Exit codes: 0 done; 1 doctor found something missing; 2 bad input, in one line; 130 interrupted.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nst.errors import NSTError, OptionError

if TYPE_CHECKING:
    import numpy as np


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = parser().parse_args(arguments)
    try:
        return options.run(options)
    except NSTError as error:
        print(f"nst: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("nst: interrupted", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    main_parser = argparse.ArgumentParser(prog="python -m nst", description="Neural Style Transfer: helper commands.")
    commands = main_parser.add_subparsers(required=True, metavar="command")
    paint = commands.add_parser("stylize", help="paint one picture in the manner of another")
    paint.set_defaults(run=run_stylize)
    paint.add_argument("content", help="picture to paint: asset name, file or http(s) address")
    paint.add_argument("style", help="picture whose manner to take")
    paint.add_argument("-o", "--output", required=True, metavar="OUT", help="where to write (.png or .jpg)")
    paint.add_argument("--size", type=int, default=256, help="longest side in pixels (default 256)")
    paint.add_argument("--look", help="ladder (default): from small to large; plain: at one size, as the note has it")
    paint.add_argument(
        "--strength", type=float, help="how much style: 1 (default) suits most, 0.01 a hint, 20 nearly all"
    )
    paint.add_argument("--iterations", type=int, help="evaluations of the loss, at all sizes")
    paint.add_argument("--alpha", type=float, help="weight of the content loss")
    paint.add_argument("--beta", type=float, help="weight of the style loss, instead of --strength")
    paint.add_argument("--optimizer", help="lbfgs (default), adam or gd, the note's gradient descent")
    paint.add_argument("--precision", help="auto (default), float32 or bfloat16")
    paint.add_argument("--seed", type=int, help="for --start noise: the same number gives the same picture")
    paint.add_argument("--start", help="content (default), noise or a picture to start from")
    paint.add_argument("--smoothing", type=float, help="weight of the total variation (try 300)")
    paint.add_argument("--colours", help="style (default) or content: whose colours to show")
    paint.add_argument("--mask", help="picture: style goes where it is light, the content stays where it is dark")
    paint.add_argument("--pooling", help="max (default) or average")
    paint.add_argument("--mix", nargs=2, metavar=("STYLE2", "SHARE"), help="a second style and its share, 0 to 1")
    paint.add_argument("--style-weights", metavar="WEIGHTS", help="another network's weights for the style features")
    paint.add_argument("--style-pooling", metavar="POOLING", help="another pooling for the style features")
    paint.add_argument("--quality", action="store_true", help="print figures of the result's quality")
    paint.add_argument("--weights", help='"auto" (default), "bundled", "imagenet" or a Keras VGG19 .h5 file')
    film = commands.add_parser("frames", help="paint a sequence of frames, each starting from the last result")
    film.set_defaults(run=run_frames)
    film.add_argument("style", help="picture whose manner to take")
    film.add_argument("frames", nargs="+", metavar="FRAME", help="pictures of one size, in order")
    film.add_argument("-o", "--output", required=True, metavar="FOLDER", help="where to write 0001.png and so on")
    film.add_argument("--size", type=int, default=256, help="longest side in pixels (default 256)")
    fetch = commands.add_parser("weights", help="say which network weights are in use, or download ImageNet VGG19")
    fetch.set_defaults(run=run_weights)
    fetch.add_argument("--download", action="store_true", help="download ImageNet VGG19 (80 MB) into Keras's cache")
    commands.add_parser("doctor", help="versions, device, weights, what is missing").set_defaults(run=run_doctor)
    return main_parser


def run_stylize(options: argparse.Namespace) -> int:
    """Stylise with a progress bar; an interrupted run saves its best image so far."""
    from nst.drawing.progress import Progress
    from nst.images.loading import load_image, save_image
    from nst.painting import stylize

    check_output(options.output)
    content = load_image(options.content, size=options.size)
    chosen, progress = read_keywords(options, content), Progress()
    result = stylize(content, read_styles(options), callback=progress, **chosen)
    progress.close()
    save_image(options.output, result.image)
    print(f"{options.output}: {len(result.losses)} steps, {result.seconds:.1f} s, loss {result.best_loss:.4g} "
          f"with alpha = {result.alpha:g}, beta = {result.beta:.4g}")  # fmt: skip
    if options.quality:
        print_quality(result.image, content, options)
    if result.advice:
        print(f"nst: {result.advice}", file=sys.stderr)
    return 130 if result.interrupted else 0


def run_frames(options: argparse.Namespace) -> int:
    """Paint the frames, write them and say how steady the sequence is."""
    from nst.frames import stylize_frames
    from nst.images.loading import load_image, save_image

    first = load_image(options.frames[0], size=options.size)
    frames = [first, *(load_image(name, shape=first.shape[:2]) for name in options.frames[1:])]
    folder = Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    pictures, flicker = stylize_frames(frames, options.style)
    for number, picture in enumerate(pictures, 1):
        save_image(folder / f"{number:04}.png", picture)
    print(f"{folder}: {len(pictures)} frames, flicker {flicker:.2f} (1 is as steady as the frames themselves)")
    return 0


def check_output(name: str) -> None:
    """Refuse a name that could not be written before minutes of work, not after."""
    from nst.errors import SaveError
    from nst.images.loading import SAVED_AS

    path = Path(name)
    if path.suffix.lower() not in SAVED_AS:
        raise SaveError(f"{path} must end in {', '.join(SAVED_AS)}, which says the format to save in")
    if not path.parent.is_dir():
        raise SaveError(f"there is no folder {path.parent} to write {path.name} into. Make it first")


KEYWORDS: tuple[str, ...] = ("look", "strength", "alpha", "beta", "iterations", "optimizer", "precision", "seed")
KEYWORDS += ("weights", "start", "smoothing", "colours", "pooling")


def read_keywords(options: argparse.Namespace, content: "np.ndarray") -> dict:
    """`stylize`'s keywords, with pictures in place of the names of files."""
    from nst.images.loading import load_image

    chosen = {name: value for name, value in vars(options).items() if name in KEYWORDS and value is not None}
    if chosen.get("start") not in (None, "content", "noise"):
        chosen["start"] = load_image(options.start, shape=content.shape[:2])
    if options.mask:
        chosen["mask"] = load_image(options.mask, shape=content.shape[:2])
    other = {"weights": options.style_weights, "pooling": options.style_pooling}
    if other := {name: value for name, value in other.items() if value}:
        chosen["style_model"] = other
    return chosen


def read_styles(options: argparse.Namespace) -> str | list:
    """The style's name, or with --mix both names with their shares."""
    if not options.mix:
        return options.style
    second, share = options.mix
    try:
        share = float(share)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise OptionError(f"--mix {second} {options.mix[1]}: the share is a number from 0 to 1")
    return [(options.style, 1 - share), (second, share)]


def print_quality(image: "np.ndarray", content: "np.ndarray", options: argparse.Namespace) -> None:
    """One line of figures (of the first style, where there are two)."""
    from nst.gallery.qualities import quality
    from nst.images.loading import load_image

    style = load_image(options.style, shape=content.shape[:2])
    print(quality(image, content, style, options.weights or "auto"))


def run_weights(options: argparse.Namespace) -> int:
    """Say what is in use; with --download fetch ImageNet VGG19 first."""
    from nst.compute.weights import cache_path, choose_weights, download, read_weights

    if options.download and not cache_path().exists():
        download()
    kind, path, why = choose_weights()
    print(f"{read_weights(kind, path).label}{why}\n{path}")
    return 0


def run_doctor(options: argparse.Namespace) -> int:
    """Print the report; 1 if something is missing."""
    from nst.doctor import doctor

    return 0 if doctor() else 1


if __name__ == "__main__":
    sys.exit(main())
