"""Pictures in and out: what can be used just works, everything else gives one error that says what to do."""

import os
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

import nst
from nst.images.loading import to_uint8

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@pytest.fixture
def quarters(tmp_path):
    """A picture, 64 wide and 48 high: red, green / blue, white."""
    picture = Image.new("RGB", (64, 48), WHITE)
    for corner, colour in (((0, 0), RED), ((32, 0), GREEN), ((0, 24), BLUE)):
        picture.paste(colour, (*corner, corner[0] + 32, corner[1] + 24))
    return picture


def corners(image):
    """Rounded colours of the four corners, row by row."""
    return [tuple(np.rint(image[y, x] * 255).astype(int)) for y in (2, -3) for x in (2, -3)]


def refused(path, *words, error=nst.ImageError, **options):
    """Check that the file is refused with one line that names it and holds the words."""
    with pytest.raises(error) as caught:
        nst.load_image(path, **options)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 400 + len(str(path))
    for word in words:
        assert word in message, message
    return message


# ---------------------------------------------------------------- what just works


def test_a_plain_picture(quarters, tmp_path):
    quarters.save(tmp_path / "a.png")
    image = nst.load_image(tmp_path / "a.png")
    assert image.shape == (48, 64, 3) and image.dtype == np.float32 and image.flags.writeable
    assert corners(image) == [RED, GREEN, BLUE, WHITE] and image.min() == 0 and image.max() == 1


@pytest.mark.parametrize("orientation", range(2, 9))
def test_exif_rotation_is_undone(quarters, tmp_path, orientation):
    turn = Image.Transpose  # what a camera held that way does to the scene
    stored_as = {
        2: turn.FLIP_LEFT_RIGHT,
        3: turn.ROTATE_180,
        4: turn.FLIP_TOP_BOTTOM,
        5: turn.TRANSPOSE,
        6: turn.ROTATE_90,
        7: turn.TRANSVERSE,
        8: turn.ROTATE_270,
    }
    stored = quarters.transpose(stored_as[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "a.png", exif=exif)
    image = nst.load_image(tmp_path / "a.png")
    assert image.shape == (48, 64, 3) and corners(image) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "CMYK", "YCbCr"])
def test_every_mode_becomes_rgb(mode, tmp_path):
    Image.new("RGB", (40, 36), "white").convert(mode).save(tmp_path / "a.tiff")
    assert np.allclose(nst.load_image(tmp_path / "a.tiff"), 1)


def test_grey_has_three_equal_channels(tmp_path):
    Image.linear_gradient("L").save(tmp_path / "a.png")
    image = nst.load_image(tmp_path / "a.png")
    assert np.array_equal(image[..., 0], image[..., 1]) and np.array_equal(image[..., 0], image[..., 2])


def test_transparency_lies_on_white(tmp_path):
    Image.new("RGBA", (40, 40), (255, 0, 0, 128)).save(tmp_path / "half.png")
    assert np.allclose(nst.load_image(tmp_path / "half.png")[0, 0], (1, 127 / 255, 127 / 255), atol=0.005)
    palette = Image.new("P", (40, 40), 1)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    palette.save(tmp_path / "clear.png", transparency=1)
    assert np.allclose(nst.load_image(tmp_path / "clear.png"), 1)


def test_sixteen_bits(tmp_path):
    ramp = np.linspace(0, 65535, 40 * 40).reshape(40, 40).astype(np.uint16)
    for suffix in ("png", "tiff"):
        Image.fromarray(ramp).save(tmp_path / f"a.{suffix}")
        assert np.allclose(nst.load_image(tmp_path / f"a.{suffix}")[..., 1], ramp / 65535, atol=1 / 500)


def png_file(side, bits, colour_type, rows):
    """A PNG put together by hand: for kinds that Pillow cannot write, and for sizes that it should not."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, bits, colour_type, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


def test_sixteen_bit_colour(tmp_path):
    """As cameras and scanners write it."""
    row = b"\0" + np.full((32, 3), (65535, 32768, 0), ">u2").tobytes()
    (tmp_path / "a.png").write_bytes(png_file(32, 16, 2, row * 32))
    assert np.allclose(nst.load_image(tmp_path / "a.png")[3, 3], (1, 0.5, 0), atol=0.005)


def test_cmyk_jpeg(tmp_path):
    Image.new("CMYK", (40, 40), (0, 255, 255, 0)).save(tmp_path / "a.jpg")
    red = nst.load_image(tmp_path / "a.jpg")[20, 20]
    assert red[0] > 0.9 and red[1] < 0.15 and red[2] < 0.15


def test_a_colour_profile_is_used(tmp_path, quarters):
    """In a profile whose primaries red and blue are exchanged, the stored red is what sRGB calls blue."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"????", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"????", b"bXYZ", 1)
    for used, colour in ((profile, (200, 100, 50)), (swapped, (50, 100, 200))):
        Image.new("RGB", (40, 40), (200, 100, 50)).save(tmp_path / "a.png", icc_profile=used)
        assert np.allclose(nst.load_image(tmp_path / "a.png")[0, 0] * 255, colour, atol=2)
    quarters.save(tmp_path / "broken.png", icc_profile=b"no profile")
    assert corners(nst.load_image(tmp_path / "broken.png")) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("suffix", ["jpg", "webp", "bmp", "gif", "ppm", "tiff"])
def test_formats(quarters, tmp_path, suffix):
    quarters.save(tmp_path / f"a.{suffix}", **({"quality": 95} if suffix in ("jpg", "webp") else {}))
    image = nst.load_image(tmp_path / f"a.{suffix}")
    assert np.allclose(np.array(corners(image)), np.array([RED, GREEN, BLUE, WHITE]), atol=12)


def test_camera_files_with_a_preview_inside_are_stills(quarters, tmp_path):
    quarters.save(tmp_path / "a.mpo", save_all=True, append_images=[quarters.resize((32, 24))])
    assert nst.load_image(tmp_path / "a.mpo").shape == (48, 64, 3)


# ---------------------------------------------------------------- sizes


def test_size_is_the_longest_side():
    assert nst.load_image("ball", size=100).shape == (75, 100, 3)
    assert nst.load_image("mona_lisa", size=np.int64(100)).shape[0] == 100
    assert nst.load_image("ball", size=1000).shape == (750, 1000, 3)


def test_shape_cuts_the_middle_out(quarters, tmp_path):
    bands = Image.new("RGB", (120, 40), RED)
    bands.paste(GREEN, (40, 0, 80, 40))
    bands.save(tmp_path / "a.png")
    image = nst.load_image(tmp_path / "a.png", shape=(36, 36))
    assert image.shape == (36, 36, 3) and np.allclose(image, np.array(GREEN) / 255, atol=0.02)


def test_style_can_take_every_shape_that_content_has():
    for name in nst.asset_names():
        content = nst.load_image(name, size=32)
        assert nst.load_image("the_starry_night", shape=content.shape[:2]).shape == content.shape


def test_resizing_does_not_alias(tmp_path):
    """A fine chequerboard becomes even grey: pixels are averaged, not picked."""
    board = np.uint8(np.indices((512, 512)).sum(0) % 2 * 255)
    Image.fromarray(board).save(tmp_path / "a.png")
    small = nst.load_image(tmp_path / "a.png", size=64)[8:-8, 8:-8]
    assert np.abs(small - 0.5).max() < 0.02


@pytest.mark.parametrize("size", [31, 0, -5, 20_000, 64.0, "64", True, float("nan")])
def test_size_must_make_sense(size):
    refused("ball", "size must be a whole number of pixels from 32", repr(size), error=nst.OptionError, size=size)


@pytest.mark.parametrize("shape", [64, (64,), (64, 64, 3), (64, 8), (20, 20), (64.5, 64)])
def test_shape_must_make_sense(shape):
    refused("ball", error=nst.OptionError, shape=shape)


def test_size_and_shape_exclude_each_other():
    refused("ball", "not both", error=nst.OptionError, size=64, shape=(64, 64))


# ---------------------------------------------------------------- what is refused


def test_missing_file(tmp_path):
    for name in (tmp_path / "no.png", "no/such.png", "no.png", "x" * 5000 + ".png", "nul\0.png"):
        refused(name, "there is no file", error=nst.ImageNotFoundError)
    assert issubclass(nst.ImageNotFoundError, FileNotFoundError)


def test_folder_and_nonsense(tmp_path):
    refused(tmp_path, "not a file")
    refused(None, "a picture's name, path or address is needed")
    refused("", "a picture's name, path or address is needed")


def test_not_an_image(tmp_path):
    for content in (b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n", b"<svg/>"):
        (tmp_path / "a.png").write_bytes(content)
        refused(tmp_path / "a.png", "a.png is not a picture", "PNG, JPEG")


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "tiff", "gif"])
def test_truncated(suffix, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    refused(path, "damaged or cut short")


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tiff"])
def test_animated_or_many_pages(quarters, tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    quarters.save(path, save_all=True, append_images=[quarters.rotate(90), quarters.rotate(180)])
    refused(path, "holds 3 frames or pages", "still")


def test_one_pixel(tmp_path):
    Image.new("RGB", (1, 1)).save(tmp_path / "a.png")
    for options in ({}, {"size": 64}, {"shape": (64, 64)}):
        refused(tmp_path / "a.png", "1 x 1 pixels", "at least 32", **options)


def test_strip_that_would_vanish(tmp_path):
    Image.new("RGB", (640, 64)).save(tmp_path / "a.png")
    refused(tmp_path / "a.png", "64 x 6 pixels", size=64)


@pytest.mark.parametrize("side", [9_000, 20_000])
def test_decompression_bomb_is_refused_before_it_is_decoded(tmp_path, side, monkeypatch):
    """Whole and valid, black, 1 bit a pixel: some 200 KB that would become 1.2 GB as RGB."""
    (tmp_path / "bomb.png").write_bytes(png_file(side, 1, 0, bytes((side // 8 + 1) * side)))
    assert (tmp_path / "bomb.png").stat().st_size < 300_000
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", lambda *_: pytest.fail("decoded"))
    refused(tmp_path / "bomb.png", "too large", "64 million")


def test_thirty_two_bits_are_refused(tmp_path):
    Image.new("F", (40, 40)).save(tmp_path / "a.tiff")
    refused(tmp_path / "a.tiff", "8 or 16 bits")


def test_unreadable_file_says_so(tmp_path, monkeypatch):
    def forbidden(*_args, **_options):  # root, as whom tests may run, can read every file
        raise PermissionError(13, "Permission denied")

    Image.new("RGB", (40, 40)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "open", forbidden)
    refused(tmp_path / "a.png", "may not be read (Permission denied)")


# ---------------------------------------------------------------- saving


def test_saved_and_loaded_again(tmp_path):
    image = nst.load_image("chelsea", size=64)
    nst.save_image(tmp_path / "a.png", image)
    assert np.array_equal(nst.load_image(tmp_path / "a.png"), image)
    nst.save_image(tmp_path / "a.JPG", image)
    assert np.abs(nst.load_image(tmp_path / "a.JPG") - image).mean() < 0.03


def test_saving_clips(tmp_path):
    image = np.full((32, 32, 3), (-0.5, 0.5, 1.5))
    nst.save_image(tmp_path / "a.png", image)
    assert np.allclose(nst.load_image(tmp_path / "a.png")[0, 0], (0, 0.5, 1), atol=0.005)
    assert image.min() == -0.5


def test_save_refuses_what_it_cannot_write(tmp_path):
    image = np.zeros((32, 32, 3))
    with pytest.raises(nst.ImageError, match=r"must end in \.png"):
        nst.save_image(tmp_path / "a.gif", image)
    with pytest.raises(nst.ImageError, match="NaN"):
        nst.save_image(tmp_path / "a.png", image * np.nan)
    with pytest.raises(nst.SaveError, match="make the folder"):
        nst.save_image(tmp_path / "no" / "a.png", image)
    (tmp_path / "b.png").mkdir()
    with pytest.raises(nst.SaveError, match="not an ordinary file"):
        nst.save_image(tmp_path / "b.png", image)
    assert os.listdir(tmp_path) == ["b.png"]


def test_full_disk_keeps_the_old_file(tmp_path):
    """The system stops the writing after 4 KiB, as a full disk would."""
    old = tmp_path / "a.png"
    nst.save_image(old, np.zeros((32, 32, 3)))
    before = old.read_bytes()
    code = (
        "import resource, sys, numpy as np, nst; image = np.random.default_rng(0).random((64, 64, 3));"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try: nst.save_image(sys.argv[1], image)\n"
        "except nst.SaveError as error: print(error)"
    )
    told = subprocess.run([sys.executable, "-c", code, old], capture_output=True, text=True, timeout=60).stdout
    assert "could not be written (File too large); the old file is untouched" in told
    assert old.read_bytes() == before and os.listdir(tmp_path) == ["a.png"]


def test_saving_through_a_link_keeps_the_link(tmp_path):
    nst.save_image(tmp_path / "a.png", np.zeros((32, 32, 3)))
    (tmp_path / "link.png").symlink_to("a.png")
    nst.save_image(tmp_path / "link.png", np.ones((32, 32, 3)))
    assert (tmp_path / "link.png").is_symlink() and nst.load_image(tmp_path / "a.png").min() == 1


# ---------------------------------------------------------------- arrays


def test_as_image_takes_every_usual_array():
    rgb = np.random.default_rng(0).integers(0, 256, (5, 6, 3), np.uint8)
    image = nst.as_image(rgb)
    assert image.dtype == np.float32 and np.allclose(image * 255, rgb)
    assert np.array_equal(nst.as_image(rgb.astype(np.uint16) * 257), image)
    assert np.allclose(nst.as_image((rgb / 255).tolist()), image)
    assert nst.as_image(rgb[..., 0]).shape == (5, 6, 3) == nst.as_image(rgb[..., :1]).shape
    clear = np.dstack([rgb, np.zeros((5, 6), np.uint8)])
    assert np.allclose(nst.as_image(clear), 1)


def test_as_image_leaves_floats_as_they_are():
    x = np.random.default_rng(0).normal(0.5, 3, (5, 6, 3)).astype(np.float32)
    assert np.array_equal(nst.as_image(x), x)
    assert to_uint8(x).min() == 0 and to_uint8(x).max() == 255


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((1, 5, 6, 3)), r"batch: array\[0\]"),
        (np.zeros((3, 5, 6)), "channels last"),
        (np.zeros((5, 6, 2)), r"\(5, 6, 2\)"),
        (np.zeros((0, 6, 3)), r"\(0, 6, 3\)"),
        (np.zeros(5), r"\(5,\)"),
        (np.arange(60.0).reshape(4, 5, 3), "divide by 255"),
        (np.full((4, 5, 3), 200), "divide by 255"),
        (np.zeros((4, 5, 3), complex), "complex128"),
        (np.array([["a"]]), "numbers are needed"),
    ],
)
def test_as_image_refuses(array, words):
    with pytest.raises(nst.ImageError, match=words):
        nst.as_image(array)


# ---------------------------------------------------------------- a picture, however it is given


def test_image_of_takes_names_paths_and_arrays_at_any_size(tmp_path, quarters):
    nst.save_image(tmp_path / "q.png", quarters)
    for given in ("ball", tmp_path / "q.png", str(tmp_path / "q.png"), quarters):
        assert max(nst.image_of(given, size=48).shape) == 48
        assert nst.image_of(given, shape=(40, 33)).shape == (40, 33, 3)
    assert np.array_equal(nst.image_of("ball"), nst.load_image("ball"))
    outside = np.random.default_rng(0).normal(size=(9, 7, 3)).astype(np.float32)
    assert nst.image_of(outside) is outside, "an array that is asked for as it is is not touched"


@pytest.mark.parametrize(
    ("given", "words"),
    [(np.full((40, 40, 3), np.nan), "mine holds NaN"), (np.ones(3), "mine: an array"), (None, "mine: numbers")],
)
def test_image_of_refuses(given, words):
    with pytest.raises(nst.ImageError, match=words):
        nst.image_of(given, what="mine")
