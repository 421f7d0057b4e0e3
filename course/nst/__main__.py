"""Command line: python -m nst stylize CONTENT STYLE -o OUT | weights [--download] | doctor.

Exit codes: 0 done; 1 doctor found something missing; 2 bad input, in one line; 130 interrupted.
"""

import argparse
import sys
from pathlib import Path

from .errors import NSTError


def main(arguments=None):
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


def parser():
    """The command line's grammar."""
    main_parser = argparse.ArgumentParser(prog="python -m nst", description="Neural Style Transfer: helper commands.")
    commands = main_parser.add_subparsers(required=True, metavar="command")
    paint = commands.add_parser("stylize", help="paint one picture in the manner of another")
    paint.set_defaults(run=run_stylize)
    paint.add_argument("content", help="picture to paint: asset name, file or http(s) address")
    paint.add_argument("style", help="picture whose manner to take")
    paint.add_argument("-o", "--output", required=True, metavar="OUT", help="where to write (.png or .jpg)")
    paint.add_argument("--size", type=int, default=256, help="longest side in pixels (default 256)")
    paint.add_argument("--iterations", type=int, help="evaluations of the loss")
    paint.add_argument("--alpha", type=float, help="weight of the content loss")
    paint.add_argument("--beta", type=float, help="weight of the style loss")
    paint.add_argument("--optimizer", help="lbfgs (default), adam or gd, the note's gradient descent")
    paint.add_argument("--precision", help="auto (default), float32 or bfloat16")
    paint.add_argument("--seed", type=int, help="for everything random")
    paint.add_argument("--weights", help='"auto" (default), "bundled", "imagenet" or a Keras VGG19 .h5 file')
    fetch = commands.add_parser("weights", help="say which network weights are in use, or download ImageNet VGG19")
    fetch.set_defaults(run=run_weights)
    fetch.add_argument("--download", action="store_true", help="download ImageNet VGG19 (80 MB) into Keras's cache")
    commands.add_parser("doctor", help="versions, device, weights, what is missing").set_defaults(run=run_doctor)
    return main_parser


def run_stylize(options):
    """Stylise with a progress bar; an interrupted run saves its best image so far."""
    from tqdm import tqdm

    from .engine import ITERATIONS, stylize
    from .images import load_image, save_image

    check_output(options.output)
    chosen = {name: value for name, value in vars(options).items() if name in KEYWORDS and value is not None}
    content = load_image(options.content, size=options.size)
    total, bar = options.iterations or ITERATIONS, []

    def show(record):
        if not bar:  # not before the first step: an error before it is one line
            bar.append(tqdm(total=total, unit="step"))
        bar[0].set_postfix_str(f"loss {record.best_loss:.4g}", refresh=False)
        bar[0].update()

    result = stylize(content, options.style, callback=show, **chosen)
    bar[0].close()
    save_image(options.output, result.image)
    print(f"{options.output}: loss {result.best_loss:.4g} after {len(result.losses)} steps, {result.seconds:.1f} s")
    if result.advice:
        print(f"nst: {result.advice}", file=sys.stderr)
    return 130 if result.interrupted else 0


def check_output(path):
    """Refuse a name that could not be written before minutes of work, not after."""
    from .errors import SaveError
    from .images import SAVED_AS

    path = Path(path)
    if path.suffix.lower() not in SAVED_AS:
        raise SaveError(f"{path} must end in {', '.join(SAVED_AS)}, which says the format to save in")
    if not path.parent.is_dir():
        raise SaveError(f"there is no folder {path.parent} to write {path.name} into. Make it first")


KEYWORDS = ("alpha", "beta", "iterations", "optimizer", "precision", "seed", "weights")


def run_weights(options):
    """Say what is in use; with --download fetch ImageNet VGG19 first."""
    from .weights import cache_path, choose, download, read_weights

    if options.download and not cache_path().exists():
        download()
    kind, path, why = choose()
    print(f"{read_weights(kind, path).label}{why}\n{path}")
    return 0


def run_doctor(options):
    """Print the report; 1 if something is missing."""
    from .doctor import doctor

    return 0 if doctor() else 1


if __name__ == "__main__":
    sys.exit(main())
