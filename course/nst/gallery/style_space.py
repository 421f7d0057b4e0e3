"""Style space: pictures compared by style and by content, the note's opening promise (sections 1 and 2, figure 1)."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from nst.errors import ImageError, OptionError
from nst.gallery.sketches import LENGTH, SPACES, SketchCache, Sketcher, hash_of
from nst.images.assets import sources
from nst.images.loading import SAVED_AS, load_image, locate

SUFFIXES = {*SAVED_AS, ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".ppm"}
BLOCK = 512  # pictures whose sketches are in memory at one time
LANDMARKS = 1000  # pictures that the axes of a map are made of; the others are projected onto these
ANGLE = " angle"
THUMBNAIL = 128  # pixels
WHOLE = 3000  # pictures up to which the whole table of distances is made


def style_map(
    images: Any = None,
    *,
    size: int = 128,
    weights: str = "auto",
    cache: str | Path | None = None,
    progress: bool = True,
) -> "StyleMap":
    """Compare pictures by style and by content: a `StyleMap`, which finds neighbours and draws maps.

    images: a folder (with those inside it) or a list of names, paths and addresses; default: the course's pictures.
    size: each picture's middle is brought to size x size pixels, since Gram matrices are sums over positions.
    cache: the folder in which to keep what was computed (default: nst's cache in your home), by hash of each file.
    Memory does not grow with the folder; a run that was stopped goes on where it was. What is no picture is left out
    and listed in `.skipped`. Raises ImageError where fewer than two pictures are left.
    """
    found = pictures_of(images)
    sketcher = Sketcher(weights)
    known_sketches = SketchCache(cache, size, sketcher.fingerprint())
    made = StyleMap(len(found), size)
    for name, source in tqdm(found, desc="style map", unit="picture", disable=not progress):
        try:
            made.add(name, source, *sketches_of(source, size, sketcher, known_sketches))
        except (ImageError, OSError) as error:
            made.skip(name, error)
    if len(made) < 2:
        raise ImageError(
            f"a map needs two pictures, and {len(made)} of {len(found)} could be read. {made.complaints()}"
        )
    if progress:
        print(made.summary())
    return made


def pictures_of(images: Any) -> list[tuple[str, Any]]:
    """(name, path, name or address) of each picture meant by `style_map`'s argument."""
    if images is None:
        return [(name, name) for name in sorted(sources()["images"])]
    if isinstance(images, str | Path):
        folder = Path(images).expanduser()
        if not folder.is_dir():
            raise ImageError(f"{images} is not a folder; give a folder or a list of pictures.")
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
        return [(path.relative_to(folder).with_suffix("").as_posix(), path) for path in files]
    return [(Path(str(image)).stem, image) for image in images]


def sketches_of(source: Any, size: int, sketcher: Sketcher, known_sketches: SketchCache) -> tuple:
    """(sketches, whether they had to be computed) of one picture."""
    key = hash_of(locate(source)[0])
    if (known := known_sketches.get(key)) is not None:
        return known, False
    made = sketcher(load_image(source, shape=(size, size)))
    known_sketches.put(key, made)
    return made, True


@dataclass(frozen=True)
class Neighbour:
    """A picture and how far away it is."""

    name: str
    distance: float


class StyleMap:
    """Pictures with their places in style space and content space. Sketches lie in a file, not in memory.

    `.names`, `.skipped` (name -> why), `.computed` (how many were not known yet), `.seconds` until the last was added.
    """

    def __init__(self, capacity: int, size: int) -> None:
        self.names, self.sources, self.skipped, self.size = [], {}, {}, size
        self.computed, self.seconds, self._started = 0, 0.0, time.perf_counter()
        self._thumbnails = {}  # name -> image, of those that were drawn
        with tempfile.TemporaryFile() as file:  # the mapping keeps it open as long as it is needed
            self._sketches = np.memmap(file, np.float32, "w+", shape=(max(capacity, 1), len(SPACES), LENGTH))

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self):
        return f"StyleMap of {len(self)} pictures"

    def add(self, name: str, source: Any, sketches: np.ndarray, computed: bool) -> None:
        """One more picture."""
        unique, count = name, 1
        while unique in self.sources:
            count += 1
            unique = f"{name} ({count})"
        self._sketches[len(self)] = sketches
        self.names.append(unique)
        self.sources[unique] = source
        self.computed += computed
        self.seconds = time.perf_counter() - self._started

    def skip(self, name: str, why: Exception) -> None:
        """Leave a picture out, and remember why."""
        self.skipped[name] = str(why)

    def summary(self) -> str:
        known = len(self) - self.computed
        text = f"{len(self)} pictures in {self.seconds:.1f} s: {self.computed} computed, {known} known already"
        return f"{text}. {self.complaints()}" if self.skipped else text

    def complaints(self) -> str:
        """The first few pictures that were left out, and why."""
        first = [f"{name}: {why}" for name, why in list(self.skipped.items())[:3]]
        return f"{len(self.skipped)} left out, such as {' | '.join(first)}" if first else ""

    # ------------------------------------------------------------ distances

    def distances(self, by: str = "style") -> np.ndarray:
        """All distances (n, n).

        by: "style", the root of the style loss (8); "content", the norm of F - P; "style angle" and "content angle",
        the angle in degrees, which leaves out how strong the features are and compares only in what proportion.
        """
        if len(self) > WHOLE:
            raise OptionError(f"{len(self)} pictures have too many distances to list; ask for .nearest(name) instead")
        return np.stack([self.distances_from(name, by) for name in self.names])

    def distances_from(self, name: str, by: str = "style") -> np.ndarray:
        """Distances (n,) of all pictures from the one of that name, read block by block."""
        index = self._index(name)
        here = next(self._blocks(by, index, index + 1))
        if by.endswith(ANGLE):
            cosines = np.concatenate([block @ here[0] for block in self._blocks(by)])
            return np.degrees(np.arccos(np.clip(cosines, -1, 1)))
        return np.concatenate([np.linalg.norm(block - here, axis=1) for block in self._blocks(by)])

    def nearest(self, name: str, count: int = 5, by: str = "style") -> list[Neighbour]:
        """The `count` pictures most like `name`, nearest first, as `Neighbour(name, distance)`."""
        distances = self.distances_from(name, by)
        distances[self._index(name)] = np.inf
        order = np.argsort(distances, kind="stable")[: min(count, len(self) - 1)]
        return [Neighbour(self.names[i], float(distances[i])) for i in order]

    def _blocks(self, by, start=0, stop=None):
        """The sketches of some pictures, float64, a block at a time; of length 1 where angles are asked for."""
        if by.removesuffix(ANGLE) not in SPACES:
            raise OptionError(f'by={by!r}: use "style", "content", "style angle" or "content angle"')
        space, stop = SPACES.index(by.removesuffix(ANGLE)), len(self) if stop is None else stop
        for first in range(start, stop, BLOCK):
            block = self._sketches[first : min(first + BLOCK, stop), space].astype(np.float64)
            if by.endswith(ANGLE):
                block /= np.maximum(np.linalg.norm(block, axis=1, keepdims=True), 1e-30)
            yield block

    def _index(self, name):
        if name not in self.sources:
            raise OptionError(f"no picture {name!r} in this map; it has {', '.join(self.names[:20])}")
        return self.names.index(name)

    def positions(self, by: str = "style") -> tuple[np.ndarray, float]:
        """Places (n, 2) that keep the distances as well as so few axes can, and the share kept, in [0, 1].

        Classical scaling (Torgerson 1952): principal axes of up to LANDMARKS pictures, onto which all are projected.
        """
        every = -(-len(self) // LANDMARKS)
        X = np.concatenate([block[::every].copy() for block in self._blocks(by)])  # a view would keep the block
        mean = X.mean(axis=0)
        X -= mean
        values, vectors = np.linalg.eigh(X @ X.T)
        values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1][:, :2]
        axes = X.T @ (vectors / np.sqrt(np.maximum(values[:2], 1e-30)))
        axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])  # the same way round every time
        placed = np.concatenate([(block - mean) @ axes for block in self._blocks(by)])
        return placed, float(values[:2].sum() / max(values.sum(), 1e-30))

    # ------------------------------------------------------------ pictures

    def show_map(self, by: str = "style") -> None:
        """Draw the map: every picture at its place, so that near means alike."""
        from nst.gallery.style_drawings import show_map

        show_map(self, by)

    def figure_1(self, name: str, angles: bool = False) -> None:
        """Draw the note's figure 1: style distance from `name` to the right, content distance upward."""
        from nst.gallery.style_drawings import show_figure_1

        show_figure_1(self, name, ANGLE if angles else "")

    def show_nearest(self, name: str, count: int = 4, angles: bool = False) -> None:
        """Draw the picture with its nearest neighbours by style in one row and by content in another."""
        from nst.gallery.style_drawings import show_nearest

        show_nearest(self, name, count, ANGLE if angles else "")

    def thumbnail(self, name: str) -> np.ndarray:
        """The picture (THUMBNAIL, THUMBNAIL, 3), cut as the map has seen it; read once for all drawings."""
        if name not in self._thumbnails:
            self._thumbnails[name] = load_image(self.sources[name], shape=(THUMBNAIL, THUMBNAIL))
        return self._thumbnails[name]
