"""Make the files in assets/ anew from the packages that SOURCES.toml names.

    python tools/collect_assets.py PACKAGES OUT

PACKAGES is a folder into which the packages were unpacked (`pip download --no-deps` + `unzip` for the wheels,
`apt-get download` + `dpkg -x` for Debian's). Most files are copied as they are; those that are not are made here.
"""

import io
import re
import shutil
import struct
import sys
import tomllib
import zlib
from pathlib import Path

from PIL import Image

from nst import save_image
from tools.render_ball import render

ASSETS = Path(__file__).resolve().parents[1] / "assets"


def main(packages, out):
    for facts in tomllib.loads((ASSETS / "SOURCES.toml").read_text())["images"].values():
        target = out / facts["file"]
        MAKERS.get(facts["file"], copy)(packages, facts, target)
        print(f"{target.stat().st_size:8d}  {target}")


def copy(packages, facts, target):
    shutil.copyfile(packages / facts["path"], target)


def render_ball(_packages, _facts, target):
    save_image(target, render())


def astronaut(packages, facts, target):
    """The PNG has 773 KiB; as JPEG it keeps to the limit of 600 KiB for one file."""
    Image.open(packages / facts["path"]).save(target, "JPEG", quality=92, subsampling=0)


def starry_night(packages, facts, target):
    """Without the black surround and the bare edge of the canvas: style would take them for brush strokes."""
    Image.open(packages / facts["path"]).crop((24, 16, 734, 580)).save(target, "JPEG", quality=93, subsampling=0)


def jigsaw(number, box, quality=93):
    """A maker: GCompris cuts a painting into twelve pieces of a jigsaw; laid out as its board says they make the whole.

    number: of the board. box: what is cut out, so that neither table nor frame is taken for brush strokes.
    """

    def make(packages, facts, target):
        files = dict(qt_resources((packages / facts["path"]).read_bytes()))
        board = files[f"board/board{number}_0.qml"].decode()
        width, height = (int(re.search(rf'"{side}": (\d+)', board)[1]) for side in ("width", "height"))
        table = Image.new("RGBA", (width, height), (24, 20, 14, 255))  # gaps of a pixel between pieces: a dark colour
        for name, x, y in re.findall(r'(image/\w+\.webp)",\s*"x" : "([\d.]+)",\s*"y" : "([\d.]+)"', board):
            piece = open_bytes(files[name])
            corner = (round(float(x) * width - piece.width / 2), round(float(y) * height - piece.height / 2))
            table.alpha_composite(piece, tuple(max(0, c) for c in corner))
        table.crop(box).convert("RGB").save(target, "JPEG", quality=quality, subsampling=0)

    return make


def open_bytes(data):
    return Image.open(io.BytesIO(data)).convert("RGBA")


def qt_resources(data):
    """(path, bytes) of each file of the paintings activity in a binary Qt resource collection (format version 3)."""
    version, tree, contents, names = struct.unpack(">4I", data[4:20])
    size = 22 if version >= 2 else 14

    def walk(index, folder):
        at = tree + index * size
        name_at, flags = struct.unpack(">IH", data[at : at + 6])
        length = struct.unpack(">H", data[names + name_at : names + name_at + 2])[0]
        name = data[names + name_at + 6 : names + name_at + 6 + 2 * length].decode("utf-16-be") if index else ""
        path = f"{folder}/{name}" if name else folder
        if flags & 2:
            count, first = struct.unpack(">II", data[at + 6 : at + 14])
            for child in range(first, first + count):
                yield from walk(child, path)
        else:
            start = contents + struct.unpack(">I", data[at + 10 : at + 14])[0]
            body = data[start + 4 : start + 4 + struct.unpack(">I", data[start : start + 4])[0]]
            yield path.partition("/resource/")[2], zlib.decompress(body[4:]) if flags & 1 else body

    return walk(0, "")


MAKERS = {
    "ball_and_shadow.png": render_ball,
    "the_starry_night.jpg": starry_night,
    "astronaut.jpg": astronaut,
    "mona_lisa.jpg": jigsaw(14, (190, 8, 508, 504), quality=95),
    "the_great_wave.jpg": jigsaw(7, (18, 33, 679, 478)),
    "village_street_in_auvers.jpg": jigsaw(22, (45, 2, 641, 466)),
    "composition_viii.jpg": jigsaw(19, (16, 5, 677, 458)),
    "poppies.jpg": jigsaw(11, (23, 33, 674, 478)),
}

if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
