"""Pictures in and out. An image is a float32 array (height, width, 3), RGB, in [0, 1]."""

import io
import os
import struct
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms, ImageOps

from nst.constants import MIN_SHORT_SIDE, MIN_SIZE
from nst.errors import AssetError, ImageError, ImageNotFoundError, OptionError
from nst.images import assets
from nst.plumbing import download
from nst.plumbing.files import write_atomically

# Formats that Pillow decodes by itself. EPS is not among them: it would run another program on the file.
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "PPM")
Picture = str | os.PathLike | np.ndarray  # a name, a path, an address, or an image itself
Shared = Sequence[tuple[Picture, float]]  # several, each with its share
SIZE = 256  # pixels; the longest side of a picture that is loaded to be painted
MAX_PIXELS = 64_000_000  # 200 MB once decoded; larger ones are refused from their header alone
MAX_SIZE = 8192  # longest side that can be asked for
SAVED_AS = {".png": ("PNG", {}), ".jpg": ("JPEG", {"quality": 95}), ".jpeg": ("JPEG", {"quality": 95})}
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, OverflowError, struct.error)  # from Pillow's decoders


def load_image(
    name_or_path: str | os.PathLike, size: int | None = None, shape: tuple[int, int] | None = None
) -> np.ndarray:
    """The picture as an image: float32 (H, W, 3) in [0, 1].

    `name_or_path`: a name out of `nst.asset_names()`, the path of a file, or an http(s) address. With `size` the
    longest side becomes `size` pixels; with `shape` = (H, W) the middle of the picture, cut to that aspect, becomes
    exactly H x W. Grey, palette and 16-bit pictures become RGB, transparent ones lie on white, rotated ones stand
    upright, colour profiles (wide-gamut RGB, CMYK) are brought to sRGB.

    Raises ImageError (its kinds: AssetError for an unknown name, ImageNotFoundError for a missing file),
    DownloadError, or OptionError for a size or shape that is no use.
    """
    target = wanted_shape(size, shape)
    rgb, label = _decoded(name_or_path)
    if target is None and size is not None:
        target = scaled_shape(rgb.height, rgb.width, size)
    return _as_array(rgb, target, label)


def _decoded(name_or_path):
    """(the picture in mode RGB, what to call it in messages) of a name, path or address."""
    path, label = locate(name_or_path)
    try:
        with opened(path, label) as picture:
            rgb = as_rgb(picture)
    except ImageError:
        if download.is_address(name_or_path):
            path.unlink(missing_ok=True)  # what is no picture now may be one when asked again
        raise
    require_usable(*rgb.size, label)
    return rgb, label


def _as_array(rgb, target, label):
    """The image (H, W, 3) of a picture in mode RGB, cut and resized to the target (H, W), if there is one."""
    if target is not None:
        rgb = ImageOps.fit(rgb, (target[1], target[0]), method=Image.Resampling.LANCZOS)
        require_usable(*rgb.size, f"{label} at this size")
    return np.asarray(rgb, np.float32) / np.float32(255)


def image_of(given: Any, size: int | None = None, shape: Any = None, what: str = "image") -> np.ndarray:
    """The image that `given` is, or that lies behind it as a name, path or address; at that size or shape.

    size, shape: as for `load_image`; an array may keep its own. what: how messages call an array. Raises what
    `load_image` raises; ImageError, too, for an array that is not an image or is not finite.
    """
    if isinstance(given, (str, os.PathLike)):
        return load_image(given, size, shape)
    image = as_image(given, what)
    if not np.isfinite(image).all():
        raise ImageError(f"{what} holds NaN or infinite values")
    return image if size is None and shape is None else resized(image, size, shape)


def load_pair(
    content: Picture, style: Picture | Shared, size: int | None = None, detail: float = 1.0
) -> tuple[np.ndarray, Any]:
    """(content, style) as images, the style at the content's (H, W); of a list of (style, share) pairs their images.

    size: longest side in pixels; by default an array keeps its own, and what is loaded gets SIZE. detail: the style may
    be up to this much larger than the content, where it has that many pixels of its own.
    """
    content = image_of(content, size or (None if isinstance(content, np.ndarray) else SIZE), what="content")

    def at_its_size(one):
        if isinstance(one, (str, os.PathLike)):
            rgb, label = _decoded(one)
            return _as_array(rgb, larger_shape(content.shape, detail, (rgb.height, rgb.width)), label)
        image = image_of(one, what="style")
        return resized(image, shape=larger_shape(content.shape, detail, image.shape))

    if isinstance(style, (list, tuple)):
        return content, [(at_its_size(one), share) for one, share in style]
    return content, at_its_size(style)


def save_image(path: str | Path, image: np.ndarray) -> None:
    """Write `image`, clipped to [0, 1], as PNG or JPEG (by the ending of `path`), whole or not at all.

    Raises ImageError for an ending or an array that is none of these, SaveError where the file cannot be written; an
    older file of that name then stays as it was.
    """
    path = Path(path)
    if path.suffix.lower() not in SAVED_AS:
        raise ImageError(f"{path.name!r} must end in {', '.join(SAVED_AS)}, which says the format to save in.")
    kind, options = SAVED_AS[path.suffix.lower()]
    buffer = io.BytesIO()
    Image.fromarray(to_uint8(image)).save(buffer, kind, **options)
    write_atomically(path, buffer.getvalue())


def as_image(array: Any, what: str = "image") -> np.ndarray:
    """`array` as an image: float32 (H, W, 3). uint8 and uint16 are scaled to [0, 1]; floats are taken as they are, also
    outside of [0, 1], where an optimised image may be; grey becomes RGB; RGBA lies on white. Never changes `array`,
    and may share its memory. Raises ImageError for anything that is not an image; `what` names it in the message.
    """
    array = np.asarray(array)
    if array.dtype.kind not in "buif":
        raise ImageError(f"{what}: numbers are needed, not {array.dtype}.")
    array = scaled_values(three_axes(array, what), what)
    if array.shape[-1] == 4:
        array = array[..., :3] * array[..., 3:] + (1 - array[..., 3:])
    elif array.shape[-1] == 1:
        array = np.repeat(array, 3, axis=-1)
    return array


def to_uint8(image: Any) -> np.ndarray:
    """`image` clipped to [0, 1] and rounded to bytes (H, W, 3). Raises ImageError where it is not finite."""
    image = as_image(image)
    if not np.isfinite(image).all():
        raise ImageError("the image holds NaN or infinite values: the optimisation diverged; try a smaller step.")
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


# ---------------------------------------------------------------- from a name to pixels


def locate(name_or_path: str | os.PathLike) -> tuple[Path, str]:
    """(path of the file, what to call it in messages) of an asset, an address or a file."""
    name = name_or_path
    if download.is_address(name):
        return download.fetch(str(name)), str(name)
    if not isinstance(name, (str, os.PathLike)) or not str(name):
        raise ImageError(f"a picture's name, path or address is needed, not {name!r}.")
    if isinstance(name, str) and assets.is_asset(name):
        asset = assets.find_asset(name)
        assets.announce(asset)
        return asset.path, name
    path = Path(name).expanduser()
    if os.path.isfile(path):  # unlike Path.is_file, no error for names that no file can have
        return path, str(name)
    if os.path.exists(path):
        raise ImageError(f"{name} is not a file; give the path of a picture.")
    if isinstance(name, str) and path.name == name and not path.suffix:
        raise AssetError(assets.unknown(name))
    raise ImageNotFoundError(f"there is no file {name} (looked from {Path.cwd()}).")


@contextmanager
def opened(path: Path | io.BytesIO, label: str) -> Iterator[Image.Image]:
    """The still picture in the file, checked by its header; damage found while it is used becomes ImageError, too."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit here is a lower one
            picture = Image.open(path, formats=FORMATS)
        with picture:
            require_still(picture, label)
            yield picture
    except Image.DecompressionBombError as error:
        raise ImageError(too_many_pixels(label)) from error
    except Image.UnidentifiedImageError as error:
        raise ImageError(f"{label} is not a picture in a format read here ({', '.join(FORMATS)}).") from error
    except ImageError:
        raise
    except PermissionError as error:
        raise ImageError(f"{label} may not be read ({error.strerror}); change the permissions of the file.") from error
    except DAMAGE as error:
        raise ImageError(f"{label} is damaged or cut short ({error}); get a whole copy.") from error


def require_still(picture: Image.Image, label: str) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise ImageError(f"{too_many_pixels(label)} It has {picture.width} x {picture.height}.")
    # Cameras write MPO: a JPEG followed by previews or a second view. Its first frame is the picture.
    if picture.format != "MPO" and (frames := getattr(picture, "n_frames", 1)) > 1:
        raise ImageError(f"{label} holds {frames} frames or pages; save one of them as a still picture.")


def too_many_pixels(label: str) -> str:
    return f"{label} is too large: at most {MAX_PIXELS // 10**6} million pixels are read; make it smaller first."


def as_rgb(picture: Image.Image) -> Image.Image:
    """The decoded picture in mode RGB, upright, on white, in sRGB."""
    picture = ImageOps.exif_transpose(picture) or picture
    if picture.mode.startswith("I;16"):
        return Image.fromarray(np.uint8(np.asarray(picture) / 257 + 0.5)).convert("RGB")
    if picture.mode in ("I", "F"):
        raise ImageError("a picture of 32 bits a value has no agreed white; save it with 8 or 16 bits.")
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    return in_srgb(picture)


def in_srgb(picture: Image.Image) -> Image.Image:
    """`picture` in sRGB by its own colour profile. Without one, or with one that cannot be read, values stay as they
    are, as in browsers."""
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "CMYK"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            return converted or picture.convert("RGB")
        except (ImageCms.PyCMSError, OSError):
            pass
    return picture.convert("RGB")


# ---------------------------------------------------------------- sizes


def wanted_shape(size: int | None, shape: Any) -> tuple[int, int] | None:
    """(H, W) of `shape`, or None; raises OptionError for a `size` or `shape` that cannot be met."""
    if size is not None and shape is not None:
        raise OptionError("give either size (longest side) or shape (height, width), not both.")
    if shape is not None:
        if np.ndim(shape) != 1 or len(shape) != 2:
            raise OptionError(f"shape is (height, width) in pixels, not {shape!r}; of an image use image.shape[:2].")
        require_side(max(shape), "the longer side of shape", MIN_SIZE)
        return require_side(shape[0], "height", MIN_SHORT_SIDE), require_side(shape[1], "width", MIN_SHORT_SIDE)
    if size is not None:
        require_side(size, "size", MIN_SIZE)
    return None


def require_side(value: Any, what: str, least: int) -> int:
    """`value` as int when it is a whole number of pixels from `least` to MAX_SIZE."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value <= MAX_SIZE:
        raise OptionError(f"{what} must be a whole number of pixels from {least} to {MAX_SIZE}, not {value!r}.")
    return int(value)


def scaled_shape(height: int, width: int, size: int) -> tuple[int, int]:
    """(H, W) of the same aspect whose longest side is `size`."""
    scale = size / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def larger_shape(shape: Sequence[int], detail: float, own: Sequence[int]) -> tuple[int, int]:
    """`detail` times the shape (H, W), or less, down to the shape itself, where it would enlarge an image of `own`."""
    ratio = max(1.0, min(detail, own[0] / shape[0], own[1] / shape[1]))
    return round(ratio * shape[0]), round(ratio * shape[1])


def require_usable(width: int, height: int, label: str) -> None:
    """Raise ImageError where the network's fifth block would be left with nothing to look at."""
    if max(width, height) < MIN_SIZE or min(width, height) < MIN_SHORT_SIDE:
        raise ImageError(
            f"{label} has {width} x {height} pixels; at least {MIN_SIZE} on the longer side and {MIN_SHORT_SIDE} on "
            "the shorter one are needed. Use a larger or less elongated picture."
        )


# ---------------------------------------------------------------- arrays


def three_axes(array: np.ndarray, what: str) -> np.ndarray:
    """`array` as (H, W, 1 | 3 | 4)."""
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim == 3 and array.shape[-1] in (1, 3, 4) and array.size:
        return array
    hint = ""
    if array.ndim == 4 and len(array) == 1:
        hint = " Take the picture out of its batch: array[0]."
    elif array.ndim == 3 and array.shape[0] in (1, 3, 4):
        hint = " Put the channels last: np.moveaxis(array, 0, -1)."
    raise ImageError(f"{what}: an array (height, width, 3) is needed, not one of shape {array.shape}.{hint}")


def scaled_values(array: np.ndarray, what: str) -> np.ndarray:
    """float32 values of `array`, integers brought to [0, 1]."""
    if array.dtype in (np.uint8, np.uint16):
        return array.astype(np.float32) / np.float32(np.iinfo(array.dtype).max)
    if array.dtype.kind == "b":
        return array.astype(np.float32)
    if array.max() > 16 and array.min() >= 0 and np.array_equal(array, np.round(array)):
        raise ImageError(f"{what}: the values look like 0..255 in {array.dtype}; divide by 255 to get [0, 1].")
    return array.astype(np.float32, copy=False)


def resized(image: Any, size: Any = None, shape: Any = None) -> np.ndarray:
    """The image with its longest side at `size` pixels, or its middle cut to the aspect of `shape` (H, W) and resized.

    float32 (H, W, 3), antialiased (Lanczos), clipped to [0, 1]. Raises ImageError or OptionError as `nst.load_image`.
    """
    image = as_image(image)
    height, width = wanted_shape(size, shape) or scaled_shape(image.shape[0], image.shape[1], size)
    if (height, width) == image.shape[:2]:
        return image
    channels = [Image.fromarray(np.ascontiguousarray(image[..., c])) for c in range(3)]
    fitted = [np.asarray(ImageOps.fit(one, (width, height), Image.Resampling.LANCZOS)) for one in channels]
    return np.clip(np.stack(fitted, axis=-1), 0, 1)
